//! A proved address that becomes the primary one of its kind.

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::user::{Succession, User};
use crate::store::Store;
use crate::store::addresses::{given_way, key_of, with_primary};
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::outbox::Notice;
use crate::store::users;
use crate::store::write::Transaction;

/// A proved address that becomes the primary one.
#[derive(Debug)]
pub struct PrimaryChange<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The number under which it lists the address as proved.
    pub number: u64,
    /// The address.
    pub address: &'a Address,
    /// What gives way to it.
    pub succession: &'a Succession,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

impl Store {
    /// Makes a proved address the primary one. `false`: the account or its addresses changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn make_primary(&self, change: &PrimaryChange<'_>) -> Result<bool, StoreError> {
        let PrimaryChange { user, number, address, succession, audit, notices, now } = *change;
        let (channel, at) = (address.channel(), now.as_millisecond());
        let account = users::if_active(user).add("proofs :one").value(":one", item::value(1)).put("updated_at", at);
        let new = Change::of(key_of(user.id, channel, number))
            .when("verified = :yes")
            .value(":yes", item::value(true))
            .put("primary", true)
            .put("updated_at", at);
        let mut transaction = Transaction::new(self, "change a primary address")
            .change(&with_primary(account, number, address, succession))?
            .change(&new)?
            .create(audit.item()?)?;
        if let Some(former) = succession.gives_way {
            transaction = transaction.change(&given_way(user.id, channel, former, at))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }
}
