//! `POST /v1/auth/signup`: begins a registration.

use latchkey::app::App;
use latchkey::config::Config;
use latchkey::dialect::account::Result;
use latchkey::domain::address::{Address, Email, Phone};
use latchkey::domain::name::Name;
use latchkey::domain::password::{Password, PasswordError};
use latchkey::flow::register::{self, SignUp};
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use latchkey::reason::{Problem, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who signs up.
#[derive(Deserialize, ToSchema)]
#[serde(default)]
#[derive(Default)]
#[schema(as = SignupRequest)]
pub(crate) struct Request {
    /// Name, 1 to 100 characters.
    #[schema(required = true, min_length = 1, example = "Ada Lovelace")]
    name: String,
    /// Mail address; a code goes there.
    #[schema(required = true, min_length = 1, example = "ada@example.com")]
    email: String,
    /// Phone number in international form; it stays unverified.
    #[serde(alias = "phone_number", alias = "mobile", alias = "mobile_number")]
    #[schema(required = false, example = "+4915112345678")]
    phone: Option<String>,
    /// Password, 8 to 128 characters.
    #[schema(required = true, min_length = 1, example = "analytical engine no. 1")]
    password: String,
}

/// What happens next.
#[derive(Serialize, ToSchema)]
#[schema(as = SignupSuccessResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    /// The address as given.
    email: String,
    /// Always true: the code completes the registration.
    requires_verification: bool,
}

/// Begin a registration
///
/// Sends a six-digit code to the address. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/v1/auth/signup", operation_id = "signup", tag = "AuthApi", request_body = Request, responses((status = 201, body = Response)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<Response> {
    let request = parse(&request, &app.config)?;
    register::sign_up(&app, &by, &request).await?;
    let email = request.email.typed().to_owned();
    Ok(Answer::created(Response {
        success: true,
        message: "Enter the code that was sent to your e-mail address.",
        email,
        requires_verification: true,
    }))
}

fn parse(request: &Request, config: &Config) -> std::result::Result<SignUp, Problem> {
    let mut fields = Fields::default();
    let name = fields.read("name", Name::parse(&request.name));
    let email = fields.read("email", Email::parse(&request.email));
    let phone = request.phone.as_deref().filter(|phone| !phone.trim().is_empty());
    let phone = phone.and_then(|phone| fields.read("phone", Phone::parse(phone, config.default_region.as_ref())));
    let address = email.clone().map(Address::from);
    let own = address.as_ref().map(|address| Password::own_texts(address, &request.name)).unwrap_or_default();
    let password = Password::new(&request.password, config.password_min, &own);
    if let (true, Err(weakness @ (PasswordError::Common | PasswordError::Personal | PasswordError::TooShort(_)))) =
        (fields.are_right(), &password)
        && !request.password.is_empty()
    {
        return Err(Problem::field(Reason::WeakPassword, "password", weakness.to_string()));
    }
    match (name, email, fields.read("password", password)) {
        (Some(name), Some(email), Some(password)) if fields.are_right() => Ok(SignUp { email, name, phone, password }),
        _ => Err(fields.refuse()),
    }
}
