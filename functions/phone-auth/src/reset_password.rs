//! `POST /api/v1/auth/reset-password`: an administrator sets somebody's password.

use latchkey::app::App;
use latchkey::dialect::phone::{Body, Fields, Given, Result, SignedIn};
use latchkey::flow::temporary;
use latchkey::http::{Answer, Anyone, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answers::Message;
use crate::fields;

/// Whose password, and the new one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ResetPasswordRequest)]
pub(crate) struct Request {
    /// Phone number.
    #[serde(alias = "phone_number")]
    #[schema(value_type = String, required = true, example = "+4915112345678")]
    phone: Given,
    /// The new password, which its owner must change at the next sign-in.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128, example = "difference engine no. 2")]
    new_password: Given,
}

/// Set somebody's password
///
/// For administrators. All sessions of the account end, and its owner is told.
#[utoipa::path(post, path = "/api/v1/auth/reset-password", operation_id = "resetPassword", tag = "auth", request_body = Request, responses((status = 200, body = Message)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<Message> {
    let mut read = Fields::default();
    let phone = fields::phone(&mut read, "phone", &request.phone, &app);
    let new = fields::new_password(&mut read, "new_password", &request.new_password, &app);
    let (Some(phone), Some(new)) = (phone, new) else { return Err(read.refuse().into()) };
    temporary::set(&app, &by, &caller, &phone, new).await?;
    Ok(Answer::ok(Message { message: "Password reset successfully" }))
}
