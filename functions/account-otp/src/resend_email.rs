//! `POST /v1/otp/resend/email`: sends a code again.

use latchkey::app::App;
use latchkey::dialect::account::{MaybeSignedIn, MessageResponse, Result};
use latchkey::domain::address::Email;
use latchkey::flow::addresses;
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

/// Send a code by mail again
///
/// To a registration, or to an address that an account adds: the caller's own with an access token, without one only if exactly one
/// account adds it, and the session that asked for it stands. A new code replaces the old one; tries are not given back. The answer is the
/// same where nobody waits.
#[utoipa::path(post, path = "/v1/otp/resend/email", operation_id = "resendEmailOtp", tag = "AuthApi", request_body = Request, responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    caller: MaybeSignedIn,
    Body(request): Body<Request>,
) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let Some(email) = fields.read("email", Email::parse(&request.email)) else { return Err(fields.refuse().into()) };
    addresses::resend(&app, &by, caller.0.as_ref(), email.into()).await?;
    Ok(Answer::ok(MessageResponse::new("If the address waits for a code, a new one is on its way.")))
}
