//! `POST /v1/auth/reset-password-otp`: sets a new password with a code.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result};
use latchkey::domain::address::Email;
use latchkey::domain::code::OtpCode;
use latchkey::domain::password::Password;
use latchkey::flow::recover;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The code that was sent, and the new password.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ResetPasswordOtpRequest)]
pub(crate) struct Request {
    /// The address that the code was sent to.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
    /// The six digits.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    otp: String,
    /// The new password, 8 to 128 characters.
    #[serde(alias = "password")]
    #[schema(required = true, min_length = 1, example = "difference engine no. 2")]
    new_password: String,
}

/// Set a new password
///
/// All sessions end; sign in with the new password. A password that is refused leaves the code good.
#[utoipa::path(post, path = "/v1/auth/reset-password-otp", operation_id = "resetPasswordOtp", tag = "AuthApi", request_body = Request, extensions(("x-takes-code-of" = json!(["reset_code"]))), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let email = fields.read("email", Email::parse(&request.email));
    let code = fields.read("otp", OtpCode::parse(&request.otp));
    let new = fields.read("new_password", Password::given(&request.new_password));
    let (Some(email), Some(code), Some(_)) = (email, code, new) else { return Err(fields.refuse().into()) };
    recover::reset(&app, &by, &email.into(), &code, &request.new_password).await?;
    Ok(Answer::ok(MessageResponse::new("Your password was set. Sign in with it.")))
}
