//! `GET /v1/user/profile-validation`: what is still to be done.

use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::user::{Outstanding, User};
use latchkey::http::Answer;
use serde::Serialize;
use utoipa::ToSchema;

/// What is still to be done.
#[derive(Serialize, ToSchema)]
#[schema(as = ProfileValidationResponse)]
#[expect(clippy::struct_excessive_bools, reason = "the published shape")]
pub(crate) struct Response {
    /// Whether nothing is required.
    is_valid: bool,
    /// Whether the primary mail address is proved.
    email_verified: bool,
    /// Whether the primary phone number is proved.
    phone_verified: bool,
    /// Whether no field is missing.
    profile_complete: bool,
    /// The fields of the profile that say nothing, of `name`, `email`, `phone`, `gender` and `date_of_birth`.
    missing_fields: Vec<&'static str>,
    /// What is required: a name, an address, and that those given are proved.
    requirements: Vec<Requirement>,
}

/// Something that is required.
#[derive(Serialize, ToSchema)]
#[schema(as = ProfileRequirement)]
pub(crate) struct Requirement {
    /// `name_required`, `email_verification_required` or `phone_verification_required`.
    code: &'static str,
    /// For people.
    message: &'static str,
}

/// What is still to be done
///
/// A profile is valid when it has a name and every address in it is proved; it is complete when no field is missing.
#[utoipa::path(get, path = "/v1/user/profile-validation", operation_id = "getProfileValidation", tag = "UserApi", responses((status = 200, body = Response)))]
pub(crate) async fn handle(SignedIn(caller): SignedIn) -> Result<Response> {
    Ok(Answer::ok(Response::from(&caller.user)))
}

impl From<&User> for Response {
    fn from(user: &User) -> Self {
        let requirements: Vec<Requirement> = user.outstanding().into_iter().map(Requirement::from).collect();
        let missing_fields = user.missing_fields();
        Self {
            is_valid: requirements.is_empty(),
            email_verified: user.verified_email().is_some(),
            phone_verified: user.verified_phone().is_some(),
            profile_complete: missing_fields.is_empty(),
            missing_fields,
            requirements,
        }
    }
}

impl From<Outstanding> for Requirement {
    fn from(outstanding: Outstanding) -> Self {
        let (code, message) = match outstanding {
            Outstanding::Name => ("name_required", "Tell your name."),
            Outstanding::EmailProof => ("email_verification_required", "Enter the code that was sent to your e-mail address."),
            Outstanding::PhoneProof => ("phone_verification_required", "Enter the code that was sent to your phone."),
        };
        Self { code, message }
    }
}
