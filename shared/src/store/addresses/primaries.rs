//! A proved address that becomes the primary one of its kind.

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::primary::Succession;
use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses::{given_way, takes_place, with_primary};
use crate::store::audit::AuditEvent;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::lanes::{self, Counter};
use crate::store::sending::{Told, Unpaid};
use crate::store::users;
use crate::store::write::{Part, Transaction};

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
    /// How many changes there may be.
    pub changes: Allowance,
    /// What the owner is told.
    pub told: &'a Told,
    /// The present.
    pub now: Timestamp,
}

/// What the change of a primary address came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimaryChanged {
    /// Done.
    Done,
    /// The account or its addresses changed meanwhile.
    Overtaken,
    /// It was changed too often: so many seconds to wait.
    TooSoon(u64),
    /// The notice by SMS that it takes cannot be paid.
    Unpaid(Unpaid),
}

impl Store {
    /// Makes a proved address the primary one.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn make_primary(&self, change: &PrimaryChange<'_>) -> Result<PrimaryChanged, StoreError> {
        let PrimaryChange { user, number, address, succession, audit, changes, told, now } = *change;
        let (channel, at) = (address.channel(), now.as_millisecond());
        let account = users::if_active(user).add("proofs :one").value(":one", item::value(1)).put("updated_at", at);
        let account = lanes::count(account, Counter::Primaries, Lane::Known, changes, now);
        let mut transaction = Transaction::new(self, "change a primary address")
            .change(&with_primary(account, user, number, address, succession))?
            .change(&takes_place(user.id, channel, number, at))?
            .create(audit.item()?)?;
        if let Some(former) = succession.gives_way {
            transaction = transaction.change(&given_way(user.id, channel, former, at))?;
        }
        let Err(mut refused) = told.add_to(transaction, now)?.commit().await? else { return Ok(PrimaryChanged::Done) };
        if let Some(unpaid) = told.unpaid(&refused, now) {
            return Ok(PrimaryChanged::Unpaid(unpaid));
        }
        let Part::Contradicted(item) = refused.part(0) else { return Ok(PrimaryChanged::Overtaken) };
        Ok(lanes::wait(&item, Counter::Primaries, Lane::Known, changes, now).map_or(PrimaryChanged::Overtaken, PrimaryChanged::TooSoon))
    }
}
