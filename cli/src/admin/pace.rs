//! How fast the table is read: a scan takes what is left of its capacity, and requests come first.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// Pages of one second.
const PAGES: u32 = 4;
/// DynamoDB reads at most a megabyte at once: larger pages would only be cut.
const LARGEST_PAGE: u32 = 1000;
/// How often progress is told.
const TOLD: Duration = Duration::from_secs(2);

/// Keeps a walk through the table at its pace.
#[derive(Debug)]
pub struct Pace {
    rate: NonZeroU32,
    begun: Instant,
    told: Instant,
    read: u64,
}

impl Pace {
    /// At most so many items a second, from now on.
    #[must_use]
    pub fn new(rate: NonZeroU32) -> Self {
        let now = Instant::now();
        Self { rate, begun: now, told: now, read: 0 }
    }

    /// How many items to read at once.
    #[must_use]
    pub fn page(&self) -> u32 {
        (self.rate.get() / PAGES).clamp(1, LARGEST_PAGE)
    }

    /// Notes that items were read, and waits until they were due.
    pub async fn keep(&mut self, read: u64) {
        self.read += read;
        tokio::time::sleep_until(self.begun + due(self.read, self.rate)).await;
    }

    /// How many items were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Whether progress is to be told again.
    pub fn is_to_tell(&mut self) -> bool {
        let due = self.told.elapsed() >= TOLD;
        if due {
            self.told = Instant::now();
        }
        due
    }
}

fn due(read: u64, rate: NonZeroU32) -> Duration {
    Duration::from_millis(read.saturating_mul(1000) / u64::from(rate.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rate: u32) -> NonZeroU32 {
        NonZeroU32::new(rate).unwrap()
    }

    #[test]
    fn items_are_due_at_their_rate() {
        assert_eq!(due(1500, rate(500)), Duration::from_secs(3));
        assert_eq!(due(1, rate(1)), Duration::from_secs(1));
    }

    #[test]
    fn pages_are_small_enough_to_keep_a_slow_pace() {
        assert_eq!([1, 3, 500, 100_000].map(|items| Pace::new(rate(items)).page()), [1, 1, 125, 1000]);
    }
}
