//! Answers that several functions of the Account API give.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::user::User;
use crate::flow::session::Granted;

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

/// The answer of operations that have nothing to say.
#[derive(Debug, Serialize, ToSchema)]
pub struct GenericSuccess {
    /// Always true.
    success: bool,
}

impl Default for GenericSuccess {
    fn default() -> Self {
        Self { success: true }
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
