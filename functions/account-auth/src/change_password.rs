//! `POST /v1/auth/change-password`: changes the caller's password.

use latchkey::app::App;
use latchkey::dialect::account::{MayChangePassword, MessageResponse, Result};
use latchkey::domain::password::Password;
use latchkey::flow::password;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The present password and the next one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ChangePasswordRequest)]
pub(crate) struct Request {
    /// The present password.
    #[schema(required = true, min_length = 1, example = "analytical engine no. 1")]
    current_password: String,
    /// The new one, 8 to 128 characters.
    #[schema(required = true, min_length = 1, example = "difference engine no. 2")]
    new_password: String,
}

/// Change the password
///
/// All other sessions end, and the owner is told by mail.
#[utoipa::path(post, path = "/v1/auth/change-password", operation_id = "changePassword", tag = "AuthApi", request_body = Request, responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    MayChangePassword(caller): MayChangePassword,
    Body(request): Body<Request>,
) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let present = fields.read("current_password", Password::given(&request.current_password));
    let new = fields.read("new_password", Password::given(&request.new_password));
    let (Some(present), Some(_)) = (present, new) else { return Err(fields.refuse().into()) };
    password::change(&app, &by, &caller, &present, &request.new_password).await?;
    Ok(Answer::ok(MessageResponse::new("Your password was changed. All other devices are signed out.")))
}
