//! Continuing a session with its refresh token: rotation, and what an old token means (RFC 9700 section 4.14.2).

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::message::Content;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::session::{Session, Standing};
use crate::domain::user::User;
use crate::flow::session::{self, Granted};
use crate::flow::{Trouble, audit, outbox, takes_trouble};
use crate::reason::{Failure, Reason};
use crate::store::{Event, Rotated, Rotation};
use crate::telemetry;

const DAY: Duration = Duration::from_hours(24);

/// Why a refresh was refused.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a token of ours, or not the present one of a living session.
    #[error("no valid refresh token")]
    Refused,
    /// Something else.
    #[error("could not refresh a session")]
    Trouble(#[from] Trouble),
}

takes_trouble!(RefreshError);

impl Failure for RefreshError {
    fn reason(&self) -> Reason {
        match self {
            Self::Refused => Reason::InvalidRefreshToken,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Refused => None,
            Self::Trouble(trouble) => trouble.retry_after(),
        }
    }
}

/// Trades a refresh token for new tokens. `binding` names the device on surfaces that have one.
///
/// The same token may come twice: answers get lost, and tabs wake up together. Within the grace the one just replaced gets the
/// very same successor again; any other old token means that two parties hold the session, and ends it.
///
/// # Errors
/// [`RefreshError`] says why not.
pub async fn refresh(app: &App, by: &Caller, text: &str, binding: Option<&str>) -> Result<Granted, RefreshError> {
    let now = app.clock.now();
    let token = RefreshToken::parse(text, &app.secrets).ok_or(RefreshError::Refused)?;
    let rotation = Rotation {
        user: token.user,
        session: &token.session,
        counter: token.counter,
        binding,
        key_id: app.secrets.key_id(),
        idle_end: now + app.config.session_idle,
        now,
    };
    // The SDK's futures are large: on the heap they do not grow the one that waits for them.
    let keys = Box::pin(async { app.keyring.keys().await.map_err(Trouble::from) });
    let rotated = Box::pin(async { app.store.rotate(&rotation).await.map_err(Trouble::from) });
    let read = Box::pin(async { app.store.user(token.user).await.map_err(Trouble::from) });
    let (keys, rotated, user) = tokio::try_join!(keys, rotated, read)?;

    let user = user.ok_or(RefreshError::Refused)?;
    let session = match rotated {
        Rotated::Gone => return Err(RefreshError::Refused),
        Rotated::Done(session) | Rotated::Refused(session) if !token.was_made_for(&session) => {
            tracing::error!(event = "refresh_key_leak", account.id = %user.id, "a refresh token was made with the root secret, but without the session");
            return end(app, by, *session, user, Event::RefreshKeyLeak, now).await;
        }
        Rotated::Done(session) => session,
        Rotated::Refused(session) => match session.standing(token.counter, binding, now, app.config.refresh_grace) {
            Standing::Repeated => session,
            Standing::Ended => return Err(RefreshError::Refused),
            Standing::Ahead => {
                tracing::error!(event = "refresh_ahead", account.id = %user.id, "a refresh token is newer than any that was given out");
                return Err(RefreshError::Refused);
            }
            Standing::Reused => {
                tracing::warn!(event = "refresh_reuse", account.id = %user.id, "an old refresh token was presented: its session is ended");
                return end(app, by, *session, user, Event::RefreshReuse, now).await;
            }
        },
    };
    // Session and account were read apart: a change of the password may have come between, and left this very session alive.
    let (user, session) = if session.epoch == user.epoch { (user, session) } else { together(app, &session).await? };
    if !user.status.admits() || session.epoch != user.epoch || session.audience != by.surface.audience() {
        return Err(RefreshError::Refused);
    }
    note_use(app, &user, now).await;
    Ok(session::grant(app, &keys, by, &session, user, now)?)
}

/// Notes once a day that the account is in use: its number stays its owner's as long as it is. Failing that, tomorrow is soon enough.
async fn note_use(app: &App, user: &User, now: Timestamp) {
    if user.last_used_at() + DAY <= now
        && let Err(error) = Box::pin(app.store.note_use(user.id, now)).await
    {
        tracing::warn!(event = "use_not_noted", causes = telemetry::causes(&error));
    }
}

async fn together(app: &App, session: &Session) -> Result<(User, Box<Session>), RefreshError> {
    match app.store.user_and_session(session.user, &session.id).await? {
        (Some(user), Some(session)) => Ok((user, Box::new(session))),
        _ => Err(RefreshError::Refused),
    }
}

/// Ends a session that is in two hands, and tells its owner.
async fn end(app: &App, by: &Caller, session: Session, user: User, event: Event, now: Timestamp) -> Result<Granted, RefreshError> {
    let audit = audit::of_user(app, user.id, Some(&session.id), event, now);
    let notices = outbox::notices_to_owner(app, by, &user, &Content::RefreshReuse { device: session.device.clone() }, now)?;
    session::end(app, session, &audit, &notices, now).await?;
    Err(RefreshError::Refused)
}
