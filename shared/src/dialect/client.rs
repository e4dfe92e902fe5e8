//! The Client API (`/auth`, `/logout`, `/keycloak/logout`): the error shape of a `LoopBack` service.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::dialect::Dialect;
use crate::http::Answer;
use crate::reason::{Problem, Reason};

/// The dialect.
#[derive(Debug)]
pub struct Client;

#[derive(Serialize)]
struct ErrorBody {
    error: ErrorInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorInfo {
    status_code: u16,
    name: &'static str,
    message: &'static str,
}

/// Status, name and text of every reason.
fn answer(reason: Reason) -> (StatusCode, &'static str, &'static str) {
    match reason {
        Reason::InvalidRequest => (StatusCode::BAD_REQUEST, "BadRequestError", "The request is not valid"),
        Reason::WeakPassword | Reason::SamePassword => (StatusCode::UNPROCESSABLE_ENTITY, "UnprocessableEntityError", "Password Invalid"),
        Reason::CodeMismatch | Reason::CodeUsed | Reason::CodeExhausted => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Otp Invalid"),
        Reason::CodeExpired => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Otp Expired"),
        Reason::Unauthenticated | Reason::InvalidRefreshToken => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Token Invalid"),
        Reason::TokenExpired => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Token Expired"),
        Reason::InvalidCredentials => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Invalid Credentials"),
        Reason::EmailNotVerified | Reason::AccountInactive => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "User Inactive"),
        Reason::PasswordRequired => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Password Required"),
        Reason::WrongPassword => (StatusCode::UNAUTHORIZED, "UnauthorizedError", "Password Invalid"),
        Reason::ConsentRequired => (StatusCode::BAD_REQUEST, "BadRequestError", "Consent Required"),
        Reason::NumberTaken => (StatusCode::BAD_REQUEST, "BadRequestError", "User Exists"),
        Reason::RoleRequired | Reason::PasswordChangeRequired | Reason::AccountLeaving | Reason::Forbidden => {
            (StatusCode::FORBIDDEN, "ForbiddenError", "Forbidden")
        }
        Reason::UnknownNumber => (StatusCode::NOT_FOUND, "NotFoundError", "User Not Found"),
        Reason::NotPending => (StatusCode::BAD_REQUEST, "BadRequestError", "Nothing To Verify"),
        Reason::AlreadyExists
        | Reason::PrimaryAddress
        | Reason::LastAddress
        | Reason::YoungAddresses
        | Reason::AddressNotVerified
        | Reason::NoAddress
        | Reason::NoDeletion
        | Reason::PartsOnly => (StatusCode::BAD_REQUEST, "BadRequestError", "The request cannot be done"),
        Reason::NotFound => (StatusCode::NOT_FOUND, "NotFoundError", "API not found !"),
        Reason::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeError", "request entity too large"),
        Reason::UnsupportedMediaType => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeError", "Content-type does not match [application/json].")
        }
        Reason::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "Too many attempts"),
        Reason::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "Too many requests"),
        Reason::ChangesLimited => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "Too many changes"),
        Reason::CodesLimited => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "Too many codes"),
        Reason::NumbersLimited => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "Too many requests for numbers like this one"),
        Reason::LookUpsLimited => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "Numbers like this one were looked up too often"),
        Reason::SmsSpent => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "No more SMS can be sent today"),
        Reason::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "Internal Server Error"),
        Reason::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableError", "Service Unavailable"),
    }
}

impl Dialect for Client {
    fn refuse(&self, problem: &Problem, _: &str) -> Response {
        let (status, name, message) = answer(problem.reason);
        let error = ErrorInfo { status_code: status.as_u16(), name, message };
        let mut response = Answer(status, ErrorBody { error }).into_response();
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}
