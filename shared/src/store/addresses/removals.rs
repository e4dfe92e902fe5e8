//! An address that leaves its account.

use jiff::Timestamp;

use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses::{Contact, attributes, key_of, remembering};
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag};
use crate::store::sending::Told;
use crate::store::users;
use crate::store::write::Transaction;

/// An address about to leave its account.
#[derive(Debug)]
pub struct Removal<'a> {
    /// The account, as it was read before its addresses were.
    pub user: &'a User,
    /// The address.
    pub contact: &'a Contact,
    /// Its tag.
    pub tag: &'a AddressTag,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// What the owner is told.
    pub told: &'a Told,
    /// The present.
    pub now: Timestamp,
}

impl Store {
    /// Removes an address with its claim or its mark. `false`: the account or its addresses changed meanwhile, and whether it may leave is
    /// to be looked at again.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn remove_address(&self, removal: &Removal<'_>) -> Result<bool, StoreError> {
        let Removal { user, contact, tag, audit, told, now } = *removal;
        let listed = Change::of(key_of(user.id, contact.address.channel(), contact.number))
            .when("verified = :verified")
            .value(":verified", item::value(contact.verified));
        let transaction =
            Transaction::new(self, "remove an address").change(&removal.user_change())?.discard_if(&listed)?.create(audit.item()?)?;
        let transaction = if contact.verified {
            transaction.discard_if(&claims::own(tag, user.id))?
        } else {
            transaction.discard(&keys::pending(tag, user.id))?
        };
        Ok(told.add_to(transaction, now)?.commit().await?.is_ok())
    }
}

impl Removal<'_> {
    /// None may be proved or removed beside it, or the last one could leave.
    fn user_change(&self) -> Change {
        let Self { user, contact, now, .. } = *self;
        let names = attributes(contact.address.channel());
        let at_number = |primary: Option<u64>| primary == Some(contact.number);
        let change = users::if_active(user)
            .when("proofs = :seen")
            .value(":seen", item::value(user.proofs))
            .add("proofs :one")
            .value(":one", item::value(1))
            .add(&format!("{} :less", names.count))
            .value(":less", item::value(-1))
            .put("updated_at", now.as_millisecond())
            .value(":number", item::value(contact.number));
        let change = if at_number(user.primary_number(contact.address.channel())) {
            change.when(format!("{}.id = :number", names.primary)).remove(names.primary)
        } else {
            change.when(format!("attribute_not_exists({0}) OR {0}.id <> :number", names.primary))
        };
        let change = if at_number(user.awaited_number(contact.address.channel())) {
            change.when(format!("{}.id = :number", names.awaited)).remove(names.awaited)
        } else {
            change.when(format!("attribute_not_exists({0}) OR {0}.id <> :number", names.awaited))
        };
        // One that was the primary one until lately stays as long as that matters; after that there is nothing to come back to.
        let channel = contact.address.channel();
        if user.former_until(channel, contact.number).is_none() {
            return change;
        }
        remembering(change, channel, &user.remembered(channel).without(&[contact.number]))
    }
}
