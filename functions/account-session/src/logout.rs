//! `POST /v1/auth/logout`: ends the session of the access token that came with it.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, Token};
use latchkey::flow::sign_out;
use latchkey::http::{Answer, Anyone, State};

/// Sign out
///
/// Always succeeds; an expired but genuine token still ends its session.
#[utoipa::path(post, path = "/v1/auth/logout", operation_id = "logout", tag = "AuthApi", responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, token: Option<Token>) -> Result<MessageResponse> {
    sign_out::sign_out(&app, &by, token.as_ref().map(|Token(text)| text.as_str())).await?;
    Ok(Answer::ok(MessageResponse::new("Signed out.")))
}
