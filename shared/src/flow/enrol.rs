//! Signing up by phone: the number is proved first, and says who they are with the code.

use crate::app::App;
use crate::caller::Caller;
use crate::config::Disclosure;
use crate::domain::address::{Email, Phone};
use crate::domain::challenge::Refusal;
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::message::Content;
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::primary::Primary;
use crate::domain::user::User;
use crate::flow::codes::{ATTEMPTS, Ask, CodeError, Draft, Knows, Post, Reference};
use crate::flow::newcomer::{self, Creation, Newcomer};
use crate::flow::session::Granted;
use crate::flow::{Trouble, addresses, limits, otp, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::telemetry;

/// Why nobody signed up by phone.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The number has an account, where that may be told.
    #[error("the number has an account")]
    Taken,
    /// Nobody is registered without consent.
    #[error("there is no consent")]
    NoConsent,
    /// Something else.
    #[error("could not sign up by phone")]
    Trouble(#[from] Trouble),
}

takes_trouble!(EnrolError);

impl Failure for EnrolError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Taken => Reason::NumberTaken,
            Self::NoConsent => Reason::ConsentRequired,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Taken | Self::NoConsent => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::Taken | Self::NoConsent | Self::Trouble(_) => Vec::new(),
        }
    }
}

/// Who signs up.
#[derive(Debug)]
pub struct Person {
    /// Name.
    pub name: Name,
    /// A mail address, which this proves nothing about.
    pub email: Option<Email>,
    /// Password.
    pub password: Password,
    /// Whether they consent.
    pub consents: bool,
}

/// Sends a code to sign up with. For a number that has an account that is told, or, where it may not be, its owner is told instead.
/// A number whose account was not used for a long time counts as free: it may have another owner by now.
///
/// # Errors
/// [`EnrolError`] says why not.
pub async fn ask(app: &App, by: &Caller, phone: &Phone) -> Result<Reference, EnrolError> {
    let ask = Ask::new(app, by, Purpose::Signup, phone.clone().into()).await?;
    ask.is_reachable()?;
    let mut recipient = ask.limited_look().await?;
    for _ in 0..ATTEMPTS {
        let taken = newcomer::owner(&ask, &recipient).await?.is_some_and(|owner| !otp::is_stale(app, &owner, ask.now));
        if taken && app.config.disclosure == Disclosure::Published {
            // Whoever is told has looked the number up.
            limits::take_look_up(app, &ask.keys.directory.block(phone), ask.now).await.map_err(CodeError::from)?;
            return Err(EnrolError::Taken);
        }
        let claim = recipient.claim.as_ref().filter(|_| taken);
        let post = if taken { Post::Instead(Content::AlreadyRegistered) } else { Post::Code };
        let draft = Draft { locale: claim.and_then(|claim| claim.locale), ..Draft::new(Knows::WhoAsksFirst, post) };
        if let Some(reference) = ask.send_once(&recipient, draft).await? {
            return Ok(reference);
        }
        recipient = ask.look().await?;
    }
    Err(Trouble::Contended.into())
}

/// Creates an account for whoever has the code of a number, and signs in. An account that has not been used for a long time gives the
/// number up: it keeps its other ways in, and is told.
///
/// # Errors
/// [`EnrolError`] says why not.
pub async fn finish(app: &App, by: &Caller, phone: &Phone, code: &OtpCode, person: Person) -> Result<Granted, EnrolError> {
    if !person.consents {
        return Err(EnrolError::NoConsent);
    }
    let ask = Ask::new(app, by, Purpose::Signup, phone.clone().into()).await?;
    let challenge = ask.attempt(code).await?;
    let mismatch = || EnrolError::Code(Refusal::Mismatch.into());
    let recipient = ask.look().await?;
    let former = newcomer::owner(&ask, &recipient).await?;
    if former.is_none() && recipient.claim.is_some() {
        // Its owner is being deleted, and the number is free in a moment.
        return Err(Trouble::Contended.into());
    }
    if former.as_ref().is_some_and(|owner| !otp::is_stale(app, owner, ask.now)) {
        return Err(mismatch());
    }
    let who = Newcomer {
        email: person.email.clone().map(|address| Primary { id: 1, address, verified: false, young_until: None }),
        phone: Some(Primary { id: 1, address: phone.clone(), verified: true, young_until: None }),
        name: Some(person.name),
        password: Some(app.hasher.hash(&person.password, &*app.rng)?),
        consent_at: Some(ask.now),
    };
    let leaver = newcomer::leaver(&ask, former.zip(recipient.claim)).await?;
    let creation = Creation { ask: &ask, challenge: &challenge, leaver: leaver.as_ref(), notices: &[] };
    let granted = creation.sign_in(who).await?.ok_or_else(mismatch)?;
    if let Some(email) = person.email {
        send_first_code(app, by, &granted.user, email).await;
    }
    Ok(granted)
}

/// Sends the first code to the mail address of a new account. The account stands already: a code that cannot be sent now can be asked
/// for later.
async fn send_first_code(app: &App, by: &Caller, user: &User, email: Email) {
    if let Err(error) = Box::pin(addresses::send(app, by, user, None, email.into())).await {
        tracing::warn!(event = "first_code_not_sent", causes = telemetry::causes(&error));
    }
}
