//! `latchkey user disable|enable|roles`: what an operator changes about an account.

use std::fmt;

use latchkey::app::App;
use latchkey::domain::user::{Role, Status, User, UserId};
use latchkey::flow::audit;
use latchkey::store::{AuditEvent, Event};
use serde::Serialize;

use super::error::AdminError;
use super::options::{Roles, Who};
use super::user_show::{Traces, find};

/// An account as a change leaves it.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// Id.
    pub id: String,
    /// Whether it can be used.
    pub status: Status,
    /// What it may do.
    pub roles: Vec<String>,
    /// Whether anything is another way than before.
    pub changed: bool,
}

impl Changed {
    fn of(user: &User, changed: bool) -> Self {
        let roles = user.roles.iter().map(|role| role.as_str().to_owned()).collect();
        Self { id: user.id.to_string(), status: user.status, roles, changed }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, status, roles, changed } = self;
        let status = match status {
            Status::Active => "active",
            Status::Disabled => "disabled",
            Status::PendingDeletion => "waits for its deletion",
            Status::Purging => "is being deleted",
        };
        let was = if *changed { "" } else { ", as it was before" };
        writeln!(formatter, "{id} {status}, roles: {}{was}", roles.join(", "))
    }
}

/// Closes an account: its sessions end, and nobody signs in.
///
/// # Errors
/// [`AdminError`].
pub async fn disable(app: &App, who: &Who) -> Result<Changed, AdminError> {
    let id = account(app, &who.who).await?.id;
    let changed = app.store.administration().disable(id, &told(app, id, Event::Disabled)).await?;
    stands(app, id, changed, Status::Disabled).await
}

/// Opens a closed account again.
///
/// # Errors
/// [`AdminError`].
pub async fn enable(app: &App, who: &Who) -> Result<Changed, AdminError> {
    let id = account(app, &who.who).await?.id;
    let changed = app.store.administration().enable(id, &told(app, id, Event::Enabled)).await?;
    stands(app, id, changed, Status::Active).await
}

/// Sets what an account may do. Tokens carry roles for those who read them; operations ask the account.
///
/// # Errors
/// [`AdminError`].
pub async fn roles(app: &App, options: &Roles) -> Result<Changed, AdminError> {
    let before = account(app, &options.who).await?;
    let id = before.id;
    let mut roles: Vec<Role> = Vec::new();
    for role in &options.roles {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    if before.roles == roles {
        return Ok(Changed::of(&before, false));
    }
    let changed = app.store.administration().set_roles(id, &roles, &told(app, id, Event::RolesChanged)).await?;
    Ok(Changed::of(&user(app, id).await?, changed))
}

/// The account that somebody means.
///
/// # Errors
/// [`AdminError`]; [`AdminError::NotFound`] with what traces there are.
pub(super) async fn account(app: &App, who: &str) -> Result<User, AdminError> {
    let (id, traces) = find(app, who).await?;
    app.store.user(id).await?.ok_or(AdminError::NotFound(traces))
}

async fn user(app: &App, id: UserId) -> Result<User, AdminError> {
    app.store.user(id).await?.ok_or_else(|| AdminError::NotFound(Traces::default()))
}

/// The account, if it is as it should be, changed just now or before.
async fn stands(app: &App, id: UserId, changed: bool, wanted: Status) -> Result<Changed, AdminError> {
    let user = user(app, id).await?;
    if user.status == wanted { Ok(Changed::of(&user, changed)) } else { Err(AdminError::AwaitsDeletion) }
}

fn told(app: &App, id: UserId, event: Event) -> AuditEvent {
    audit::of_user(app, id, None, event, app.clock.now())
}
