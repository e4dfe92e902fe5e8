//! `POST /v1/otp/verify`: takes a code that was sent by SMS.

use latchkey::app::App;
use latchkey::dialect::account::{MaybeSignedIn, MaybeTokens, Result, UserSummary};
use latchkey::domain::address::Phone;
use latchkey::domain::code::OtpCode;
use latchkey::flow::{addresses, otp};
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::purpose::{self, Purpose};

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VerifyOtpRequest)]
pub(crate) struct Request {
    /// The number that the code was sent to.
    #[serde(alias = "phone_number", alias = "mobile", alias = "mobile_number")]
    #[schema(required = true, min_length = 1, example = "+4915112345678")]
    phone: String,
    /// The six digits.
    #[serde(alias = "otp", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    code: String,
    /// What it was sent for: `login` or `verification`.
    #[schema(required = true, min_length = 1, example = "login")]
    purpose: String,
}

/// What the code gives: a session for `login`, a confirmation otherwise.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifyOtpResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    #[serde(flatten)]
    tokens: MaybeTokens,
    /// Who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    user: Option<UserSummary>,
}

impl Response {
    fn confirmed(message: &'static str) -> Self {
        Self { success: true, message, tokens: MaybeTokens::default(), user: None }
    }
}

/// Take a code
///
/// For `login` signs in and renews the proof of the number; otherwise confirms it without a token. 403 `forbidden` tells that the code
/// is right but the account was not used for so long that only its password opens it.
#[utoipa::path(post, path = "/v1/otp/verify", operation_id = "verifyOtp", tag = "AuthApi", request_body = Request, extensions(("x-takes-code-of" = json!(["sign_in_code", "stand_alone_code"]))), responses((status = 200, body = Response)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    caller: MaybeSignedIn,
    Body(request): Body<Request>,
) -> Result<Response> {
    let mut fields = Fields::default();
    let phone = fields.read("phone", Phone::parse(&request.phone, app.config.default_region.as_ref()));
    let code = fields.read("code", OtpCode::parse(&request.code));
    let purpose = fields.read("purpose", purpose::parse(&request.purpose));
    let (Some(phone), Some(code), Some(purpose)) = (phone, code, purpose) else { return Err(fields.refuse().into()) };
    Ok(Answer::ok(match (purpose, caller.user()) {
        (Purpose::Login, _) => {
            let granted = otp::sign_in(&app, &by, &phone, &code).await?;
            Response { success: true, message: "Signed in.", tokens: (&granted).into(), user: Some((&granted.user).into()) }
        }
        (Purpose::Verification, Some(user)) => {
            addresses::verify(&app, &by, Some(user), phone.into(), &code).await?;
            Response::confirmed("Your phone number is verified.")
        }
        (Purpose::Verification, None) => {
            otp::prove(&app, &by, &phone, &code).await?;
            Response::confirmed("The code is right.")
        }
    }))
}
