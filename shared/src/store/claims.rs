//! Claims: which account a verified address belongs to. An address is unique because its claim is one item, written in the
//! transaction that proves it.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::Address;
use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::familiar::Familiar;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::locale::Locale;
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::lanes::{self, Counter};
use crate::store::patience::pause;
use crate::store::users;

/// A verified address's owner, with copies of what must be known before the account itself is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// The account.
    pub user: UserId,
    /// The small number under which the account lists the address.
    pub number: u64,
    /// The address as its owner typed it: where messages go, whatever spelling somebody else types.
    pub address: Address,
    /// Where the account signed in from lately: kept here too, so that the gate knows its lane before it counts.
    #[serde(flatten)]
    pub familiar: Familiar,
    /// The language of messages to the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// From when the address may reset the password; none: at once.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub resets_from: Option<Timestamp>,
}

impl Claim {
    /// Whether the address may reset the password.
    #[must_use]
    pub fn may_reset(&self, now: Timestamp) -> bool {
        self.resets_from.is_none_or(|from| from <= now)
    }
}

/// The challenge of an address as it was read, with its counts.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The challenge, alive or not.
    pub challenge: Challenge,
    counts: Item,
}

/// What is known about an address before anything is done: its owner, and the challenge of one purpose.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The account that has proved the address.
    pub claim: Option<Claim>,
    /// The challenge as it stands, alive or not.
    pub seen: Option<Seen>,
}

impl Recipient {
    /// The challenge as it stands.
    #[must_use]
    pub fn challenge(&self) -> Option<&Challenge> {
        self.seen.as_ref().map(|seen| &seen.challenge)
    }

    /// Whether one more send fills the lane, and the audit is to be told.
    #[must_use]
    pub fn is_last_send(&self, lane: Lane, allowance: Allowance, now: Timestamp) -> bool {
        let counts = self.seen.as_ref().map(|seen| &seen.counts);
        counts.map_or(allowance.most < 2, |counts| lanes::is_to_tell(counts, Counter::Sends, lane, allowance, now))
    }
}

const READ: &str = "read an address's claim and challenge";
/// DynamoDB reads at most so many items in one request.
const MOST_TOGETHER: usize = 100;
const READS: u32 = 3;

impl Store {
    /// Reads claim and challenge of an address in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn recipient(&self, address: &AddressTag, purpose: Purpose) -> Result<Recipient, StoreError> {
        let [recipient] = self.recipients(address, [purpose]).await?;
        Ok(recipient)
    }

    /// Reads the claim of an address and its challenges of several purposes in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn recipients<const N: usize>(&self, address: &AddressTag, purposes: [Purpose; N]) -> Result<[Recipient; N], StoreError> {
        let claim = keys::claim(address);
        let challenges = purposes.map(|purpose| keys::challenge(purpose, address));
        let wanted: Vec<ItemKey> = std::iter::once(&claim).chain(&challenges).cloned().collect();
        let mut found = self.read_together(READ, &wanted).await?;
        let claim: Option<Claim> = take(&mut found, &claim).map(|item| item::read(READ, item)).transpose()?;
        let mut failed = None;
        let recipients = challenges.map(|key| {
            let seen = seen(take(&mut found, &key)).unwrap_or_else(|error| {
                failed = Some(error);
                None
            });
            Recipient { claim: claim.clone(), seen }
        });
        failed.map_or(Ok(recipients), Err)
    }

    /// The account that has proved an address.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn claim(&self, address: &AddressTag) -> Result<Option<Claim>, StoreError> {
        self.one(READ, &keys::claim(address)).await
    }

    /// The claim on an address, and an account, in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn owner(&self, address: &AddressTag, user: UserId) -> Result<(Option<Claim>, Option<User>), StoreError> {
        const OPERATION: &str = "read an address's claim and an account";
        let (claim, account) = (keys::claim(address), keys::user(user));
        let mut found = self.read_together(OPERATION, &[claim.clone(), account.clone()]).await?;
        let claim = take(&mut found, &claim).map(|item| item::read(OPERATION, item)).transpose()?;
        let user = take(&mut found, &account).map(|item| users::read(OPERATION, item)).transpose()?.flatten();
        Ok((claim, user))
    }

    /// Reads several items, strongly consistent, in one request or as many as it takes; asks again for what DynamoDB left out.
    pub(super) async fn read_together(&self, operation: &'static str, wanted: &[ItemKey]) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        for batch in wanted.chunks(MOST_TOGETHER) {
            self.read_batch(operation, batch, &mut found).await?;
        }
        Ok(found)
    }

    async fn read_batch(&self, operation: &'static str, wanted: &[ItemKey], found: &mut Vec<Item>) -> Result<(), StoreError> {
        let mut keys: Vec<_> = wanted.iter().map(ItemKey::attributes).collect();
        for attempt in 0..READS {
            let ask = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let ask = ask.map_err(|error| StoreError::unreadable(operation, error))?;
            let answer = self.client.batch_get_item().request_items(&self.table, ask).send().await;
            let answer = answer.map_err(|error| StoreError::of(operation, error.into_service_error()))?;
            found.extend(answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default());
            keys = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table)).map(|rest| rest.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(());
            }
            pause(&*self.rng, attempt).await;
        }
        Err(StoreError::of(operation, "some keys were left unread"))
    }
}

/// What stands of a challenge: nothing, where only tries were counted.
fn seen(item: Option<Item>) -> Result<Option<Seen>, StoreError> {
    let Some(counts) = item.filter(|item| item.contains_key("id")) else { return Ok(None) };
    Ok(Some(Seen { challenge: item::read(READ, counts.clone())?, counts }))
}

/// An item that names an account, while it is this one.
pub(super) fn of(key: ItemKey, user: UserId) -> Change {
    Change::of(key).when("#user = :user").name("#user", "user").value(":user", item::value(user))
}

/// An account's claim on an address, while it is this account's.
pub(super) fn own(address: &AddressTag, user: UserId) -> Change {
    of(keys::claim(address), user)
}

/// Where an account is known, copied into its claim on an address.
pub(super) fn copies(address: &AddressTag, user: UserId, familiar: &Familiar) -> Change {
    own(address, user).put("networks", &familiar.networks).put("devices", &familiar.devices)
}

/// The language of messages, copied into an account's claim on an address.
pub(super) fn speaks(address: &AddressTag, user: UserId, locale: Option<Locale>) -> Change {
    own(address, user).put_or_remove("locale", locale)
}

/// Takes the item of that key out of a batch.
pub(super) fn take(items: &mut Vec<Item>, key: &ItemKey) -> Option<Item> {
    let wanted = key.attributes();
    let position = items.iter().position(|item| item.get("pk") == wanted.get("pk") && item.get("sk") == wanted.get("sk"))?;
    Some(items.swap_remove(position))
}
