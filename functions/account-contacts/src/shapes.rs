//! Addresses as this surface shows them.

use latchkey::domain::address::{Address, Phone};
use latchkey::store::Contact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mail address of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserEmailResponse {
    /// The small number under which it is listed.
    id: i64,
    /// The address.
    email: String,
    /// Whether its owner has proved it.
    is_verified: bool,
    /// Whether messages go there.
    is_primary: bool,
    /// When it was proved last, ISO 8601 in UTC.
    verified_at: Option<String>,
    /// When it was added.
    created_at: String,
    /// When something about it last changed.
    updated_at: String,
}

/// A phone number of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserPhoneNumberResponse {
    /// The small number under which it is listed.
    id: i64,
    /// The phone number, E.164.
    phone_number: String,
    /// The calling code of its country, as `+91`.
    country_code: String,
    /// Whether its owner has proved it.
    is_verified: bool,
    /// Whether messages go there.
    is_primary: bool,
    /// When it was proved last, ISO 8601 in UTC.
    verified_at: Option<String>,
    /// When it was added.
    created_at: String,
    /// When something about it last changed.
    updated_at: String,
}

/// The code that was sent to an address.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VerificationTokenRequest)]
pub(crate) struct VerificationTokenRequest {
    /// The six digits.
    #[serde(alias = "verification_token", alias = "otp", alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    pub(crate) token: String,
}

impl From<Contact> for UserEmailResponse {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.number.cast_signed(),
            email: contact.address.as_given().to_owned(),
            is_verified: contact.verified,
            is_primary: contact.primary,
            verified_at: contact.verified_at.map(|at| at.to_string()),
            created_at: contact.created_at.to_string(),
            updated_at: contact.updated_at.to_string(),
        }
    }
}

impl From<Contact> for UserPhoneNumberResponse {
    fn from(contact: Contact) -> Self {
        let code = match &contact.address {
            Address::Phone(phone) => Phone::calling_code(phone),
            Address::Email(_) => None,
        };
        Self {
            id: contact.number.cast_signed(),
            phone_number: contact.address.as_given().to_owned(),
            country_code: code.map(|code| code.to_string()).unwrap_or_default(),
            is_verified: contact.verified,
            is_primary: contact.primary,
            verified_at: contact.verified_at.map(|at| at.to_string()),
            created_at: contact.created_at.to_string(),
            updated_at: contact.updated_at.to_string(),
        }
    }
}
