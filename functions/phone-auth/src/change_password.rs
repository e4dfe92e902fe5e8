//! `POST /api/v1/auth/change-password`: a new password by whoever knows the present one.

use latchkey::app::App;
use latchkey::dialect::phone::{Body, Fields, Given, MayChangePassword, Result};
use latchkey::flow::password;
use latchkey::http::{Answer, Anyone, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answers::Message;
use crate::fields;

/// The present password, and the new one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ChangePasswordRequest)]
pub(crate) struct Request {
    /// The present password.
    #[schema(value_type = String, required = true, example = "analytical engine no. 1")]
    current_password: Given,
    /// The new one.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128, example = "difference engine no. 2")]
    new_password: Given,
}

/// Change the password
///
/// All other sessions end. With a password that an administrator has set, this is the only operation that is left.
#[utoipa::path(post, path = "/api/v1/auth/change-password", operation_id = "changePassword", tag = "auth", request_body = Request, responses((status = 200, body = Message)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    MayChangePassword(caller): MayChangePassword,
    Body(request): Body<Request>,
) -> Result<Message> {
    let mut read = Fields::default();
    let present = fields::password(&mut read, "current_password", &request.current_password);
    let new = fields::new_password(&mut read, "new_password", &request.new_password, &app);
    let (Some(present), Some(new)) = (present, new) else { return Err(read.refuse().into()) };
    password::change(&app, &by, &caller, &present, new).await?;
    Ok(Answer::ok(Message { message: "Password changed successfully" }))
}
