//! Audit events: written in the transaction of the act they tell of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The account was created.
    Registered,
    /// A session was opened.
    SignedIn,
    /// A session was ended by its owner.
    SignedOut,
    /// A session was ended because an old refresh token was presented.
    RefreshReuse,
    /// A session was ended because a refresh token was made with a leaked key.
    RefreshKeyLeak,
}

/// One event in an account's history.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// The account.
    pub user: UserId,
    /// What happened.
    pub event: Event,
    /// In which session.
    pub session: SessionId,
    /// When.
    pub at: Timestamp,
    /// Random, so that two events of one millisecond are two items.
    pub id: String,
    /// Until when it is kept.
    pub kept_until: Timestamp,
}

#[derive(Serialize)]
struct AuditItem<'a> {
    event: Event,
    session: &'a SessionId,
    at: i64,
    ttl: i64,
}

impl AuditEvent {
    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let content =
            AuditItem { event: self.event, session: &self.session, at: self.at.as_millisecond(), ttl: self.kept_until.as_second() };
        item::write("write an audit event", &keys::audit(self.user, self.at, &self.id), &content)
    }
}
