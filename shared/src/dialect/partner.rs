//! The Partner API (`/fe/users/auth/otp`).

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::dialect::Dialect;
use crate::flow::partner;
use crate::http::{Answer, Anyone, Fault};
use crate::reason::{FieldProblem, Problem, Reason};

/// What a handler of this surface returns.
pub type Result<T> = std::result::Result<Answer<T>, Fault>;

/// The header that a partner's token comes in, by itself.
const TOKEN: &str = "user-jwt-token";

/// The dialect.
#[derive(Debug)]
pub struct Partner;

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// One of a fixed list, for programs.
    status_code: &'static str,
    /// For people.
    message: Cow<'static, str>,
}

/// A user of a partner's, by a token that was checked on this very request.
#[derive(Debug)]
pub struct PartnerUser(pub partner::PartnerUser);

impl FromRequestParts<App> for PartnerUser {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Fault> {
        let Anyone(by) = <Anyone as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        let mut given = parts.headers.get_all(TOKEN).iter();
        let (Some(token), None) = (given.next().and_then(|token| token.to_str().ok()), given.next()) else {
            return Err(Problem::new(Reason::Unauthenticated).into());
        };
        Ok(Self(partner::authenticate(app, &by, token).await?))
    }
}

/// Status, code and text of every reason.
fn answer(reason: Reason) -> (StatusCode, &'static str, &'static str) {
    const UNAUTHORIZED: (StatusCode, &str, &str) = (StatusCode::UNAUTHORIZED, "UN_AUTHORIZED", "UN_AUTHORIZED");
    match reason {
        Reason::InvalidRequest
        | Reason::WeakPassword
        | Reason::WrongPassword
        | Reason::SamePassword
        | Reason::ConsentRequired
        | Reason::NumberTaken
        | Reason::NotPending
        | Reason::AlreadyExists
        | Reason::PrimaryAddress
        | Reason::LastAddress
        | Reason::YoungAddresses
        | Reason::AddressNotVerified
        | Reason::NoAddress
        | Reason::NoDeletion
        | Reason::PartsOnly => (StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request is not valid"),
        Reason::CodeMismatch
        | Reason::CodeExpired
        | Reason::CodeUsed
        | Reason::CodeExhausted
        | Reason::Unauthenticated
        | Reason::TokenExpired
        | Reason::InvalidCredentials
        | Reason::InvalidRefreshToken
        | Reason::EmailNotVerified
        | Reason::AccountInactive
        | Reason::PasswordRequired => UNAUTHORIZED,
        Reason::RoleRequired | Reason::PasswordChangeRequired | Reason::AccountLeaving => {
            (StatusCode::FORBIDDEN, "FORBIDDEN", "This is not permitted")
        }
        Reason::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN", "Requests are not taken this way"),
        Reason::UnknownNumber => (StatusCode::NOT_FOUND, "NOT_FOUND", "No account has this phone number"),
        Reason::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path"),
        Reason::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "The body is too large"),
        Reason::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "The body must be JSON"),
        Reason::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many attempts for this number"),
        Reason::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many requests"),
        Reason::ChangesLimited => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many changes"),
        Reason::CodesLimited => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many codes for this number"),
        Reason::NumbersLimited => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many requests for numbers like this one"),
        Reason::LookUpsLimited => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Numbers like this one were looked up too often"),
        Reason::SmsSpent => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "No more SMS can be sent today"),
        Reason::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "Something went wrong on our side"),
        Reason::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "The service is busy"),
    }
}

impl Dialect for Partner {
    fn refuse(&self, problem: &Problem, _: &str) -> Response {
        let (status, status_code, message) = answer(problem.reason);
        let message = if problem.details.is_empty() { message.into() } else { told(&problem.details).into() };
        Answer(status, ErrorBody { status_code, message }).into_response()
    }
}

/// All that is wrong with the fields, as one text.
fn told(details: &[FieldProblem]) -> String {
    let told: Vec<String> = details.iter().map(|problem| format!("{} {}", problem.field, problem.message)).collect();
    told.join("; ")
}
