//! Answers that several operations give.

use latchkey::domain::user::{Role, User};
use latchkey::flow::codes::Reference;
use latchkey::flow::session::Granted;
use serde::Serialize;
use utoipa::ToSchema;

const BEARER: &str = "bearer";

/// An access token.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenResponse {
    /// The access token.
    access_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// Continues the session at `/v1/auth/refresh-token`.
    refresh_token: String,
    /// For how many seconds the access token is good.
    expires_in: u64,
}

impl From<&Granted> for TokenResponse {
    fn from(granted: &Granted) -> Self {
        Self {
            access_token: granted.access_token.clone(),
            token_type: BEARER,
            refresh_token: granted.refresh_token.clone(),
            expires_in: granted.expires_in.as_secs(),
        }
    }
}

/// What somebody may do.
#[derive(Serialize, ToSchema)]
#[schema(as = Role)]
pub(crate) struct RoleEntry {
    /// Number.
    id: u32,
    /// `admin`, `reviewer`, `user` or `system`.
    name: String,
    /// For people.
    description: Option<&'static str>,
}

impl From<&Role> for RoleEntry {
    fn from(role: &Role) -> Self {
        let (id, description) = match role.as_str() {
            "admin" => (1, Some("Sets other people's passwords")),
            "reviewer" => (2, Some("Reviews what others submit")),
            "user" => (3, Some("Uses their own account")),
            "system" => (4, Some("Acts for other services")),
            _ => (0, None),
        };
        Self { id, name: role.as_str().to_owned(), description }
    }
}

/// An access token, and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = OtpVerifyResponse)]
pub(crate) struct SignedInResponse {
    #[serde(flatten)]
    token: TokenResponse,
    /// Account id, a UUID.
    user_id: String,
    /// The number, E.164.
    phone_number: String,
    /// What they may do.
    roles: Vec<RoleEntry>,
}

impl From<&Granted> for SignedInResponse {
    fn from(granted: &Granted) -> Self {
        let User { id, phone, roles, .. } = &granted.user;
        Self {
            token: granted.into(),
            user_id: id.to_string(),
            phone_number: phone.as_ref().map(|phone| phone.address.e164().to_owned()).unwrap_or_default(),
            roles: roles.iter().map(RoleEntry::from).collect(),
        }
    }
}

/// What became of a code.
#[derive(Serialize, ToSchema)]
#[schema(as = OtpResponse)]
pub(crate) struct OtpResponse {
    /// `success`; `signup_required` for a number that has no account, where that is told.
    status: &'static str,
    /// For people.
    message: &'static str,
    /// Names the send; null where there was none.
    reference_id: Option<String>,
}

impl OtpResponse {
    pub(crate) fn success(message: &'static str, reference: &Reference) -> Self {
        Self { status: "success", message, reference_id: Some(reference.as_str().to_owned()) }
    }

    pub(crate) fn signup_required() -> Self {
        Self { status: "signup_required", message: "No account has this phone number. Please sign up.", reference_id: None }
    }
}

/// What happened, for people.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct Message {
    /// What happened.
    pub(crate) message: &'static str,
}
