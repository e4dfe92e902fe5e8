//! `POST /v1/user/phones/{phone_id}/verify`: proves a phone number with the code that was sent there.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::domain::code::OtpCode;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Body, Fields, Number, State};

use crate::shapes::{UserPhoneNumberResponse, VerificationTokenRequest};

/// Verify a phone number
#[utoipa::path(post, path = "/v1/user/phones/{phone_id}/verify", operation_id = "verifyUserPhone", tag = "UserApi", params(("phone_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), request_body = VerificationTokenRequest, responses((status = 200, body = UserPhoneNumberResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Number(number): Number,
    Body(request): Body<VerificationTokenRequest>,
) -> Result<UserPhoneNumberResponse> {
    let mut fields = Fields::default();
    let Some(code) = fields.read("token", OtpCode::parse(&request.token)) else { return Err(fields.refuse().into()) };
    Ok(Answer::ok(contacts::verify(&app, &by, &caller.user, (Channel::Phone, number), &code).await?.into()))
}
