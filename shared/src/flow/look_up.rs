//! Whether a number is registered, where the published surfaces tell it.

use crate::app::App;
use crate::caller::Caller;
use crate::config::Disclosure;
use crate::domain::address::Phone;
use crate::domain::limit::CallerLimit;
use crate::flow::limits::{self, LimitError};
use crate::flow::{Trouble, takes_trouble};
use crate::reason::{Failure, Reason};

/// Why it was not told.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// Too many requests.
    #[error("look-ups are limited")]
    Limited(#[from] LimitError),
    /// Something else.
    #[error("could not look up a number")]
    Trouble(#[from] Trouble),
}

takes_trouble!(LookUpError);

impl Failure for LookUpError {
    fn reason(&self) -> Reason {
        match self {
            Self::Limited(error) => error.reason(),
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
        }
    }
}

/// Whether an account has proved the number; never, where disclosure is uniform. Limited by who asks and by the block that the number
/// lies in: otherwise whole blocks could be searched.
///
/// # Errors
/// [`LookUpError`] says why not.
pub async fn is_registered(app: &App, by: &Caller, phone: &Phone) -> Result<bool, LookUpError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let origin = keys.directory.origin(by);
    // A caller who is over its own limit uses up nothing of the block's.
    limits::take(app, CallerLimit::LookUp, by, &origin.network, now).await?;
    let block = keys.directory.block(phone);
    let tag = keys.directory.tag(&phone.clone().into());
    let limited = async { limits::take_look_up(app, &block, now).await.map_err(LookUpError::from) };
    let read = async { app.store.claim(&tag).await.map_err(LookUpError::from) };
    let ((), claim) = tokio::try_join!(limited, read)?;
    Ok(claim.is_some() && app.config.disclosure == Disclosure::Published)
}
