//! Limits on requests, taken inside the flows, where no surface can forget them.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::{Caller, Quota};
use crate::domain::familiar::NetworkTag;
use crate::domain::lane::Allowance;
use crate::reason::{Failure, Reason};
use crate::store::{BlockTag, Limit, StoreError, Subject};

/// Too many requests.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// One network's are used up for so many seconds.
    #[error("too many requests from one network")]
    Network(u64),
    /// Those about a block of numbers are used up for so many seconds.
    #[error("too many requests about a block of numbers")]
    Block(u64),
    /// They could not be counted.
    #[error("could not count a request")]
    Store(#[from] StoreError),
}

impl Failure for LimitError {
    fn reason(&self) -> Reason {
        match self {
            Self::Network(_) => Reason::RateLimited,
            Self::Block(_) => Reason::NumbersLimited,
            Self::Store(error) => error.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Network(seconds) | Self::Block(seconds) => Some(*seconds),
            Self::Store(error) => error.retry_after(),
        }
    }
}

/// A limit of callers and what it allows.
fn of_callers(app: &App, limit: Limit) -> Allowance {
    let callers = &app.config.limits.callers;
    match limit {
        Limit::AskCode => callers.ask_code,
        Limit::VerifyCode => callers.verify_code,
        Limit::SignIn => callers.sign_in,
        Limit::LookUp => callers.look_up,
        Limit::Sms(_) => app.config.limits.sms_per_prefix,
        Limit::Verify => app.config.limits.codes.to_one_address(),
    }
}

/// Counts a request of the caller's and refuses it when the window's allowance is used up.
///
/// # Errors
/// [`LimitError`].
pub async fn take(app: &App, limit: Limit, by: &Caller, network: &NetworkTag, now: Timestamp) -> Result<(), LimitError> {
    let (left, end) = count(app, limit, Subject::Network(network), of_callers(app, limit), now).await?;
    by.note_quota(Quota { limit: of_callers(app, limit).most as u64, remaining: left.unwrap_or(0), reset: end });
    left.map(drop).ok_or_else(|| LimitError::Network(wait(end, now)))
}

/// Counts a look-up of a number, whoever asks, and refuses it when its block's allowance is used up.
///
/// # Errors
/// [`LimitError`].
pub async fn take_look_up(app: &App, block: &BlockTag, now: Timestamp) -> Result<(), LimitError> {
    let (left, end) = count(app, Limit::LookUp, Subject::Block(block), app.config.limits.prefix_look_ups, now).await?;
    left.map(drop).ok_or_else(|| LimitError::Block(wait(end, now)))
}

/// How many requests are left in the window with this one counted, none if it is one too many; and the window's end.
async fn count(
    app: &App,
    limit: Limit,
    subject: Subject<'_>,
    allowance: Allowance,
    now: Timestamp,
) -> Result<(Option<u64>, Timestamp), StoreError> {
    let (number, end) = allowance.window_at(now);
    let taken = app.store.count_request(limit, subject, number, end).await?;
    Ok(((allowance.most as u64).checked_sub(taken), end))
}

/// Number and end of the day (UTC).
pub(crate) fn day_at(now: Timestamp) -> (i64, Timestamp) {
    Allowance::new(0, std::time::Duration::from_hours(24)).window_at(now)
}

fn wait(end: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(end.as_second() - now.as_second()).unwrap_or(1).max(1)
}
