//! `POST /v1/user/emails/revert`: takes back a change of the primary mail address.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result};
use latchkey::flow::revert;
use latchkey::http::{Answer, Anyone, Body, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// What was mailed to the address that was the primary one before.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RevertEmailRequest)]
pub(crate) struct Request {
    /// The token.
    #[serde(alias = "verification_token")]
    #[schema(required = true, min_length = 1, example = "AZsf0gAAcACAAAAAAAAAAI3kq1vQ2m7cUe9wq0b1zxY")]
    token: String,
}

/// Take back a change of the primary e-mail address
///
/// For three days after the change, once. The address before it is the primary one again, the new one and what was added lately are removed,
/// all sessions end, the password is good no more, and a code for a new one is sent.
#[utoipa::path(post, path = "/v1/user/emails/revert", operation_id = "revertUserEmail", tag = "UserApi", request_body = Request, responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<MessageResponse> {
    revert::revert(&app, &by, &request.token).await?;
    Ok(Answer::ok(MessageResponse::new(
        "Your e-mail address is the primary one again. Set a new password with the code that was sent to it.",
    )))
}
