//! New passwords: changed by whoever knows the old one, or reset with a code. Either ends sessions in the same transaction.

use jiff::Timestamp;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::familiar::{Familiar, Origin};
use crate::domain::hash::StoredHash;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::session::SessionId;
use crate::domain::user::{Status, User};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::lanes::{self, Counter};
use crate::store::outbox::Envelope;
use crate::store::write::Transaction;

/// A password changed by its owner.
#[derive(Debug)]
pub struct PasswordChange<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The session that asked for it; all others end.
    pub session: &'a SessionId,
    /// The new password's hash.
    pub hash: &'a StoredHash,
    /// The lane of the count to be taken back: only wrong passwords count.
    pub lane: Lane,
    /// How many wrong passwords there may be.
    pub passwords: Allowance,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// A notice to the owner.
    pub notice: Option<(&'a ItemKey, &'a Envelope)>,
    /// The present.
    pub now: Timestamp,
}

/// A password reset with a code.
#[derive(Debug)]
pub struct PasswordReset<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The address that the code was sent to.
    pub address: &'a AddressTag,
    /// The challenge.
    pub challenge: &'a Challenge,
    /// The new password's hash.
    pub hash: &'a StoredHash,
    /// How many wrong passwords there may be.
    pub passwords: Allowance,
    /// Where the reset was finished: the account knows only this place from now on.
    pub origin: &'a Origin,
    /// All proved addresses of the account: their claims forget other places, too.
    pub claims: &'a [AddressTag],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// A notice to the owner.
    pub notice: Option<(&'a ItemKey, &'a Envelope)>,
    /// The present.
    pub now: Timestamp,
}

/// The account with a new password and all sessions ended, if none were ended and it was not closed meanwhile.
fn renewed(user: &User, hash: &StoredHash) -> Change {
    Change::of(keys::user(user.id))
        .when("epoch = :epoch AND #status <> :disabled")
        .name("#status", "status")
        .value(":epoch", item::value(user.epoch))
        .value(":disabled", item::value(Status::Disabled))
        .put("password", hash)
        .set("epoch = :next")
        .value(":next", item::value(user.epoch + 1))
}

impl Store {
    /// Changes a password and ends all sessions but one. `false`: the account or the session changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn change_password(&self, change: &PasswordChange<'_>) -> Result<bool, StoreError> {
        let PasswordChange { user, session, hash, lane, passwords, audit, notice, now } = *change;
        let account = lanes::take_back(renewed(user, hash).put("sessions", 1), Counter::Passwords, lane, passwords);
        let own = Change::of(keys::session(user.id, session))
            .when("epoch = :epoch")
            .value(":epoch", item::value(user.epoch))
            .set("epoch = :next")
            .value(":next", item::value(user.epoch + 1));
        let transaction = Transaction::new(self, "change a password").change(&account)?.change(&own)?.create(audit.item()?)?;
        Ok(transaction.notify(notice, now)?.commit().await?.is_ok())
    }

    /// Resets a password with a code, and ends all sessions. `false`: the code was used or replaced, or the account changed
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn reset_password(&self, reset: &PasswordReset<'_>) -> Result<bool, StoreError> {
        let PasswordReset { user, address, challenge, hash, passwords, origin, claims, audit, notice, now } = *reset;
        let familiar = Familiar::only(origin);
        let account = renewed(user, hash)
            .put("sessions", 0)
            .put("is_online", false)
            .put("networks", &familiar.networks)
            .put("devices", &familiar.devices);
        // Whoever reads the mailbox need not wait for what strangers did at the gate.
        let account = lanes::clear(account, Counter::Passwords, &[Lane::Known, Lane::Stranger], passwords);
        let mut transaction = Transaction::new(self, "reset a password")
            .change(&account)?
            .change(&self.redemption(address, Purpose::Reset, challenge))?
            .create(audit.item()?)?;
        for claim in claims {
            transaction = transaction.change(&claims::copies(claim, user.id, &familiar))?;
        }
        Ok(transaction.notify(notice, now)?.commit().await?.is_ok())
    }
}
