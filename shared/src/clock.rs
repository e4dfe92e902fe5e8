//! Where the time comes from.

use jiff::Timestamp;

/// Tells the time. It comes with the application, so that tests can move it.
pub trait Clock: Send + Sync {
    /// The present moment, cut to whole milliseconds, as it is stored.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
