//! Signing in with an address and a password.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Email;
use crate::domain::code::Purpose;
use crate::domain::hash::{StoredHash, Verdict};
use crate::domain::lane::Lane;
use crate::domain::password::Password;
use crate::domain::user::User;
use crate::flow::limits::{self, LimitError};
use crate::flow::session::{self, Granted, Realm};
use crate::flow::{Trouble, lane_of, register, takes_trouble};
use crate::keyring::Keys;
use crate::reason::{Failure, Reason};
use crate::store::{AddressTag, Event, Gate, Limit, NetworkTag, Opened, Opening};

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
pub async fn with_password(app: &App, by: &Caller, realm: Realm, email: &Email, password: &Password) -> Result<Granted, SignInError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let address = keys.directory.tag(&email.clone().into());
    let network = keys.directory.network(&by.network);
    let limited = async { limits::take(app, Limit::SignIn, by, &network, now).await.map_err(SignInError::from) };
    let read = async { app.store.recipient(&address, Purpose::Signup).await.map_err(SignInError::from) };
    let ((), recipient) = tokio::try_join!(limited, read)?;

    let claim = recipient.claim.as_ref();
    let lane = lane_of(claim.map_or(&[], |claim| &claim.networks), &network);
    let user = match app.store.count_password(claim.map(|claim| claim.user), &address, lane, now).await? {
        Gate::Open(user) => user,
        Gate::Closed(seconds) => return Err(SignInError::Closed(seconds)),
    };
    // Two comparisons where a registration waits, or seems to, and one where none does: whether there is an account shows in neither.
    let at_account = verify(app, password, user.as_ref().and_then(|user| user.password.as_ref()))?;
    let waiting = recipient.challenge.as_ref().and_then(|challenge| challenge.pending(now));
    match (at_account, user) {
        (Verdict::Wrong, _) | (_, None) => {
            let Some(waiting) = waiting else { return Err(SignInError::Refused) };
            if verify(app, password, waiting.password.as_ref())? == Verdict::Wrong {
                return Err(SignInError::Refused);
            }
            register::remind(app, by, email, recipient).await?;
            Err(SignInError::Unverified)
        }
        (_, Some(user)) if !user.status.admits() => Err(SignInError::Inactive),
        (verdict, Some(user)) => {
            let rehashed = if verdict == Verdict::RightButOutdated { Some(app.hasher.hash(password, &*app.rng)?) } else { None };
            Entry { app, by, realm, keys: &keys, address: &address, network: &network, lane, now }.open(*user, rehashed.as_ref()).await
        }
    }
}

fn verify(app: &App, password: &Password, stored: Option<&StoredHash>) -> Result<Verdict, Trouble> {
    Ok(match stored {
        Some(stored) => app.hasher.verify(password, stored)?,
        None => app.hasher.pretend(password)?,
    })
}

/// A way in that has been proved.
struct Entry<'a> {
    app: &'a App,
    by: &'a Caller,
    realm: Realm,
    keys: &'a Keys,
    address: &'a AddressTag,
    network: &'a NetworkTag,
    lane: Lane,
    now: Timestamp,
}

impl Entry<'_> {
    async fn open(self, user: User, rehashed: Option<&StoredHash>) -> Result<Granted, SignInError> {
        let Self { app, by, realm, keys, address, network, lane, now } = self;
        let session = session::begin(app, by, realm, user.id, user.epoch, "pwd", now);
        let audit = session::audit(app, user.id, &session.id, Event::SignedIn, now);
        let opening = Opening { user, session: &session, address, network, lane, rehashed, audit: &audit };
        match app.store.open_session(opening).await? {
            Opened::Done(user) => Ok(session::grant(app, keys, by, realm, &session, *user, now)?),
            // Between the gate and here the password was changed or the account closed: it is as if this had come later.
            Opened::Changed => Err(SignInError::Refused),
        }
    }
}
