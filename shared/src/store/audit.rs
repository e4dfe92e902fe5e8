//! Audit events: written in the transaction of the act they tell of; acts that are only counted, once in a window.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::partner::PartnerId;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, ItemKey};
use crate::store::users;
use crate::store::write::Transaction;

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

impl Store {
    /// Tells the audit of what changed nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn tell(&self, audit: &AuditEvent) -> Result<(), StoreError> {
        audit.alone(Transaction::new(self, "tell the audit"))?.commit().await.map(drop)
    }
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
