//! Deletions that are due, and what is done then: what points at the person from outside first, then what is theirs, the deletion itself
//! last. Each step may be done twice, and by two at a time.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::address::Address;
use crate::domain::code::Purpose;
use crate::domain::erasure::{Deletion, Stage};
use crate::domain::link::LinkTag;
use crate::domain::push::PushTag;
use crate::domain::user::{Status, UserId};
use crate::store::Store;
use crate::store::addresses;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::due;
use crate::store::epoch;
use crate::store::error::StoreError;
use crate::store::imports;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::links;
use crate::store::partition::after;
use crate::store::patience::pause;
use crate::store::push_devices;
use crate::store::write::Transaction;

/// What deletions are called in the index.
const KIND: &str = "PURGE";
const DUE: &str = "list the deletions that are due";
const BEGIN: &str = "begin to delete an account";
const POINTED: &str = "list what others point at of a person's";
const WALK: &str = "walk through what is a person's";
const FORGET: &str = "delete what points at a person";
const ERASE: &str = "delete what is a person's";
const FINISH: &str = "finish the deletion of an account";
/// DynamoDB deletes at most so many items in one request.
const BATCH: usize = 25;
const REPEATS: u32 = 8;
/// How many items of a person's are looked at in one go.
const STEP: i32 = 500;

/// Where in the index the next deletions begin.
#[derive(Debug, Clone)]
pub struct DueCursor(HashMap<String, AttributeValue>);

/// Something of a person's that another item points at from outside their partition.
#[derive(Debug, Clone)]
pub enum Pointed {
    /// A mail address or a phone number: its claim or its mark, codes sent there, and its gate.
    Address {
        /// The address.
        address: Address,
        /// Whether it is proved, and claimed.
        verified: bool,
    },
    /// A partner's user.
    Link(LinkTag),
    /// A registration token.
    Push(PushTag),
}

impl Pointed {
    /// The partner's user, if it is one.
    #[must_use]
    pub fn link(&self) -> Option<LinkTag> {
        match self {
            Self::Link(link) => Some(*link),
            Self::Address { .. } | Self::Push(_) => None,
        }
    }
}

/// The next items of a person's partition.
#[derive(Debug)]
pub struct Walk {
    /// All but the account and its deletion.
    pub items: Vec<ItemKey>,
    /// Whether there may be more.
    pub has_more: bool,
    /// The digest of what the account was imported from, if it was, and is among these.
    pub imported: Option<String>,
}

/// What is left of a deleted account: nothing that tells who it was.
#[derive(Debug, Clone, Serialize)]
pub struct Tombstone {
    /// When the deletion was asked for.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub requested_at: Timestamp,
    /// When it was confirmed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// When it was due.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// When it was done.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub purged_at: Timestamp,
    /// Until when this is kept, in seconds.
    pub ttl: i64,
}

/// Makes a deletion due at a time.
pub(super) fn due(change: Change, user: UserId, at: Timestamp) -> Change {
    due::at(change, &due::shard_of(KIND, user), at)
}

/// An account that is hidden and ended: nobody is shown it any more, nothing opens it, and what it says of its owner is gone at once.
pub(super) fn hidden(account: Change, now: Timestamp) -> Change {
    const PERSONAL: [&str; 11] = [
        "password",
        "email",
        "phone",
        "awaited_email",
        "awaited_phone",
        "former_emails",
        "former_phones",
        "consent_at",
        "last_login_at",
        "used_at",
        "password_temporary",
    ];
    let nothing: [&str; 0] = [];
    let account = epoch::ends_all(account, now)
        .put("status", Status::Purging)
        .put("networks", nothing)
        .put("devices", nothing)
        .put("profile", HashMap::<String, String>::new());
    PERSONAL.into_iter().fold(account, Change::remove)
}

impl Store {
    /// In how many partitions of the index deletions stand.
    pub const PURGE_SHARDS: u8 = due::SHARDS;

    /// The next deletions of a shard whose time has come.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn due_deletions(
        &self,
        shard: u8,
        now: Timestamp,
        from: Option<DueCursor>,
        most: i32,
    ) -> Result<(Vec<UserId>, Option<DueCursor>), StoreError> {
        let request = self.due(due::shard(KIND, shard), now).set_exclusive_start_key(from.map(|cursor| cursor.0)).limit(most);
        let answer = request.send().await.map_err(|error| StoreError::of(DUE, error.into_service_error()))?;
        let users = answer.items.unwrap_or_default();
        let users = users.iter().filter_map(|item| UserId::parse_simple(item.get("pk")?.as_s().ok()?.strip_prefix(keys::USER_PREFIX)?));
        Ok((users.collect(), answer.last_evaluated_key.map(DueCursor)))
    }

    /// Takes an account to its deletion, if that is due and was not cancelled or changed. `None`: it is not to be deleted now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn begin_purge(&self, user: UserId, now: Timestamp) -> Result<Option<Deletion>, StoreError> {
        let deletion: Option<Deletion> = self.one(BEGIN, &keys::deletion(user)).await?;
        let Some(deletion) = deletion else { return Ok(None) };
        match deletion.status {
            Stage::Purging => return Ok(Some(deletion)),
            Stage::Scheduled if deletion.scheduled_at.is_some_and(|at| at <= now) => {}
            Stage::Scheduled | Stage::PendingConfirmation | Stage::Cancelled => return Ok(None),
        }
        let begun = Change::of(keys::deletion(user))
            .when("#status = :scheduled AND version = :seen")
            .value(":scheduled", item::value(Stage::Scheduled))
            .value(":seen", item::value(deletion.version))
            .put("status", Stage::Purging)
            .put("version", deletion.version + 1);
        let account = hidden(Change::of(keys::user(user)).when("attribute_exists(pk)"), now);
        let begun = Transaction::new(self, BEGIN).change(&begun)?.change(&account)?.commit().await?;
        Ok(begun.is_ok().then_some(deletion))
    }

    /// What others point at of a person's.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn pointed(&self, user: UserId) -> Result<Vec<Pointed>, StoreError> {
        let kinds = [keys::EMAIL_PREFIX, keys::PHONE_PREFIX, keys::LINK_PREFIX, keys::PUSH_PREFIX];
        let items = try_join_all(kinds.map(|kind| self.listed(POINTED, user, kind))).await?;
        items.into_iter().flatten().filter_map(|item| pointed(item).transpose()).collect()
    }

    /// The next items of a person's partition.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn walk(&self, user: UserId) -> Result<Walk, StoreError> {
        let request = self.all_in_partition(keys::user_partition(user)).projection_expression("pk, sk, imported");
        let answer = request.limit(STEP).send().await;
        let answer = answer.map_err(|error| StoreError::of(WALK, error.into_service_error()))?;
        let (account, deletion) = (keys::user(user), keys::deletion(user));
        let items = answer.items.unwrap_or_default();
        let others = items.iter().filter_map(ItemKey::of).filter(|key| *key != account && *key != deletion);
        let imported = items.iter().find(|item| ItemKey::of(item).as_ref() == Some(&account));
        let imported = imported.and_then(|account| account.get(imports::DIGEST)?.as_s().ok().cloned());
        Ok(Walk { items: others.collect(), has_more: answer.last_evaluated_key.is_some(), imported })
    }

    /// Deletes what points at a person by an address of theirs: codes and the gate before the claim, so that whoever claims the address
    /// next loses nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn forget_address(&self, user: UserId, address: &AddressTag, verified: bool, links: &[LinkTag]) -> Result<(), StoreError> {
        let any = |key: ItemKey| Change::of(key);
        let own = |key: ItemKey| claims::of(key, user);
        let mut pointing = vec![any(keys::challenge(Purpose::Verify(user), address)), any(keys::pending(address, user))];
        if verified {
            let codes = [Purpose::SignIn, Purpose::Reset, Purpose::Delete, Purpose::Export].into_iter();
            let codes = codes.chain(links.iter().map(|link| Purpose::Partner(*link)));
            pointing.extend(codes.map(|purpose| own(keys::challenge(purpose, address))));
            // A registration that only seems to wait, since the address had an account.
            let decoy = any(keys::challenge(Purpose::Signup, address)).when("registration.decoy = :yes");
            pointing.push(decoy.value(":yes", item::value(true)));
            pointing.push(any(keys::gate(address)));
            pointing.push(claims::own(address, user));
        }
        let wanted: Vec<ItemKey> = pointing.iter().map(|change| change.key().clone()).collect();
        let there: Vec<ItemKey> = self.read_together(FORGET, &wanted).await?.iter().filter_map(ItemKey::of).collect();
        for change in pointing.iter().filter(|change| there.contains(change.key())) {
            self.forget(change).await?;
        }
        if verified { self.forget_history(address, links).await } else { Ok(()) }
    }

    /// Deletes what the audit says of an address apart from its account: tries at codes that were not there, and at its gate.
    async fn forget_history(&self, address: &AddressTag, links: &[LinkTag]) -> Result<(), StoreError> {
        let purposes = [Purpose::Signup, Purpose::SignIn, Purpose::Reset, Purpose::StandAlone, Purpose::Delete, Purpose::Export];
        let purposes = purposes.into_iter().chain(links.iter().map(|link| Purpose::Partner(*link)));
        let told = purposes.map(|purpose| keys::challenge(purpose, address)).chain([keys::gate(address)]);
        let told: Vec<Vec<ItemKey>> = try_join_all(told.map(async |item| {
            let items = self.in_partition(item.pk, keys::AUDIT_PREFIX).projection_expression("pk, sk").into_paginator().items().send();
            let items = items.collect::<Result<Vec<Item>, _>>().await;
            let items = items.map_err(|error| StoreError::of(FORGET, error.into_service_error()))?;
            Ok::<_, StoreError>(items.iter().filter_map(ItemKey::of).collect())
        }))
        .await?;
        self.erase(&told.concat()).await
    }

    /// Deletes whose a partner's user is, if they are this person.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn forget_link(&self, user: UserId, link: LinkTag) -> Result<(), StoreError> {
        self.forget(&links::own(link, user)).await
    }

    /// Deletes whose a registration token is, if it is this person's.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn forget_push(&self, user: UserId, push: PushTag) -> Result<(), StoreError> {
        self.forget(&push_devices::own(push, user)).await
    }

    async fn forget(&self, condition: &Change) -> Result<(), StoreError> {
        match condition.removal(&self.client, &self.table).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.into_service_error() {
                DeleteItemError::ConditionalCheckFailedException(_) => Ok(()),
                error => Err(StoreError::of(FORGET, error)),
            },
        }
    }

    /// Deletes items of a person's.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn erase(&self, items: &[ItemKey]) -> Result<(), StoreError> {
        for batch in items.chunks(BATCH) {
            let mut left: Vec<WriteRequest> = Vec::with_capacity(batch.len());
            for key in batch {
                let deletion = DeleteRequest::builder().set_key(Some(key.attributes())).build();
                let deletion = deletion.map_err(|error| StoreError::unreadable(ERASE, error))?;
                left.push(WriteRequest::builder().delete_request(deletion).build());
            }
            let mut attempt = 0;
            while !left.is_empty() {
                let answer = self.client.batch_write_item().request_items(&self.table, left).send().await;
                let answer = answer.map_err(|error| StoreError::of(ERASE, error.into_service_error()))?;
                left = answer.unprocessed_items.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
                if !left.is_empty() {
                    if attempt == REPEATS {
                        return Err(StoreError::of(ERASE, "some items were left"));
                    }
                    pause(&*self.rng, attempt).await;
                    attempt += 1;
                }
            }
        }
        Ok(())
    }

    /// Deletes the account itself, if it is to be deleted. From then on nothing can be written about it. One that was `imported` leaves a
    /// tombstone of its digest, so that the same import does not bring it back.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn erase_account(&self, user: UserId, imported: Option<&str>, tombstone: &Tombstone) -> Result<(), StoreError> {
        let account = Change::of(keys::user(user)).when("#status = :purging").name("#status", "status");
        let account = account.value(":purging", item::value(Status::Purging));
        let Some(digest) = imported else { return self.forget(&account).await };
        let erased = Transaction::new(self, FORGET).discard_if(&account)?;
        erased.put(item::write(FORGET, &keys::tombstone(digest), tombstone)?)?.commit().await.map(drop)
    }

    /// Puts a tombstone in the place of a deletion that is done. `account` is the account's pseudonym. `false`: somebody else has.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn finish_purge(&self, user: UserId, account: &str, tombstone: &Tombstone) -> Result<bool, StoreError> {
        let done = Change::of(keys::deletion(user))
            .when("#status = :purging")
            .name("#status", "status")
            .value(":purging", item::value(Stage::Purging));
        let finished = Transaction::new(self, FINISH)
            .discard_if(&done)?
            .check(&Change::of(keys::user(user)).when("attribute_not_exists(pk)"))?
            .put(item::write(FINISH, &keys::tombstone(account), tombstone)?)?
            .commit()
            .await?;
        Ok(finished.is_ok())
    }
}

fn pointed(item: Item) -> Result<Option<Pointed>, StoreError> {
    if after(&item, keys::EMAIL_PREFIX).or(after(&item, keys::PHONE_PREFIX)).is_some() {
        let contact = addresses::contact(POINTED, item)?;
        return Ok(Some(Pointed::Address { address: contact.address, verified: contact.verified }));
    }
    let link = after(&item, keys::LINK_PREFIX).and_then(LinkTag::read).map(Pointed::Link);
    Ok(link.or_else(|| after(&item, keys::PUSH_PREFIX).and_then(PushTag::parse).map(Pointed::Push)))
}
