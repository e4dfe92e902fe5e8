//! `POST /v1/auth/forgot-password`: sends a code for a new password.

use latchkey::app::App;
use latchkey::dialect::account::Result;
use latchkey::domain::address::Email;
use latchkey::flow::recover;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose password.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ForgotPasswordRequest)]
pub(crate) struct Request {
    /// Any verified address of the account.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
}

/// What happens next.
#[derive(Serialize, ToSchema)]
#[schema(as = ForgotPasswordResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    /// True for whoever has asked to register the address and has not verified it yet: that code is sent again. Always false with
    /// uniform disclosure.
    email_verification_required: bool,
}

/// Ask for a new password
///
/// Sends a six-digit code to the address, if it has an account. The answer is the same if it has none.
#[utoipa::path(post, path = "/v1/auth/forgot-password", operation_id = "forgotPassword", tag = "AuthApi", request_body = Request, responses((status = 200, body = Response)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<Response> {
    let mut fields = Fields::default();
    let Some(email) = fields.read("email", Email::parse(&request.email)) else { return Err(fields.refuse().into()) };
    let email_verification_required = recover::forgot(&app, &by, &email.into()).await?.registers;
    let message = if email_verification_required {
        "This address is not verified yet. Enter the code that was sent to it."
    } else {
        "If the address has an account, a code for a new password is on its way."
    };
    Ok(Answer::ok(Response { success: true, message, email_verification_required }))
}
