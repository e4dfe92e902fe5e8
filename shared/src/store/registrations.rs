//! The transaction that makes an account of a registration.

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::lane::Allowance;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses;
use crate::store::audit::AuditEvent;
use crate::store::claims::Claim;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag};
use crate::store::outbox::Notice;
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
    /// The claim on the address that was proved.
    pub claim: &'a Claim,
    /// The session that it begins with.
    pub session: &'a Session,
    /// The phone number's tag, if one was given; it stays unverified.
    pub phone: Option<&'a AddressTag>,
    /// How many wrong passwords there may be.
    pub passwords: Allowance,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
}

impl Store {
    /// Creates an account: its code is used up, its address claimed, its items and first session written, all or nothing.
    /// `false`: the code was used or replaced meanwhile, or the address has an owner by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn create_account(&self, registered: &Registered<'_>) -> Result<bool, StoreError> {
        let Registered { address, challenge, claim, user, session, phone, passwords, audit, notices } = registered;
        let now = user.created_at;
        let mut user_item = item::write(OPERATION, &keys::user(user.id), user)?;
        user_item.extend(self.gate_lanes(address, *passwords).await?);
        let mut transaction = Transaction::new(self, OPERATION)
            .change(&self.redemption(address, Purpose::Signup, challenge))?
            .create(item::write(OPERATION, &keys::claim(address), claim)?)?
            .create(user_item)?
            .create(session_item(session)?)?
            .create(audit.item()?)?;
        for item in addresses::first_addresses(user, *phone, now)? {
            transaction = transaction.create(item)?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }
}
