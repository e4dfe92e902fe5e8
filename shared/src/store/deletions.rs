//! Deletions in the table: asked for, confirmed, cancelled, begun. Each step is a condition on the one before it.

use jiff::Timestamp;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::erasure::{Deletion, Reason, Stage};
use crate::domain::session::{Session, SessionId};
use crate::domain::user::{Status, User, UserId};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::due;
use crate::store::epoch;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::purge;
use crate::store::sending::Told;
use crate::store::users;
use crate::store::write::Transaction;

const CANCEL: &str = "cancel a deletion";
const READ: &str = "read a deletion";

/// A deletion that is asked for, with the send of its code.
#[derive(Debug)]
pub struct DeletionRequest<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// Why, if the owner has said so.
    pub reason: Option<&'a Reason>,
    /// Until when the code is good.
    pub code_until: Timestamp,
}

impl DeletionRequest<'_> {
    pub(super) fn add_to<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let asked = Change::of(keys::deletion(self.user.id))
            .when("attribute_not_exists(#status) OR #status = :pending OR #status = :cancelled")
            .value(":pending", item::value(Stage::PendingConfirmation))
            .value(":cancelled", item::value(Stage::Cancelled))
            .put("status", Stage::PendingConfirmation)
            .put("requested_at", now.as_millisecond())
            .put("code_until", self.code_until.as_millisecond())
            .put("ttl", self.code_until.as_second())
            .put_or_remove("reason", self.reason)
            .remove("confirmed_at")
            .remove("scheduled_at")
            .add("version :one")
            .value(":one", item::value(1));
        transaction.check(&users::if_active(self.user))?.change(&asked)
    }
}

/// A deletion that its owner confirms with the code.
#[derive(Debug)]
pub struct Confirmation<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The session that confirms; all others end.
    pub session: &'a SessionId,
    /// The address that the code was sent to.
    pub address: &'a AddressTag,
    /// The challenge.
    pub challenge: &'a Challenge,
    /// When the deletion is due.
    pub due: Timestamp,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// What the owner is told.
    pub told: &'a Told,
    /// The present.
    pub now: Timestamp,
}

/// An account that is deleted at once.
#[derive(Debug)]
pub struct AtOnce<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The session that asks for it.
    pub session: &'a Session,
    /// The code that was typed instead of a password.
    pub code: Option<(&'a AddressTag, &'a Challenge)>,
    /// What the owner is told.
    pub told: &'a Told,
    /// The present.
    pub now: Timestamp,
}

impl Store {
    /// The deletion of an account, if one was ever asked for.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn deletion(&self, user: UserId) -> Result<Option<Deletion>, StoreError> {
        self.one(READ, &keys::deletion(user)).await
    }

    /// Schedules a deletion that was asked for, and ends all sessions but one. `false`: the code was used, or the deletion or the account
    /// changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn confirm_deletion(&self, confirmation: &Confirmation<'_>) -> Result<bool, StoreError> {
        let Confirmation { user, session, address, challenge, due, audit, told, now } = *confirmation;
        let account = epoch::ends_others(users::if_active(user), now).put("status", Status::PendingDeletion);
        let scheduled = in_stage(user.id, Stage::PendingConfirmation)
            .remove("ttl")
            .put("status", Stage::Scheduled)
            .put("confirmed_at", now.as_millisecond())
            .put("scheduled_at", due.as_millisecond());
        let confirmed = Transaction::new(self, "confirm a deletion")
            .change(&self.redemption(address, Purpose::Delete, challenge))?
            .change(&account)?
            .change(&epoch::takes_along(user, session))?
            .change(&purge::due(scheduled, user.id, due))?
            .create(audit.item()?)?;
        Ok(told.add_to(confirmed, now)?.commit().await?.is_ok())
    }

    /// Cancels a scheduled deletion. `false`: there is none, or it has begun.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn cancel_deletion(&self, user: &User, audit: &AuditEvent, told: &Told, now: Timestamp) -> Result<bool, StoreError> {
        let account = users::if_admitted(user).when("#status = :leaving").put("updated_at", now.as_millisecond()).set("#status = :active");
        let cancelled = Transaction::new(self, CANCEL).change(&cancelled(user.id))?.change(&account)?.create(audit.item()?)?;
        Ok(told.add_to(cancelled, now)?.commit().await?.is_ok())
    }

    /// Drops a deletion that was asked for and not confirmed. `false`: there is none.
    ///
    /// A transaction, though it is one write: a repetition whose first answer was lost finds it done, and not that there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn drop_deletion(&self, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let waiting = dropped(user, Stage::PendingConfirmation).when("code_until > :now").value(":now", item::millis(now));
        Ok(Transaction::new(self, CANCEL).change(&waiting)?.commit().await?.is_ok())
    }

    /// Ends and hides an account, and makes its deletion due, all or nothing. `false`: the code was used, or the account changed
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn delete_at_once(&self, at_once: &AtOnce<'_>) -> Result<bool, StoreError> {
        let AtOnce { user, session, code, told, now } = *at_once;
        // What was asked for and not confirmed is confirmed by its code only as long as it waits.
        let deletion = match code {
            Some(_) => in_stage(user.id, Stage::PendingConfirmation),
            None => changed(keys::deletion(user.id)),
        };
        let begun = deletion
            .remove("ttl")
            .put("status", Stage::Purging)
            .set("requested_at = if_not_exists(requested_at, :now)")
            .put("confirmed_at", now.as_millisecond())
            .put("scheduled_at", now.as_millisecond())
            .value(":now", item::millis(now));
        let mut transaction = Transaction::new(self, "delete an account at once")
            .change(&purge::hidden(users::if_active(user), now))?
            .change(&purge::due(begun, user.id, now))?
            .discard(&keys::session(user.id, &session.id))?;
        if let Some((address, challenge)) = code {
            transaction = transaction.change(&self.redemption(address, Purpose::Delete, challenge))?;
        }
        Ok(told.add_to(transaction, now)?.commit().await?.is_ok())
    }
}

/// A scheduled deletion that is cancelled.
pub(super) fn cancelled(user: UserId) -> Change {
    due::no_more(dropped(user, Stage::Scheduled))
}

/// A deletion that is cancelled: why it was wanted is nobody's business any more.
fn dropped(user: UserId, stage: Stage) -> Change {
    in_stage(user, stage).remove("ttl").remove("reason").put("status", Stage::Cancelled)
}

fn in_stage(user: UserId, stage: Stage) -> Change {
    changed(keys::deletion(user)).when("#status = :stage").name("#status", "status").value(":stage", item::value(stage))
}

fn changed(deletion: ItemKey) -> Change {
    Change::of(deletion).add("version :one").value(":one", item::value(1))
}
