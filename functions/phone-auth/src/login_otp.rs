//! `/api/v1/auth/login/*-otp`: signs in with a code.

use latchkey::app::App;
use latchkey::caller::Caller;
use latchkey::dialect::phone::{Body, Fields, Given, Result};
use latchkey::domain::address::Phone;
use latchkey::flow::otp::{self, OtpError};
use latchkey::http::{Answer, Anyone, State};
use latchkey::reason::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answers::{OtpResponse, SignedInResponse};
use crate::fields;

/// To which number.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = OtpRequest)]
pub(crate) struct Request {
    /// Phone number.
    #[serde(alias = "phone")]
    #[schema(value_type = String, required = true, example = "+4915112345678")]
    phone_number: Given,
}

impl Request {
    /// The number.
    pub(crate) fn number(&self, app: &App) -> std::result::Result<Phone, Problem> {
        let mut read = Fields::default();
        fields::phone(&mut read, "phone_number", &self.phone_number, app).ok_or_else(|| read.refuse())
    }
}

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = LoginOtpVerifyRequest)]
pub(crate) struct VerifyRequest {
    /// Phone number.
    #[serde(alias = "phone")]
    #[schema(value_type = String, required = true, example = "+4915112345678")]
    phone_number: Given,
    /// The digits.
    #[serde(alias = "otp", alias = "code")]
    #[schema(value_type = String, required = true, min_length = 4, max_length = 8, example = "012345")]
    otp_code: Given,
}

/// Send a code to sign in with
///
/// `signup_required` for a number that no active account has proved, unless disclosure is uniform.
#[utoipa::path(post, path = "/api/v1/auth/login/send-otp", operation_id = "sendLoginOtp", tag = "auth", request_body = Request, responses((status = 200, body = OtpResponse)))]
pub(crate) async fn send(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<OtpResponse> {
    ask(&app, &by, &request).await
}

/// Send a code to sign in with again
///
/// As the first time: a new code replaces the old one.
#[utoipa::path(post, path = "/api/v1/auth/login/resend-otp", operation_id = "resendLoginOtp", tag = "auth", request_body = Request, responses((status = 200, body = OtpResponse)))]
pub(crate) async fn resend(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<OtpResponse> {
    ask(&app, &by, &request).await
}

async fn ask(app: &App, by: &Caller, request: &Request) -> Result<OtpResponse> {
    match otp::ask_to_sign_in(app, by, &request.number(app)?).await {
        Ok(reference) => Ok(Answer::ok(OtpResponse::success("OTP sent successfully", &reference))),
        Err(OtpError::Unknown) => Ok(Answer::ok(OtpResponse::signup_required())),
        Err(error) => Err(error.into()),
    }
}

/// Sign in with a code
#[utoipa::path(post, path = "/api/v1/auth/login/verify-otp", operation_id = "verifyLoginOtp", tag = "auth", request_body = VerifyRequest, extensions(("x-takes-code-of" = json!(["sign_in_code"]))), responses((status = 200, body = SignedInResponse)))]
pub(crate) async fn verify(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<VerifyRequest>) -> Result<SignedInResponse> {
    let mut read = Fields::default();
    let phone = fields::phone(&mut read, "phone_number", &request.phone_number, &app);
    let code = fields::code(&mut read, &request.otp_code);
    let (Some(phone), Some(code)) = (phone, code) else { return Err(read.refuse().into()) };
    let granted = otp::sign_in(&app, &by, &phone, &code).await?;
    Ok(Answer::ok((&granted).into()))
}
