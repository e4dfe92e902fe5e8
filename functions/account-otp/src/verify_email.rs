//! `POST /v1/otp/verify/email`: proves an address that an account adds.

use latchkey::app::App;
use latchkey::dialect::account::{MaybeSignedIn, MessageResponse, Result};
use latchkey::domain::address::Email;
use latchkey::domain::code::OtpCode;
use latchkey::flow::addresses;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VerifyEmailOtpRequest)]
pub(crate) struct Request {
    /// The address that the code was sent to.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
    /// The six digits.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    otp: String,
}

/// Verify a mail address
///
/// With an access token the caller's own; without one only if exactly one account adds it, and the session that asked for it stands. Gives
/// no token.
#[utoipa::path(post, path = "/v1/otp/verify/email", operation_id = "verifyEmailOtp", tag = "AuthApi", request_body = Request, extensions(("x-takes-code-of" = json!(["address_code"]))), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    caller: MaybeSignedIn,
    Body(request): Body<Request>,
) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let email = fields.read("email", Email::parse(&request.email));
    let code = fields.read("otp", OtpCode::parse(&request.otp));
    let (Some(email), Some(code)) = (email, code) else { return Err(fields.refuse().into()) };
    addresses::verify(&app, &by, caller.user(), email.into(), &code).await?;
    Ok(Answer::ok(MessageResponse::new("The e-mail address is verified.")))
}
