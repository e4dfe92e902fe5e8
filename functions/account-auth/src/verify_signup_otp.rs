//! `POST /v1/auth/verify-signup-otp`: completes a registration and signs in.

use latchkey::app::App;
use latchkey::dialect::account::{LoginSuccessResponse, Result};
use latchkey::domain::address::Email;
use latchkey::domain::code::OtpCode;
use latchkey::flow::register;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VerifySignupOtpRequest)]
pub(crate) struct Request {
    /// The address that the code was sent to.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
    /// The six digits.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    otp: String,
}

/// What signing in gives.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifySignupOtpSuccessResponse)]
pub(crate) struct Response {
    #[serde(flatten)]
    login: LoginSuccessResponse,
    /// True where more than one registration was made with different passwords: none of them was kept, and one is to be set by a
    /// password reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    password_required: Option<bool>,
}

/// Complete a registration
///
/// Creates the account, verifies its address and signs in.
#[utoipa::path(post, path = "/v1/auth/verify-signup-otp", operation_id = "verifySignupOtp", tag = "AuthApi", request_body = Request, extensions(("x-takes-code-of" = json!(["signup_code"]))), responses((status = 200, body = Response)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<Response> {
    let mut fields = Fields::default();
    let email = fields.read("email", Email::parse(&request.email));
    let code = fields.read("otp", OtpCode::parse(&request.otp));
    let (Some(email), Some(code)) = (email, code) else { return Err(fields.refuse().into()) };
    let verified = register::verify(&app, &by, &email, &code).await?;
    let login = LoginSuccessResponse::new("Your account is ready.", &verified.granted);
    Ok(Answer::ok(Response { login, password_required: verified.password_required.then_some(true) }))
}
