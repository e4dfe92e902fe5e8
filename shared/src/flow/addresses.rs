//! Addresses that an account adds: a pending address belongs to a person, and its code to that person and address.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Address, Channel};
use crate::domain::challenge::{Challenge, Refusal};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::message::Content;
use crate::domain::primary::Place;
use crate::domain::session::{Session, SessionId};
use crate::domain::user::{Status, User, UserId};
use crate::flow::codes::{self, ATTEMPTS, Ask, CodeError, Draft, Knows, Post};
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, again, audit, otp, primary, register};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{About, Addition, AddressTag, Beside, Claim, Contact, Detail, Event, Listing, Pending, Proof, Recipient, Redeemed};

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
/// proof, and the session that asked for it stands; for a mail address also that of a registration. To nobody else, with the same answer.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn resend(app: &App, by: &Caller, caller: Option<&SignedIn>, address: Address) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Verify(UserId::nobody()), address).await?;
    ask.is_reachable()?;
    let mark = async { Ok::<_, CodeError>(awaiting(&ask).await?) };
    let Some(caller) = caller else {
        let ((), mark) = tokio::try_join!(ask.limit(), mark)?;
        return resend_to_whoever_waits(&ask, mark).await;
    };
    let SignedIn { user, session } = caller;
    let own = ask.of_owner(user.id);
    match tokio::try_join!(own.limited_look(), awaited_by(&own, user))? {
        (recipient, Some(listed)) => send_to_own(&own, user, Some(&session.id), recipient, &listed).await,
        // It may be the address of a registration.
        (_, None) => resend_to_whoever_waits(&ask, mark.await?).await,
    }
}

/// Without a session nobody can say which is meant, a registration or an address that is added. A registration has nothing else to
/// go by; for a mail address the same is written whatever waits, and the answer is what the registration's would be.
async fn resend_to_whoever_waits(ask: &Ask<'_>, mark: Option<Pending>) -> Result<(), CodeError> {
    let owner = mark.as_ref().and_then(|mark| mark.user).unwrap_or(UserId::nobody());
    let (ask, store) = (ask.for_purpose(Purpose::Verify(owner)), &ask.app.store);
    let recipients = Box::pin(store.recipients(&ask.tag, [ask.purpose, Purpose::Signup]));
    let session = mark.as_ref().and_then(|mark| mark.session.as_ref());
    let owner = Box::pin(store.pending_of(&ask.tag, owner, session, ask.now));
    let ([waiting, registration], (_, user, session)) = tokio::try_join!(recipients, owner)?;
    let is_of_now = |mark: &Pending| user.is_some_and(|user| user.epoch == mark.epoch) && asker_stands(mark, session.as_ref(), ask.now);
    let mark = mark.filter(is_of_now);
    if ask.address.channel() == Channel::Phone {
        return Ok(codes::only_trouble(repeat(&ask, mark, waiting).await)?);
    }
    let registers = registration.challenge().is_some_and(|challenge| challenge.pending(ask.now).is_some());
    let added = async { Ok(codes::only_trouble(repeat(&ask, mark.filter(|_| !registers), waiting).await)?) };
    let signup = ask.for_purpose(Purpose::Signup);
    tokio::try_join!(register::resend(&signup, registration), added).map(drop)
}

/// Whether the session stands in which an address was asked for, if it was one that did. Else somebody whose session its owner has ended
/// could go on, without one, with what they began in it.
fn asker_stands(mark: &Pending, session: Option<&Session>, now: Timestamp) -> bool {
    let is_it = |asked: &SessionId| session.is_some_and(|session| session.id == *asked && session.is_living(mark.epoch, now));
    mark.session.as_ref().is_none_or(is_it)
}

/// Sends the code of an address of the caller's own that is listed and not proved. `session` is the one that asks, or none for what comes
/// with a sign-up.
///
/// # Errors
/// [`AddressError`] says why not.
pub async fn send(app: &App, by: &Caller, caller: &User, session: Option<&SessionId>, address: Address) -> Result<(), AddressError> {
    let ask = Ask::new(app, by, Purpose::Verify(caller.id), address).await?.of_owner(caller.id);
    ask.is_reachable()?;
    let (recipient, listed) = tokio::try_join!(ask.limited_look(), awaited_by(&ask, caller))?;
    Ok(send_to_own(&ask, caller, session, recipient, &listed.ok_or(AddressError::NotPending)?).await?)
}

/// Number and spelling of an address that waits for its proof in an account.
async fn awaited_by(ask: &Ask<'_>, user: &User) -> Result<Option<(u64, Address)>, CodeError> {
    let own = Box::pin(ask.app.store.own_pending(&ask.tag, user.id, ask.now)).await?;
    let own = own.filter(|own| own.epoch == user.epoch).map(|own| (own.number, own.address));
    // The mark may have expired while the account goes on showing the address.
    Ok(own.or_else(|| Known::of(ask, user).unproved().map(|listed| (listed.number, listed.address))))
}

async fn send_to_own(
    ask: &Ask<'_>,
    user: &User,
    session: Option<&SessionId>,
    recipient: Recipient,
    (number, address): &(u64, Address),
) -> Result<(), CodeError> {
    let addition = Addition { user, session, address, tag: &ask.tag, number: *number, listing: Listing::Awaited, replaced: None };
    put_forward(ask, user, recipient, &addition).await
}

/// The mark of the one account that waits for the proof of the address.
async fn awaiting(ask: &Ask<'_>) -> Result<Option<Pending>, Trouble> {
    let mut waiting = ask.app.store.pending(&ask.tag, ask.now).await?;
    Ok(waiting.pop().filter(|_| waiting.is_empty()))
}

async fn repeat(ask: &Ask<'_>, mark: Option<Pending>, recipient: Recipient) -> Result<(), CodeError> {
    let draft = |recipient: &Recipient| {
        // Somebody else's address can never be verified here, and nobody is told so.
        let post = match &mark {
            None => Post::Nothing,
            Some(_) if recipient.claim.is_some() => Post::Decoy,
            Some(_) => Post::Code,
        };
        let (user, to) = mark.as_ref().map(|mark| (mark.user, mark.address.clone())).unzip();
        Draft { user: user.flatten(), to, purse: otp::purse(ask.app, recipient.claim.as_ref()), ..Draft::new(Knows::NobodyNew, post) }
    };
    ask.send(recipient, draft).await.map(drop)
}

/// What an address is that was proved.
#[derive(Debug, Clone, Copy)]
pub struct Proven {
    /// Whether it is the primary one of its kind.
    pub primary: bool,
    /// When it was proved.
    pub verified_at: Timestamp,
    /// Until when it is young, if it joined older ones.
    pub young_until: Option<Timestamp>,
}

/// Verifies a pending address: the caller's own with a session, without one only if exactly one account waits for its proof, and the
/// session that asked for it stands.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn verify(app: &App, by: &Caller, caller: Option<&User>, address: Address, code: &OtpCode) -> Result<Proven, CodeError> {
    let ask = Ask::new(app, by, Purpose::Verify(UserId::nobody()), address).await?;
    let (ask, owner, asked_in) = if let Some(caller) = caller {
        (ask.of_owner(caller.id), Some(caller.id), None)
    } else {
        let (owner, session) = awaiting(&ask).await?.map(|mark| (mark.user, mark.session)).unzip();
        let owner = owner.flatten();
        (ask.for_purpose(Purpose::Verify(owner.unwrap_or(UserId::nobody()))), owner, session.flatten())
    };
    let challenge = ask.attempt(code).await?;
    let owner = owner.ok_or(Refusal::Mismatch)?;
    for _ in 0..ATTEMPTS {
        let (pending, user, session) = Box::pin(app.store.pending_of(&ask.tag, owner, asked_in.as_ref(), ask.now)).await?;
        let (Some(pending), Some(user)) = (pending, user.filter(|user| user.status == Status::Active)) else {
            return Err(Refusal::Mismatch.into());
        };
        // Somebody added it whose session has ended since: a new password undoes what a thief has begun.
        let in_time = pending.epoch == user.epoch && (caller.is_some() || asker_stands(&pending, session.as_ref(), ask.now));
        if !in_time {
            return Err(Refusal::Mismatch.into());
        }
        let (proved, proven) = Box::pin(prove(&ask, &challenge, pending, (&user, asked_in.as_ref()))).await?;
        match proved {
            Redeemed::Done => return Ok(proven),
            Redeemed::Refused => return Err(Refusal::Mismatch.into()),
            Redeemed::Overtaken => {}
        }
    }
    Err(Trouble::Contended.into())
}

/// `session` must stand, if it is one.
async fn prove(
    ask: &Ask<'_>,
    challenge: &Challenge,
    pending: Pending,
    (user, session): (&User, Option<&SessionId>),
) -> Result<(Redeemed, Proven), CodeError> {
    let Ask { app, now, .. } = *ask;
    // An address that joins an older one waits before it can take over the account.
    let joins = user.is_primary_proved(Channel::Email) || user.is_primary_proved(Channel::Phone);
    let claim = Claim {
        user: user.id,
        number: pending.number,
        address: pending.address,
        familiar: user.familiar.clone(),
        locale: user.locale(),
        resets_from: joins.then(|| now + app.config.young_address),
    };
    let channel = ask.address.channel();
    let place = user.place_of(channel, claim.number, &primary::turn(app, claim.resets_from, now));
    let audit = audit::of(app, About::User(user.id), None, Event::AddressVerified, detail(&ask.address), now);
    let told = primary::tell(app, &ask.keys, ask.by, user, channel, place.succession(), now).map_err(Trouble::from)?;
    let proof = Proof { user, session, tag: &ask.tag, challenge, claim: &claim, place: &place, audit: &audit, told: &told, now };
    let proved = app.store.prove_address(&proof).await?;
    Ok((proved, Proven { primary: !matches!(place, Place::Another), verified_at: now, young_until: claim.resets_from }))
}

/// An address as an account lists it.
struct Listed {
    number: u64,
    address: Address,
    tag: AddressTag,
    verified: bool,
}

/// What an account knows of an address.
struct Known {
    /// The primary address of its kind.
    primary: Option<Listed>,
    /// The awaited one.
    awaited: Option<Listed>,
    /// The number that a new one gets.
    next: u64,
    tag: AddressTag,
}

impl Known {
    fn of(ask: &Ask<'_>, user: &User) -> Self {
        let listed = |number, address: Address, verified| {
            let tag = ask.keys.directory.tag(&address);
            Listed { number, address, tag, verified }
        };
        let User { email, phone, awaited_email, awaited_phone, next_email, next_phone, .. } = user.clone();
        let (primary, awaited, next) = match ask.address.channel() {
            Channel::Email => (
                email.map(|email| listed(email.id, email.address.into(), email.verified)),
                awaited_email.map(|awaited| listed(awaited.id, awaited.address.into(), false)),
                next_email,
            ),
            Channel::Phone => (
                phone.map(|phone| listed(phone.id, phone.address.into(), phone.verified)),
                awaited_phone.map(|awaited| listed(awaited.id, awaited.address.into(), false)),
                next_phone,
            ),
        };
        Self { primary, awaited, next, tag: ask.tag.clone() }
    }

    /// Whether this address is the primary one already.
    fn is_primary(&self) -> bool {
        self.primary.as_ref().is_some_and(|primary| primary.tag == self.tag)
    }

    /// This address, if it is shown or awaited and not proved.
    fn unproved(self) -> Option<Listed> {
        [self.primary, self.awaited].into_iter().flatten().find(|listed| listed.tag == self.tag && !listed.verified)
    }

    /// Number and tag of another address that was awaited so far.
    fn replaced(&self) -> Option<(u64, AddressTag)> {
        self.awaited.as_ref().filter(|awaited| awaited.tag != self.tag).map(|awaited| (awaited.number, awaited.tag.clone()))
    }
}

/// Adds an address that shall become the account's primary one: it does when the code that is sent now is verified. One that the
/// account has proved before takes the place at once, and the one that is primary already is no change.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn add(app: &App, by: &Caller, user: &User, session: &SessionId, address: Address) -> Result<(), CodeError> {
    let ask = Ask::new(app, by, Purpose::Verify(user.id), address).await?.of_owner(user.id);
    if Known::of(&ask, user).is_primary() {
        return Ok(());
    }
    ask.is_reachable()?;
    let listed = async || {
        let contacts = Box::pin(app.store.contacts(user.id, ask.address.channel())).await?;
        Ok::<_, CodeError>(contacts.into_iter().find(|contact| ask.keys.directory.tag(&contact.address) == ask.tag))
    };
    let mut account = user.clone();
    let (mut recipient, mut own) = tokio::try_join!(ask.limited_look(), listed())?;
    for _ in 0..ATTEMPTS {
        if Box::pin(add_once(&ask, (&account, session), recipient, own)).await? {
            return Ok(());
        }
        account = again(app, user).await?.ok_or(Trouble::Contended)?;
        (recipient, own) = tokio::try_join!(ask.look(), listed())?;
    }
    Err(Trouble::Contended.into())
}

/// As [`add`], once; `false` if somebody else was faster. `own` is the address as the account lists it.
async fn add_once(
    ask: &Ask<'_>,
    (user, session): (&User, &SessionId),
    recipient: Recipient,
    own: Option<Contact>,
) -> Result<bool, CodeError> {
    let known = Known::of(ask, user);
    if known.is_primary() {
        return Ok(true);
    }
    if let Some(proved) = own.as_ref().filter(|own| own.verified) {
        return primary::take(ask.app, &ask.keys, ask.by, user, proved, ask.now).await;
    }
    let (replaced, next) = (known.replaced(), known.next);
    let (number, address, listing) = match (known.unproved(), own) {
        (Some(listed), _) => (listed.number, listed.address, Listing::Awaited),
        (None, Some(own)) => (own.number, own.address, Listing::Listed),
        (None, None) => (next, ask.address.clone(), Listing::New),
    };
    let replaced = replaced.as_ref().map(|(number, tag)| (*number, tag));
    let addition = Addition { user, session: Some(session), address: &address, tag: &ask.tag, number, listing, replaced };
    put_forward_once(ask, user, &recipient, &addition).await
}

/// Lists the address with its mark and sends its code; where it is somebody else's, they are told instead.
async fn put_forward(ask: &Ask<'_>, user: &User, recipient: Recipient, addition: &Addition<'_>) -> Result<(), CodeError> {
    ask.send(recipient, |recipient| forward(ask, user, recipient, addition)).await.map(drop)
}

/// As above, once; `false` if somebody else was faster. An address that waits for its proof may be put forward twice: the code on its way
/// is for it, unless all sessions ended since it was sent, and it proves nothing any more.
pub(crate) async fn put_forward_once(
    ask: &Ask<'_>,
    user: &User,
    recipient: &Recipient,
    addition: &Addition<'_>,
) -> Result<bool, CodeError> {
    let is_good = |challenge: &Challenge| challenge.is_waiting(ask.now) && user.takes_codes_of(challenge.sent_at);
    let is_on_its_way = recipient.challenge().is_some_and(is_good);
    match ask.send_once(recipient, forward(ask, user, recipient, addition)).await {
        Err(CodeError::TooSoon(_)) if addition.listing == Listing::Awaited && is_on_its_way => Ok(true),
        sent => Ok(sent?.is_some()),
    }
}

fn forward<'d>(ask: &Ask<'_>, user: &User, recipient: &Recipient, addition: &'d Addition<'d>) -> Draft<'d> {
    let claim = recipient.claim.as_ref();
    let post = if claim.is_some() { Post::Instead(Content::AddressTaken) } else { Post::Code };
    let (to, locale) = claim.map_or((addition.address, user.locale()), |claim| (&claim.address, claim.locale));
    let (to, purse) = (Some(to.clone()), otp::purse(ask.app, claim));
    Draft { user: Some(user.id), to, locale, purse, beside: Some(Beside::Addition(addition)), ..Draft::new(Knows::TheOwner, post) }
}

fn detail(address: &Address) -> Detail {
    Detail { channel: Some(address.channel().name()), ..Detail::default() }
}
