//! Sessions: what every way in ends with, and what every protected operation begins with.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::access_token::{Bearer, Claims, Unverified};
use crate::domain::address::Address;
use crate::domain::device::device_name;
use crate::domain::message::Content;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::session::{Session, SessionId};
use crate::domain::signing::KeyError;
use crate::domain::user::{Status, User, UserId};
use crate::flow::codes::ATTEMPTS;
use crate::flow::{Trouble, audit, outbox, takes_trouble};
use crate::keyring::{KeyringError, Keys};
use crate::reason::{Failure, Reason};
use crate::store::{AddressTag, AuditEvent, Claim, EndedSession, Ending, Event, Means, Notice, Opened, Opening};
use crate::telemetry::{self, Metric};

/// What somebody gets who proved who they are.
#[derive(Debug)]
pub struct Granted {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// For how long the access token is good.
    pub expires_in: Duration,
    /// The account.
    pub user: User,
}

/// A session about to begin.
#[must_use]
pub fn begin(app: &App, by: &Caller, user: UserId, epoch: u64, amr: &str, now: Timestamp) -> Session {
    let rng = &*app.rng;
    Session {
        id: SessionId::draw(rng),
        user,
        counter: 0,
        inner_key: rng.token(),
        device: device_name(by.user_agent.as_deref()),
        client: by.surface.name().to_owned(),
        audience: by.surface.audience().to_owned(),
        amr: vec![amr.to_owned()],
        epoch,
        binding: None,
        key_id: app.secrets.key_id().to_owned(),
        created_at: now,
        rotated_at: now,
        idle_end: now + app.config.session_idle,
        absolute_end: now + app.config.session_absolute,
    }
}

/// A way in that has been proved.
pub(crate) struct Way<'a> {
    pub(crate) app: &'a App,
    pub(crate) by: &'a Caller,
    pub(crate) keys: &'a Keys,
    pub(crate) address: &'a AddressTag,
    pub(crate) claim: &'a Claim,
    pub(crate) means: Means<'a>,
    pub(crate) now: Timestamp,
}

/// Opens a session for whoever came that way; `None` if the account was closed, its sessions ended, its password changed, or the code used
/// since it was read.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn open(way: &Way<'_>, user: User) -> Result<Option<Granted>, Trouble> {
    let Way { app, by, keys, address, claim, means, now } = *way;
    let amr = match means {
        Means::Password { .. } => "pwd",
        Means::Code { .. } => "sms",
    };
    let entrance = keys.directory.entrance(by, &*app.rng);
    let session = begin(app, by, user.id, user.epoch, amr, now);
    let audit = audit::of_user(app, user.id, Some(&session.id), Event::SignedIn, now);
    // The claims of other addresses learn of a place when they are signed in with, or when the account itself does.
    let claims = match (user.familiar.has_all_of(&entrance.origin), claim.familiar.has_all_of(&entrance.origin)) {
        (false, _) => claims_of(keys, &user, Some(address)),
        (true, false) => vec![address.clone()],
        (true, true) => Vec::new(),
    };
    let new_place = !user.familiar.knows(&keys.directory.origin(by));
    let content = Content::NewDevice { device: session.device.clone() };
    let notices = if new_place { outbox::notices_to_owner(app, by, &user, &content, now)? } else { Vec::new() };
    let opening = Opening { user, session: &session, means, origin: &entrance.origin, claims: &claims, audit: &audit, notices: &notices };
    let Opened::Done(user) = app.store.open_session(opening).await? else { return Ok(None) };
    by.note_device(entrance.cookie);
    telemetry::count(Metric::SignIns, &[("method", amr)]);
    Ok(Some(grant(app, keys, by, &session, *user, now)?))
}

/// Ends a session, if it is not over already; also one that a change of the password takes along in this moment.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn end(app: &App, mut session: Session, audit: &AuditEvent, notices: &[Notice], now: Timestamp) -> Result<(), Trouble> {
    for _ in 0..ATTEMPTS {
        match app.store.end_session(&Ending { session: &session, audit, notices, now }).await? {
            EndedSession::Done | EndedSession::Gone => return Ok(()),
            EndedSession::TakenAlong(since) => session = *since,
        }
    }
    Err(Trouble::Contended)
}

/// The addresses whose claims copy what an account knows: its proved primary ones, and the one that was used.
pub(crate) fn claims_of(keys: &Keys, user: &User, used: Option<&AddressTag>) -> Vec<AddressTag> {
    let email = user.verified_email().cloned().map(Address::from);
    let phone = user.verified_phone().cloned().map(Address::from);
    let mut tags: Vec<AddressTag> = email.into_iter().chain(phone).map(|address| keys.directory.tag(&address)).collect();
    tags.extend(used.filter(|used| !tags.contains(used)).cloned());
    tags
}

/// The tokens of a session as it stands.
///
/// # Errors
/// [`Trouble`] if a token cannot be made.
pub fn grant(app: &App, keys: &Keys, by: &Caller, session: &Session, user: User, now: Timestamp) -> Result<Granted, Trouble> {
    let life = app.config.access_token_life(by.surface);
    let claims = Claims::new(&by.base_url, by.surface.audience(), session, &user.roles, app.rng.token(), now, life.as_secs());
    let access_token = claims.sign(keys.current(now)?)?;
    let refresh_token = RefreshToken::of(session, &app.secrets).ok_or(KeyError)?;
    Ok(Granted { access_token, refresh_token, expires_in: life, user })
}

/// Why a bearer was refused.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// Not a token of ours for this audience, or its session is over.
    #[error("no valid access token")]
    Refused,
    /// A token of ours whose time is over.
    #[error("the access token has expired")]
    Expired,
    /// The password was set by an administrator, and must be changed before anything else.
    #[error("the password must be changed")]
    PasswordChangeRequired,
    /// The account waits for its deletion, and this operation is not among those that are left.
    #[error("the account is about to be deleted")]
    Inactive,
    /// Something else.
    #[error("could not check an access token")]
    Trouble(#[from] Trouble),
}

takes_trouble!(BearerError);

impl Failure for BearerError {
    fn reason(&self) -> Reason {
        match self {
            Self::Refused => Reason::Unauthenticated,
            Self::Expired => Reason::TokenExpired,
            Self::PasswordChangeRequired => Reason::PasswordChangeRequired,
            Self::Inactive => Reason::AccountLeaving,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Refused | Self::Expired | Self::PasswordChangeRequired | Self::Inactive => None,
        }
    }
}

/// Somebody whose session was checked on this very request.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub user: User,
    /// The session.
    pub session: Session,
}

impl SignedIn {
    /// The same, if their password is their own.
    ///
    /// # Errors
    /// [`BearerError::PasswordChangeRequired`] if it was set by an administrator.
    pub fn with_own_password(self) -> Result<Self, BearerError> {
        if self.user.password_temporary { Err(BearerError::PasswordChangeRequired) } else { Ok(self) }
    }

    /// The same, if their account does not wait for its deletion.
    ///
    /// # Errors
    /// [`BearerError::Inactive`] if it does.
    pub fn staying(self) -> Result<Self, BearerError> {
        if self.user.status == Status::Active { Ok(self) } else { Err(BearerError::Inactive) }
    }
}

/// Checks an access token, and that its session and account still stand as they did when it was issued. The account may wait for its
/// deletion: see [`SignedIn::staying`].
///
/// # Errors
/// [`BearerError`] says why not.
pub async fn authenticate(app: &App, by: &Caller, token: &str) -> Result<SignedIn, BearerError> {
    let now = app.clock.now();
    let bearer = recognise(app, by, token, now).await?.ok_or(BearerError::Refused)?;
    if bearer.expired {
        return Err(BearerError::Expired);
    }
    let (Some(user), Some(session)) = app.store.user_and_session(bearer.user, &bearer.session).await? else {
        return Err(BearerError::Refused);
    };
    if session.is_living(user.epoch, now) && user.status.admits() { Ok(SignedIn { user, session }) } else { Err(BearerError::Refused) }
}

/// Whose session a token is of, expired or not; `None` for what is no token of ours for this audience.
///
/// # Errors
/// [`KeyringError`] if the keys cannot be read.
pub(crate) async fn recognise(app: &App, by: &Caller, token: &str, now: Timestamp) -> Result<Option<Bearer>, KeyringError> {
    let Some(unverified) = Unverified::parse(token) else { return Ok(None) };
    let Some(key) = app.keyring.signing_key(&unverified.key_id).await? else { return Ok(None) };
    let Some(bearer) = unverified.verify(&key, &by.base_url, by.surface.audience(), now) else { return Ok(None) };
    let still_good = key.is_published(now) || (bearer.expired && key.is_recognised(now));
    Ok(still_good.then_some(bearer))
}
