//! Limits per caller, taken inside the flows, where no surface can forget them.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::{Caller, Quota};
use crate::domain::lane::Allowance;
use crate::reason::{Failure, Reason};
use crate::store::{Limit, NetworkTag, StoreError};

const HOUR: Duration = Duration::from_hours(1);
const QUARTER: Duration = Duration::from_mins(15);

/// Too many requests from one network.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// The limit is used up for so many seconds.
    #[error("too many requests from one network")]
    Exceeded(u64),
    /// It could not be counted.
    #[error("could not count a request")]
    Store(#[from] StoreError),
}

impl Failure for LimitError {
    fn reason(&self) -> Reason {
        match self {
            Self::Exceeded(_) => Reason::RateLimited,
            Self::Store(error) => error.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Exceeded(seconds) => Some(*seconds),
            Self::Store(error) => error.retry_after(),
        }
    }
}

fn allowance(limit: Limit) -> Allowance {
    match limit {
        Limit::AskCode => Allowance::new(20, HOUR),
        Limit::VerifyCode => Allowance::new(60, HOUR),
        Limit::SignIn => Allowance::new(100, QUARTER),
    }
}

/// Counts a request of the caller's and refuses it when the window's allowance is used up.
///
/// # Errors
/// [`LimitError`].
pub async fn take(app: &App, limit: Limit, by: &Caller, network: &NetworkTag, now: Timestamp) -> Result<(), LimitError> {
    let Allowance { most, window } = allowance(limit);
    let length = i64::try_from(window.as_secs()).unwrap_or(i64::MAX);
    let number = now.as_second().div_euclid(length);
    let end = Timestamp::from_second((number + 1) * length).unwrap_or(Timestamp::MAX);
    let most = most as u64 * u64::from(app.config.caller_limit_scale);
    let taken = app.store.count_caller(limit, network, number, end).await?;
    by.note_quota(Quota { limit: most, remaining: most.saturating_sub(taken), reset: end });
    if taken > most {
        let wait = u64::try_from(end.as_second() - now.as_second()).unwrap_or(1).max(1);
        return Err(LimitError::Exceeded(wait));
    }
    Ok(())
}
