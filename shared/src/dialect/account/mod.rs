//! The Account API (`/v1`): its envelope, its error table, its bearer.

mod answers;
mod list;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialect::Dialect;
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
        Reason::AccountLeaving => {
            (StatusCode::FORBIDDEN, "account_inactive", "This account will be deleted. Cancel that before you do anything else.")
        }
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
        Reason::AlreadyExists => (StatusCode::BAD_REQUEST, "already_exists", "Your account has this already."),
        Reason::PrimaryAddress => {
            (StatusCode::BAD_REQUEST, "primary_address", "Make another address the primary one before you remove this.")
        }
        Reason::LastAddress => {
            (StatusCode::BAD_REQUEST, "primary_address", "This is your last verified address. It is your way in, and stays.")
        }
        Reason::YoungAddresses => {
            (StatusCode::BAD_REQUEST, "primary_address", "Your other addresses were added too recently. Try again in a few days.")
        }
        Reason::AddressNotVerified => (StatusCode::BAD_REQUEST, "not_verified", "Verify this address before you make it the primary one."),
        Reason::NoAddress => {
            (StatusCode::BAD_REQUEST, "not_verified", "Your account has no verified address that a code could be sent to.")
        }
        Reason::NoDeletion => (StatusCode::BAD_REQUEST, "not_pending", "No deletion of your account is waiting."),
        Reason::PartsOnly => {
            (StatusCode::BAD_REQUEST, "invalid_request", "The file is too large for one answer. Ask for a part of it with a Range header.")
        }
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
        Reason::ChangesLimited => {
            (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Your primary address was changed too often. Try again later.")
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

pub use super::bearer::{EvenLeaving, MayChangePassword, MaybeSignedIn, SignedIn, Token};
pub use answers::{GenericSuccess, LoginSuccessResponse, MaybeTokens, MessageResponse, Tokens, UserSummary};
pub use list::{ContinuedResponse, PaginatedResponse};

/// What a handler of this surface returns.
pub type Result<T> = std::result::Result<Answer<T>, Fault>;
