//! What only administration does: it looks at the whole table, page by page, and shows what nobody else is shown. Functions have no
//! right to scan, and none of them comes here.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::address::Channel;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::partner::PartnerId;
use crate::domain::user::{Role, Status, User, UserId};
use crate::store::Store;
use crate::store::addresses::{self, Contact};
use crate::store::audit::AuditEvent;
use crate::store::change::{Change, Changed};
use crate::store::due;
use crate::store::epoch;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, ItemKey};
use crate::store::lanes::{self, Counter};
use crate::store::outbox;
use crate::store::write::Transaction;

const ACCOUNTS: &str = "go through the accounts";
const SESSIONS: &str = "go through the sessions";
const MESSAGES: &str = "list the messages that wait";
const SEAL: &str = "seal a value anew";
const END: &str = "end the sessions of an account";
const SHOW: &str = "read an account for an administrator";

/// The table as an administrator sees it.
pub struct Administration<'a>(&'a Store);

impl Store {
    /// The table as an administrator sees it.
    #[must_use]
    pub fn administration(&self) -> Administration<'_> {
        Administration(self)
    }
}

/// How far a walk through the table has come. As text it can be given to the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(ItemKey);

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be what an interrupted run has printed")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64URL_NOPAD.encode(format!("{}\n{}", self.0.pk, self.0.sk).as_bytes()))
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;
    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotACursor)?;
        let text = String::from_utf8(bytes).map_err(|_| NotACursor)?;
        let (pk, sk) = text.split_once('\n').filter(|(pk, sk)| !pk.is_empty() && !sk.is_empty()).ok_or(NotACursor)?;
        Ok(Self(ItemKey::from_table(pk, sk)))
    }
}

/// A part of the table.
#[derive(Debug)]
pub struct Page<T> {
    /// What was looked for.
    pub found: Vec<T>,
    /// How many items were read to find it.
    pub read: u64,
    /// Where the next part begins; `None`: this was the last one.
    pub next: Option<Cursor>,
}

/// What a walk through accounts and their sessions meets. The sessions of an account come one after the other, and then the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reckoned {
    /// An account.
    Account {
        /// Id.
        user: UserId,
        /// Sessions of another epoch are over.
        epoch: u64,
    },
    /// A session.
    Session {
        /// Whose it is.
        user: UserId,
        /// The account's epoch when it was opened.
        epoch: u64,
        /// Id of the secret that its refresh token was made under.
        key_id: String,
        /// When it ends unless it is refreshed.
        end: Timestamp,
    },
}

/// Where a sealed value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed<'a> {
    /// A signing key.
    SigningKey(u32),
    /// The directory's key.
    DirectoryKey,
    /// The message that an item carries.
    Message(&'a ItemKey),
    /// A secret of a partner's.
    PartnerSecret(&'a PartnerId, KeySlot),
}

/// Which of a partner's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySlot {
    /// The one that it signs with.
    Present,
    /// One that it signed with before, by its place.
    Former(usize),
}

/// An address as its account lists it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedAddress {
    /// By mail or by phone.
    pub channel: Channel,
    /// The small number under which it is listed.
    pub number: u64,
    /// The address.
    pub address: String,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Whether the account is known by it.
    pub primary: bool,
    /// When it was added.
    pub created_at: Option<Timestamp>,
    /// When it was proved last.
    pub verified_at: Option<Timestamp>,
    /// Until when a reset of the password takes it away again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub young_until: Option<Timestamp>,
}

fn in_status(user: UserId, status: Status) -> Change {
    Change::of(keys::user(user)).when("#status = :now").name("#status", "status").value(":now", item::value(status))
}

/// What a scan looks for.
pub(super) struct Search<'a> {
    pub(super) operation: &'static str,
    pub(super) filter: &'a str,
    /// Those that are wanted; none: all of them.
    pub(super) attributes: &'a [&'a str],
    pub(super) values: &'a [(&'a str, &'a str)],
}

impl Administration<'_> {
    pub(super) fn store(&self) -> &Store {
        self.0
    }

    /// The next accounts with their epochs; at most `most` items are read.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn accounts(&self, from: Option<&Cursor>, most: u32) -> Result<Page<(UserId, u64)>, StoreError> {
        let search = Search {
            operation: ACCOUNTS,
            filter: "sk = :user AND begins_with(pk, :users)",
            attributes: &["pk", "sk", "epoch"],
            values: &[(":user", keys::USER), (":users", keys::USER_PREFIX)],
        };
        let page = self.page(&search, from, most).await?;
        let found = page.found.iter().map(|item| Ok((owner(ACCOUNTS, item)?, number(ACCOUNTS, item, "epoch")?)));
        Ok(Page { found: found.collect::<Result<_, StoreError>>()?, read: page.read, next: page.next })
    }

    /// The next accounts and sessions; at most `most` items are read.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn reckon(&self, from: Option<&Cursor>, most: u32) -> Result<Page<Reckoned>, StoreError> {
        let search = Search {
            operation: SESSIONS,
            filter: "begins_with(pk, :users) AND (sk = :user OR begins_with(sk, :sessions))",
            attributes: &["pk", "sk", "epoch", "key_id", "idle_end", "absolute_end"],
            values: &[(":user", keys::USER), (":users", keys::USER_PREFIX), (":sessions", keys::SESSION_PREFIX)],
        };
        let page = self.page(&search, from, most).await?;
        let found = page.found.iter().map(reckoned).collect::<Result<_, StoreError>>()?;
        Ok(Page { found, read: page.read, next: page.next })
    }

    /// One page of a scan. Items that are written meanwhile may be missed: who opens a session during it is not there at its start.
    pub(super) async fn page(&self, search: &Search<'_>, from: Option<&Cursor>, most: u32) -> Result<Page<Item>, StoreError> {
        let names: HashMap<String, String> = search.attributes.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect();
        let projection: Vec<String> = search.attributes.iter().map(|name| format!("#{name}")).collect();
        let is_whole = projection.is_empty();
        let values = search.values.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect();
        #[expect(clippy::disallowed_methods, reason = "the one place that looks at the whole table, for administration, page by page")]
        let request = self.0.client.scan();
        let answer = request
            .table_name(&self.0.table)
            .consistent_read(true)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .set_exclusive_start_key(from.map(|cursor| cursor.0.attributes()))
            .filter_expression(search.filter)
            .set_projection_expression((!is_whole).then(|| projection.join(", ")))
            .set_expression_attribute_names((!is_whole).then_some(names))
            .set_expression_attribute_values(Some(values))
            .send()
            .await
            .map_err(|error| StoreError::of(search.operation, error.into_service_error()))?;
        let read = u64::try_from(answer.scanned_count).unwrap_or_default();
        let next = answer.last_evaluated_key.as_ref().map(|key| key_of(search.operation, key).map(Cursor)).transpose()?;
        Ok(Page { found: answer.items.unwrap_or_default(), read, next })
    }

    /// Ends all sessions of an account by raising its epoch, which was `epoch` when it was read. `false`: there is no such account.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn end_sessions(&self, user: UserId, mut epoch: u64, now: Timestamp) -> Result<bool, StoreError> {
        loop {
            let change = Change::of(keys::user(user)).when("epoch = :read").value(":read", item::value(epoch));
            match self.0.change(END, &epoch::ends_all(change, now)).await? {
                Changed::Done(_) => return Ok(true),
                Changed::Refused(None) => return Ok(false),
                Changed::Refused(Some(item)) => epoch = number(END, &item, "epoch")?,
            }
        }
    }

    /// Closes an account that is in use, and ends its sessions. `false`: it is not in use.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn disable(&self, user: UserId, audit: &AuditEvent) -> Result<bool, StoreError> {
        let change = epoch::ends_all(in_status(user, Status::Active), audit.at).put("status", Status::Disabled);
        self.write("close an account", &change, audit).await
    }

    /// Opens a closed account again. `false`: it is not closed.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn enable(&self, user: UserId, audit: &AuditEvent) -> Result<bool, StoreError> {
        let change = in_status(user, Status::Disabled).put("status", Status::Active);
        self.write("open an account", &change, audit).await
    }

    /// Sets what an account may do. `false`: there is no such account.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn set_roles(&self, user: UserId, roles: &[Role], audit: &AuditEvent) -> Result<bool, StoreError> {
        let change = Change::of(keys::user(user)).when("attribute_exists(pk)").put("roles", roles);
        self.write("set an account's roles", &change, audit).await
    }

    async fn write(&self, operation: &'static str, change: &Change, audit: &AuditEvent) -> Result<bool, StoreError> {
        Ok(Transaction::new(self.0, operation).change(change)?.create(audit.item()?)?.commit().await?.is_ok())
    }

    /// Replaces a sealed value, if it is still the one that was read.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn replace(&self, place: &Sealed<'_>, read: &str, new: &str) -> Result<bool, StoreError> {
        let (key, attribute) = match place {
            Sealed::SigningKey(generation) => (keys::signing_key(*generation), "sealed".to_owned()),
            Sealed::DirectoryKey => (keys::directory_key(), "sealed".to_owned()),
            Sealed::Message(key) => ((*key).clone(), "outbox.sealed".to_owned()),
            Sealed::PartnerSecret(partner, KeySlot::Present) => (keys::partner(partner), "present.sealed".to_owned()),
            Sealed::PartnerSecret(partner, KeySlot::Former(place)) => (keys::partner(partner), format!("formers[{place}].sealed")),
        };
        let change = Change::of(key)
            .when(format!("{attribute} = :read"))
            .set(format!("{attribute} = :new"))
            .value(":read", item::value(read))
            .value(":new", item::value(new));
        // Whoever is about to write a partner as it was read before, with the value of before, is refused.
        let change =
            if matches!(place, Sealed::PartnerSecret(..)) { change.add("revision :one").value(":one", item::value(1)) } else { change };
        Ok(matches!(self.0.change(SEAL, &change).await?, Changed::Done(_)))
    }

    /// The items that carry messages, due or not.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn waiting_messages(&self) -> Result<Vec<ItemKey>, StoreError> {
        let mut waiting = Vec::new();
        for number in 0..due::SHARDS {
            let request = self.0.waiting(outbox::shard(number));
            let mut items = request.into_paginator().items().send();
            while let Some(item) = items.next().await {
                let item = item.map_err(|error| StoreError::of(MESSAGES, error.into_service_error()))?;
                waiting.extend(outbox::due_of(&item).map(|due| due.key));
            }
        }
        Ok(waiting)
    }

    /// An account, and how many wrong passwords were counted in each lane within the window.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn account(
        &self,
        user: UserId,
        passwords: Allowance,
        now: Timestamp,
    ) -> Result<Option<(User, [(Lane, usize); 2])>, StoreError> {
        let request = self.0.client.get_item().table_name(&self.0.table).set_key(Some(keys::user(user).attributes())).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of(SHOW, error.into_service_error()))?;
        let Some(item) = answer.item else { return Ok(None) };
        let counted = [Lane::Known, Lane::Stranger].map(|lane| (lane, lanes::counted(&item, Counter::Passwords, lane, passwords, now)));
        Ok(Some((item::read(SHOW, item)?, counted)))
    }

    /// The addresses of an account, proved or not.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn addresses(&self, user: UserId) -> Result<Vec<ListedAddress>, StoreError> {
        let mut found = Vec::new();
        for prefix in [keys::EMAIL_PREFIX, keys::PHONE_PREFIX] {
            let items = self.0.listed(SHOW, user, prefix).await?;
            found.extend(items.into_iter().map(|item| listed(SHOW, item)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }

    /// Ends all sessions of an account. `false`: there is no such account.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn end_sessions_of(&self, user: UserId, audit: &AuditEvent) -> Result<bool, StoreError> {
        self.write(END, &epoch::ends_all(Change::of(keys::user(user)).when("attribute_exists(pk)"), audit.at), audit).await
    }
}

/// An address as its item has it.
pub(super) fn listed(operation: &'static str, item: Item) -> Result<ListedAddress, StoreError> {
    let Contact { number, address, verified, primary, created_at, verified_at, young_until, .. } = addresses::contact(operation, item)?;
    let (channel, address) = (address.channel(), address.as_given().to_owned());
    Ok(ListedAddress { channel, number, address, verified, primary, created_at: Some(created_at), verified_at, young_until })
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn number(operation: &'static str, item: &Item, name: &str) -> Result<u64, StoreError> {
    let number = item.get(name).and_then(|number| number.as_n().ok()).and_then(|number| number.parse().ok());
    number.ok_or_else(|| StoreError::unreadable(operation, format!("an item without a number `{name}`")))
}

fn key_of(operation: &'static str, item: &Item) -> Result<ItemKey, StoreError> {
    ItemKey::of(item).ok_or_else(|| StoreError::unreadable(operation, "an item without a key"))
}

pub(super) fn owner(operation: &'static str, item: &Item) -> Result<UserId, StoreError> {
    let id = text(item, "pk").and_then(|pk| pk.strip_prefix(keys::USER_PREFIX)).and_then(UserId::parse_simple);
    id.ok_or_else(|| StoreError::unreadable(operation, "an account without an id"))
}

fn reckoned(item: &Item) -> Result<Reckoned, StoreError> {
    let (user, epoch) = (owner(SESSIONS, item)?, number(SESSIONS, item, "epoch")?);
    if text(item, "sk") == Some(keys::USER) {
        return Ok(Reckoned::Account { user, epoch });
    }
    let end = item::time(item, "idle_end").zip(item::time(item, "absolute_end")).map(|(idle, absolute)| idle.min(absolute));
    let session = text(item, "key_id").zip(end).map(|(key_id, end)| Reckoned::Session { user, epoch, key_id: key_id.to_owned(), end });
    session.ok_or_else(|| StoreError::unreadable(SESSIONS, "a session without its end or its secret"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_printed() {
        let cursor = Cursor(ItemKey::from_table("USER#0123", "SESSION#abc"));
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "?", "AAAA", "VVNFUg"] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
    }
}
