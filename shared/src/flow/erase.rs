//! Deleting one's account: asked for, confirmed by a code, cancelled while it waits, or done at once.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Address, Channel};
use crate::domain::challenge::{Challenge, Refusal};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::erasure::{self, Deletion, Stage};
use crate::domain::hash::Verdict;
use crate::domain::limit::CallerLimit;
use crate::domain::message::{Content, Privacy};
use crate::domain::password::Password;
use crate::domain::user::{Status, User};
use crate::flow::codes::{Ask, CodeError, Draft, Knows, Post};
use crate::flow::limits::{self, LimitError};
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, audit, gate, outbox, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{AtOnce, Beside, Confirmation, Contact, DeletionRequest, Door, Event, Gate, Knock, Purse, Told};

/// Why an account is not deleted, or goes on being deleted.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Too many requests from the caller's network.
    #[error("the caller is limited")]
    Limited(#[from] LimitError),
    /// The account has no proved address that a code could go to.
    #[error("the account has no proved address")]
    NoAddress,
    /// No deletion waits.
    #[error("no deletion waits")]
    NotPending,
    /// Too many wrong passwords: so many seconds to wait.
    #[error("too many wrong passwords")]
    Closed(u64),
    /// The password is another one.
    #[error("the password is another one")]
    WrongPassword,
    /// The account has a password, and none was given; or it has none, and no code was given.
    #[error("the proof is missing")]
    Missing(&'static str),
    /// The session ended meanwhile.
    #[error("the session ended meanwhile")]
    Ended,
    /// Something else.
    #[error("could not change the deletion of an account")]
    Trouble(#[from] Trouble),
}

takes_trouble!(EraseError);

impl Failure for EraseError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Limited(error) => error.reason(),
            Self::NoAddress => Reason::NoAddress,
            Self::NotPending => Reason::NoDeletion,
            Self::Closed(_) => Reason::TooManyAttempts,
            Self::WrongPassword => Reason::WrongPassword,
            Self::Missing(_) => Reason::InvalidRequest,
            Self::Ended => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Limited(error) => error.retry_after(),
            Self::Closed(seconds) => Some(*seconds),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::NoAddress | Self::NotPending | Self::WrongPassword | Self::Missing(_) | Self::Ended => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::Missing(field) => vec![FieldProblem::new(*field, "is required")],
            _ => Vec::new(),
        }
    }
}

/// Where codes and news of privacy requests go: to the primary mail address, or to the primary number where there is none; but as long as
/// that joined older ones lately, to one of those. Else whoever has but a session could add an address and confirm the requests by it.
async fn address_of(app: &App, user: &User) -> Result<Option<Address>, Trouble> {
    let now = app.clock.now();
    let proved = Box::pin(app.store.proved_addresses(user.id)).await?;
    let is_primary = |contact: &Contact| user.primary_number(contact.address.channel()) == Some(contact.number);
    let was_primary = |contact: &Contact| user.former_until(contact.address.channel(), contact.number).is_some_and(|until| now < until);
    let is_phone = |contact: &Contact| contact.address.channel() == Channel::Phone;
    let place = |contact: &&Contact| (contact.is_young(now), is_phone(contact), !is_primary(contact), !was_primary(contact));
    let first = proved.iter().min_by_key(place);
    Ok(first.map(|contact| contact.address.clone()))
}

/// The owner's question for a code about their data.
pub(crate) async fn question<'a>(app: &'a App, by: &'a Caller, user: &User, purpose: Purpose) -> Result<Option<Ask<'a>>, Trouble> {
    let Some(address) = address_of(app, user).await? else { return Ok(None) };
    Ok(Some(Ask::new(app, by, purpose, address).await?.owned()))
}

/// What the owner is told about the end of their account: also where the codes about it go.
async fn tell(app: &App, by: &Caller, user: &User, address: Option<&Address>, news: Privacy) -> Result<Told, Trouble> {
    let keys = app.keyring.keys().await?;
    let (now, content) = (app.clock.now(), Content::Privacy { news });
    let mut told = outbox::tell_owner(app, &keys, by, user, &content, now)?;
    match address {
        Some(Address::Email(email)) if !user.told_at(now).contains(&email) => {
            told.notices.push(outbox::notice(app, by, email.clone().into(), content, user.locale(), now)?);
            Ok(told)
        }
        Some(Address::Phone(phone)) if told.toll.is_none() => {
            Ok(outbox::also_by_sms(app, &keys, (by, user), told, (phone, Purse::Proven), &content, now)?)
        }
        _ => Ok(told),
    }
}

/// A code to the owner, for something that they ask for about their data.
pub(crate) fn draft<'d>(user: &User, beside: Beside<'d>) -> Draft<'d> {
    Draft {
        user: Some(user.id),
        locale: user.locale(),
        beside: Some(beside),
        purse: Purse::Proven,
        ..Draft::new(Knows::TheOwner, Post::Code)
    }
}

/// The challenge whose code the owner has typed. It was sent to them, and no sessions were ended since.
pub(crate) async fn answer(ask: &Ask<'_>, user: &User, code: &OtpCode) -> Result<Box<Challenge>, CodeError> {
    let challenge = ask.attempt(code).await?;
    let theirs = challenge.user == Some(user.id) && user.takes_codes_of(challenge.sent_at);
    if theirs { Ok(challenge) } else { Err(Refusal::Mismatch.into()) }
}

/// Asks for the deletion of the caller's account: sends the code that confirms it.
///
/// # Errors
/// [`EraseError`] says why not.
pub async fn request(app: &App, by: &Caller, user: &User, reason: Option<&erasure::Reason>) -> Result<(), EraseError> {
    let ask = question(app, by, user, Purpose::Delete).await?.ok_or(EraseError::NoAddress)?;
    ask.is_reachable()?;
    let recipient = ask.limited_look().await?;
    let code_until = ask.now + app.config.limits.codes.life(by.surface);
    let request = DeletionRequest { user, reason, code_until };
    ask.send(recipient, |_| draft(user, Beside::Deletion(&request))).await?;
    Ok(())
}

/// Schedules the deletion that was asked for. All other sessions end, and from now on the account can only be signed in to, looked at,
/// exported and kept.
///
/// # Errors
/// [`EraseError`] says why not.
pub async fn confirm(app: &App, by: &Caller, caller: &SignedIn, code: &OtpCode) -> Result<Deletion, EraseError> {
    let SignedIn { user, session } = caller;
    let ask = question(app, by, user, Purpose::Delete).await?.ok_or(EraseError::NoAddress)?;
    let challenge = answer(&ask, user, code).await?;
    let due = ask.now + app.config.deletion_grace;
    let audit = audit::of_user(app, user.id, Some(&session.id), Event::DeletionScheduled, ask.now);
    let told = tell(app, by, user, Some(&ask.address), Privacy::DeletionScheduled { on: date(due) }).await?;
    let confirmation = Confirmation {
        user,
        session: &session.id,
        address: &ask.tag,
        challenge: &challenge,
        due,
        audit: &audit,
        told: &told,
        now: ask.now,
    };
    let confirmed = app.store.confirm_deletion(&confirmation).await?;
    match app.store.deletion(user.id).await? {
        deletion if confirmed => deletion.ok_or_else(overtaken),
        Some(Deletion { status: Stage::PendingConfirmation, .. }) => Err(CodeError::from(Refusal::Mismatch).into()),
        _ => Err(EraseError::NotPending),
    }
}

/// Keeps the account: cancels a deletion that waits, or drops one that was only asked for. Once it has begun it is too late.
///
/// # Errors
/// [`EraseError`] says why not.
pub async fn cancel(app: &App, by: &Caller, caller: &SignedIn) -> Result<Deletion, EraseError> {
    let (now, SignedIn { user, session }) = (app.clock.now(), caller);
    let kept = if user.status == Status::PendingDeletion {
        let audit = audit::of_user(app, user.id, Some(&session.id), Event::DeletionCancelled, now);
        let told = tell(app, by, user, None, Privacy::DeletionCancelled).await?;
        app.store.cancel_deletion(user, &audit, &told, now).await?
    } else {
        app.store.drop_deletion(user.id, now).await?
    };
    match app.store.deletion(user.id).await? {
        deletion if kept => deletion.ok_or_else(overtaken),
        Some(deletion) if deletion.is_cancellable(now) => Err(overtaken()),
        _ => Err(EraseError::NotPending),
    }
}

/// The account or its deletion changed meanwhile: what is asked again tells how.
fn overtaken() -> EraseError {
    Trouble::Contended.into()
}

/// What shows that it is the owner who deletes the account at once.
#[derive(Debug)]
pub struct Proof {
    /// The password, which an account must give that has one.
    pub password: Option<Password>,
    /// The code of a deletion that was asked for, for an account without a password.
    pub code: Option<OtpCode>,
}

/// Deletes the caller's account at once: nobody is let in or shown it any more, and its data is purged within minutes. The password is
/// counted at the same gate as in a sign-in.
///
/// # Errors
/// [`EraseError`] says why not.
pub async fn at_once(app: &App, by: &Caller, caller: &SignedIn, proof: &Proof) -> Result<(), EraseError> {
    let (now, keys) = (app.clock.now(), app.keyring.keys().await?);
    let SignedIn { user, session } = caller;
    let address = address_of(app, user).await?;
    let told = tell(app, by, user, address.as_ref(), Privacy::AccountDeleted).await?;
    let delete = async |user: &User, code, otherwise| {
        let at_once = AtOnce { user, session, code, told: &told, now };
        if app.store.delete_at_once(&at_once).await? { Ok(()) } else { Err(otherwise) }
    };
    if user.password.is_none() {
        let code = proof.code.as_ref().ok_or(EraseError::Missing("otp"))?;
        let address = address.clone().ok_or(EraseError::NoAddress)?;
        let ask = Ask::new(app, by, Purpose::Delete, address).await?.owned();
        let challenge = answer(&ask, user, code).await?;
        // The code was used meanwhile, or what was asked for was cancelled.
        return delete(user, Some((&ask.tag, &*challenge)), CodeError::from(Refusal::Mismatch).into()).await;
    }
    let password = proof.password.as_ref().ok_or(EraseError::Missing("password"))?;
    let origin = keys.directory.origin(by);
    limits::take(app, CallerLimit::SignIn, by, &origin.network, now).await?;
    let passwords = app.config.limits.passwords;
    let knock = Knock { at: Door::Account(user.id), lane: user.familiar.lane(&origin), passwords, now };
    let (user, is_last) = match app.store.count_password(&knock).await? {
        Gate::Open { user, is_last } => (user.ok_or(EraseError::Ended)?, is_last),
        Gate::Closed(seconds) => return Err(EraseError::Closed(seconds)),
    };
    if gate::compare(app, password, Some(&user))? == Verdict::Wrong {
        gate::tell(app, &knock, is_last).await?;
        return Err(EraseError::WrongPassword);
    }
    // The epoch is that of the session: whoever changed the password meanwhile has ended it.
    let user = User { epoch: session.epoch, ..*user };
    delete(&user, None, EraseError::Ended).await
}

/// A time as the date that it falls on, in UTC.
pub(crate) fn date(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}
