//! Changing a password by whoever knows the present one.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Address;
use crate::domain::hash::Verdict;
use crate::domain::limit::CallerLimit;
use crate::domain::message::Content;
use crate::domain::password::{Password, PasswordError};
use crate::domain::user::User;
use crate::flow::codes::ATTEMPTS;
use crate::flow::limits::{self, LimitError};
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, audit, gate, outbox, takes_trouble};
use crate::keyring::Keys;
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{AddressTag, Contact, Door, Event, Gate, Knock, PasswordChange};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Too many requests from the caller's network.
    #[error("the caller is limited")]
    Limited(#[from] LimitError),
    /// Too many wrong passwords: so many seconds to wait.
    #[error("too many wrong passwords")]
    Closed(u64),
    /// The present password is another one.
    #[error("the present password is another one")]
    Wrong,
    /// The new one is no good.
    #[error("the new password is refused")]
    Weak(#[from] PasswordError),
    /// The session ended meanwhile.
    #[error("the session ended meanwhile")]
    Ended,
    /// Something else.
    #[error("could not change a password")]
    Trouble(#[from] Trouble),
}

takes_trouble!(ChangeError);

impl Failure for ChangeError {
    fn reason(&self) -> Reason {
        match self {
            Self::Limited(error) => error.reason(),
            Self::Closed(_) => Reason::TooManyAttempts,
            Self::Wrong => Reason::WrongPassword,
            Self::Weak(_) => Reason::WeakPassword,
            Self::Ended => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(error) => error.retry_after(),
            Self::Closed(seconds) => Some(*seconds),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Wrong | Self::Weak(_) | Self::Ended => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Weak(error) => vec![weakness(*error)],
            _ => Vec::new(),
        }
    }
}

/// What is wrong with a new password.
pub(crate) fn weakness(error: PasswordError) -> FieldProblem {
    FieldProblem::new("new_password", error.to_string())
}

/// Takes a new password for an account, which must not resemble what it knows of its owner.
///
/// # Errors
/// [`PasswordError`].
pub(crate) fn acceptable(app: &App, user: &User, text: &str) -> Result<Password, PasswordError> {
    let name = user.profile.name.as_ref().map_or("", |name| name.as_str());
    let email = user.email.as_ref().map(|email| Address::from(email.address.clone()));
    let phone = user.phone.as_ref().map(|phone| Address::from(phone.address.clone()));
    let addresses: Vec<Address> = email.into_iter().chain(phone).collect();
    let own: Vec<&str> = addresses.iter().flat_map(|address| Password::own_texts(address, name)).chain([name]).collect();
    Password::new(text, app.config.password_min, &own)
}

/// The tags of an account's proved addresses, whose claims copy the places that it knows.
pub(crate) fn tags(keys: &Keys, proved: &[Contact]) -> Vec<AddressTag> {
    proved.iter().map(|proved| keys.directory.tag(&proved.address)).collect()
}

/// Changes the caller's password; all other sessions end, and this is the only place that the account knows from now on. The present
/// password is counted at the same gate as in a sign-in, so that whoever holds somebody's session cannot guess at it here.
///
/// # Errors
/// [`ChangeError`] says why not.
pub async fn change(app: &App, by: &Caller, caller: &SignedIn, present: &Password, new: &str) -> Result<(), ChangeError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let origin = keys.directory.origin(by);
    let SignedIn { user, session } = caller;
    limits::take(app, CallerLimit::SignIn, by, &origin.network, now).await?;
    let new = acceptable(app, user, new)?;
    let (lane, passwords) = (user.familiar.lane(&origin), app.config.limits.passwords);
    let knock = Knock { at: Door::Account(user.id), lane, passwords, now };
    let (user, is_last) = match app.store.count_password(&knock).await? {
        Gate::Open { user, is_last } => (user.ok_or(ChangeError::Ended)?, is_last),
        Gate::Closed(seconds) => return Err(ChangeError::Closed(seconds)),
    };
    if gate::compare(app, present, Some(&user))? == Verdict::Wrong {
        gate::tell(app, &knock, is_last).await?;
        return Err(ChangeError::Wrong);
    }
    let hash = app.hasher.hash(&new, &*app.rng)?;
    let audit = audit::of_user(app, user.id, Some(&session.id), Event::PasswordChanged, now);
    let entrance = keys.directory.entrance(by, &*app.rng);
    let mut user = user;
    for _ in 0..ATTEMPTS {
        let proved = Box::pin(app.store.proved_addresses(user.id)).await?;
        let change = PasswordChange {
            user: &user,
            session: &session.id,
            hash: &hash,
            passwords,
            origin: &entrance.origin,
            claims: &tags(&keys, &proved),
            audit: &audit,
            notices: &outbox::notices_to_owner(app, by, &user, &Content::PasswordChanged, now)?,
            now,
        };
        if app.store.change_password(&change).await? {
            by.note_device(entrance.cookie);
            return Ok(());
        }
        let (fresh, present) = app.store.user_and_session(user.id, &session.id).await?;
        present.filter(|present| present.is_living(user.epoch, now)).ok_or(ChangeError::Ended)?;
        user = fresh.filter(|fresh| fresh.epoch == user.epoch).map(Box::new).ok_or(ChangeError::Ended)?;
    }
    Err(Trouble::Contended.into())
}
