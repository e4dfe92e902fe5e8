//! The stack's memory over time.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::ledger::Ledger;

const EVERY: Duration = Duration::from_secs(10);
/// Each hash takes 19 MiB while it is computed. What is kept is seen where fewest are: in each ten seconds, the least of many looks.
const LOOKS: u32 = 40;
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
    /// Looks on until the end.
    pub(crate) async fn watch(process: u32, ledger: Arc<Ledger>, end: Instant) -> Self {
        let started = Instant::now();
        let mut samples = Vec::new();
        while Instant::now() + EVERY <= end {
            let mut kilobytes = f64::INFINITY;
            for _ in 0..LOOKS {
                tokio::time::sleep(EVERY / LOOKS).await;
                kilobytes = kilobytes.min(resident(process));
            }
            samples.push(Sample {
                at: started.elapsed(),
                kilobytes,
                requests: ledger.requests.load(Ordering::Relaxed),
                accounts: ledger.accounts.load(Ordering::Relaxed),
            });
        }
        Self(samples)
    }

    /// How much the last quarter has more than the third one, and how much of that the data it brings may explain.
    #[expect(clippy::cast_precision_loss, reason = "people are few")]
    fn growth(&self) -> (f64, f64) {
        let quarter = self.0.len() / 4;
        let (_, second_half) = self.0.split_at(2 * quarter);
        let (third, last) = second_half.split_at(quarter);
        let least = |samples: &[Sample]| samples.iter().map(|sample| sample.kilobytes).fold(f64::INFINITY, f64::min);
        let (Some(before), Some(after)) = (third.first(), last.last()) else { return (0.0, 0.0) };
        (least(last) - least(third), (after.accounts - before.accounts) as f64 * KILOBYTES_PER_ACCOUNT + NOISE_KILOBYTES)
    }

    pub(crate) fn is_flat(&self) -> bool {
        let (grown, explained) = self.growth();
        grown <= explained
    }

    pub(crate) fn report(&self) -> String {
        let mut text = "| after s | least resident MB | requests | accounts |\n|---|---|---|---|\n".to_owned();
        for Sample { at, kilobytes, requests, accounts } in &self.0 {
            writeln!(text, "| {} | {:.1} | {requests} | {accounts} |", at.as_secs(), kilobytes * 1.024 / 1000.0).unwrap();
        }
        let (grown, explained) = self.growth();
        writeln!(
            text,
            "\nthe last quarter has {:.1} MB more than the third; its data may explain {:.1} MB",
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
