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
    /// Anybody else.
    Stranger,
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

    /// Whole seconds until a full lane takes another count; `oldest` is the time of its oldest count.
    #[must_use]
    pub fn wait(&self, oldest: Timestamp, now: Timestamp) -> u64 {
        let millis = oldest.as_millisecond() + i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX) - now.as_millisecond();
        u64::try_from(millis).unwrap_or(0).div_ceil(1000).max(1)
    }
}

const QUARTER: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);

/// Wrong passwords at one account, in each lane.
pub const PASSWORDS: Allowance = Allowance::new(10, QUARTER);
/// Tries at the codes of one address and purpose, in each lane.
pub const TRIES: Allowance = Allowance::new(5, HOUR);

/// Codes sent to one address for one purpose.
#[must_use]
pub const fn sends(lane: Lane) -> Allowance {
    match lane {
        Lane::Known => Allowance::new(5, HOUR),
        Lane::Stranger => Allowance::new(2, HOUR),
    }
}
