//! Addresses that an account adds: a pending address belongs to a person, and its code to that person and address.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Address, Channel};
use crate::domain::challenge::Refusal;
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::message::Content;
use crate::domain::user::{Status, User, UserId};
use crate::flow::codes::{self, Ask, CodeError, Draft, Knows, Post};
use crate::flow::{Trouble, audit, otp, outbox, register};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{About, Addition, AddressTag, Claim, Detail, Event, Listing, PrimaryChange, Proof, Recipient, Sent};

const ATTEMPTS: usize = 4;

/// Why no code went to an address of the caller's.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The address does not wait for a proof in the caller's account.
    #[error("the address does not wait for a proof")]
    NotPending,
    /// Something else.
    #[error("could not send a code to an address")]
    Trouble(#[from] Trouble),
}

impl Failure for AddressError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::NotPending => Reason::NotPending,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::NotPending => None,
            Self::Trouble(trouble) => trouble.retry_after(),
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::NotPending | Self::Trouble(_) => Vec::new(),
        }
    }
}

/// Sends the code of a pending address again: the caller's own with a session, without one only if exactly one account waits for its
/// proof; for a mail address also that of a registration. To nobody else, with the same answer.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn resend(app: &App, by: &Caller, caller: Option<&User>, address: Address) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Verify(UserId::nobody()), address).await?;
    ask.is_reachable()?;
    let owner = async { Ok::<_, CodeError>(awaiting(&ask, caller).await?) };
    let ((), owner) = tokio::try_join!(ask.limit(), owner)?;
    let ask = ask.for_purpose(Purpose::Verify(owner.unwrap_or(UserId::nobody())));
    let [waiting, registration] = app.store.recipients(&ask.tag, [ask.purpose, Purpose::Signup]).await?;
    let registers = registration.challenge().is_some_and(|challenge| challenge.pending(ask.now).is_some());
    match (ask.address.channel(), owner) {
        (Channel::Email, None) => register::resend(&ask.for_purpose(Purpose::Signup), registration).await,
        // Without a session nobody can say which of the two is meant; the registration has nothing else to go by.
        (Channel::Email, Some(_)) if registers && caller.is_none() => {
            register::resend(&ask.for_purpose(Purpose::Signup), registration).await
        }
        _ => repeat(&ask, owner, waiting).await,
    }
}

/// Sends the code of the caller's own pending address.
///
/// # Errors
/// [`AddressError`] says why not.
pub async fn send(app: &App, by: &Caller, caller: &User, address: Address) -> Result<(), AddressError> {
    let ask = Ask::new(app, by, Purpose::Verify(caller.id), address).await?;
    ask.is_reachable()?;
    let own = async { Ok::<_, CodeError>(awaiting(&ask, Some(caller)).await?) };
    let (recipient, own) = tokio::try_join!(ask.limited_look(), own)?;
    own.ok_or(AddressError::NotPending)?;
    Ok(repeat(&ask, own, recipient).await?)
}

/// Who waits for the proof of the address: the caller, or the one account that does.
async fn awaiting(ask: &Ask<'_>, caller: Option<&User>) -> Result<Option<UserId>, Trouble> {
    let store = &ask.app.store;
    if let Some(caller) = caller {
        return Ok(store.own_pending(&ask.tag, caller.id, ask.now).await?.map(|_| caller.id));
    }
    Ok(match store.pending(&ask.tag, ask.now).await?.as_slice() {
        [only] => only.user,
        _ => None,
    })
}

async fn repeat(ask: &Ask<'_>, owner: Option<UserId>, mut recipient: Recipient) -> Result<(), CodeError> {
    for _ in 0..ATTEMPTS {
        // Somebody else's address can never be verified here, and nobody is told so.
        let post = match owner {
            None => Post::Nothing,
            Some(_) if recipient.claim.is_some() => Post::Decoy,
            Some(_) => Post::Code,
        };
        let draft = Draft { user: owner, purse: otp::purse(&recipient), ..Draft::new(Knows::WhoAsksFirst, post) };
        if let Some(settled) = codes::settled(ask.send(&recipient, &draft).await?, ask.address.field()) {
            return settled;
        }
        recipient = ask.look().await?;
    }
    Err(Trouble::Contended.into())
}

/// Verifies a pending address: the caller's own with a session, without one only if exactly one account waits for its proof.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn verify(app: &App, by: &Caller, caller: Option<&User>, address: Address, code: &OtpCode) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Verify(UserId::nobody()), address).await?;
    let owner = match caller {
        Some(caller) => Some(caller.id),
        None => awaiting(&ask, None).await?,
    };
    let ask = ask.for_purpose(Purpose::Verify(owner.unwrap_or(UserId::nobody())));
    let challenge = ask.attempt(code).await?;
    let owner = owner.ok_or(Refusal::Mismatch)?;
    let (pending, user) = app.store.pending_of(&ask.tag, owner, ask.now).await?;
    let (Some(pending), Some(user)) = (pending, user.filter(|user| user.status == Status::Active)) else {
        return Err(Refusal::Mismatch.into());
    };
    // A mail address that joins an older one waits before it can take over the account.
    let joins = ask.address.channel() == Channel::Email && user.verified_email().is_some();
    let claim = Claim {
        user: user.id,
        number: pending.number,
        familiar: user.familiar.clone(),
        locale: user.locale(),
        resets_from: joins.then(|| ask.now + app.config.young_address),
    };
    let audit = audit::of(app, About::User(user.id), None, Event::AddressVerified, detail(&ask.address), ask.now);
    let content = Content::AddressAdded { channel: ask.address.channel() };
    let notice = outbox::notice_to_owner(app, by, &user, content, ask.now)?;
    let proof = Proof {
        user: &user,
        address: &ask.address,
        tag: &ask.tag,
        challenge: &challenge,
        claim: &claim,
        audit: &audit,
        notice: notice.as_ref().map(|(key, envelope)| (key, envelope)),
        now: ask.now,
    };
    let proved = app.store.prove_address(&proof).await?;
    if proved { Ok(()) } else { Err(Refusal::Mismatch.into()) }
}

/// Adds an address that shall become the account's primary one: it does when the code that is sent now is verified. One that the
/// account has proved before takes the place at once.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn add(app: &App, by: &Caller, user: &User, address: Address) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Verify(user.id), address).await?;
    let keys = &ask.keys.directory;
    let awaited = match ask.address.channel() {
        Channel::Email => user.awaited_email.clone().map(|awaited| (awaited.id, awaited.address.into())),
        Channel::Phone => user.awaited_phone.clone().map(|awaited| (awaited.id, awaited.address.into())),
    };
    let awaited: Option<(u64, AddressTag)> = awaited.map(|(number, address): (u64, Address)| (number, keys.tag(&address)));
    let primary = match ask.address.channel() {
        Channel::Email => user.email.clone().map(|primary| (primary.id, primary.address.into())),
        Channel::Phone => user.phone.clone().map(|primary| (primary.id, primary.address.into())),
    };
    let primary: Option<(u64, AddressTag)> = primary.map(|(number, address): (u64, Address)| (number, keys.tag(&address)));
    let own = async { Ok::<_, CodeError>(app.store.own_pending(&ask.tag, user.id, ask.now).await?) };
    let (mut recipient, own) = tokio::try_join!(ask.limited_look(), own)?;
    if let Some(claim) = recipient.claim.as_ref().filter(|claim| claim.user == user.id) {
        return make_primary(&ask, user, claim.number).await;
    }
    ask.is_reachable()?;
    let is_this = |(_, tag): &&(u64, AddressTag)| *tag == ask.tag;
    let next = match ask.address.channel() {
        Channel::Email => user.next_email,
        Channel::Phone => user.next_phone,
    };
    let (number, listing) = match (awaited.as_ref().filter(is_this).or(primary.as_ref().filter(is_this)), own) {
        (Some((number, _)), _) => (*number, Listing::Awaited),
        (None, Some(pending)) => (pending.number, Listing::Listed),
        (None, None) => (next, Listing::New),
    };
    let replaced = awaited.as_ref().filter(|awaited| !is_this(awaited)).map(|(number, tag)| (*number, tag));
    let addition = Addition { user, address: &ask.address, tag: &ask.tag, number, listing, replaced };
    for _ in 0..ATTEMPTS {
        let post = match &recipient.claim {
            Some(_) => Post::Instead(Content::AddressTaken, ask.address.clone()),
            None => Post::Code,
        };
        let locale = recipient.claim.as_ref().map_or(user.locale(), |claim| claim.locale);
        let purse = otp::purse(&recipient);
        let draft = Draft { user: Some(user.id), locale, purse, addition: Some(&addition), ..Draft::new(Knows::WhoAsksFirst, post) };
        let sent = ask.send(&recipient, &draft).await?;
        let on_its_way = recipient.challenge().is_some_and(|challenge| challenge.is_alive(ask.now) && challenge.code.is_some());
        match sent {
            // Asked for twice: the code on its way is for this address.
            Sent::TooSoon(_) if addition.listing == Listing::Awaited && on_its_way => return Ok(()),
            sent => {
                if let Some(settled) = codes::settled(sent, ask.address.field()) {
                    return settled;
                }
            }
        }
        recipient = ask.look().await?;
    }
    Err(Trouble::Contended.into())
}

async fn make_primary(ask: &Ask<'_>, user: &User, number: u64) -> Result<(), CodeError> {
    let Ask { app, by, ref address, now, .. } = *ask;
    let primary = match address.channel() {
        Channel::Email => user.email.as_ref().map(|email| email.id),
        Channel::Phone => user.phone.as_ref().map(|phone| phone.id),
    };
    if primary == Some(number) {
        return Ok(());
    }
    let audit = audit::of(app, About::User(user.id), None, Event::PrimaryChanged, detail(address), now);
    let content = Content::AddressAdded { channel: address.channel() };
    let notice = outbox::notice_to_owner(app, by, user, content, now)?;
    let notice = notice.as_ref().map(|(key, envelope)| (key, envelope));
    let change = PrimaryChange { user, address, number, former: primary, audit: &audit, notice, now };
    if app.store.make_primary(&change).await? { Ok(()) } else { Err(Trouble::Contended.into()) }
}

fn detail(address: &Address) -> Detail {
    Detail { channel: Some(address.channel().name()), ..Detail::default() }
}
