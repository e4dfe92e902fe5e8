//! The Account API (`/v1`): its envelope, its error table, its bearer.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialect::Dialect;
use crate::domain::user::User;
use crate::flow::session::Granted;
use crate::http::{Answer, Fault};
use crate::reason::{Problem, Reason};

/// The dialect.
#[derive(Debug)]
pub struct Account;

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// Always false.
    success: bool,
    /// What went wrong.
    error: ErrorInfo,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorInfo {
    /// One of a fixed list, for programs.
    code: &'static str,
    /// For people.
    message: &'static str,
    /// The fields to blame; empty where there are none.
    details: Vec<ErrorDetail>,
    /// Names this request in our logs.
    request_id: String,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// The field.
    field: String,
    /// What it should have been.
    message: String,
}

/// Status, code and text of every reason (contract of the Account API, section 1: no 409 and no 422).
fn answer(reason: Reason) -> (StatusCode, &'static str, &'static str) {
    match reason {
        Reason::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request", "The request is not valid."),
        Reason::WeakPassword => (StatusCode::BAD_REQUEST, "weak_password", "This password is too easy to guess."),
        Reason::CodeMismatch => (StatusCode::BAD_REQUEST, "invalid_otp", "The code is not valid. Check it, or ask for a new one."),
        Reason::CodeUsed => (StatusCode::BAD_REQUEST, "invalid_otp", "The code was used already. Ask for a new one."),
        Reason::CodeExhausted => (StatusCode::BAD_REQUEST, "invalid_otp", "The code was tried too often. Ask for a new one."),
        Reason::CodeExpired => (StatusCode::BAD_REQUEST, "otp_expired", "The code has expired. Ask for a new one."),
        Reason::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthorized", "A valid access token is required."),
        Reason::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired", "The access token has expired. Refresh it, or sign in again."),
        Reason::InvalidCredentials => (StatusCode::UNAUTHORIZED, "invalid_credentials", "The e-mail address or the password is wrong."),
        Reason::InvalidRefreshToken => {
            (StatusCode::UNAUTHORIZED, "invalid_refresh_token", "The refresh token is not valid. Sign in again.")
        }
        Reason::EmailNotVerified => {
            (StatusCode::FORBIDDEN, "email_not_verified", "The e-mail address is not verified yet. Enter the code that was sent to it.")
        }
        Reason::AccountInactive => (StatusCode::FORBIDDEN, "account_inactive", "This account is not active."),
        Reason::PasswordRequired => {
            (StatusCode::FORBIDDEN, "forbidden", "This account has not been used for a long time. Sign in with your password.")
        }
        Reason::WrongPassword => (StatusCode::BAD_REQUEST, "wrong_password", "The current password is wrong."),
        Reason::SamePassword => (StatusCode::BAD_REQUEST, "weak_password", "The new password must be another one than the old."),
        Reason::PasswordChangeRequired => {
            (StatusCode::FORBIDDEN, "forbidden", "This password was set for you. Change it before anything else.")
        }
        Reason::ConsentRequired => (StatusCode::BAD_REQUEST, "invalid_request", "Consent is required."),
        Reason::NumberTaken => (StatusCode::BAD_REQUEST, "invalid_request", "The phone number has an account already."),
        Reason::RoleRequired => (StatusCode::FORBIDDEN, "forbidden", "Your account may not do this."),
        Reason::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Requests are not taken this way."),
        Reason::UnknownNumber => (StatusCode::NOT_FOUND, "not_found", "No account has this phone number."),
        Reason::NotPending => (StatusCode::BAD_REQUEST, "not_pending", "This address does not wait for verification in your account."),
        Reason::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing at this path."),
        Reason::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is larger than 64 KiB."),
        Reason::UnsupportedMediaType => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be sent as application/json.")
        }
        Reason::TooManyAttempts => {
            (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts for this address. Try again later.")
        }
        Reason::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests from your network. Try again later."),
        Reason::CodesLimited => {
            (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Codes were sent to this address too recently or too often. Try again later.")
        }
        Reason::NumbersLimited => {
            (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests for numbers like this one. Try again later.")
        }
        Reason::LookUpsLimited => {
            (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Numbers like this one were looked up too often. Try again later.")
        }
        Reason::SmsSpent => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "No more SMS can be sent today. Use another way."),
        Reason::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "Something went wrong on our side."),
        Reason::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The service is busy. Try again in a moment."),
    }
}

impl Dialect for Account {
    fn refuse(&self, problem: &Problem, request_id: &str) -> Response {
        let (status, code, message) = answer(problem.reason);
        let details = problem.details.iter();
        let details = details.map(|detail| ErrorDetail { field: detail.field.to_string(), message: detail.message.to_string() });
        let error = ErrorInfo { code, message, details: details.collect(), request_id: request_id.to_owned() };
        Answer(status, ErrorBody { success: false, error }).into_response()
    }
}

pub use super::bearer::{MayChangePassword, MaybeSignedIn, SignedIn, Token};

/// What a handler of this surface returns.
pub type Result<T> = std::result::Result<Answer<T>, Fault>;

/// The answer of operations that only act.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageResponse {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
}

impl MessageResponse {
    /// An answer with that text.
    #[must_use]
    pub fn new(message: &'static str) -> Self {
        Self { success: true, message }
    }
}

/// A person in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserSummary {
    /// Account id, a UUID.
    id: String,
    /// Name.
    name: Option<String>,
    /// Primary mail address.
    email: Option<String>,
    /// Primary phone number, E.164.
    phone: Option<String>,
    /// Whether the mail address is proved.
    email_verified: bool,
    /// Whether the phone number is proved.
    phone_verified: bool,
}

impl From<&User> for UserSummary {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.profile.name.as_ref().map(|name| name.as_str().to_owned()),
            email: user.email.as_ref().map(|email| email.address.typed().to_owned()),
            phone: user.phone.as_ref().map(|phone| phone.address.e164().to_owned()),
            email_verified: user.email.as_ref().is_some_and(|email| email.verified),
            phone_verified: user.phone.as_ref().is_some_and(|phone| phone.verified),
        }
    }
}

/// Tokens, as every way in and every refresh gives them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// The access token.
    token: String,
    /// The access token again, under the name that RFC 6749 gives it.
    access_token: String,
    /// Continues the session; it changes with every refresh.
    refresh_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// For how many seconds the access token is good.
    expires_in: u64,
}

impl From<&Granted> for Tokens {
    fn from(granted: &Granted) -> Self {
        Self {
            token: granted.access_token.clone(),
            access_token: granted.access_token.clone(),
            refresh_token: granted.refresh_token.clone(),
            token_type: "Bearer",
            expires_in: granted.expires_in.as_secs(),
        }
    }
}

/// Tokens where they are given, for operations that may give none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct MaybeTokens {
    /// The access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    token: Option<String>,
    /// The access token again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    access_token: Option<String>,
    /// Continues the session; it changes with every refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    refresh_token: Option<String>,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    token_type: Option<&'static str>,
    /// For how many seconds the access token is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    expires_in: Option<u64>,
}

impl From<&Granted> for MaybeTokens {
    fn from(granted: &Granted) -> Self {
        let Tokens { token, access_token, refresh_token, token_type, expires_in } = granted.into();
        Self {
            token: Some(token),
            access_token: Some(access_token),
            refresh_token: Some(refresh_token),
            token_type: Some(token_type),
            expires_in: Some(expires_in),
        }
    }
}

/// The answer of every way in.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginSuccessResponse {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    #[serde(flatten)]
    tokens: Tokens,
    /// Who signed in.
    user: UserSummary,
}

impl LoginSuccessResponse {
    /// The answer for what was granted.
    #[must_use]
    pub fn new(message: &'static str, granted: &Granted) -> Self {
        Self { success: true, message, tokens: granted.into(), user: (&granted.user).into() }
    }
}
