//! The transaction that makes an account of a registration.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::address::{Email, Phone};
use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::session::Session;
use crate::domain::user::{Primary, User};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::challenges::redemption;
use crate::store::claims::Claim;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::outbox::{self, Envelope};
use crate::store::sessions::session_item;
use crate::store::write::Transaction;

const OPERATION: &str = "create an account";

/// An account about to be created, with all that belongs to it.
#[derive(Debug)]
pub struct Registered<'a> {
    /// The address that was proved.
    pub address: &'a AddressTag,
    /// The challenge that proved it.
    pub challenge: &'a Challenge,
    /// The account.
    pub user: &'a User,
    /// The session that it begins with.
    pub session: &'a Session,
    /// The phone number's tag, if one was given; it stays unverified.
    pub phone: Option<&'a AddressTag>,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// A notice to the owner.
    pub notice: Option<(&'a ItemKey, &'a Envelope)>,
}

#[derive(Serialize)]
struct AddressItem<'a, A> {
    address: &'a A,
    verified: bool,
    primary: bool,
    created_at: i64,
    updated_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<i64>,
}

#[derive(Serialize)]
struct PendingItem {
    number: u64,
    created_at: i64,
    ttl: i64,
}

/// Who does not prove an address within this time waits for it no longer; a code sent anew begins it anew.
const PENDING_KEPT: Duration = Duration::from_hours(7 * 24);

fn address_item<A: Serialize>(key: &ItemKey, primary: &Primary<A>, now: Timestamp) -> Result<Item, StoreError> {
    let at = now.as_millisecond();
    let content = AddressItem {
        address: &primary.address,
        verified: primary.verified,
        primary: true,
        created_at: at,
        updated_at: at,
        verified_at: primary.verified.then_some(at),
    };
    item::write(OPERATION, key, &content)
}

impl Store {
    /// Creates an account: its code is used up, its address claimed, its items and first session written, all or nothing.
    /// `false`: the code was used or replaced meanwhile, or the address has an owner by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn create_account(&self, registered: &Registered<'_>) -> Result<bool, StoreError> {
        let Registered { address, challenge, user, session, phone, audit, notice } = registered;
        let now = user.created_at;
        let claim = Claim { user: user.id, networks: user.networks.clone() };
        let mut user_item = item::write(OPERATION, &keys::user(user.id), user)?;
        user_item.extend(self.gate_lanes(address).await?);
        let mut transaction = Transaction::new(self, OPERATION)
            .change(&redemption(address, Purpose::Signup, challenge, &self.rng.token()))?
            .create(item::write(OPERATION, &keys::claim(address), &claim)?)?
            .create(user_item)?
            .create(session_item(session)?)?
            .create(audit.item()?)?;
        if let Some(email) = &user.email {
            transaction = transaction.create(address_item::<Email>(&keys::email(user.id, email.id), email, now)?)?;
        }
        if let (Some(number), Some(tag)) = (&user.phone, phone) {
            let pending = PendingItem { number: number.id, created_at: now.as_millisecond(), ttl: (now + PENDING_KEPT).as_second() };
            transaction = transaction
                .create(address_item::<Phone>(&keys::phone(user.id, number.id), number, now)?)?
                .create(item::write(OPERATION, &keys::pending(tag, user.id), &pending)?)?;
        }
        if let Some((key, envelope)) = notice {
            transaction = transaction.create(outbox::notice(key, envelope, now)?)?;
        }
        Ok(transaction.commit().await?.is_ok())
    }
}
