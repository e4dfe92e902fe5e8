//! A password that an administrator sets for somebody: it is good for choosing another one, and for nothing else.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Phone;
use crate::domain::familiar::Familiar;
use crate::domain::limit::CallerLimit;
use crate::domain::message::Content;
use crate::domain::password::PasswordError;
use crate::domain::user::Role;
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
    /// No account in use has the number.
    #[error("no account in use has the number")]
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
    let (user, proved) = tokio::try_join!(Box::pin(app.store.user(claim.user)), Box::pin(app.store.proved_addresses(claim.user)))?;
    let user = user.filter(|user| user.status.admits()).ok_or(TemporaryError::Unknown)?;
    let hash = app.hasher.hash(&password::acceptable(app, &user, new)?, &*app.rng)?;
    let claims = password::tags(&keys, &proved);
    let detail = Detail { by: Some(caller.user.id), ..Detail::default() };
    let audit = audit::of(app, About::User(user.id), None, Event::PasswordSet, detail, now);
    let notices = outbox::notices_to_owner(app, by, &user, &Content::PasswordChanged, now)?;
    let set = TemporaryPassword {
        user: &user,
        hash: &hash,
        passwords: app.config.limits.passwords,
        familiar: &Familiar::default(),
        claims: &claims,
        audit: &audit,
        notices: &notices,
        now,
    };
    if app.store.set_password(&set).await? { Ok(()) } else { Err(Trouble::Contended.into()) }
}
