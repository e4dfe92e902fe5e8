//! The addresses that an account lists.

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::address::{Address, Channel, Email, Phone};
use crate::domain::primary::{Primary, is_young};
use crate::domain::user::UserId;
use crate::store::Store;
use crate::store::addresses::key_of;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys;
use crate::store::partition::after;

const LIST: &str = "list an account's addresses";

/// An address as its account lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The small number under which it is listed.
    pub number: u64,
    /// The address.
    pub address: Address,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Whether the account is known by it. Where other items of the account were read apart, the account itself says so.
    pub primary: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When something about it last changed.
    pub updated_at: Timestamp,
    /// When it was proved last.
    pub verified_at: Option<Timestamp>,
    /// Until when a reset takes it away again; none: it stays.
    pub young_until: Option<Timestamp>,
}

impl Contact {
    /// Whether it joined older ones so lately that it does not yet take part in a reset.
    #[must_use]
    pub fn is_young(&self, now: Timestamp) -> bool {
        self.was_young_after(now)
    }

    /// Whether it joined older ones, and was young still at that time or joined after it.
    #[must_use]
    pub fn was_young_after(&self, time: Timestamp) -> bool {
        is_young(self.young_until, time)
    }

    /// A number as the primary one.
    #[must_use]
    pub fn as_primary_number(&self) -> Option<Primary<Phone>> {
        let Address::Phone(address) = &self.address else { return None };
        Some(Primary { id: self.number, address: address.clone(), verified: self.verified, young_until: self.young_until })
    }

    /// Whether it joined the account later than another one.
    #[must_use]
    pub fn joined_after(&self, other: &Self) -> bool {
        self.young_until > other.young_until
    }
}

#[derive(Deserialize)]
struct Stored<A> {
    address: A,
    verified: bool,
    primary: bool,
}

impl Store {
    /// The addresses of a kind that an account lists, by their numbers.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn contacts(&self, user: UserId, channel: Channel) -> Result<Vec<Contact>, StoreError> {
        let items = self.listed(LIST, user, prefix(channel)).await?;
        let contacts: Result<Vec<Contact>, _> = items.into_iter().map(|item| contact(LIST, item)).collect();
        let mut contacts = contacts?;
        contacts.sort_by_key(|contact| contact.number);
        Ok(contacts)
    }

    /// The address of a kind that an account lists under a number.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn contact(&self, user: UserId, channel: Channel, number: u64) -> Result<Option<Contact>, StoreError> {
        let item: Option<Item> = self.one_item(LIST, &key_of(user, channel, number)).await?;
        item.map(|item| contact(LIST, item)).transpose()
    }

    /// All addresses that an account has proved.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn proved_addresses(&self, user: UserId) -> Result<Vec<Contact>, StoreError> {
        let (emails, phones) = tokio::try_join!(self.contacts(user, Channel::Email), self.contacts(user, Channel::Phone))?;
        Ok(emails.into_iter().chain(phones).filter(|contact| contact.verified).collect())
    }
}

fn prefix(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => keys::EMAIL_PREFIX,
        Channel::Phone => keys::PHONE_PREFIX,
    }
}

/// An address as its item has it.
pub(in crate::store) fn contact(operation: &'static str, item: Item) -> Result<Contact, StoreError> {
    let place =
        [Channel::Email, Channel::Phone].into_iter().find_map(|channel| Some((channel, after(&item, prefix(channel))?.parse().ok()?)));
    let (channel, number) = place.ok_or_else(|| StoreError::unreadable(operation, "an address without a number"))?;
    let [created_at, updated_at, verified_at, young_until] =
        ["created_at", "updated_at", "verified_at", "young_until"].map(|name| item::time(&item, name));
    let timeless = || StoreError::unreadable(operation, "an address without its times");
    let (created_at, updated_at) = created_at.zip(updated_at).ok_or_else(timeless)?;
    let (address, verified, primary) = match channel {
        Channel::Email => {
            let Stored::<Email> { address, verified, primary } = item::read(operation, item)?;
            (address.into(), verified, primary)
        }
        Channel::Phone => {
            let Stored::<Phone> { address, verified, primary } = item::read(operation, item)?;
            (address.into(), verified, primary)
        }
    };
    Ok(Contact { number, address, verified, primary, created_at, updated_at, verified_at, young_until })
}
