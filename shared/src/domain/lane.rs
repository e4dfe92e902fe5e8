//! Counting in lanes: callers that an account or a code knows are counted apart from strangers, so that strangers cannot lock
//! an owner out.
//!
//! A lane is a sliding window that keeps the times of its last counts. The oldest of them decides: as long as it lies within
//! the window, the lane is full. This makes "forget what is old, refuse when full, count otherwise" one conditional write.

use std::time::Duration;

use jiff::Timestamp;

/// Whom a count is laid to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A caller that the account or the code knows.
    Known,
    /// The first of those that the account does not know who asked for the code.
    Asker,
    /// Anybody else.
    Stranger,
}

impl Lane {
    /// Its name in attributes and in the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Asker => "asker",
            Self::Stranger => "stranger",
        }
    }
}

/// How many counts a lane takes within how long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The most counts within the window.
    pub most: usize,
    /// The window.
    pub window: Duration,
}

impl Allowance {
    /// An allowance.
    #[must_use]
    pub const fn new(most: usize, window: Duration) -> Self {
        Self { most, window }
    }

    /// Number and end of the window at `now`, where windows are aligned to the clock.
    #[must_use]
    pub fn window_at(&self, now: Timestamp) -> (i64, Timestamp) {
        let length = i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX).max(1);
        let number = now.as_second().div_euclid(length);
        (number, Timestamp::from_second((number + 1) * length).unwrap_or(Timestamp::MAX))
    }

    /// Whole seconds until a full lane takes another count; `oldest` is the time of its oldest count.
    #[must_use]
    pub fn wait(&self, oldest: Timestamp, now: Timestamp) -> u64 {
        let millis = oldest.as_millisecond() + i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX) - now.as_millisecond();
        u64::try_from(millis).unwrap_or(0).div_ceil(1000).max(1)
    }
}
