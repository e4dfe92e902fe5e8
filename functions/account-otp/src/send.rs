//! `POST /v1/otp/send`: sends a code by SMS.

use latchkey::app::App;
use latchkey::dialect::account::{MaybeSignedIn, Result};
use latchkey::domain::address::Phone;
use latchkey::flow::{addresses, otp};
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::purpose::{self, Purpose};

/// To which number, and what for.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = SendOtpRequest)]
pub(crate) struct Request {
    /// Phone number, E.164.
    #[serde(alias = "phone_number", alias = "mobile", alias = "mobile_number")]
    #[schema(required = true, min_length = 1, example = "+4915112345678")]
    phone: String,
    /// `login` or `verification`.
    #[schema(required = true, min_length = 1, example = "login")]
    purpose: String,
}

/// How long the code is good.
#[derive(Serialize, ToSchema)]
#[schema(as = SendOtpResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    /// Life of the code, in seconds.
    expires_in: u64,
}

/// Send a code by SMS
///
/// For `login` to a number that an active account has proved; others are answered 404, or with uniform disclosure like one. For
/// `verification` with an access token to the caller's own unverified number; without one to any number, as a proof that only
/// `/v1/otp/verify` takes.
#[utoipa::path(post, path = "/v1/otp/send", operation_id = "sendOtp", tag = "AuthApi", request_body = Request, responses((status = 200, body = Response)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    caller: MaybeSignedIn,
    Body(request): Body<Request>,
) -> Result<Response> {
    let mut fields = Fields::default();
    let phone = fields.read("phone", Phone::parse(&request.phone, app.config.default_region.as_ref()));
    let purpose = fields.read("purpose", purpose::parse(&request.purpose));
    let (Some(phone), Some(purpose)) = (phone, purpose) else { return Err(fields.refuse().into()) };
    match (purpose, &caller.0) {
        (Purpose::Login, _) => drop(otp::ask_to_sign_in(&app, &by, &phone).await?),
        (Purpose::Verification, Some(caller)) => addresses::send(&app, &by, &caller.user, Some(&caller.session.id), phone.into()).await?,
        (Purpose::Verification, None) => drop(otp::ask_for_proof(&app, &by, &phone).await?),
    }
    let expires_in = app.config.limits.codes.life(by.surface).as_secs();
    Ok(Answer::ok(Response { success: true, message: "Enter the code that was sent to your phone.", expires_in }))
}
