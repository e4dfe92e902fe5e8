//! The stack's memory over time.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::ledger::Ledger;

const EVERY: Duration = Duration::from_secs(10);
/// The outbox of the local stack keeps every message in memory: what each account may add, two messages and all that holds them.
const KILOBYTES_PER_ACCOUNT: f64 = 8.0;
/// What is no growth: allocators and the caches of the embedded engine.
const NOISE_KILOBYTES: f64 = 8192.0;

struct Sample {
    at: Duration,
    kilobytes: f64,
    requests: usize,
    accounts: i64,
}

pub(crate) struct Memory(Vec<Sample>);

impl Memory {
    /// Looks every ten seconds, until the end.
    pub(crate) async fn watch(process: u32, ledger: Arc<Ledger>, end: Instant) -> Self {
        let started = Instant::now();
        let mut samples = Vec::new();
        while Instant::now() + EVERY <= end {
            tokio::time::sleep(EVERY).await;
            samples.push(Sample {
                at: started.elapsed(),
                kilobytes: resident(process),
                requests: ledger.requests.load(Ordering::Relaxed),
                accounts: ledger.accounts.load(Ordering::Relaxed),
            });
        }
        Self(samples)
    }

    fn second_half(&self) -> &[Sample] {
        &self.0[self.0.len() / 2..]
    }

    /// How much the second half adds, and how much of that the data it brings may explain.
    #[expect(clippy::cast_precision_loss, reason = "people are few")]
    fn growth(&self) -> (f64, f64) {
        let (Some(first), Some(last)) = (self.second_half().first(), self.second_half().last()) else { return (0.0, 0.0) };
        (last.kilobytes - first.kilobytes, (last.accounts - first.accounts) as f64 * KILOBYTES_PER_ACCOUNT + NOISE_KILOBYTES)
    }

    pub(crate) fn is_flat(&self) -> bool {
        let (grown, explained) = self.growth();
        grown <= explained
    }

    pub(crate) fn report(&self) -> String {
        let mut text = "| after s | resident MB | requests | accounts |\n|---|---|---|---|\n".to_owned();
        for Sample { at, kilobytes, requests, accounts } in &self.0 {
            writeln!(text, "| {} | {:.1} | {requests} | {accounts} |", at.as_secs(), kilobytes * 1.024 / 1000.0).unwrap();
        }
        let (grown, explained) = self.growth();
        writeln!(
            text,
            "\nthe second half added {:.1} MB; its data may explain {:.1} MB",
            grown * 1.024 / 1000.0,
            explained * 1.024 / 1000.0
        )
        .unwrap();
        text
    }
}

fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
