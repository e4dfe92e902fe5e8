//! Copies of all that is held about a person, in the table: asked for, confirmed, made and fetched.

use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::data_export::{DataExport, File, Stage};
use crate::domain::erasure::Deletion;
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::{Change, Changed};
use crate::store::claims::take;
use crate::store::due;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::partition::after;
use crate::store::sending::Told;
use crate::store::users;
use crate::store::write::Transaction;

const DUE: &str = "list the copies that are to be made";
const KEEP: &str = "keep a part of a copy";
const READ: &str = "read what a person has asked for";
const TAKE: &str = "take a copy to be made";
const FETCH: &str = "fetch the parts of a copy";
/// The index is asked for a copy only after the stream had this long to bring it.
const STREAM_LEAD: Duration = Duration::from_mins(2);
/// Who never confirms has asked for nothing.
const ASKED_KEPT: Duration = Duration::from_hours(24);
/// For so long it is told that there was a copy.
const HISTORY: Duration = Duration::from_hours(90 * 24);
/// What copies are called in the index.
const KIND: &str = "EXPORT";

/// A copy that is asked for, with the send of its code.
#[derive(Debug)]
pub struct ExportRequest<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The number of the copy: one that waits for its code already, or the next one.
    pub number: u64,
    /// Until when the code is good.
    pub code_until: Timestamp,
}

impl ExportRequest<'_> {
    pub(super) fn add_to<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let is_new = self.number == self.user.next_export;
        let asked = Change::of(keys::data_export(self.user.id, self.number))
            .put("number", self.number)
            .put("status", Stage::PendingConfirmation)
            .put("requested_at", now.as_millisecond())
            .put("code_until", self.code_until.as_millisecond())
            .put("ttl", (now + ASKED_KEPT).as_second());
        let account = users::if_admitted(self.user);
        if !is_new {
            let again = asked.when("#status = :status");
            return transaction.check(&account)?.change(&again);
        }
        let account = account
            .when("attribute_not_exists(next_export) OR next_export = :number")
            .value(":number", item::value(self.number))
            .put("next_export", self.number + 1);
        transaction.change(&account)?.change(&asked.when("attribute_not_exists(pk)"))
    }
}

/// A copy that its owner confirms with the code.
#[derive(Debug)]
pub struct ExportConfirmation<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The number of the copy.
    pub number: u64,
    /// The address that the code was sent to.
    pub address: &'a AddressTag,
    /// The challenge.
    pub challenge: &'a Challenge,
    /// The origin that it was confirmed at: the worker has no request to tell it.
    pub base_url: &'a str,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// The present.
    pub now: Timestamp,
}

/// A copy that a worker has taken, for itself as long as its lease lasts.
#[derive(Debug, Clone, Deserialize)]
pub struct Job {
    /// Whose it is.
    #[serde(skip, default = "UserId::nobody")]
    pub user: UserId,
    /// Its number.
    pub number: u64,
    /// This run, under which its parts stand.
    pub run: String,
    /// How often it was tried, with this time.
    pub tries: u32,
    /// The origin that its owner asked at.
    pub base_url: String,
}

/// The run that made a copy, while it is the one that makes it.
fn in_run(job: &Job) -> Change {
    Change::of(keys::data_export(job.user, job.number))
        .when("#status = :making AND run = :run")
        .name("#status", "status")
        .value(":making", item::value(Stage::Processing))
        .value(":run", item::value(&job.run))
}

fn done(change: Change, stage: Stage, now: Timestamp) -> Change {
    let change = change.put("status", stage).put("ttl", (now + HISTORY).as_second());
    due::no_more(change.remove("run").remove("lease_end"))
}

impl Store {
    /// In how many partitions of the index copies stand that are to be made.
    pub const EXPORT_SHARDS: u8 = due::SHARDS;

    /// The deletion of an account and the copies that were asked for, by their numbers, in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn privacy(&self, user: UserId) -> Result<(Option<Deletion>, Vec<DataExport>), StoreError> {
        let (deletion, mut exports) = (keys::deletion(user), Vec::new());
        let mut asked = self.listed(READ, user, keys::PRIVACY_PREFIX).await?;
        let deletion = take(&mut asked, &deletion).map(|item| item::read(READ, item)).transpose()?;
        for item in asked.into_iter().filter(|item| after(item, keys::EXPORT_PREFIX).is_some()) {
            exports.push(item::read::<DataExport>(READ, item)?);
        }
        exports.sort_by_key(|export| export.number);
        Ok((deletion, exports))
    }

    /// A copy by its number.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn data_export(&self, user: UserId, number: u64) -> Result<Option<DataExport>, StoreError> {
        self.one(READ, &keys::data_export(user, number)).await
    }

    /// Lets a copy be made that was asked for. `false`: the code was used, or the copy or the account changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn confirm_export(&self, confirmation: &ExportConfirmation<'_>) -> Result<bool, StoreError> {
        let ExportConfirmation { user, number, address, challenge, base_url, audit, now } = *confirmation;
        let queued = Change::of(keys::data_export(user.id, number))
            .when("#status = :asked")
            .value(":asked", item::value(Stage::PendingConfirmation))
            .put("status", Stage::Queued)
            .put("confirmed_at", now.as_millisecond())
            .put("base_url", base_url)
            .put("ttl", (now + HISTORY).as_second());
        let queued = due::at(queued, &due::shard_of(KIND, user.id), now + STREAM_LEAD);
        let confirmed = Transaction::new(self, "confirm a copy")
            .change(&self.redemption(address, Purpose::Export, challenge))?
            .change(&queued)?
            .check(&users::if_admitted(user))?
            .create(audit.item()?)?
            .commit()
            .await?;
        Ok(confirmed.is_ok())
    }

    /// The copies of a shard that are to be made, or whose worker has vanished.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn due_exports(&self, shard: u8, now: Timestamp, most: i32) -> Result<Vec<(UserId, u64)>, StoreError> {
        let answer = self.due(due::shard(KIND, shard), now).limit(most).send().await;
        let answer = answer.map_err(|error| StoreError::of(DUE, error.into_service_error()))?;
        Ok(answer.items.unwrap_or_default().iter().filter_map(|item| ItemKey::of(item)?.data_export()).collect())
    }

    /// Takes a copy that is to be made until `lease_end`, unless somebody else has it. `None`: it is not to be made now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn take_export(&self, user: UserId, number: u64, now: Timestamp, lease_end: Timestamp) -> Result<Option<Job>, StoreError> {
        let change = Change::of(keys::data_export(user, number))
            .when("#status = :queued OR #status = :making AND lease_end <= :now")
            .value(":queued", item::value(Stage::Queued))
            .value(":making", item::value(Stage::Processing))
            .value(":now", item::millis(now))
            .set("#status = :making")
            .name("#status", "status")
            .put("lease_end", lease_end.as_millisecond())
            .put("due_sk", due::time(lease_end))
            .add("tries :one")
            .value(":one", item::value(1));
        match self.change_once(TAKE, change, "run").await? {
            Changed::Done(item) => Ok(Some(Job { user, ..item::read(TAKE, item)? })),
            Changed::Refused(_) => Ok(None),
        }
    }

    /// Keeps one part of a copy that is made. `false`: its account is deleted in this moment, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn keep_part(&self, job: &Job, part: u64, bytes: Vec<u8>, kept_until: Timestamp) -> Result<bool, StoreError> {
        let mut item: Item = keys::export_part(job.user, job.number, &job.run, part).attributes();
        item.insert("bytes".to_owned(), AttributeValue::B(Blob::new(bytes)));
        item.insert("ttl".to_owned(), item::value(kept_until.as_second()));
        Ok(Transaction::new(self, KEEP).put(item)?.check(&users::if_there(job.user))?.commit().await?.is_ok())
    }

    /// Removes the parts of a copy that other runs have left.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn drop_parts(&self, job: &Job) -> Result<(), StoreError> {
        let (prefix, own) = (keys::export_parts(job.number), keys::export_run(job.number, &job.run));
        let request = self.partition(job.user, &prefix).projection_expression("pk, sk");
        let items = request.into_paginator().items().send().collect::<Result<Vec<Item>, _>>().await;
        let items = items.map_err(|error| StoreError::of(KEEP, error.into_service_error()))?;
        let others = items.iter().filter(|item| after(item, &own).is_none()).filter_map(ItemKey::of);
        self.erase(&others.collect::<Vec<_>>()).await
    }

    /// Completes a copy, if this run is still the one that makes it. `false`: it is not, or the account is deleted in this moment.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn complete_export(&self, job: &Job, file: &File, told: &Told) -> Result<bool, StoreError> {
        let now = file.completed_at;
        let completed = done(in_run(job), Stage::Completed, now).put("file", file);
        let completed = Transaction::new(self, "complete a copy").change(&completed)?.check(&users::if_there(job.user))?;
        Ok(told.add_to(completed, now)?.commit().await?.is_ok())
    }

    /// Gives a copy up, if this run is still the one that makes it.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn fail_export(&self, job: &Job, told: &Told, now: Timestamp) -> Result<bool, StoreError> {
        let failed = done(in_run(job), Stage::Failed, now);
        let failed = Transaction::new(self, "give a copy up").change(&failed)?.check(&users::if_there(job.user))?;
        Ok(told.add_to(failed, now)?.commit().await?.is_ok())
    }

    /// Some parts of a copy, from `first` on, in their order. `None`: one is gone.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn parts(&self, user: UserId, export: &DataExport, first: u64, count: u64) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        let Some(file) = &export.file else { return Ok(None) };
        let wanted: Vec<ItemKey> = (first..first + count).map(|part| keys::export_part(user, export.number, &file.run, part)).collect();
        let mut found = self.read_together(FETCH, &wanted).await?;
        let mut parts = Vec::new();
        for key in &wanted {
            match take(&mut found, key).and_then(|mut item| item.remove("bytes")) {
                Some(AttributeValue::B(bytes)) => parts.push(bytes.into_inner()),
                _ => return Ok(None),
            }
        }
        Ok(Some(parts))
    }
}
