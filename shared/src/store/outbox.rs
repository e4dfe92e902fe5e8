//! The outbox: messages that wait in the items of the acts that caused them.
//!
//! Every waiting message stands on the index `due` from the start. The stream is the fast way to `deliver`; the index, drained
//! by a schedule, is what makes sure that nothing is lost, whatever becomes of the stream.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::Store;
use crate::store::change::{Change, Changed};
use crate::store::due;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, ItemKey};
use crate::store::write::Transaction;

const TAKE: &str = "take a message from the outbox";
/// The index is asked for a message only after the stream had this long to deliver it.
const STREAM_LEAD: Duration = Duration::from_mins(1);

/// A sealed message on its way, as it stands in an item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// Tells this message from the one before it in the same item.
    pub id: String,
    /// The message, sealed.
    pub sealed: String,
    /// How often delivery has been tried.
    #[serde(default)]
    pub tries: u32,
    /// Until when it makes sense.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub not_after: Timestamp,
}

/// A message that waits on the index.
#[derive(Debug, Clone)]
pub struct Due {
    /// The item that carries it.
    pub key: ItemKey,
}

#[derive(Deserialize)]
struct Carrier {
    outbox: Envelope,
}

pub(super) fn shard(number: u8) -> String {
    due::shard("DELIVER", number)
}

fn shard_of(envelope: &Envelope) -> String {
    shard(envelope.id.bytes().fold(0, |sum: u8, byte| sum.wrapping_add(byte)) % due::SHARDS)
}

/// Puts a message into an item that is being changed.
pub(super) fn attach(change: Change, envelope: &Envelope, now: Timestamp) -> Change {
    due::at(change.put("outbox", envelope), &shard_of(envelope), now + STREAM_LEAD)
}

/// Takes a message out of an item that is being changed.
pub(super) fn detach(change: Change) -> Change {
    due::no_more(change.remove("outbox"))
}

#[derive(Serialize)]
struct NoticeItem<'a> {
    outbox: &'a Envelope,
    due_pk: String,
    due_sk: String,
    ttl: i64,
}

/// A notice: an item that is nothing but its message.
#[derive(Debug)]
pub struct Notice {
    /// The item.
    pub key: ItemKey,
    /// Its message.
    pub envelope: Envelope,
}

impl Notice {
    pub(super) fn item(&self, now: Timestamp) -> Result<Item, StoreError> {
        let content = NoticeItem {
            outbox: &self.envelope,
            due_pk: shard_of(&self.envelope),
            due_sk: due::time(now + STREAM_LEAD),
            // Nobody misses a notice that is no longer worth delivering: what it tells of is in the audit by then.
            ttl: self.envelope.not_after.as_second(),
        };
        item::write("write a notice", &self.key, &content)
    }
}

impl Store {
    /// A key for a new notice, under a random id.
    #[must_use]
    pub fn notice_key(&self) -> ItemKey {
        keys::notice(&self.rng.token())
    }

    /// Takes the message with that id for delivery until `lease_end`, unless it is gone or somebody else has it. Should whoever
    /// took it vanish, it is due again when the lease ends.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn take_message(
        &self,
        key: &ItemKey,
        id: &str,
        now: Timestamp,
        lease_end: Timestamp,
    ) -> Result<Option<Envelope>, StoreError> {
        let change = Change::of(key.clone())
            .set("outbox.lease_end = :lease_end")
            .set("outbox.tries = outbox.tries + :one")
            .put("due_sk", due::time(lease_end))
            .when("outbox.id = :id")
            .when("attribute_not_exists(outbox.lease_end) OR outbox.lease_end <= :now")
            .value(":id", AttributeValue::S(id.to_owned()))
            .value(":one", AttributeValue::N("1".to_owned()))
            .value(":now", item::millis(now))
            .value(":lease_end", item::millis(lease_end));
        match self.change(TAKE, &change).await? {
            Changed::Done(carrier) => Ok(Some(item::read::<Carrier>(TAKE, carrier)?.outbox)),
            Changed::Refused(_) => Ok(None),
        }
    }

    /// Puts notices in the place of one. `false`: it is gone, or there is another message.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn divide_notice(&self, key: &ItemKey, id: &str, notices: &[Notice], now: Timestamp) -> Result<bool, StoreError> {
        let divided = Change::of(key.clone()).when("outbox.id = :id").value(":id", AttributeValue::S(id.to_owned()));
        let transaction = Transaction::new(self, "divide a notice").discard_if(&divided)?.notify(notices, now)?;
        Ok(transaction.commit().await?.is_ok())
    }

    /// Puts a message back until `next`.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn postpone_message(&self, key: &ItemKey, id: &str, next: Timestamp) -> Result<(), StoreError> {
        let change = Change::of(key.clone())
            .remove("outbox.lease_end")
            .put("due_sk", due::time(next))
            .when("outbox.id = :id")
            .value(":id", AttributeValue::S(id.to_owned()));
        self.change("put a message back", &change).await.map(drop)
    }

    /// Erases a message that was delivered or given up; a newer one in the same item stays.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn erase_message(&self, key: &ItemKey, id: &str) -> Result<(), StoreError> {
        let id = AttributeValue::S(id.to_owned());
        if !key.is_notice() {
            let change = detach(Change::of(key.clone())).when("outbox.id = :id").value(":id", id);
            return self.change("erase a message", &change).await.map(drop);
        }
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key.attributes()));
        request.send().await.map(drop).map_err(|error| StoreError::of("erase a notice", error.into_service_error()))
    }

    /// The messages that are due, at most `most` from each shard of the index.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn due_messages(&self, now: Timestamp, most: i32) -> Result<Vec<Due>, StoreError> {
        let mut due = Vec::new();
        for number in 0..due::SHARDS {
            let answer = self.due(shard(number), now).limit(most).send().await;
            let answer = answer.map_err(|error| StoreError::of("list what is due", error.into_service_error()))?;
            due.extend(answer.items.unwrap_or_default().iter().filter_map(due_of));
        }
        Ok(due)
    }

    /// The message that an item carries, if it still does.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn message_in(&self, key: &ItemKey) -> Result<Option<Envelope>, StoreError> {
        const OPERATION: &str = "read a message";
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.attributes())).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of(OPERATION, error.into_service_error()))?;
        let carrier = answer.item.filter(|item| item.contains_key("outbox"));
        carrier.map(|item| item::read::<Carrier>(OPERATION, item).map(|carrier| carrier.outbox)).transpose()
    }
}

pub(super) fn due_of(item: &Item) -> Option<Due> {
    Some(Due { key: ItemKey::of(item)? })
}
