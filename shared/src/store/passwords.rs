//! New passwords: changed by whoever knows the old one, or reset with a code. Either ends sessions in the same transaction.

use jiff::Timestamp;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::familiar::{Familiar, Origin};
use crate::domain::hash::StoredHash;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::session::SessionId;
use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses::{self, Eviction};
use crate::store::audit::AuditEvent;
use crate::store::challenges::Redeemed;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::AddressTag;
use crate::store::lanes::{self, Counter};
use crate::store::outbox::Notice;
use crate::store::write::Transaction;
use crate::store::{claims, epoch, users};

/// A password changed by its owner.
#[derive(Debug)]
pub struct PasswordChange<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The session that asked for it; all others end.
    pub session: &'a SessionId,
    /// The new password's hash.
    pub hash: &'a StoredHash,
    /// How many wrong passwords there may be.
    pub passwords: Allowance,
    /// Where the password was changed: the account knows only this place from now on.
    pub origin: &'a Origin,
    /// The proved addresses of the account: their claims forget other places, too.
    pub claims: &'a [AddressTag],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
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
    /// The proved addresses that the account keeps: their claims forget other places, too.
    pub claims: &'a [AddressTag],
    /// The proved addresses that it loses.
    pub evicted: &'a [Eviction],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

/// A password that an administrator sets.
#[derive(Debug)]
pub struct TemporaryPassword<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The new password's hash.
    pub hash: &'a StoredHash,
    /// How many wrong passwords there may be.
    pub passwords: Allowance,
    /// The places that the account knows from now on.
    pub familiar: &'a Familiar,
    /// The proved addresses of the account: their claims know no others.
    pub claims: &'a [AddressTag],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

/// The account with a new password, if no sessions were ended, no address was proved or removed and it was not closed meanwhile. It knows
/// only the place where this was done, as do the claims of its addresses, and whoever did it need not wait for what strangers did at the
/// gate.
fn renewed(user: &User, hash: &StoredHash, familiar: &Familiar, passwords: Allowance) -> Change {
    let change = users::if_admitted(user)
        .when("proofs = :proofs")
        .value(":proofs", item::value(user.proofs))
        .put("password", hash)
        .put("networks", &familiar.networks)
        .put("devices", &familiar.devices);
    lanes::clear(change, Counter::Passwords, &[Lane::Known, Lane::Stranger], passwords)
}

impl Store {
    /// Changes a password and ends all sessions but one. `false`: the account, its addresses or the session changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn change_password(&self, change: &PasswordChange<'_>) -> Result<bool, StoreError> {
        let PasswordChange { user, session, hash, passwords, origin, claims, audit, notices, now } = *change;
        let familiar = Familiar::only(origin);
        let account = epoch::ends_others(renewed(user, hash, &familiar, passwords), now).remove("password_temporary");
        let mut transaction = Transaction::new(self, "change a password")
            .change(&account)?
            .change(&epoch::takes_along(user, session))?
            .create(audit.item()?)?;
        for claim in claims {
            transaction = transaction.change(&claims::copies(claim, user.id, &familiar))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }

    /// Sets a temporary password, and ends all sessions. `false`: the account or its addresses changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn set_password(&self, set: &TemporaryPassword<'_>) -> Result<bool, StoreError> {
        let TemporaryPassword { user, hash, passwords, familiar, claims, audit, notices, now } = *set;
        let account = epoch::ends_all(renewed(user, hash, familiar, passwords), now).put("password_temporary", true);
        let mut transaction = Transaction::new(self, "set a password").change(&account)?.create(audit.item()?)?;
        for claim in claims {
            transaction = transaction.change(&claims::copies(claim, user.id, familiar))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }

    /// Resets a password with a code, and ends all sessions.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn reset_password(&self, reset: &PasswordReset<'_>) -> Result<Redeemed, StoreError> {
        let PasswordReset { user, address, challenge, hash, passwords, origin, claims, evicted, audit, notices, now } = *reset;
        let familiar = Familiar::only(origin);
        let account = epoch::ends_all(renewed(user, hash, &familiar, passwords), now).remove("password_temporary");
        let (account, brought_back) = addresses::left_behind(account, user, evicted);
        // With nothing to come back, one that is lost goes on being shown, as unproved.
        let left = addresses::primaries_left(user, evicted);
        let mut transaction = Transaction::new(self, "reset a password")
            .change(&account)?
            .change(&self.redemption(address, Purpose::Reset, challenge))?
            .create(audit.item()?)?;
        for claim in claims {
            transaction = transaction.change(&claims::copies(claim, user.id, &familiar))?;
        }
        for Eviction { tag, channel, number } in evicted {
            let listed = Change::of(addresses::key_of(user.id, *channel, *number)).when("attribute_exists(pk)");
            let listed = listed.put("verified", false).put("primary", left(*channel) == Some(*number));
            let listed = listed.put("updated_at", now.as_millisecond());
            transaction =
                transaction.change(&listed.remove("verified_at").remove("young_until"))?.discard_if(&claims::own(tag, user.id))?;
        }
        for key in brought_back {
            transaction = transaction.change(&Change::of(key).when("attribute_exists(pk)").put("primary", true))?;
        }
        Ok(match transaction.notify(notices, now)?.commit().await? {
            Ok(()) => Redeemed::Done,
            Err(refused) if refused.failed(1) => Redeemed::Refused,
            Err(_) => Redeemed::Overtaken,
        })
    }
}
