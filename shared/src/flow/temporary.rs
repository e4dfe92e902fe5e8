//! A password that an administrator sets for somebody: it is good for choosing another one, and for nothing else.

use zeroize::Zeroizing;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Phone;
use crate::domain::familiar::Familiar;
use crate::domain::limit::CallerLimit;
use crate::domain::message::Content;
use crate::domain::password::{Password, PasswordError};
use crate::domain::user::{Role, Status, User, UserId};
use crate::flow::codes::ATTEMPTS;
use crate::flow::limits::{self, LimitError};
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, audit, outbox, password, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{About, Detail, Event, TemporaryPassword};

/// Why no password was set.
#[derive(Debug, thiserror::Error)]
pub enum TemporaryError {
    /// Too many requests from the caller's network.
    #[error("the caller is limited")]
    Limited(#[from] LimitError),
    /// The caller is no administrator.
    #[error("the caller is no administrator")]
    NotPermitted,
    /// There is no such account in use.
    #[error("there is no such account in use")]
    Unknown,
    /// The password is no good.
    #[error("the password is refused")]
    Weak(#[from] PasswordError),
    /// Something else.
    #[error("could not set a password")]
    Trouble(#[from] Trouble),
}

takes_trouble!(TemporaryError);

impl Failure for TemporaryError {
    fn reason(&self) -> Reason {
        match self {
            Self::Limited(error) => error.reason(),
            Self::NotPermitted => Reason::RoleRequired,
            Self::Unknown => Reason::UnknownNumber,
            Self::Weak(_) => Reason::WeakPassword,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::NotPermitted | Self::Unknown | Self::Weak(_) => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Weak(error) => vec![password::weakness(*error)],
            _ => Vec::new(),
        }
    }
}

/// Sets the password of whoever has proved a number: all sessions end, and the owner is told. The roles are those that the caller's
/// account has now, whatever their token says. Who is no administrator is refused, and the audit is told.
///
/// # Errors
/// [`TemporaryError`] says why not.
pub async fn set(app: &App, by: &Caller, caller: &SignedIn, phone: &Phone, new: &str) -> Result<(), TemporaryError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    limits::take(app, CallerLimit::SignIn, by, &keys.directory.origin(by).network, now).await?;
    if !caller.user.roles.contains(&Role::admin()) {
        let refused = audit::of_user(app, caller.user.id, Some(&caller.session.id), Event::AdministrationRefused, now);
        app.store.tell(&refused).await?;
        return Err(TemporaryError::NotPermitted);
    }
    let tag = keys.directory.tag(&phone.clone().into());
    let claim = app.store.claim(&tag).await?.ok_or(TemporaryError::Unknown)?;
    let user = Box::pin(app.store.user(claim.user)).await?;
    let user = user.filter(|user| user.status == Status::Active).ok_or(TemporaryError::Unknown)?;
    give(app, by, &user, new, Detail { by: Some(caller.user.id), ..Detail::default() }).await
}

/// Draws a password for an account in use and sets it, for an operator who tells it to its owner. All sessions end, and the owner is
/// told that the password is another one.
///
/// # Errors
/// [`TemporaryError`]; [`TemporaryError::Unknown`] if the account is not in use.
pub async fn draw(app: &App, by: &Caller, user: UserId) -> Result<Zeroizing<String>, TemporaryError> {
    let user = app.store.user(user).await?.filter(|user| user.status == Status::Active).ok_or(TemporaryError::Unknown)?;
    let drawn = Password::draw(app.config.password_min, &*app.rng);
    give(app, by, &user, &drawn, Detail::default()).await?;
    Ok(drawn)
}

async fn give(app: &App, by: &Caller, user: &User, new: &str, detail: Detail) -> Result<(), TemporaryError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let hash = app.hasher.hash(&password::acceptable(app, user, new)?, &*app.rng)?;
    let audit = audit::of(app, About::User(user.id), None, Event::PasswordSet, detail, now);
    let mut user = user.clone();
    for _ in 0..ATTEMPTS {
        let proved = Box::pin(app.store.proved_addresses(user.id)).await?;
        let set = TemporaryPassword {
            user: &user,
            hash: &hash,
            passwords: app.config.limits.passwords,
            familiar: &Familiar::default(),
            claims: &password::tags(&keys, &proved),
            audit: &audit,
            notices: &outbox::notices_to_owner(app, by, &user, &Content::PasswordChanged, now)?,
            now,
        };
        if app.store.set_password(&set).await? {
            return Ok(());
        }
        user = Box::pin(app.store.user(user.id)).await?.filter(|user| user.status == Status::Active).ok_or(TemporaryError::Unknown)?;
    }
    Err(Trouble::Contended.into())
}
