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
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag};
use crate::store::outbox::Notice;
use crate::store::purge;
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
}

impl DeletionRequest<'_> {
    pub(super) fn add_to<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let asked = Change::of(keys::deletion(self.user.id))
            .when("attribute_not_exists(#status) OR #status = :pending OR #status = :cancelled")
            .value(":pending", item::value(Stage::PendingConfirmation))
            .value(":cancelled", item::value(Stage::Cancelled))
            .put("status", Stage::PendingConfirmation)
            .put("requested_at", now.as_millisecond())
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
    /// Notices to the owner.
    pub notices: &'a [Notice],
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
    /// Notices to the owner.
    pub notices: &'a [Notice],
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
        let Confirmation { user, session, address, challenge, due, audit, notices, now } = *confirmation;
        let account = users::if_active(user)
            .put("status", Status::PendingDeletion)
            .set("epoch = :next")
            .value(":next", item::value(user.epoch + 1))
            .put("epoch_at", now.as_millisecond())
            .put("sessions", 1);
        let own = Change::of(keys::session(user.id, session))
            .when("epoch = :epoch")
            .value(":epoch", item::value(user.epoch))
            .set("epoch = :next")
            .value(":next", item::value(user.epoch + 1));
        let scheduled = in_stage(user.id, Stage::PendingConfirmation)
            .put("status", Stage::Scheduled)
            .put("confirmed_at", now.as_millisecond())
            .put("scheduled_at", due.as_millisecond());
        let confirmed = Transaction::new(self, "confirm a deletion")
            .change(&self.redemption(address, Purpose::Delete, challenge))?
            .change(&account)?
            .change(&own)?
            .change(&purge::due(scheduled, user.id, due))?
            .create(audit.item()?)?
            .notify(notices, now)?
            .commit()
            .await?;
        Ok(confirmed.is_ok())
    }

    /// Cancels a scheduled deletion. `false`: there is none, or it has begun.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn cancel_deletion(&self, user: &User, audit: &AuditEvent, notices: &[Notice], now: Timestamp) -> Result<bool, StoreError> {
        let account = users::if_admitted(user).when("#status = :leaving").put("updated_at", now.as_millisecond()).set("#status = :active");
        let cancelled = in_stage(user.id, Stage::Scheduled).put("status", Stage::Cancelled);
        let cancelled = Transaction::new(self, CANCEL)
            .change(&purge::due_no_more(cancelled))?
            .change(&account)?
            .create(audit.item()?)?
            .notify(notices, now)?
            .commit()
            .await?;
        Ok(cancelled.is_ok())
    }

    /// Drops a deletion that was asked for and not confirmed. `false`: there is none.
    ///
    /// A transaction, though it is one write: a repetition whose first answer was lost finds it done, and not that there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn drop_deletion(&self, user: UserId) -> Result<bool, StoreError> {
        let dropped = in_stage(user, Stage::PendingConfirmation).put("status", Stage::Cancelled);
        Ok(Transaction::new(self, CANCEL).change(&dropped)?.commit().await?.is_ok())
    }

    /// Ends and hides an account, and makes its deletion due, all or nothing. `false`: the code was used, or the account changed
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn delete_at_once(&self, at_once: &AtOnce<'_>) -> Result<bool, StoreError> {
        let AtOnce { user, session, code, notices, now } = *at_once;
        let begun = Change::of(keys::deletion(user.id))
            .put("status", Stage::Purging)
            .set("requested_at = if_not_exists(requested_at, :now)")
            .put("confirmed_at", now.as_millisecond())
            .put("scheduled_at", now.as_millisecond())
            .value(":now", item::millis(now))
            .add("version :one")
            .value(":one", item::value(1));
        let mut transaction = Transaction::new(self, "delete an account at once")
            .change(&purge::hidden(users::if_active(user), now))?
            .change(&purge::due(begun, user.id, now))?
            .discard(&keys::session(user.id, &session.id))?;
        if let Some((address, challenge)) = code {
            transaction = transaction.change(&self.redemption(address, Purpose::Delete, challenge))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }
}

fn in_stage(user: UserId, stage: Stage) -> Change {
    Change::of(keys::deletion(user))
        .when("#status = :stage")
        .name("#status", "status")
        .value(":stage", item::value(stage))
        .add("version :one")
        .value(":one", item::value(1))
}
