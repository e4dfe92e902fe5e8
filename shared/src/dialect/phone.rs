//! The Phone API (`/api/v1/auth`): the error shape of a `FastAPI` service.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::dialect::Dialect;
use crate::http::Answer;
use crate::reason::{Problem, Reason};

/// The dialect.
#[derive(Debug)]
pub struct Phone;

#[derive(Serialize)]
struct ErrorBody {
    detail: &'static str,
}

/// Status and text of every reason.
fn answer(reason: Reason) -> (StatusCode, &'static str) {
    match reason {
        Reason::InvalidRequest => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid request"),
        Reason::WeakPassword => (StatusCode::BAD_REQUEST, "Password is too easy to guess"),
        Reason::CodeMismatch => (StatusCode::BAD_REQUEST, "Invalid OTP"),
        Reason::CodeUsed => (StatusCode::BAD_REQUEST, "OTP has already been used"),
        Reason::CodeExhausted => (StatusCode::BAD_REQUEST, "Too many attempts for this OTP, please request a new one"),
        Reason::CodeExpired => (StatusCode::BAD_REQUEST, "OTP has expired"),
        Reason::Unauthenticated | Reason::TokenExpired | Reason::InvalidRefreshToken => {
            (StatusCode::UNAUTHORIZED, "Could not validate credentials")
        }
        Reason::InvalidCredentials => (StatusCode::UNAUTHORIZED, "Incorrect phone number or password"),
        Reason::EmailNotVerified | Reason::AccountInactive => (StatusCode::UNAUTHORIZED, "Inactive user"),
        Reason::PasswordRequired => (StatusCode::UNAUTHORIZED, "Password required"),
        Reason::WrongPassword => (StatusCode::BAD_REQUEST, "Incorrect current password"),
        Reason::SamePassword => (StatusCode::BAD_REQUEST, "New password must be different from the old password"),
        Reason::PasswordChangeRequired => (StatusCode::FORBIDDEN, "Password change required"),
        Reason::ConsentRequired => (StatusCode::BAD_REQUEST, "Consent is required"),
        Reason::NumberTaken => (StatusCode::BAD_REQUEST, "Phone number already registered"),
        Reason::RoleRequired => (StatusCode::FORBIDDEN, "Not enough permissions"),
        Reason::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
        Reason::UnknownNumber => (StatusCode::NOT_FOUND, "User not found"),
        Reason::NotPending => (StatusCode::BAD_REQUEST, "Nothing to verify"),
        Reason::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
        Reason::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
        Reason::UnsupportedMediaType => (StatusCode::UNPROCESSABLE_ENTITY, "Request body must be JSON"),
        Reason::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
        Reason::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        Reason::CodesLimited => (StatusCode::TOO_MANY_REQUESTS, "Please wait before requesting another OTP"),
        Reason::NumbersLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests for numbers like this one"),
        Reason::LookUpsLimited => (StatusCode::TOO_MANY_REQUESTS, "Numbers like this one were looked up too often"),
        Reason::SmsSpent => (StatusCode::TOO_MANY_REQUESTS, "No more SMS can be sent today"),
        Reason::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Reason::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

impl Dialect for Phone {
    fn refuse(&self, problem: &Problem, _: &str) -> Response {
        let (status, detail) = answer(problem.reason);
        let mut response = Answer(status, ErrorBody { detail }).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
