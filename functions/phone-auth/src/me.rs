//! `GET /api/v1/auth/me`: the caller's profile.

use latchkey::dialect::phone::{Result, SignedIn};
use latchkey::domain::profile::Gender;
use latchkey::domain::user::{Status, User};
use latchkey::http::Answer;
use serde::Serialize;
use utoipa::ToSchema;

/// A person's profile.
#[derive(Serialize, ToSchema)]
#[schema(as = UserResponse)]
pub(crate) struct Response {
    /// Phone number, E.164.
    phone: Option<String>,
    /// Name.
    name: Option<String>,
    /// Mail address.
    email: Option<String>,
    /// `male`, `female`, `other` or `prefer_not_to_say`.
    gender: Option<&'static str>,
    /// ISO 8601 date.
    date_of_birth: Option<String>,
    /// Where they live, in their words.
    place: Option<String>,
    /// Account id, a UUID.
    id: String,
    /// Whether the account is in use.
    is_active: bool,
    /// Whether they consented.
    has_given_consent: bool,
    /// When they consented, ISO 8601 in UTC.
    consent_given_at: Option<String>,
    /// When they last signed in.
    last_login_at: Option<String>,
    /// When the account was created.
    created_at: String,
    /// When the profile last changed.
    updated_at: String,
}

impl From<User> for Response {
    fn from(user: User) -> Self {
        let profile = user.profile;
        Self {
            phone: user.phone.map(|phone| phone.address.e164().to_owned()),
            name: profile.name.map(|name| name.as_str().to_owned()),
            email: user.email.map(|email| email.address.typed().to_owned()),
            gender: profile.gender.map(Gender::as_str),
            date_of_birth: profile.date_of_birth.map(|date| date.to_string()),
            place: profile.place.map(|place| place.as_str().to_owned()),
            id: user.id.to_string(),
            is_active: user.status == Status::Active,
            has_given_consent: user.consent_at.is_some(),
            consent_given_at: user.consent_at.map(|at| at.to_string()),
            last_login_at: user.last_login_at.map(|at| at.to_string()),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// The caller's profile
#[utoipa::path(get, path = "/api/v1/auth/me", operation_id = "readUsersMe", tag = "auth", responses((status = 200, body = Response)))]
pub(crate) async fn handle(SignedIn(caller): SignedIn) -> Result<Response> {
    Ok(Answer::ok(caller.user.into()))
}
