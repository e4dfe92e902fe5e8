//! An address that was proved, with all that follows from it.

use jiff::Timestamp;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::primary::Place;
use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses::{attributes, given_way, key_of, with_primary};
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims::Claim;
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
            Place::AlreadyPrimary => change
                .when(format!("{}.id = :number", names.primary))
                .value(":number", item::value(number))
                .set(format!("{}.verified = :yes", names.primary))
                .value(":yes", item::value(true)),
            Place::BecomesPrimary(succession) => {
                let change = match succession.gives_way {
                    Some(_) => change.when(format!("{}.id = :number", names.awaited)).value(":number", item::value(number)),
                    None => change,
                };
                with_primary(change, self.user, *number, address, succession).remove(names.awaited)
            }
            Place::Another => change,
        }
    }
}

impl Store {
    /// Proves an address of an account: its code is used up, the address claimed, its item and the account's changed, all or nothing.
    /// `false`: the code was used or replaced meanwhile, or the address has an owner by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn prove_address(&self, proof: &Proof<'_>) -> Result<bool, StoreError> {
        let Proof { user, tag, challenge, claim, place, audit, told, now } = *proof;
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
        Ok(told.add_to(transaction, now)?.commit().await?.is_ok())
    }
}
