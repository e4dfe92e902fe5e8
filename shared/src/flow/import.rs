//! An account that comes from elsewhere, made ready for the table.

use jiff::Timestamp;

use crate::app::App;
use crate::domain::address::{Address, Email, Phone};
use crate::domain::familiar::Familiar;
use crate::domain::hash::StoredHash;
use crate::domain::primary::Primary;
use crate::domain::profile::Profile;
use crate::domain::user::{Role, Status, User, UserId};
use crate::flow::audit;
use crate::keyring::DirectoryKeys;
use crate::store::{Event, Import, ImportedAddress};

/// An account as it was elsewhere.
#[derive(Debug)]
pub struct Arrival {
    /// The id that it had; none: it gets one.
    pub id: Option<UserId>,
    /// Mail addresses, in their order.
    pub emails: Vec<Listed<Email>>,
    /// Phone numbers, in their order.
    pub phones: Vec<Listed<Phone>>,
    /// What the person says about themselves.
    pub profile: Profile,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// Whether it can be used.
    pub status: Status,
    /// The password's hash.
    pub password: Option<StoredHash>,
    /// The password is good for choosing another one, and for nothing else.
    pub password_temporary: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its profile last changed.
    pub updated_at: Timestamp,
    /// When its owner consented to its being kept.
    pub consent_at: Option<Timestamp>,
    /// When it last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// An address of an account.
#[derive(Debug)]
pub struct Listed<A> {
    /// The address.
    pub address: A,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Whether the account is known by it.
    pub primary: bool,
    /// When it was added.
    pub added_at: Option<Timestamp>,
    /// When it was proved last.
    pub verified_at: Option<Timestamp>,
    /// Until when a reset takes it away again.
    pub young_until: Option<Timestamp>,
}

/// Makes an account ready. `source` is what tells the same account from a changed one, should it come again.
#[must_use]
pub fn prepare(app: &App, directory: &DirectoryKeys, arrival: Arrival, source: &[&[u8]], now: Timestamp) -> Import {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let (emails, phones) = (count(arrival.emails.len()), count(arrival.phones.len()));
    let (email, phone) = (primary(&arrival.emails), primary(&arrival.phones));
    let mut addresses = imported(directory, arrival.emails, arrival.created_at);
    addresses.extend(imported(directory, arrival.phones, arrival.created_at));
    let user = User {
        id: arrival.id.unwrap_or_else(|| UserId::new(arrival.created_at, &*app.rng)),
        status: arrival.status,
        epoch: 1,
        profile: arrival.profile,
        roles: arrival.roles,
        password: arrival.password,
        password_temporary: arrival.password_temporary,
        consent_at: arrival.consent_at,
        email,
        phone,
        awaited_email: None,
        awaited_phone: None,
        former_emails: Vec::new(),
        former_phones: Vec::new(),
        next_email: emails + 1,
        next_phone: phones + 1,
        emails,
        phones,
        proofs: 0,
        sessions: 0,
        links: 0,
        favourites: 0,
        next_favourite: 1,
        next_export: 1,
        push_devices: 0,
        is_online: false,
        familiar: Familiar::default(),
        created_at: arrival.created_at,
        updated_at: arrival.updated_at,
        last_login_at: arrival.last_login_at,
        used_at: arrival.used_at,
        epoch_at: None,
    };
    let audit = audit::of_user(app, user.id, None, Event::Imported, now);
    let pseudonym = arrival.id.map(|id| directory.pseudonym(id));
    Import { user, digest: directory.import_digest(source), pseudonym, addresses, audit }
}

fn primary<A: Clone>(listed: &[Listed<A>]) -> Option<Primary<A>> {
    let (number, address) = (1..).zip(listed).find(|(_, address)| address.primary)?;
    Some(Primary { id: number, address: address.address.clone(), verified: address.verified, young_until: address.young_until })
}

fn imported<A: Into<Address>>(directory: &DirectoryKeys, listed: Vec<Listed<A>>, created_at: Timestamp) -> Vec<ImportedAddress> {
    let ready = |(number, listed): (u64, Listed<A>)| {
        let Listed { verified, primary, verified_at, young_until, .. } = listed;
        let address = listed.address.into();
        let tag = directory.tag(&address);
        let added_at = listed.added_at.unwrap_or(created_at);
        ImportedAddress { number, address, tag, verified, primary, added_at, verified_at, young_until }
    };
    (1..).zip(listed).map(ready).collect()
}
