//! `latchkey user sessions`: where somebody is signed in, and the end of it.

use std::fmt;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::domain::session::SessionId;
use latchkey::domain::user::User;
use latchkey::flow::audit;
use latchkey::store::{EndedSession, Ending, Event};
use serde::Serialize;

use super::error::AdminError;
use super::options::UserSessions;
use super::user_change::account;
use super::user_show::{ShownSession, living};

/// An account's sessions as they stand afterwards.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// The account.
    pub id: String,
    /// How many were ended.
    pub ended: usize,
    /// Those that live, the one refreshed last first.
    pub sessions: Vec<ShownSession>,
}

impl fmt::Display for Signed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, ended, sessions } = self;
        let ended = if *ended == 0 { String::new() } else { format!(", {ended} ended") };
        writeln!(formatter, "Sessions of {id} ({} living{ended})", sessions.len())?;
        sessions.iter().try_for_each(|session| writeln!(formatter, "  {session}"))
    }
}

/// Lists an account's sessions, and ends those that are to end.
///
/// # Errors
/// [`AdminError`]; [`AdminError::NoSession`] if there is none of that id.
pub async fn run(app: &App, options: &UserSessions) -> Result<Signed, AdminError> {
    let (user, now) = (account(app, &options.who).await?, app.clock.now());
    let (before, _) = living(app, &user, now).await?;
    let ended = match &options.end {
        _ if options.end_all => end_all(app, &user, before.len(), now).await?,
        Some(id) => end(app, &user, id, now).await?,
        None => 0,
    };
    let user = if ended == 0 { user } else { account(app, &user.id.to_string()).await? };
    let (sessions, _) = living(app, &user, now).await?;
    Ok(Signed { id: user.id.to_string(), ended, sessions })
}

async fn end(app: &App, user: &User, id: &SessionId, now: Timestamp) -> Result<usize, AdminError> {
    let mut session = app.store.session(user.id, id).await?.ok_or(AdminError::NoSession)?;
    let audit = audit::of_user(app, user.id, Some(id), Event::SessionEnded, now);
    loop {
        match app.store.end_session(&Ending { session: &session, audit: &audit, notices: &[], now }).await? {
            EndedSession::Done => return Ok(1),
            EndedSession::Gone => return Err(AdminError::NoSession),
            // However often whoever has it ends the others.
            EndedSession::TakenAlong(since) => session = *since,
        }
    }
}

async fn end_all(app: &App, user: &User, living: usize, now: Timestamp) -> Result<usize, AdminError> {
    let audit = audit::of_user(app, user.id, None, Event::SessionsEnded, now);
    app.store.administration().end_sessions_of(user.id, &audit).await?;
    Ok(living)
}
