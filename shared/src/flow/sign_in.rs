//! Signing in with an address and a password.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Address;
use crate::domain::code::Purpose;
use crate::domain::hash::Verdict;
use crate::domain::lane::Lane;
use crate::domain::limit::CallerLimit;
use crate::domain::password::Password;
use crate::flow::limits::{self, LimitError};
use crate::flow::session::{self, Granted, Way};
use crate::flow::{Trouble, codes, gate, register, takes_trouble};
use crate::reason::{Failure, Reason};
use crate::store::{Door, Gate, Knock, Means};

/// Why a sign-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Too many requests from the caller's network.
    #[error("the caller is limited")]
    Limited(#[from] LimitError),
    /// Too many wrong passwords at the address: so many seconds to wait.
    #[error("too many wrong passwords")]
    Closed(u64),
    /// Address and password do not belong together.
    #[error("wrong address or password")]
    Refused,
    /// The password is right, and the address still to be verified.
    #[error("the address is not verified yet")]
    Unverified,
    /// The password is right, and the account closed.
    #[error("the account is closed")]
    Inactive,
    /// Something else.
    #[error("could not sign in")]
    Trouble(#[from] Trouble),
}

takes_trouble!(SignInError);

impl Failure for SignInError {
    fn reason(&self) -> Reason {
        match self {
            Self::Limited(error) => error.reason(),
            Self::Closed(_) => Reason::TooManyAttempts,
            Self::Refused => Reason::InvalidCredentials,
            Self::Unverified => Reason::EmailNotVerified,
            Self::Inactive => Reason::AccountInactive,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(error) => error.retry_after(),
            Self::Closed(seconds) => Some(*seconds),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Refused | Self::Unverified | Self::Inactive => None,
        }
    }
}

/// Signs in with a password. What an address is tells nothing until the password is right: unknown and known ones cost the same
/// requests and the same hash, and the gate refuses before hashing, the right password too.
///
/// # Errors
/// [`SignInError`] says why not.
pub async fn with_password(app: &App, by: &Caller, address: &Address, password: &Password) -> Result<Granted, SignInError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let tag = keys.directory.tag(address);
    let origin = keys.directory.origin(by);
    let limited = async { limits::take(app, CallerLimit::SignIn, by, &origin.network, now).await.map_err(SignInError::from) };
    let read = async { app.store.recipient(&tag, Purpose::Signup).await.map_err(SignInError::from) };
    let ((), recipient) = tokio::try_join!(limited, read)?;

    let claim = recipient.claim.as_ref();
    let lane = claim.map_or(Lane::Stranger, |claim| claim.familiar.lane(&origin));
    let passwords = app.config.limits.passwords;
    let at = claim.map_or(Door::Nobodys(&tag), |claim| Door::Account(claim.user));
    let knock = Knock { at, lane, passwords, now };
    let (user, is_last) = match app.store.count_password(&knock).await? {
        Gate::Open { user, is_last } => (user, is_last),
        Gate::Closed(seconds) => return Err(SignInError::Closed(seconds)),
    };
    // Two comparisons where a registration waits, or seems to, and one where none does: whether there is an account shows in neither.
    let at_account = gate::compare(app, password, user.as_deref())?;
    let waiting = recipient.challenge().and_then(|challenge| challenge.pending(now));
    match (at_account, user) {
        (Verdict::Wrong, _) | (_, None) => {
            let waits = waiting.map(|waiting| gate::compare_hash(app, password, waiting.password.as_ref(), None)).transpose()?;
            if waits.is_none_or(|verdict| verdict == Verdict::Wrong) {
                gate::tell(app, &knock, is_last).await?;
                return Err(SignInError::Refused);
            }
            codes::only_trouble(register::remind(app, by, address, recipient).await)?;
            Err(SignInError::Unverified)
        }
        (_, Some(user)) if !user.status.admits() => Err(SignInError::Inactive),
        (verdict, Some(user)) => {
            let Some(claim) = claim else { return Err(SignInError::Refused) };
            let rehashed = if verdict == Verdict::RightButOutdated { Some(app.hasher.hash(password, &*app.rng)?) } else { None };
            let means = Means::Password { lane, passwords, rehashed: rehashed.as_ref() };
            session::open(&Way { app, by, keys: &keys, address: &tag, claim, means, now }, *user).await?.ok_or(Trouble::Contended.into())
        }
    }
}
