//! The Phone API (`/api/v1/auth`): the shapes of a `FastAPI` service.

mod body;
mod fields;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use utoipa::ToSchema;

use crate::dialect::Dialect;
use crate::http::{Answer, Fault};
use crate::reason::{FieldProblem, Flaw, Problem, Reason};

pub use body::{Body, Given};
pub use fields::Fields;

pub use super::bearer::{MayChangePassword, SignedIn};

/// What a handler of this surface returns.
pub type Result<T> = std::result::Result<Answer<T>, Fault>;

/// The dialect.
#[derive(Debug)]
pub struct Phone;

/// The body of every other refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    detail: &'static str,
}

/// A refusal of what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct HTTPValidationError {
    /// All that is wrong.
    detail: Vec<ValidationError>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidationError {
    /// Where: `body`, and the field.
    loc: Vec<Place>,
    /// What, for people.
    msg: String,
    /// What, for programs: a word of Pydantic's.
    r#type: &'static str,
}

/// A step on the way to a field: its name, or a position in the text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Place {
    /// A name.
    Name(String),
    /// A position in the text, in bytes.
    Position(usize),
}

impl From<&FieldProblem> for ValidationError {
    fn from(problem: &FieldProblem) -> Self {
        let characters = |count: usize| if count == 1 { "1 character".to_owned() } else { format!("{count} characters") };
        let (r#type, msg) = match problem.flaw {
            Flaw::Value => ("value_error", format!("Value error, {}", problem.message)),
            Flaw::Missing => ("missing", "Field required".to_owned()),
            Flaw::NotText => ("string_type", "Input should be a valid string".to_owned()),
            Flaw::NotBoolean => ("bool_type", "Input should be a valid boolean".to_owned()),
            Flaw::TooShort(least) => ("string_too_short", format!("String should have at least {}", characters(least))),
            Flaw::TooLong(most) => ("string_too_long", format!("String should have at most {}", characters(most))),
            Flaw::NotJson(_) => ("json_invalid", "JSON decode error".to_owned()),
            Flaw::NotAnObject => {
                ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from".to_owned())
            }
        };
        let place = |name: &str| Place::Name(name.to_owned());
        let loc = match (problem.flaw, &*problem.field) {
            (Flaw::NotJson(position), _) => vec![place("body"), Place::Position(position)],
            (_, whole @ ("body" | "query")) => vec![place(whole)],
            (_, field) => vec![place("body"), place(field)],
        };
        Self { loc, msg, r#type }
    }
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
        Reason::AccountLeaving => (StatusCode::FORBIDDEN, "Account will be deleted"),
        Reason::RoleRequired => (StatusCode::FORBIDDEN, "Not enough permissions"),
        Reason::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
        Reason::UnknownNumber => (StatusCode::NOT_FOUND, "User not found"),
        Reason::NotPending => (StatusCode::BAD_REQUEST, "Nothing to verify"),
        Reason::AlreadyExists
        | Reason::PrimaryAddress
        | Reason::LastAddress
        | Reason::YoungAddresses
        | Reason::AddressNotVerified
        | Reason::NoAddress
        | Reason::NoDeletion
        | Reason::PartsOnly => (StatusCode::BAD_REQUEST, "The request cannot be done"),
        Reason::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
        Reason::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
        Reason::UnsupportedMediaType => (StatusCode::UNPROCESSABLE_ENTITY, "Request body must be JSON"),
        Reason::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
        Reason::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        Reason::ChangesLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many changes"),
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
        let mut response = match problem.reason {
            Reason::InvalidRequest => {
                Answer(status, HTTPValidationError { detail: problem.details.iter().map(ValidationError::from).collect() }).into_response()
            }
            _ => Answer(status, ErrorBody { detail }).into_response(),
        };
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
