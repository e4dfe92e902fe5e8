//! Audit events: written in the transaction of the act they tell of; acts that are only counted, once in a window.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::partner::PartnerId;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, ItemKey};
use crate::store::partition::Place;
use crate::store::users;
use crate::store::write::Transaction;

const SHOW: &str = "list what happened to an account";

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The account was created.
    Registered,
    /// The account was imported from elsewhere.
    Imported,
    /// A session was opened.
    SignedIn,
    /// A session was ended by its owner.
    SignedOut,
    /// The owner ended a session in another one.
    SessionRevoked,
    /// The owner ended all sessions but the one this was done in.
    OthersRevoked,
    /// A session was ended because an old refresh token was presented.
    RefreshReuse,
    /// A session was ended because a refresh token was made with a leaked key.
    RefreshKeyLeak,
    /// The owner changed the password; all other sessions ended.
    PasswordChanged,
    /// The password was reset with a code; all sessions ended.
    PasswordReset,
    /// An address was proved.
    AddressVerified,
    /// Another proved address became the primary one.
    PrimaryChanged,
    /// The former primary mail address took its place back; all sessions ended.
    PrimaryReverted,
    /// An address was removed.
    AddressRemoved,
    /// The owner confirmed the deletion of the account; all other sessions ended.
    DeletionScheduled,
    /// The owner cancelled the deletion.
    DeletionCancelled,
    /// The owner confirmed that they want a copy of their data.
    DataExportConfirmed,
    /// The number went to another account, since this one was not used for a long time.
    NumberMoved,
    /// An administrator set a temporary password; all sessions ended.
    PasswordSet,
    /// An operator closed the account; all sessions ended.
    Disabled,
    /// An operator opened the account again.
    Enabled,
    /// An operator ended a session.
    SessionEnded,
    /// An operator ended all sessions.
    SessionsEnded,
    /// An operator changed what the account may do.
    RolesChanged,
    /// The account tried what only administrators may.
    AdministrationRefused,
    /// A partner's user was linked to the account.
    Linked,
    /// A partner's user was linked to another account.
    LinkMoved,
    /// As many wrong passwords as are allowed.
    PasswordsRefused,
    /// As many wrong codes as are allowed.
    CodesRefused,
    /// As many codes asked for as are allowed.
    CodesAsked,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// An account.
    User(UserId),
    /// An address that no account is known for: its gate or its challenge.
    Item(ItemKey),
}

/// One event in the history of an account or an address.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// What it is about.
    pub about: About,
    /// What happened.
    pub event: Event,
    /// In which session.
    pub session: Option<SessionId>,
    /// What more there is to tell.
    pub detail: Detail,
    /// When.
    pub at: Timestamp,
    /// Random, so that two events of one millisecond are two items.
    pub id: String,
    /// Until when it is kept.
    pub kept_until: Timestamp,
}

/// What more there is to tell of an event.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Detail {
    /// By mail or by phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<&'static str>,
    /// What the codes were for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'static str>,
    /// Which callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<&'static str>,
    /// How often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Which administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Which partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
}

#[derive(Serialize)]
struct AuditItem<'a> {
    event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a SessionId>,
    #[serde(flatten)]
    detail: &'a Detail,
    at: i64,
    ttl: i64,
}

/// An event of the audit, as far as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Happening {
    /// What happened.
    pub event: String,
    /// When.
    #[serde(deserialize_with = "jiff::fmt::serde::timestamp::millisecond::required::deserialize")]
    pub at: Timestamp,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// By mail or by phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What the codes were for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Which callers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Which administrator, by their account's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Which partner, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
}

impl Store {
    /// The last events of an account before a time, newest first: so many, and all others of the last one's millisecond, so that none
    /// is missed before the time of the last one. That time, if there are more.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn happenings(
        &self,
        user: UserId,
        most: usize,
        before: Option<Timestamp>,
    ) -> Result<(Vec<Happening>, Option<Timestamp>), StoreError> {
        let request = self.client.query().table_name(&self.table).consistent_read(true).scan_index_forward(false);
        let request = request
            .key_condition_expression("pk = :user AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":user", AttributeValue::S(keys::user_partition(user)))
            .expression_attribute_values(":first", AttributeValue::S(keys::AUDIT_PREFIX.to_owned()))
            .expression_attribute_values(":last", AttributeValue::S(keys::audit_before(before)));
        let mut items = request.into_paginator().page_size(page_size(most.saturating_add(1))).items().send();
        let mut found: Vec<Happening> = Vec::new();
        while let Some(item) = items.next().await {
            let happening: Happening = item::read(SHOW, item.map_err(|error| StoreError::of(SHOW, error.into_service_error()))?)?;
            match found.last().map(|last| last.at).filter(|last| found.len() >= most && *last != happening.at) {
                Some(last) => return Ok((found, Some(last))),
                None => found.push(happening),
            }
        }
        Ok((found, None))
    }

    /// The events of an account, oldest first, page by page.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn happenings_from(&self, user: UserId, from: Option<Place>) -> Result<(Vec<Happening>, Option<Place>), StoreError> {
        let (items, next) = self.listed_from(SHOW, user, keys::AUDIT_PREFIX, from).await?;
        let happenings: Result<Vec<Happening>, _> = items.into_iter().map(|item| item::read(SHOW, item)).collect();
        Ok((happenings?, next))
    }

    /// Tells the audit of what changed nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn tell(&self, audit: &AuditEvent) -> Result<(), StoreError> {
        audit.alone(Transaction::new(self, "tell the audit"))?.commit().await.map(drop)
    }
}

fn page_size(most: usize) -> i32 {
    i32::try_from(most).unwrap_or(i32::MAX).clamp(1, 1000)
}

impl AuditEvent {
    /// Adds the event to a transaction that writes nothing else of its account: only if that is there, so that nothing is written about
    /// an account that is deleted in this moment.
    pub(super) fn alone<'s>(&self, transaction: Transaction<'s>) -> Result<Transaction<'s>, StoreError> {
        let transaction = transaction.create(self.item()?)?;
        match &self.about {
            About::User(user) => transaction.check(&users::if_there(*user)),
            About::Item(_) => Ok(transaction),
        }
    }

    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let partition = match &self.about {
            About::User(user) => keys::user_partition(*user),
            About::Item(key) => key.pk.clone(),
        };
        let (session, detail) = (self.session.as_ref(), &self.detail);
        let content = AuditItem { event: self.event, session, detail, at: self.at.as_millisecond(), ttl: self.kept_until.as_second() };
        item::write("write an audit event", &keys::audit(&partition, self.at, &self.id), &content)
    }
}
