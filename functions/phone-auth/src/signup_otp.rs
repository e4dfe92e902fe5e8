//! `/api/v1/auth/signup/*-otp`: signs up with a code.

use latchkey::app::App;
use latchkey::caller::Caller;
use latchkey::dialect::phone::{Body, Fields, Given, Result};
use latchkey::domain::address::Email;
use latchkey::domain::name::Name;
use latchkey::flow::enrol::{self, Person};
use latchkey::http::{Answer, Anyone, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answers::{OtpResponse, SignedInResponse};
use crate::fields;
use crate::login_otp::Request;

const LONGEST_NAME: usize = 100;

/// The code that was sent, and who signs up.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = SignupOtpVerifyRequest)]
pub(crate) struct VerifyRequest {
    /// Phone number.
    #[serde(alias = "phone")]
    #[schema(value_type = String, required = true, example = "+4915112345678")]
    phone_number: Given,
    /// The digits.
    #[serde(alias = "otp", alias = "code")]
    #[schema(value_type = String, required = true, min_length = 4, max_length = 8, example = "012345")]
    otp_code: Given,
    /// Name.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 100, example = "Ada Lovelace")]
    name: Given,
    /// A mail address, which gets a code of its own.
    #[schema(value_type = Option<String>, example = "ada@example.com")]
    email: Given,
    /// Password.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128, example = "analytical engine no. 1")]
    password: Given,
    /// Whether they consent; nobody is registered without.
    #[schema(value_type = bool, required = true, example = true)]
    has_given_consent: Given,
}

/// Send a code to sign up with
///
/// 400 for a number that an account in use has proved, unless disclosure is uniform.
#[utoipa::path(post, path = "/api/v1/auth/signup/send-otp", operation_id = "sendSignupOtp", tag = "auth", request_body = Request, responses((status = 200, body = OtpResponse)))]
pub(crate) async fn send(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<OtpResponse> {
    ask(&app, &by, &request).await
}

/// Send a code to sign up with again
///
/// As the first time: a new code replaces the old one.
#[utoipa::path(post, path = "/api/v1/auth/signup/resend-otp", operation_id = "resendSignupOtp", tag = "auth", request_body = Request, responses((status = 200, body = OtpResponse)))]
pub(crate) async fn resend(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<OtpResponse> {
    ask(&app, &by, &request).await
}

async fn ask(app: &App, by: &Caller, request: &Request) -> Result<OtpResponse> {
    let reference = enrol::ask(app, by, &request.number(app)?).await?;
    Ok(Answer::ok(OtpResponse::success("OTP sent successfully", &reference)))
}

/// Sign up
///
/// Creates the account of whoever has the code, and signs in. A mail address given here is verified by a code of its own.
#[utoipa::path(post, path = "/api/v1/auth/signup/verify-otp", operation_id = "verifySignupOtp", tag = "auth", request_body = VerifyRequest, extensions(("x-takes-code-of" = json!(["signup_code"]))), responses((status = 200, body = SignedInResponse)))]
pub(crate) async fn verify(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<VerifyRequest>) -> Result<SignedInResponse> {
    let mut read = Fields::default();
    let phone = fields::phone(&mut read, "phone_number", &request.phone_number, &app);
    let code = fields::code(&mut read, &request.otp_code);
    let name = read.bounded("name", &request.name, 1, LONGEST_NAME).and_then(|name| read.check("name", Name::parse(name)));
    let email = read.optional("email", &request.email, Email::parse);
    let password = fields::new_password(&mut read, "password", &request.password, &app);
    let consents = read.flag("has_given_consent", &request.has_given_consent);
    let (Some(phone), Some(code), Some(name), Some(password), Some(consents), true) =
        (phone, code, name, password, consents, read.are_right())
    else {
        return Err(read.refuse().into());
    };
    let password = fields::acceptable(&app, password, &phone.clone().into(), name.as_str())?;
    let granted = enrol::finish(&app, &by, &phone, &code, Person { name, email, password, consents }).await?;
    Ok(Answer::ok((&granted).into()))
}
