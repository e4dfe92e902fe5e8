//! Addresses of accounts: added, waiting for their proof, proved, made the primary ones, and removed.

mod additions;
mod contacts;
mod pending;
mod primaries;
mod proofs;
mod removals;
mod reversals;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::address::{Address, Channel};
use crate::domain::primary::{Primary, Remembered, Succession};
use crate::domain::session::SessionId;
use crate::domain::user::{User, UserId};
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::imports::ImportedAddress;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};

pub use additions::{Addition, Listing};
pub use contacts::Contact;
pub use pending::Pending;
pub use primaries::{PrimaryChange, PrimaryChanged};
pub use proofs::Proof;
pub use removals::Removal;
pub use reversals::{Eviction, Reversal};

pub(super) use contacts::contact;
pub(super) use reversals::{left_behind, primaries_left};

const ADD: &str = "add an address";

/// Who does not prove an address within this time waits for it no longer; a code asked for anew begins it anew.
const PENDING_KEPT: Duration = Duration::from_hours(7 * 24);

#[derive(Serialize)]
struct AddressItem<'a> {
    address: &'a str,
    verified: bool,
    primary: bool,
    created_at: i64,
    updated_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    young_until: Option<i64>,
}

#[derive(Serialize)]
struct PendingItem<'a> {
    number: u64,
    address: &'a Address,
    epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a SessionId>,
    created_at: i64,
    ttl: i64,
}

/// What an account calls what it knows of its addresses of a kind.
pub(super) struct Attributes {
    /// The primary one.
    pub(super) primary: &'static str,
    /// The one that becomes it.
    pub(super) awaited: &'static str,
    /// Those that were it until lately.
    pub(super) formers: &'static str,
    /// The number of the next one.
    pub(super) next: &'static str,
    /// How many there are.
    pub(super) count: &'static str,
}

pub(super) fn attributes(channel: Channel) -> Attributes {
    let (primary, awaited, formers, next, count) = match channel {
        Channel::Email => ("email", "awaited_email", "former_emails", "next_email", "emails"),
        Channel::Phone => ("phone", "awaited_phone", "former_phones", "next_phone", "phones"),
    };
    Attributes { primary, awaited, formers, next, count }
}

pub(super) fn key_of(user: UserId, channel: Channel, number: u64) -> ItemKey {
    match channel {
        Channel::Email => keys::email(user, number),
        Channel::Phone => keys::phone(user, number),
    }
}

/// The account, as it was read, with a proved address as its primary one, and those to remember.
fn with_primary(account: Change, user: &User, number: u64, address: &Address, succession: &Succession) -> Change {
    let names = attributes(address.channel());
    let account = if_same_primary(account, user, address.channel());
    let primary = Primary { id: number, address: address.as_given(), verified: true, young_until: succession.young_until };
    let account = match user.remembered(address.channel()) {
        formers if formers.is_empty() => account.when(format!("attribute_not_exists({})", names.formers)),
        formers => account.when(format!("{} = :formers", names.formers)).value(":formers", item::value(formers)),
    };
    remembering(account.put(names.primary, primary), address.channel(), &succession.remembered)
}

/// The account, if its primary address of a kind is the one that was read, and proved no later.
fn if_same_primary(account: Change, user: &User, channel: Channel) -> Change {
    let primary = attributes(channel).primary;
    match user.primary_number(channel) {
        Some(number) => account
            .when(format!("{primary}.id = :same_primary AND {primary}.verified = :same_proof"))
            .value(":same_primary", item::value(number))
            .value(":same_proof", item::value(user.is_primary_proved(channel))),
        None => account.when(format!("attribute_not_exists({primary})")),
    }
}

/// The account with the addresses of a kind that were the primary one until lately.
fn remembering(account: Change, channel: Channel, formers: &Remembered) -> Change {
    account.put_or_remove(attributes(channel).formers, Some(formers).filter(|formers| !formers.is_empty()))
}

/// The item of an address that the primary one has taken the place of.
fn given_way(user: UserId, channel: Channel, number: u64, at: i64) -> Change {
    Change::of(key_of(user, channel, number)).when("attribute_exists(pk)").put("primary", false).put("updated_at", at)
}

/// The item of a proved address that becomes the primary one.
pub(super) fn takes_place(user: UserId, channel: Channel, number: u64, at: i64) -> Change {
    let proved = Change::of(key_of(user, channel, number)).when("verified = :yes").value(":yes", item::value(true));
    proved.put("primary", true).put("updated_at", at)
}

/// The account without a number that goes to another one; if it was the primary one, with what takes its place.
pub(super) fn without_number(account: Change, user: &User, number: u64, successor: Option<&Contact>) -> Change {
    let account = if user.primary_number(Channel::Phone) == Some(number) {
        let successor = successor.and_then(Contact::as_primary_number);
        account.when("phone.id = :number").value(":number", item::value(number)).put_or_remove("phone", successor)
    } else {
        account
    };
    match user.former_until(Channel::Phone, number) {
        Some(_) => remembering(account, Channel::Phone, &user.remembered(Channel::Phone).without(&[number])),
        None => account,
    }
}

/// The item of an address as it is created with its account.
fn primary_item<A>(key: &ItemKey, primary: &Primary<A>, address: &Address, now: Timestamp) -> Result<Item, StoreError> {
    let (at, verified) = (now.as_millisecond(), primary.verified);
    let verified_at = verified.then_some(at);
    let address = address.as_given();
    let content = AddressItem { address, verified, primary: true, created_at: at, updated_at: at, verified_at, young_until: None };
    item::write(ADD, key, &content)
}

/// The item of an address that is added.
fn added_item(key: &ItemKey, address: &Address, at: i64) -> Result<Item, StoreError> {
    let address = address.as_given();
    let (verified, primary, verified_at, young_until) = (false, false, None, None);
    item::write(ADD, key, &AddressItem { address, verified, primary, created_at: at, updated_at: at, verified_at, young_until })
}

/// The item of an address of an account that is imported.
pub(super) fn imported_item(user: &User, imported: &ImportedAddress) -> Result<Item, StoreError> {
    let ImportedAddress { number, ref address, verified, primary, added_at, verified_at, young_until, .. } = *imported;
    let content = AddressItem {
        address: address.as_given(),
        verified,
        primary,
        created_at: added_at.as_millisecond(),
        updated_at: user.updated_at.as_millisecond(),
        verified_at: verified_at.map(Timestamp::as_millisecond),
        young_until: young_until.map(Timestamp::as_millisecond),
    };
    item::write(ADD, &key_of(user.id, address.channel(), number), &content)
}

/// The mark that an account has an address pending, and which session asked for it, if one did.
pub(super) fn pending_item(
    tag: &AddressTag,
    user: &User,
    (number, address): (u64, &Address),
    session: Option<&SessionId>,
    now: Timestamp,
) -> Result<Item, StoreError> {
    let (epoch, created_at, ttl) = (user.epoch, now.as_millisecond(), (now + PENDING_KEPT).as_second());
    item::write(ADD, &keys::pending(tag, user.id), &PendingItem { number, address, epoch, session, created_at, ttl })
}

/// Renews the proof of a number, in the transaction of what it proves.
pub(super) fn renewal(user: UserId, number: u64, now: Timestamp) -> Change {
    Change::of(keys::phone(user, number)).when("attribute_exists(pk)").put("verified_at", now.as_millisecond())
}

/// The account's mail address and number as they are created with it; `unproved` is the tag of the one that is not proved.
pub(super) fn first_addresses(user: &User, unproved: Option<&AddressTag>, now: Timestamp) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    let mark = |number, address: &Address| unproved.map(|tag| pending_item(tag, user, (number, address), None, now)).transpose();
    if let Some(email) = &user.email {
        let address = email.address.clone().into();
        items.push(primary_item(&keys::email(user.id, email.id), email, &address, now)?);
        items.extend(if email.verified { None } else { mark(email.id, &address)? });
    }
    if let Some(phone) = &user.phone {
        let address = phone.address.clone().into();
        items.push(primary_item(&keys::phone(user.id, phone.id), phone, &address, now)?);
        items.extend(if phone.verified { None } else { mark(phone.id, &address)? });
    }
    Ok(items)
}
