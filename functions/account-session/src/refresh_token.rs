//! `POST /v1/auth/refresh-token`: trades a refresh token for new tokens.

use latchkey::app::App;
use latchkey::dialect::account::{Result, Tokens};
use latchkey::flow::refresh;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The refresh token.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RefreshTokenRequest)]
pub(crate) struct Request {
    /// The refresh token that was given out last.
    #[schema(required = true, min_length = 1)]
    refresh_token: String,
}

/// New tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = RefreshTokenResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    #[serde(flatten)]
    tokens: Tokens,
}

/// Refresh
///
/// The refresh token changes each time. Repeated within a minute, the same token gets the same successor; an older one ends the
/// session.
#[utoipa::path(post, path = "/v1/auth/refresh-token", operation_id = "refreshToken", tag = "AuthApi", request_body = Request, responses((status = 200, body = Response)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<Response> {
    let mut fields = Fields::default();
    let given = if request.refresh_token.is_empty() { Err("is required") } else { Ok(&request.refresh_token) };
    let Some(token) = fields.read("refresh_token", given) else { return Err(fields.refuse().into()) };
    let granted = refresh::refresh(&app, &by, token, None).await?;
    Ok(Answer::ok(Response { success: true, message: "Refreshed.", tokens: (&granted).into() }))
}
