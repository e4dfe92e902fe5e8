//! Time and randomness that tests decide.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use latchkey::clock::Clock;
use latchkey::rng::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// A clock that stands until it is moved. It begins at 2026-01-01T00:00:00Z.
pub struct TestClock(AtomicI64);

const BEGINNING: i64 = 1_767_225_600_000;

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(BEGINNING))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl TestClock {
    /// Shows the machine's time, for tests beside processes that go by it.
    pub fn catch_up(&self) {
        self.0.store(latchkey::clock::SystemClock.now().as_millisecond(), Ordering::SeqCst);
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub fn advance_minutes(&self, minutes: i64) {
        self.advance_seconds(minutes * 60);
    }

    pub fn advance_hours(&self, hours: i64) {
        self.advance_minutes(hours * 60);
    }

    pub fn advance_days(&self, days: i64) {
        self.advance_hours(days * 24);
    }
}

/// Randomness from a seed.
pub struct TestRng(Mutex<ChaCha20Rng>);

impl TestRng {
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Rng for TestRng {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(bytes);
    }
}
