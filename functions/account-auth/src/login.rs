//! `POST /v1/auth/login`: signs in with a mail address and a password.

use latchkey::app::App;
use latchkey::dialect::account::{LoginSuccessResponse, Result};
use latchkey::domain::address::Email;
use latchkey::domain::password::Password;
use latchkey::flow::sign_in;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// Credentials.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = LoginRequest)]
pub(crate) struct Request {
    /// Any verified address of the account.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
    /// Password.
    #[schema(required = true, min_length = 1, example = "analytical engine no. 1")]
    password: String,
}

/// Sign in
///
/// 403 `email_not_verified` is answered only to the right password of a registration that waits for its code; the code is sent
/// again.
#[utoipa::path(post, path = "/v1/auth/login", operation_id = "login", tag = "AuthApi", request_body = Request, responses((status = 200, body = LoginSuccessResponse)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<LoginSuccessResponse> {
    let mut fields = Fields::default();
    let email = fields.read("email", Email::parse(&request.email));
    let password = fields.read("password", Password::given(&request.password));
    let (Some(email), Some(password)) = (email, password) else { return Err(fields.refuse().into()) };
    let granted = sign_in::with_password(&app, &by, &email.into(), &password).await?;
    Ok(Answer::ok(LoginSuccessResponse::new("Signed in.", &granted)))
}
