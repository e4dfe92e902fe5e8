//! The addresses of an account: listed, added, proved, made the primary ones, removed.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Address, Channel};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::contacts::{Standing, Stays};
use crate::domain::message::Content;
use crate::domain::user::User;
use crate::flow::codes::{ATTEMPTS, Ask, CodeError};
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, addresses, again, audit, outbox, primary, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{About, Addition, Contact, Detail, Event, Listing, Purse, Removal, Told};

/// Why the addresses of an account stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The account lists no such address.
    #[error("the account lists no such address")]
    Absent,
    /// The account has proved the address already.
    #[error("the account has proved the address already")]
    AlreadyThere,
    /// It waits for no proof.
    #[error("the address waits for no proof")]
    NotPending,
    /// It is not proved.
    #[error("the address is not proved")]
    Unverified,
    /// It cannot be removed.
    #[error("the address cannot be removed")]
    Stays(#[from] Stays),
    /// The session ended meanwhile.
    #[error("the session ended meanwhile")]
    Ended,
    /// Something else.
    #[error("could not change an account's addresses")]
    Trouble(#[from] Trouble),
}

takes_trouble!(ContactError);

impl Failure for ContactError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Absent => Reason::NotFound,
            Self::AlreadyThere => Reason::AlreadyExists,
            Self::NotPending => Reason::NotPending,
            Self::Unverified => Reason::AddressNotVerified,
            Self::Stays(Stays::Primary) => Reason::PrimaryAddress,
            Self::Stays(Stays::Last) => Reason::LastAddress,
            Self::Stays(Stays::OthersYoung) => Reason::YoungAddresses,
            Self::Ended => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            _ => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            _ => Vec::new(),
        }
    }
}

/// The addresses of a kind that an account lists, by their numbers. Which one is the primary one is what the account says: exactly one is,
/// whatever changes while they are read.
///
/// # Errors
/// [`ContactError`].
pub async fn list(app: &App, user: &User, channel: Channel) -> Result<Vec<Contact>, ContactError> {
    let mut account = user.clone();
    for _ in 0..ATTEMPTS {
        let contacts = app.store.contacts(account.id, channel).await?;
        let primary = account.primary_number(channel);
        if primary.is_none_or(|primary| contacts.iter().any(|contact| contact.number == primary)) {
            let shown = |contact: Contact| Contact { primary: primary == Some(contact.number), ..contact };
            return Ok(contacts.into_iter().map(shown).collect());
        }
        account = again(app, user).await?.ok_or(ContactError::Ended)?;
    }
    Err(Trouble::Contended.into())
}

/// One address of a kind that an account lists.
///
/// # Errors
/// [`ContactError`]; [`ContactError::Absent`] also for another account's.
pub async fn get(app: &App, user: &User, channel: Channel, number: u64) -> Result<Contact, ContactError> {
    let contact = app.store.contact(user.id, channel, number).await?.ok_or(ContactError::Absent)?;
    Ok(Contact { primary: user.primary_number(channel) == Some(number), ..contact })
}

/// Lists an address as one more, and sends its code. One that is listed and not proved gets another code. Somebody else's is listed like
/// any: it can never be proved here, and its owner is told.
///
/// # Errors
/// [`ContactError`] says why not.
pub async fn add(app: &App, by: &Caller, caller: &SignedIn, address: &Address) -> Result<Contact, ContactError> {
    let SignedIn { user, session } = caller;
    let ask = Ask::new(app, by, Purpose::Verify(user.id), address.clone()).await?.of_owner(user.id);
    ask.is_reachable()?;
    let mut account = user.clone();
    let own = async { app.store.contacts(user.id, address.channel()).await.map_err(CodeError::from) };
    let (mut recipient, mut contacts) = tokio::try_join!(ask.limited_look(), own)?;
    for _ in 0..ATTEMPTS {
        let known = contacts.into_iter().find(|contact| ask.keys.directory.tag(&contact.address) == ask.tag);
        if known.as_ref().is_some_and(|known| known.verified) {
            return Err(ContactError::AlreadyThere);
        }
        let listing = if known.is_some() { Listing::Awaited } else { Listing::Another };
        let contact = known.unwrap_or_else(|| fresh(&ask, &account));
        let addition = Addition {
            user: &account,
            session: Some(&session.id),
            address: &contact.address,
            tag: &ask.tag,
            number: contact.number,
            listing,
            replaced: None,
        };
        if addresses::put_forward_once(&ask, &account, &recipient, &addition).await? {
            return Ok(contact);
        }
        account = again(app, user).await?.ok_or(ContactError::Ended)?;
        recipient = ask.look().await?;
        contacts = app.store.contacts(user.id, address.channel()).await?;
    }
    Err(Trouble::Contended.into())
}

/// An address as it is when it has just been added.
fn fresh(ask: &Ask<'_>, user: &User) -> Contact {
    Contact {
        number: match ask.address.channel() {
            Channel::Email => user.next_email,
            Channel::Phone => user.next_phone,
        },
        address: ask.address.clone(),
        verified: false,
        primary: false,
        created_at: ask.now,
        updated_at: ask.now,
        verified_at: None,
        young_until: None,
    }
}

/// Proves an address with the code that was sent there, typed in its account's session.
///
/// # Errors
/// [`ContactError`] says why not.
pub async fn verify(
    app: &App,
    by: &Caller,
    user: &User,
    (channel, number): (Channel, u64),
    code: &OtpCode,
) -> Result<Contact, ContactError> {
    let contact = app.store.contact(user.id, channel, number).await?.ok_or(ContactError::Absent)?;
    if contact.verified {
        return Err(ContactError::NotPending);
    }
    let proven = addresses::verify(app, by, Some(user), contact.address.clone(), code).await?;
    let addresses::Proven { primary, verified_at, young_until } = proven;
    Ok(Contact { verified: true, primary, updated_at: verified_at, verified_at: Some(verified_at), young_until, ..contact })
}

/// Makes a proved address the primary one of its kind. The one that is it already stays it.
///
/// # Errors
/// [`ContactError`] says why not.
pub async fn make_primary(app: &App, by: &Caller, user: &User, channel: Channel, number: u64) -> Result<Contact, ContactError> {
    let (now, keys) = (app.clock.now(), app.keyring.keys().await?);
    let mut account = user.clone();
    for _ in 0..ATTEMPTS {
        let contact = app.store.contact(user.id, channel, number).await?.ok_or(ContactError::Absent)?;
        if !contact.verified {
            return Err(ContactError::Unverified);
        }
        if account.primary_number(channel) == Some(number) {
            return Ok(Contact { primary: true, ..contact });
        }
        if primary::take(app, &keys, by, &account, &contact, now).await? {
            return Ok(Contact { primary: true, updated_at: now, ..contact });
        }
        account = again(app, user).await?.ok_or(ContactError::Ended)?;
    }
    Err(Trouble::Contended.into())
}

/// Removes an address, if it may leave. Who owns it is told there.
///
/// # Errors
/// [`ContactError`] says why not.
pub async fn remove(app: &App, by: &Caller, user: &User, channel: Channel, number: u64) -> Result<(), ContactError> {
    let (now, keys) = (app.clock.now(), app.keyring.keys().await?);
    let mut account = user.clone();
    for _ in 0..ATTEMPTS {
        let (emails, phones) = tokio::try_join!(app.store.contacts(user.id, Channel::Email), app.store.contacts(user.id, Channel::Phone))?;
        let is_it = |contact: &Contact| contact.address.channel() == channel && contact.number == number;
        let (leaving, others): (Vec<_>, Vec<_>) = emails.into_iter().chain(phones).partition(is_it);
        let leaving = leaving.into_iter().next().ok_or(ContactError::Absent)?;
        let others: Vec<Standing> = others.iter().map(|other| standing(&account, other)).collect();
        standing(&account, &leaving).may_leave(&others, now)?;
        let detail = Detail { channel: Some(channel.name()), ..Detail::default() };
        let audit = audit::of(app, About::User(user.id), None, Event::AddressRemoved, detail, now);
        let content = Content::AddressRemoved { channel };
        // Nobody is told who has not shown that the address is theirs.
        let told = match &leaving.address {
            _ if !leaving.verified => Told::default(),
            Address::Email(email) => {
                let notice = outbox::notice(app, by, email.clone().into(), content, user.locale(), now)?;
                Told { notices: vec![notice], toll: None }
            }
            Address::Phone(phone) => outbox::also_by_sms(app, &keys, (by, user), Told::default(), (phone, Purse::Proven), &content, now)?,
        };
        let tag = keys.directory.tag(&leaving.address);
        let removal = Removal { user: &account, contact: &leaving, tag: &tag, audit: &audit, told: &told, now };
        if app.store.remove_address(&removal).await? {
            return Ok(());
        }
        account = again(app, user).await?.ok_or(ContactError::Ended)?;
    }
    Err(Trouble::Contended.into())
}

fn standing(user: &User, contact: &Contact) -> Standing {
    let channel = contact.address.channel();
    Standing {
        channel,
        primary: user.primary_number(channel) == Some(contact.number),
        verified: contact.verified,
        young_until: contact.young_until,
        former_until: user.former_until(channel, contact.number),
    }
}
