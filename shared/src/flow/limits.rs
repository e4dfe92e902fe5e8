//! Limits on requests, taken inside the flows, where no surface can forget them.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::{Caller, Quota};
use crate::domain::familiar::NetworkTag;
use crate::domain::lane::Allowance;
use crate::domain::limit::CallerLimit;
use crate::keyring::KeyringError;
use crate::reason::{Failure, Reason};
use crate::store::{BlockTag, Limit, StoreError, Subject};

/// Too many requests.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// One network's are used up for so many seconds.
    #[error("too many requests from one network")]
    Network(u64),
    /// Look-ups in a block of numbers are used up for so many seconds.
    #[error("too many look-ups in a block of numbers")]
    Block(u64),
    /// They could not be counted.
    #[error("could not count a request")]
    Store(#[from] StoreError),
    /// The caller could not be told from others.
    #[error("could not get the keys")]
    Keyring(#[from] KeyringError),
}

impl Failure for LimitError {
    fn reason(&self) -> Reason {
        match self {
            Self::Network(_) => Reason::RateLimited,
            Self::Block(_) => Reason::LookUpsLimited,
            Self::Store(error) => error.reason(),
            Self::Keyring(error) => error.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Network(seconds) | Self::Block(seconds) => Some(*seconds),
            Self::Store(error) => error.retry_after(),
            Self::Keyring(error) => error.retry_after(),
        }
    }
}

/// Counts a request of the caller's and refuses it when the window's allowance is used up.
///
/// # Errors
/// [`LimitError`].
pub async fn take(app: &App, limit: CallerLimit, by: &Caller, network: &NetworkTag, now: Timestamp) -> Result<(), LimitError> {
    let allowance = app.config.limits.callers.of(limit);
    let (left, end) = count(app, limit, Subject::Network(network), allowance, now).await?;
    by.note_quota(Quota { limit: allowance.most as u64, remaining: left.unwrap_or(0), reset: end });
    left.map(drop).ok_or_else(|| LimitError::Network(wait(end, now)))
}

/// Counts a request of the caller's that was refused before its flow has; see [`take`].
///
/// # Errors
/// [`LimitError`].
pub async fn take_late(app: &App, limit: CallerLimit, by: &Caller) -> Result<(), LimitError> {
    let keys = app.keyring.keys().await?;
    take(app, limit, by, &keys.directory.origin(by).network, app.clock.now()).await
}

/// Counts a look-up of a number, whoever asks, and refuses it when its block's allowance is used up.
///
/// # Errors
/// [`LimitError`].
pub async fn take_look_up(app: &App, block: &BlockTag, now: Timestamp) -> Result<(), LimitError> {
    let (left, end) = count(app, CallerLimit::LookUp, Subject::Block(block), app.config.limits.prefix_look_ups, now).await?;
    left.map(drop).ok_or_else(|| LimitError::Block(wait(end, now)))
}

/// How many requests are left in the window with this one counted, none if it is one too many; and the window's end.
async fn count(
    app: &App,
    limit: CallerLimit,
    subject: Subject<'_>,
    allowance: Allowance,
    now: Timestamp,
) -> Result<(Option<u64>, Timestamp), StoreError> {
    let (number, end) = allowance.window_at(now);
    let taken = app.store.count_request(Limit::Callers(limit), subject, number, end).await?;
    Ok(((allowance.most as u64).checked_sub(taken), end))
}

/// Number and end of the day (UTC).
pub(crate) fn day_at(now: Timestamp) -> (i64, Timestamp) {
    Allowance::new(0, std::time::Duration::from_hours(24)).window_at(now)
}

fn wait(end: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(end.as_second() - now.as_second()).unwrap_or(1).max(1)
}
