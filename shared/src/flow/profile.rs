//! What a person says about themselves.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Address, Email, Phone};
use crate::domain::user::User;
use crate::flow::codes::{self, ATTEMPTS, CodeError};
use crate::flow::session::{self, SignedIn};
use crate::flow::{Trouble, addresses, again, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::Patch;

/// Why a profile was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The code for a new address.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The session ended meanwhile.
    #[error("the session ended meanwhile")]
    Ended,
    /// Something else.
    #[error("could not change a profile")]
    Trouble(#[from] Trouble),
}

takes_trouble!(ProfileError);

impl Failure for ProfileError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Ended => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Ended => None,
            Self::Trouble(trouble) => trouble.retry_after(),
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::Ended | Self::Trouble(_) => Vec::new(),
        }
    }
}

/// What shall be changed.
#[derive(Debug)]
pub struct Update {
    /// A new mail address, which waits for its proof.
    pub email: Option<Email>,
    /// A new number, which waits for its proof.
    pub phone: Option<Phone>,
    /// Everything else.
    pub patch: Patch,
}

/// Changes the caller's profile, and adds new addresses. Addresses come first, mail before phone: where a code cannot be sent, nothing
/// after it has changed, and the same request can be made again.
///
/// # Errors
/// [`ProfileError`] says why not.
pub async fn update(app: &App, by: &Caller, caller: SignedIn, update: Update) -> Result<User, ProfileError> {
    let now = app.clock.now();
    let SignedIn { mut user, session } = caller;
    if let Some(phone) = update.phone.as_ref().filter(|phone| user.phone.as_ref().is_none_or(|own| own.address != **phone)) {
        codes::reachable(app, by, phone)?;
    }
    let new_addresses: Vec<Address> = update.email.map(Into::into).into_iter().chain(update.phone.map(Into::into)).collect();
    // What was added is not denied when the session ended since.
    let ended = || if new_addresses.is_empty() { ProfileError::Ended } else { Trouble::Contended.into() };
    for address in &new_addresses {
        addresses::add(app, by, &user, &session.id, address.clone()).await?;
        user = again(app, &user).await?.ok_or_else(ended)?;
    }
    if update.patch.is_empty() {
        return Ok(user);
    }
    let keys = app.keyring.keys().await?;
    for _ in 0..ATTEMPTS {
        let claims = session::claims_of(&keys, &user, None);
        if let Some(changed) = app.store.change_profile(&user, &update.patch, &claims, now).await? {
            return Ok(changed);
        }
        user = again(app, &user).await?.ok_or_else(ended)?;
    }
    Err(Trouble::Contended.into())
}
