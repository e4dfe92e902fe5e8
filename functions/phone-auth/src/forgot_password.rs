//! `/api/v1/auth/forgot-password/*`: a new password with a code.

use latchkey::app::App;
use latchkey::dialect::phone::{Body, Fields, Given, Result};
use latchkey::flow::recover;
use latchkey::http::{Answer, Anyone, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answers::OtpResponse;
use crate::fields;
use crate::login_otp::Request;

/// The code that was sent, and the new password twice.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ForgotPasswordConfirmRequest)]
pub(crate) struct ConfirmRequest {
    /// Phone number.
    #[serde(alias = "phone")]
    #[schema(value_type = String, required = true, example = "+4915112345678")]
    phone_number: Given,
    /// The digits.
    #[serde(alias = "otp", alias = "code")]
    #[schema(value_type = String, required = true, min_length = 4, max_length = 8, example = "012345")]
    otp_code: Given,
    /// The new password.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128, example = "difference engine no. 2")]
    new_password: Given,
    /// The same again.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128, example = "difference engine no. 2")]
    confirm_password: Given,
}

/// Ask for a new password
///
/// Sends a code to the number, if it has an account. The answer is the same if it has none.
#[utoipa::path(post, path = "/api/v1/auth/forgot-password/init", operation_id = "initiatePasswordReset", tag = "auth", request_body = Request, responses((status = 200, body = OtpResponse)))]
pub(crate) async fn init(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<OtpResponse> {
    let forgotten = recover::forgot(&app, &by, &request.number(&app)?.into()).await?;
    Ok(Answer::ok(OtpResponse::success("If the number is registered, an OTP has been sent", &forgotten.reference)))
}

/// Set a new password
///
/// All sessions end. A password that is refused leaves the code good.
#[utoipa::path(post, path = "/api/v1/auth/forgot-password/confirm", operation_id = "confirmPasswordReset", tag = "auth", request_body = ConfirmRequest, extensions(("x-takes-code-of" = json!(["reset_code"]))), responses((status = 200, body = OtpResponse)))]
pub(crate) async fn confirm(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<ConfirmRequest>) -> Result<OtpResponse> {
    let mut read = Fields::default();
    let phone = fields::phone(&mut read, "phone_number", &request.phone_number, &app);
    let code = fields::code(&mut read, &request.otp_code);
    let new = fields::new_password(&mut read, "new_password", &request.new_password, &app);
    let again = read.text("confirm_password", &request.confirm_password);
    if let (Some(new), Some(again)) = (new, again) {
        let same = if new == again { Ok(()) } else { Err("Passwords do not match") };
        read.check("confirm_password", same);
    }
    let (Some(phone), Some(code), Some(new), true) = (phone, code, new, read.are_right()) else { return Err(read.refuse().into()) };
    let reference = recover::reset(&app, &by, &phone.into(), &code, new).await?;
    Ok(Answer::ok(OtpResponse::success("Password reset successfully", &reference)))
}
