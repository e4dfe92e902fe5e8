//! `POST /v1/user/phones`: adds a phone number.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::{CallingCode, Phone};
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::shapes::UserPhoneNumberResponse;

/// The number.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = CreateUserPhoneNumberRequest)]
pub(crate) struct Request {
    /// The number, in the national form of its country or in E.164.
    #[serde(alias = "phone", alias = "mobile", alias = "mobile_number")]
    #[schema(required = true, min_length = 1, example = "9876543210")]
    phone_number: String,
    /// The calling code of its country, as `+91`. A number that begins with `+` need not have one.
    #[schema(example = "+91")]
    country_code: Option<String>,
}

/// Add a phone number
///
/// A code goes there by SMS; the number counts once it is verified. At most ten. One that is listed and not verified gets another code.
#[utoipa::path(post, path = "/v1/user/phones", operation_id = "addUserPhone", tag = "UserApi", request_body = Request, responses((status = 201, body = UserPhoneNumberResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<UserPhoneNumberResponse> {
    let mut fields = Fields::default();
    let text = request.phone_number;
    let given = request.country_code.filter(|code| !code.trim().is_empty());
    let parsed = match given {
        Some(code) => {
            let code = fields.read("country_code", CallingCode::parse(&code));
            code.map(|code| Phone::parse_in(&text, code))
        }
        None => Some(Phone::parse(&text, app.config.default_region.as_ref())),
    };
    let Some(phone) = parsed.and_then(|parsed| fields.read("phone_number", parsed)) else { return Err(fields.refuse().into()) };
    Ok(Answer::created(contacts::add(&app, &by, &caller, &phone.into()).await?.into()))
}
