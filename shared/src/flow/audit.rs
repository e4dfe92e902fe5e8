//! What the audit is told.

use jiff::Timestamp;

use crate::app::App;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::store::{About, AuditEvent, Detail, Event};

/// Something that happened to an account, in a session or out of one.
#[must_use]
pub fn of_user(app: &App, user: UserId, session: Option<&SessionId>, event: Event, now: Timestamp) -> AuditEvent {
    of(app, About::User(user), session, event, Detail::default(), now)
}

/// Something that happened.
pub(crate) fn of(app: &App, about: About, session: Option<&SessionId>, event: Event, detail: Detail, now: Timestamp) -> AuditEvent {
    let (id, kept_until) = (app.rng.token(), now + app.config.audit_kept);
    AuditEvent { about, event, session: session.cloned(), detail, at: now, id, kept_until }
}
