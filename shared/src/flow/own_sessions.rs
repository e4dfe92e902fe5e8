//! What a person sees of their own sessions and history, and how they end the sessions.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::app::App;
use crate::domain::session::{Session, SessionId};
use crate::domain::user::User;
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, audit, takes_trouble};
use crate::reason::{Failure, Reason};
use crate::store::{EndedSession, Ending, Event, Happening};

/// Why a session goes on.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// The account has no such session, or it is over.
    #[error("there is no such session")]
    Absent,
    /// Something else.
    #[error("could not end a session")]
    Trouble(#[from] Trouble),
}

takes_trouble!(EndError);

impl Failure for EndError {
    fn reason(&self) -> Reason {
        match self {
            Self::Absent => Reason::NotFound,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Absent => None,
        }
    }
}

/// The account's living sessions, the one used last first.
///
/// # Errors
/// [`Trouble`].
pub async fn list(app: &App, user: &User) -> Result<Vec<Session>, Trouble> {
    let now = app.clock.now();
    let mut living = app.store.sessions(user.id).await?;
    living.retain(|session| session.is_living(user.epoch, now));
    living.sort_by_key(|session| Reverse(session.rotated_at));
    Ok(living)
}

/// Ends one of the caller's sessions, perhaps this very one.
///
/// # Errors
/// [`EndError`] says why not.
pub async fn end(app: &App, caller: &SignedIn, id: &SessionId) -> Result<(), EndError> {
    let (user, now) = (&caller.user, app.clock.now());
    let (session, event) = if caller.session.id == *id {
        (caller.session.clone(), Event::SignedOut)
    } else {
        let session = app.store.session(user.id, id).await?.filter(|session| session.is_living(user.epoch, now));
        (session.ok_or(EndError::Absent)?, Event::SessionRevoked)
    };
    let audit = audit::of_user(app, user.id, Some(id), event, now);
    match app.store.end_session(&Ending { session: &session, audit: &audit, notices: &[], now }).await? {
        EndedSession::Done => Ok(()),
        EndedSession::Gone => Err(EndError::Absent),
        // The caller's may be over.
        EndedSession::TakenAlong(_) => Err(Trouble::Contended.into()),
    }
}

/// Ends all sessions of the caller but this one. Codes that were sent before are good no longer, for they may have been asked for in one
/// of those.
///
/// # Errors
/// [`EndError`] says why not.
pub async fn end_others(app: &App, caller: &SignedIn) -> Result<(), EndError> {
    let SignedIn { user, session } = caller;
    let audit = audit::of_user(app, user.id, Some(&session.id), Event::OthersRevoked, app.clock.now());
    // Else the session has ended, or was taken along in this moment.
    if app.store.end_other_sessions(user, &session.id, &audit).await? { Ok(()) } else { Err(Trouble::Contended.into()) }
}

/// The last events of the account before a time, newest first, and the time before which there are more, if there are. `most` is how
/// many; events of one millisecond are not parted, though.
///
/// # Errors
/// [`Trouble`].
pub async fn activity(
    app: &App,
    user: &User,
    most: usize,
    before: Option<Timestamp>,
) -> Result<(Vec<Happening>, Option<Timestamp>), Trouble> {
    Ok(app.store.happenings(user.id, most, before).await?)
}
