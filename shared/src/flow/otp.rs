//! Codes by SMS: signing in with one, and showing that one has a number.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::config::Disclosure;
use crate::domain::address::Phone;
use crate::domain::challenge::Refusal;
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::user::User;
use crate::flow::codes::{Ask, CodeError, Draft, Knows, Post, Reference};
use crate::flow::session::{self, Granted, Way};
use crate::flow::{Trouble, limits, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{Claim, Means, Purse, Recipient};

/// Why nobody signed in by SMS.
#[derive(Debug, thiserror::Error)]
pub enum OtpError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// No account has the number, where that may be told.
    #[error("no account has the number")]
    Unknown,
    /// The code is right, and the account closed.
    #[error("the account is closed")]
    Inactive,
    /// The code is right, but the account has not been used for so long that the number may have another owner by now.
    #[error("the account has not been used for a long time")]
    Stale,
    /// Something else.
    #[error("could not sign in by SMS")]
    Trouble(#[from] Trouble),
}

takes_trouble!(OtpError);

impl Failure for OtpError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Unknown => Reason::UnknownNumber,
            Self::Inactive => Reason::AccountInactive,
            Self::Stale => Reason::PasswordRequired,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Unknown | Self::Inactive | Self::Stale => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::Unknown | Self::Inactive | Self::Stale | Self::Trouble(_) => Vec::new(),
        }
    }
}

/// Sends a code to sign in with to a number that an active account has proved. For other numbers that is told, or, where it may not
/// be, the same is done without a message.
///
/// # Errors
/// [`OtpError`] says why not.
pub async fn ask_to_sign_in(app: &App, by: &Caller, phone: &Phone) -> Result<Reference, OtpError> {
    let ask = Ask::new(app, by, Purpose::SignIn, phone.clone().into()).await?;
    ask.is_reachable()?;
    let recipient = ask.limited_look().await?;
    if app.config.disclosure == Disclosure::Published && !is_in_use(app, &recipient).await? {
        // Whoever is told has looked the number up.
        limits::take_look_up(app, &ask.keys.directory.block(phone), ask.now).await.map_err(CodeError::from)?;
        return Err(OtpError::Unknown);
    }
    Ok(ask.send(recipient, |recipient| Draft { purse: Purse::Proven, ..Draft::to_owner(recipient.claim.as_ref()) }).await?)
}

async fn is_in_use(app: &App, recipient: &Recipient) -> Result<bool, Trouble> {
    let Some(claim) = &recipient.claim else { return Ok(false) };
    let user = app.store.user(claim.user).await?;
    Ok(user.is_some_and(|user| user.status.admits()))
}

/// Signs in with a code sent to a number, and renews the proof of the number.
///
/// # Errors
/// [`OtpError`] says why not.
pub async fn sign_in(app: &App, by: &Caller, phone: &Phone, code: &OtpCode) -> Result<Granted, OtpError> {
    let ask = Ask::new(app, by, Purpose::SignIn, phone.clone().into()).await?;
    let challenge = ask.attempt(code).await?;
    let mismatch = || OtpError::Code(Refusal::Mismatch.into());
    let owner = challenge.user.ok_or_else(mismatch)?;
    let (claim, user) = app.store.owner(&ask.tag, owner).await?;
    // The number may have gone to another account since the code was sent.
    let claim = claim.filter(|claim| claim.user == owner).ok_or_else(mismatch)?;
    let user = user.ok_or_else(mismatch)?;
    if !user.takes_codes_of(challenge.sent_at) {
        return Err(mismatch());
    }
    if !user.status.admits() {
        return Err(OtpError::Inactive);
    }
    if is_stale(app, &user, ask.now) {
        return Err(OtpError::Stale);
    }
    let means = Means::Code { address: &ask.tag, challenge: &challenge, number: claim.number };
    let way = Way { app, by, keys: &ask.keys, address: &ask.tag, claim: &claim, means, now: ask.now };
    session::open(&way, user).await?.ok_or_else(mismatch)
}

/// Whether an account has not been used for so long that its number may have another owner by now.
pub(crate) fn is_stale(app: &App, user: &User, now: Timestamp) -> bool {
    user.last_used_at() + app.config.phone_stale <= now
}

/// Sends a code by which somebody can show that they have a number, whoever they are.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn ask_for_proof(app: &App, by: &Caller, phone: &Phone) -> Result<Reference, CodeError> {
    let ask = Ask::new(app, by, Purpose::StandAlone, phone.clone().into()).await?;
    ask.is_reachable()?;
    let recipient = ask.limited_look().await?;
    ask.send(recipient, |recipient| Draft { purse: purse(app, recipient.claim.as_ref()), ..Draft::new(Knows::WhoAsksFirst, Post::Code) })
        .await
}

/// Takes the code that shows that somebody has a number. It proves nothing else.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn prove(app: &App, by: &Caller, phone: &Phone, code: &OtpCode) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::StandAlone, phone.clone().into()).await?;
    let challenge = ask.attempt(code).await?;
    let used = app.store.use_code(&ask.tag, ask.purpose, &challenge).await?;
    if used { Ok(()) } else { Err(Refusal::Mismatch.into()) }
}

/// Numbers that were proved here have money of their own, unless that would tell which they are.
pub(crate) fn purse(app: &App, claim: Option<&Claim>) -> Purse {
    let told = app.config.disclosure == Disclosure::Published;
    if told && claim.is_some() { Purse::Proven } else { Purse::Others }
}
