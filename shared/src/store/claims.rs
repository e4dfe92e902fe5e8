//! Claims: which account a verified address belongs to. An address is unique because its claim is one item, written in the
//! transaction that proves it.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use serde::{Deserialize, Serialize};

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::user::UserId;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::patience::pause;

/// A verified address's owner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// The account.
    pub user: UserId,
    /// The networks that the account last signed in from: kept here too, so that the gate knows its lane before it counts.
    #[serde(default)]
    pub networks: Vec<String>,
}

/// What is known about an address before anything is done: its owner, and the challenge of one purpose.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The account that has proved the address.
    pub claim: Option<Claim>,
    /// The challenge as it stands, alive or not.
    pub challenge: Option<Challenge>,
}

const READ: &str = "read an address's claim and challenge";
const READS: u32 = 3;

impl Store {
    /// Reads claim and challenge of an address in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn recipient(&self, address: &AddressTag, purpose: Purpose) -> Result<Recipient, StoreError> {
        let (claim, challenge) = (keys::claim(address), keys::challenge(purpose, address));
        let mut found = self.read_together(READ, &[claim.clone(), challenge.clone()]).await?;
        Ok(Recipient {
            claim: take(&mut found, &claim).map(|item| item::read(READ, item)).transpose()?,
            challenge: take(&mut found, &challenge)
                .filter(|item| item.contains_key("id"))
                .map(|item| item::read(READ, item))
                .transpose()?,
        })
    }

    /// Reads several items in one strongly consistent request; asks again for what DynamoDB left out.
    pub(super) async fn read_together(&self, operation: &'static str, wanted: &[ItemKey]) -> Result<Vec<Item>, StoreError> {
        let mut keys: Vec<_> = wanted.iter().map(ItemKey::attributes).collect();
        let mut found = Vec::new();
        for attempt in 0..READS {
            let ask = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let ask = ask.map_err(|error| StoreError::unreadable(operation, error))?;
            let answer = self.client.batch_get_item().request_items(&self.table, ask).send().await;
            let answer = answer.map_err(|error| StoreError::of(operation, error.into_service_error()))?;
            found.extend(answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default());
            keys = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table)).map(|rest| rest.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(found);
            }
            pause(&*self.rng, attempt).await;
        }
        Err(StoreError::of(operation, "some keys were left unread"))
    }
}

/// Takes the item of that key out of a batch.
pub(super) fn take(items: &mut Vec<Item>, key: &ItemKey) -> Option<Item> {
    let wanted = key.attributes();
    let position = items.iter().position(|item| item.get("pk") == wanted.get("pk") && item.get("sk") == wanted.get("sk"))?;
    Some(items.swap_remove(position))
}
