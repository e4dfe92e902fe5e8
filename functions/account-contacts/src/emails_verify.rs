//! `POST /v1/user/emails/{email_id}/verify`: proves a mail address with the code that was sent there.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::domain::code::OtpCode;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Body, Fields, Number, State};

use crate::shapes::{UserEmailResponse, VerificationTokenRequest};

/// Verify an e-mail address
#[utoipa::path(post, path = "/v1/user/emails/{email_id}/verify", operation_id = "verifyUserEmail", tag = "UserApi", params(("email_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), request_body = VerificationTokenRequest, responses((status = 200, body = UserEmailResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Number(number): Number,
    Body(request): Body<VerificationTokenRequest>,
) -> Result<UserEmailResponse> {
    let mut fields = Fields::default();
    let Some(code) = fields.read("token", OtpCode::parse(&request.token)) else { return Err(fields.refuse().into()) };
    Ok(Answer::ok(contacts::verify(&app, &by, &caller.user, (Channel::Email, number), &code).await?.into()))
}
