//! An address that was proved, with all that follows from it.

use jiff::Timestamp;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::primary::Place;
use crate::domain::session::SessionId;
use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses::{attributes, given_way, if_same_primary, key_of, with_primary};
use crate::store::audit::AuditEvent;
use crate::store::challenges::Redeemed;
use crate::store::change::Change;
use crate::store::claims::Claim;
use crate::store::epoch;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag};
use crate::store::sending::Told;
use crate::store::users;
use crate::store::write::Transaction;

const PROVE: &str = "prove an address";

/// An address that was proved, with all that follows from it.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The session that must still stand.
    pub session: Option<&'a SessionId>,
    /// The address's tag.
    pub tag: &'a AddressTag,
    /// The challenge that proved it.
    pub challenge: &'a Challenge,
    /// What is claimed.
    pub claim: &'a Claim,
    /// What it becomes.
    pub place: &'a Place,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// What the owner is told.
    pub told: &'a Told,
    /// The present.
    pub now: Timestamp,
}

impl Proof<'_> {
    fn user_change(&self) -> Change {
        let Claim { number, address, .. } = self.claim;
        let names = attributes(address.channel());
        let change =
            users::if_active(self.user).add("proofs :one").value(":one", item::value(1)).put("updated_at", self.now.as_millisecond());
        match self.place {
            Place::AlreadyPrimary => {
                let change = change
                    .when(format!("{}.id = :number", names.primary))
                    .value(":number", item::value(number))
                    .set(format!("{}.verified = :yes", names.primary))
                    .value(":yes", item::value(true));
                let young_until = format!("{}.young_until", names.primary);
                match self.claim.resets_from {
                    Some(until) => change.set(format!("{young_until} = :young_until")).value(":young_until", item::millis(until)),
                    None => change.remove(&young_until),
                }
            }
            Place::BecomesPrimary(succession) => {
                let change = change.value(":number", item::value(number));
                let change = if self.user.awaited_number(address.channel()) == Some(*number) {
                    change.when(format!("{}.id = :number", names.awaited)).remove(names.awaited)
                } else {
                    change.when(format!("attribute_not_exists({0}) OR {0}.id <> :number", names.awaited))
                };
                with_primary(change, self.user, *number, address, succession)
            }
            Place::Another => if_same_primary(change, self.user, address.channel()),
        }
    }
}

impl Store {
    /// Proves an address of an account: its code is used up, the address claimed, its item and the account's changed, all or nothing.
    /// Refused also if the address has an owner by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn prove_address(&self, proof: &Proof<'_>) -> Result<Redeemed, StoreError> {
        let Proof { user, session, tag, challenge, claim, place, audit, told, now } = *proof;
        let (channel, at) = (claim.address.channel(), now.as_millisecond());
        let proved = Change::of(key_of(user.id, channel, claim.number))
            .when("verified = :no")
            .value(":no", item::value(false))
            .put("verified", true)
            .put("primary", !matches!(place, Place::Another))
            .put("verified_at", at)
            .put_or_remove("young_until", claim.resets_from.map(Timestamp::as_millisecond))
            .put("updated_at", at);
        let mut transaction = Transaction::new(self, PROVE)
            .change(&self.redemption(tag, Purpose::Verify(user.id), challenge))?
            .create(item::write(PROVE, &keys::claim(tag), claim)?)?
            .change(&proof.user_change())?
            .change(&proved)?
            .discard(&keys::pending(tag, user.id))?
            .create(audit.item()?)?;
        if let Place::BecomesPrimary(succession) = place
            && let Some(former) = succession.gives_way
        {
            transaction = transaction.change(&given_way(user.id, channel, former, at))?;
        }
        if let Some(session) = session {
            transaction = transaction.check(&epoch::stands(user, session))?;
        }
        let Err(refused) = told.add_to(transaction, now)?.commit().await? else { return Ok(Redeemed::Done) };
        Ok(if refused.failed(0) || refused.failed(1) || !refused.failed(2) { Redeemed::Refused } else { Redeemed::Overtaken })
    }
}
