//! A profile as this surface shows it.

use latchkey::domain::profile::Gender;
use latchkey::domain::user::{Status, User};
use serde::Serialize;
use utoipa::ToSchema;

/// A person's profile.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the published shape")]
pub(crate) struct UserProfile {
    /// Account id, a UUID.
    id: String,
    /// Name.
    name: Option<String>,
    /// Primary mail address.
    email: Option<String>,
    /// Primary phone number, E.164.
    phone: Option<String>,
    /// `male`, `female`, `other` or `prefer_not_to_say`.
    gender: Option<&'static str>,
    /// ISO 8601 date.
    date_of_birth: Option<String>,
    /// Where they live, in their words.
    place: Option<String>,
    /// BCP 47 language tag.
    locale: Option<String>,
    /// Where their picture is.
    photo_url: Option<String>,
    /// Whether the mail address is proved.
    email_verified: bool,
    /// Whether the phone number is proved.
    phone_verified: bool,
    /// Whether they are shown as present.
    is_online: bool,
    /// Whether the account is in use.
    is_active: bool,
    /// When the account was created, ISO 8601 in UTC.
    created_at: String,
    /// When the profile last changed.
    updated_at: String,
    /// When they last signed in.
    last_login_at: Option<String>,
}

impl From<User> for UserProfile {
    fn from(user: User) -> Self {
        let profile = user.profile;
        Self {
            id: user.id.to_string(),
            name: profile.name.map(|name| name.as_str().to_owned()),
            email_verified: user.email.as_ref().is_some_and(|email| email.verified),
            email: user.email.map(|email| email.address.typed().to_owned()),
            phone_verified: user.phone.as_ref().is_some_and(|phone| phone.verified),
            phone: user.phone.map(|phone| phone.address.e164().to_owned()),
            gender: profile.gender.map(Gender::as_str),
            date_of_birth: profile.date_of_birth.map(|date| date.to_string()),
            place: profile.place.map(|place| place.as_str().to_owned()),
            locale: profile.locale.map(|locale| locale.as_str().to_owned()),
            photo_url: profile.photo_url.map(|url| url.as_str().to_owned()),
            is_online: user.is_online,
            is_active: user.status == Status::Active,
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
            last_login_at: user.last_login_at.map(|at| at.to_string()),
        }
    }
}
