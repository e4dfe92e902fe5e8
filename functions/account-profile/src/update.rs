//! `PUT /v1/profile/update`: changes the caller's profile.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::{Email, Phone};
use latchkey::domain::name::{Name, NameError};
use latchkey::domain::profile::{DateOfBirth, Gender, LanguageTag, PhotoUrl, Place};
use latchkey::flow::profile::{self, Update};
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use latchkey::reason::Problem;
use latchkey::store::{Edit, Patch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::profile::UserProfile;

/// What shall change. A field that is missing or null stays as it is; an empty text erases what may be missing.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ProfileUpdateRequest)]
pub(crate) struct Request {
    /// Name, 1 to 100 characters.
    #[schema(example = "Ada King")]
    name: Option<String>,
    /// A new mail address. A code goes there; it becomes the primary one when that is verified.
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    /// A new phone number. A code goes there; it becomes the primary one when that is verified.
    #[serde(alias = "phone_number", alias = "mobile", alias = "mobile_number")]
    #[schema(example = "+4915112345678")]
    phone: Option<String>,
    /// `male`, `female`, `other` or `prefer_not_to_say`.
    #[schema(example = "female")]
    gender: Option<String>,
    /// ISO 8601 date.
    #[schema(example = "1990-12-31")]
    date_of_birth: Option<String>,
    /// Where they live, at most 100 characters.
    #[schema(example = "London")]
    place: Option<String>,
    /// BCP 47 language tag; messages are written in it where it is English, German or Hindi.
    #[schema(example = "en-GB")]
    locale: Option<String>,
    /// An https URL.
    #[schema(example = "https://images.example.com/ada.png")]
    photo_url: Option<String>,
    /// Whether they are shown as present.
    is_online: Option<bool>,
}

/// The profile as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = ProfileUpdateResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    /// The profile.
    user: UserProfile,
}

/// Change the profile
///
/// A new address is added and a code is sent; `/v1/otp/verify/email` and `/v1/otp/verify/mobile` take it.
#[utoipa::path(put, path = "/v1/profile/update", operation_id = "profileUpdate", tag = "AuthApi", request_body = Request, responses((status = 200, body = Response)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<Response> {
    let update = parse(&app, request)?;
    let waits = update.email.is_some() || update.phone.is_some();
    let user = profile::update(&app, &by, caller, update).await?.into();
    let message = if waits { "Saved. A new address counts when the code that was sent to it is entered." } else { "Saved." };
    Ok(Answer::ok(Response { success: true, message, user }))
}

fn parse(app: &App, request: Request) -> std::result::Result<Update, Problem> {
    let mut fields = Fields::default();
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let home = app.config.default_region.as_ref();
    let email = filled(request.email).and_then(|text| fields.read("email", Email::parse(&text)));
    let phone = filled(request.phone).and_then(|text| fields.read("phone", Phone::parse(&text, home)));
    let now = app.clock.now();
    let patch = Patch {
        name: request.name.and_then(|text| fields.read("name", name(&text))).map_or(Edit::Keep, Edit::Set),
        gender: erasable(&mut fields, "gender", request.gender.as_deref(), Gender::parse),
        date_of_birth: erasable(&mut fields, "date_of_birth", request.date_of_birth.as_deref(), |text| DateOfBirth::parse(text, now)),
        place: erasable(&mut fields, "place", request.place.as_deref(), Place::parse),
        locale: erasable(&mut fields, "locale", request.locale.as_deref(), LanguageTag::parse),
        photo_url: erasable(&mut fields, "photo_url", request.photo_url.as_deref(), PhotoUrl::parse),
        is_online: request.is_online,
    };
    if fields.are_right() { Ok(Update { email, phone, patch }) } else { Err(fields.refuse()) }
}

/// A name in the place of another one: it may be left out, and not be erased.
fn name(text: &str) -> std::result::Result<Name, String> {
    Name::parse(text).map_err(|error| match error {
        NameError::Missing => "must not be empty".to_owned(),
        error => error.to_string(),
    })
}

/// A field that an empty text erases.
fn erasable<T, E: std::fmt::Display>(
    fields: &mut Fields,
    field: &'static str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> std::result::Result<T, E>,
) -> Edit<T> {
    match text.map(str::trim) {
        None => Edit::Keep,
        Some("") => Edit::Erase,
        Some(text) => fields.read(field, parse(text)).map_or(Edit::Keep, Edit::Set),
    }
}
