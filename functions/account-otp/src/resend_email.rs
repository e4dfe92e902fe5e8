//! `POST /v1/otp/resend/email`: sends the code of a registration again.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result};
use latchkey::domain::address::Email;
use latchkey::flow::register;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The address.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ResendEmailOtpRequest)]
pub(crate) struct Request {
    /// The address that waits for a code.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
}

/// Send a code again
///
/// A new code replaces the old one; tries are not given back. The answer is the same where nobody waits for a code.
#[utoipa::path(post, path = "/v1/otp/resend/email", operation_id = "resendEmailOtp", tag = "AuthApi", request_body = Request, responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let Some(email) = fields.read("email", Email::parse(&request.email)) else { return Err(fields.refuse().into()) };
    register::resend(&app, &by, &email).await?;
    Ok(Answer::ok(MessageResponse::new("If the address waits for a code, a new one is on its way.")))
}
