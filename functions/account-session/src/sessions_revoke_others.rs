//! `DELETE /v1/user/sessions`: signs all other devices out.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::flow::own_sessions;
use latchkey::http::{Answer, State};

/// End all other sessions
///
/// This one goes on. Codes that were sent before are good no longer.
#[utoipa::path(delete, path = "/v1/user/sessions", operation_id = "revokeOtherUserSessions", tag = "UserApi", responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<MessageResponse> {
    own_sessions::end_others(&app, &caller).await?;
    Ok(Answer::ok(MessageResponse::new("All other sessions are ended.")))
}
