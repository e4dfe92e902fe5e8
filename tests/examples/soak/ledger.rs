//! What was done, and what must be there because of it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Ledger {
    /// How often each act was done, and how long it took at most and together.
    acts: Mutex<BTreeMap<&'static str, (usize, Duration, Duration)>>,
    /// Answers that should have been others.
    pub(crate) wrong: Mutex<Vec<String>>,
    pub(crate) requests: AtomicUsize,
    pub(crate) accounts: AtomicI64,
    pub(crate) mails: AtomicI64,
    pub(crate) numbers: AtomicI64,
    pub(crate) links: AtomicI64,
    pub(crate) sessions: AtomicI64,
}

impl Ledger {
    pub(crate) fn note(&self, act: &'static str, took: Duration) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut acts = self.acts.lock().unwrap();
        let entry = acts.entry(act).or_default();
        *entry = (entry.0 + 1, entry.1.max(took), entry.2 + took);
    }

    pub(crate) fn note_wrong(&self, what: String) {
        eprintln!("{what}");
        self.wrong.lock().unwrap().push(what);
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.wrong.lock().unwrap().is_empty() && self.requests.load(Ordering::Relaxed) > 0
    }

    #[expect(clippy::cast_precision_loss, reason = "requests are few")]
    pub(crate) fn report(&self, elapsed: Duration) -> String {
        let mut text = "| act | times | mean ms | longest ms |\n|---|---|---|---|\n".to_owned();
        for (act, (times, longest, all)) in &*self.acts.lock().unwrap() {
            let mean = all.as_secs_f64() * 1000.0 / *times as f64;
            writeln!(text, "| {act} | {times} | {mean:.1} | {:.1} |", longest.as_secs_f64() * 1000.0).unwrap();
        }
        let requests = self.requests.load(Ordering::Relaxed);
        let wrong = self.wrong.lock().unwrap().len();
        writeln!(text, "\n{requests} requests, {:.0}/s; {wrong} unexpected answers", requests as f64 / elapsed.as_secs_f64()).unwrap();
        text
    }
}
