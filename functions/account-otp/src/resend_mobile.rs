//! `POST /v1/otp/resend/mobile`: sends a code again.

use latchkey::app::App;
use latchkey::dialect::account::{MaybeSignedIn, MessageResponse, Result};
use latchkey::domain::address::Phone;
use latchkey::flow::addresses;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The number.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ResendMobileOtpRequest)]
pub(crate) struct Request {
    /// The number that waits for a code.
    #[serde(alias = "phone_number", alias = "mobile", alias = "mobile_number")]
    #[schema(required = true, min_length = 1, example = "+4915112345678")]
    phone: String,
}

/// Send a code by SMS again
///
/// To a number that an account adds: the caller's own with an access token, without one only if exactly one account adds it, and
/// the session that asked for it stands. A new code replaces the old one; tries are not given back. The answer is the same where nobody
/// waits.
#[utoipa::path(post, path = "/v1/otp/resend/mobile", operation_id = "resendMobileOtp", tag = "AuthApi", request_body = Request, responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    caller: MaybeSignedIn,
    Body(request): Body<Request>,
) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let Some(phone) = fields.read("phone", Phone::parse(&request.phone, app.config.default_region.as_ref())) else {
        return Err(fields.refuse().into());
    };
    addresses::resend(&app, &by, caller.0.as_ref(), phone.into()).await?;
    Ok(Answer::ok(MessageResponse::new("If the number waits for a code, a new one is on its way.")))
}
