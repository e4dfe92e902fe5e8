//! Waiting out a conflict: how often, and how long.

use std::time::Duration;

use crate::rng::Rng;

const REPEATS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Whether a conflict is waited out once more.
pub(super) fn may_repeat(attempt: u32) -> bool {
    attempt < REPEATS
}

/// Waits before a repetition: twice as long each time, and never as long as the others who ran into the same conflict.
pub(super) async fn pause(rng: &dyn Rng, attempt: u32) {
    let most = FIRST_PAUSE * 2_u32.saturating_pow(attempt);
    let drawn = rng.below(u32::try_from(most.as_micros()).unwrap_or(u32::MAX));
    tokio::time::sleep(Duration::from_micros(u64::from(drawn))).await;
}
