//! Signing up. A registration waits in its challenge until a code is verified: proving the mailbox gives the account to the
//! mailbox, never to a password that somebody else typed.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Address, Email, Phone};
use crate::domain::challenge::{Refusal, Registration};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::hash::Verdict;
use crate::domain::message::Content;
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::flow::codes::{ATTEMPTS, Ask, CodeError, Draft, Knows, Post};
use crate::flow::newcomer::{Creation, Newcomer};
use crate::flow::session::Granted;
use crate::flow::{Trouble, gate, outbox};
use crate::store::{Notice, Recipient, Since};

/// A sign-up as somebody asks for it.
#[derive(Debug)]
pub struct SignUp {
    /// The address to be proved.
    pub email: Email,
    /// Name.
    pub name: Name,
    /// Phone number, which stays unverified.
    pub phone: Option<Phone>,
    /// Password.
    pub password: Password,
}

/// Begins a registration: keeps it, and sends a code. The answer is the same for an address that has an account; its owner is
/// told by mail instead.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn sign_up(app: &App, by: &Caller, request: &SignUp) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Signup, request.email.clone().into()).await?;
    let mut recipient = ask.limited_look().await?;
    for _ in 0..ATTEMPTS {
        let registration = draft(app, request, &recipient, ask.now)?;
        match ask.send_once(&recipient, beginning(&recipient, registration.clone())).await {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {}
            Err(CodeError::TooSoon(seconds)) => {
                // The code on its way serves this sign-up too; what it serves may have become contested.
                let on_its_way = recipient.challenge().filter(|challenge| challenge.is_alive(ask.now) && challenge.code.is_some());
                let Some(challenge) = on_its_way else { return Err(CodeError::TooSoon(seconds)) };
                if app.store.amend_registration(&ask.tag, challenge.revision, &registration, ask.now).await? {
                    return Ok(());
                }
            }
            Err(error) => return Err(error),
        }
        recipient = ask.look().await?;
    }
    Err(Trouble::Contended.into())
}

/// Sends the code of a registration again, to whoever waits for one; to nobody else, with the same answer.
///
/// # Errors
/// [`CodeError`] says why not.
pub(crate) async fn resend(ask: &Ask<'_>, recipient: Recipient) -> Result<(), CodeError> {
    ask.send(recipient, |recipient| repetition(ask, recipient)).await.map(drop)
}

/// Sends the code again, within the budget, to somebody who signed in before verifying.
///
/// # Errors
/// [`CodeError`].
pub(crate) async fn remind(app: &App, by: &Caller, address: &Address, recipient: Recipient) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Signup, address.clone()).await?;
    ask.send_once(&recipient, repetition(&ask, &recipient)).await.map(drop)
}

fn beginning(recipient: &Recipient, registration: Registration) -> Draft<'static> {
    let claim = recipient.claim.as_ref();
    let post = if registration.decoy { Post::Instead(Content::AlreadyRegistered) } else { Post::Code };
    let locale = claim.and_then(|claim| claim.locale);
    let to = Some(claim.map_or_else(|| registration.email.clone().into(), |claim| claim.address.clone()));
    Draft { to, registration: Some(registration), since: Since::WaitingCode, locale, ..Draft::new(Knows::WhoAsksFirst, post) }
}

fn repetition(ask: &Ask<'_>, recipient: &Recipient) -> Draft<'static> {
    let alive = recipient.challenge().filter(|challenge| challenge.is_alive(ask.now));
    let mut registration = alive.and_then(|challenge| challenge.registration.clone());
    if recipient.claim.is_some() {
        registration = registration.map(|registration| Registration { decoy: true, ..registration });
    }
    let post = match &registration {
        Some(registration) if !registration.decoy => Post::Code,
        // A sign-up for an address with an account goes on looking like one for a free address, and so does a code that was used.
        _ if alive.is_some_and(|challenge| challenge.code.is_some()) => Post::Decoy,
        _ => Post::Nothing,
    };
    let to = registration.as_ref().map(|registration| registration.email.clone().into());
    Draft { registration, to, ..Draft::new(Knows::WhoAsksFirst, post) }
}

/// What the registration becomes with this request: a decoy, if the address has an account. One hash is computed in every case.
fn draft(app: &App, request: &SignUp, recipient: &Recipient, now: Timestamp) -> Result<Registration, Trouble> {
    let SignUp { email, name, phone, password } = request;
    let decoy = recipient.claim.is_some();
    // One whose time is over still contests, for as long as its counts matter: whoever asked for it may be about to type the code that
    // this sign-up sends.
    let seen = recipient.challenge().filter(|challenge| now < challenge.kept_until);
    let waiting = seen.and_then(|challenge| challenge.registration.as_ref());
    // What was a decoy for an account that is gone by now must not become an account.
    let waiting = waiting.filter(|waiting| decoy || !waiting.decoy).map(|waiting| Registration { decoy, ..waiting.clone() });
    let fresh =
        |password| Registration { email: email.clone(), name: Some(name.clone()), phone: phone.clone(), password: Some(password), decoy };
    let Some(waiting) = waiting else { return Ok(fresh(app.hasher.hash(password, &*app.rng)?)) };
    let verdict = gate::compare_hash(app, password, waiting.password.as_ref(), None)?;
    let Some(stored) = waiting.password.clone() else { return Ok(waiting) };
    Ok(match verdict {
        Verdict::Right | Verdict::RightButOutdated => fresh(stored),
        Verdict::Wrong => waiting.contest(),
    })
}

/// What a verified registration gives.
#[derive(Debug)]
pub struct Verified {
    /// The session that the account begins with.
    pub granted: Granted,
    /// The registration was contested: the account has no password yet.
    pub password_required: bool,
}

/// Verifies the code of a registration: creates the account and signs in.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn verify(app: &App, by: &Caller, email: &Email, code: &OtpCode) -> Result<Verified, CodeError> {
    let ask = Ask::new(app, by, Purpose::Signup, email.clone().into()).await?;
    let mut challenge = ask.attempt(code).await?;
    for _ in 0..ATTEMPTS {
        let registration = challenge.registration.as_ref().filter(|registration| !registration.decoy).ok_or(Refusal::Mismatch)?;
        let contested = registration.is_contested();
        let locale = by.locale;
        let wanted = || outbox::notice(app, by, registration.email.clone().into(), Content::PasswordWanted, locale, ask.now);
        let notices: Vec<Notice> = contested.then(wanted).transpose()?.into_iter().collect();
        let creation = Creation { ask: &ask, challenge: &challenge, leaver: None, notices: &notices };
        if let Some(granted) = creation.sign_in(Newcomer::of(registration)).await? {
            return Ok(Verified { granted, password_required: contested });
        }
        // The code was used, or the registration became contested, in this very moment.
        let recipient = ask.look().await?;
        *challenge = recipient.seen.filter(|_| recipient.claim.is_none()).ok_or(Refusal::Mismatch)?.challenge;
        challenge.judge(code, ask.keys.directory.code(), ask.now)?;
    }
    Err(Trouble::Contended.into())
}
