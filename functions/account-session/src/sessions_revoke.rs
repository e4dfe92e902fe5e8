//! `DELETE /v1/user/sessions/{session_id}`: signs a device out.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::domain::session::SessionId;
use latchkey::flow::own_sessions;
use latchkey::http::{Answer, Segment, State};
use latchkey::reason::{Problem, Reason};

/// End a session
///
/// From the next request on its access token is refused, and its refresh token.
#[utoipa::path(delete, path = "/v1/user/sessions/{session_id}", operation_id = "revokeUserSession", tag = "UserApi", params(("session_id" = String, Path, description = "The id under which it is listed.")), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Segment(text): Segment) -> Result<MessageResponse> {
    let Some(id) = SessionId::parse(&text) else { return Err(Problem::new(Reason::NotFound).into()) };
    own_sessions::end(&app, &caller, &id).await?;
    Ok(Answer::ok(MessageResponse::new("The session is ended.")))
}
