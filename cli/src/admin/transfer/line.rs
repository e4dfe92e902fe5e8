//! The form of a line.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An account. A field that is not known here is an error: nothing is lost silently.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// A UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<AddressLine>,
    /// Phone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<AddressLine>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// Where they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Their language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_url: Option<String>,
    /// What they may do; without it, what every new account may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// `active` or `disabled`; without it, active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it was created; without it, now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When its profile last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When its owner consented to its being kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_at: Option<Timestamp>,
    /// When it last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// The password's hash: a text, or an object with an `algorithm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Value>,
    /// Whether the password is good for choosing another one, and for nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password_temporary: bool,
    /// Never taken: it is here only so that it can be refused for what it is.
    #[serde(default, skip_serializing)]
    pub password: Option<IgnoredAny>,
}

/// An address of an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressLine {
    /// The address.
    pub address: String,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Whether the account is known by it; without any, by the first that is verified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
    /// When it was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<Timestamp>,
    /// When it was proved last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// Until when a reset of the password takes it away again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub young_until: Option<Timestamp>,
}

/// A hash as Firebase exports it. What all hashes of a project have in common may stand in each, or once beside the import.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirebaseLine {
    /// `firebase-scrypt`.
    pub algorithm: String,
    /// The hash, in base64.
    pub hash: String,
    /// The salt, in base64.
    pub salt: String,
    /// The project's signer key, in base64.
    #[serde(default)]
    pub signer_key: Option<String>,
    /// The project's salt separator, in base64.
    #[serde(default)]
    pub salt_separator: Option<String>,
    /// The project's rounds.
    #[serde(default)]
    pub rounds: Option<u32>,
    /// The project's memory cost.
    #[serde(default)]
    pub memory_cost: Option<u32>,
}
