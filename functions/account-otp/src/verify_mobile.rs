//! `POST /v1/otp/verify/mobile`: proves a number that an account adds.

use latchkey::app::App;
use latchkey::dialect::account::{MaybeSignedIn, MessageResponse, Result};
use latchkey::domain::address::Phone;
use latchkey::domain::code::OtpCode;
use latchkey::flow::addresses;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VerifyMobileOtpRequest)]
pub(crate) struct Request {
    /// The number that the code was sent to.
    #[serde(alias = "phone_number", alias = "mobile", alias = "mobile_number")]
    #[schema(required = true, min_length = 1, example = "+4915112345678")]
    phone: String,
    /// The six digits.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    otp: String,
}

/// Verify a phone number
///
/// With an access token the caller's own; without one only if exactly one account adds it, and the session that asked for it stands. Gives
/// no token.
#[utoipa::path(post, path = "/v1/otp/verify/mobile", operation_id = "verifyMobileOtp", tag = "AuthApi", request_body = Request, extensions(("x-takes-code-of" = json!(["address_code"]))), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    caller: MaybeSignedIn,
    Body(request): Body<Request>,
) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let phone = fields.read("phone", Phone::parse(&request.phone, app.config.default_region.as_ref()));
    let code = fields.read("otp", OtpCode::parse(&request.otp));
    let (Some(phone), Some(code)) = (phone, code) else { return Err(fields.refuse().into()) };
    addresses::verify(&app, &by, caller.user(), phone.into(), &code).await?;
    Ok(Answer::ok(MessageResponse::new("The phone number is verified.")))
}
