//! Signing out.

use crate::app::App;
use crate::caller::Caller;
use crate::flow::session;
use crate::flow::{Trouble, audit};
use crate::store::Event;

/// Ends the session that an access token is of, expired or not. What is no token of ours changes nothing, and is no error: whoever
/// signs out with it is signed out.
///
/// # Errors
/// [`Trouble`] if the session could not be ended.
pub async fn sign_out(app: &App, by: &Caller, token: Option<&str>) -> Result<(), Trouble> {
    let now = app.clock.now();
    let Some(token) = token else { return Ok(()) };
    let Some(bearer) = session::recognise(app, by, token, now).await? else { return Ok(()) };
    let Some(session) = app.store.session(bearer.user, &bearer.session).await? else { return Ok(()) };
    let audit = audit::of_user(app, bearer.user, Some(&bearer.session), Event::SignedOut, now);
    session::end(app, session, &audit, &[], now).await
}
