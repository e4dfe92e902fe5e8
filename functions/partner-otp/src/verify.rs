//! `POST /fe/users/auth/otp/verify`: takes the code, and links.

use latchkey::app::App;
use latchkey::dialect::partner::{PartnerUser, Result};
use latchkey::domain::code::OtpCode;
use latchkey::domain::link::AuthCode;
use latchkey::flow::link;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use crate::number;

/// Digits as a text, or as the number that is left of them without leading zeros.
#[derive(Deserialize)]
#[serde(untagged)]
enum Digits {
    Text(String),
    Number(u64),
}

impl Default for Digits {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Digits {
    fn padded(&self, width: usize) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => format!("{number:0width$}"),
        }
    }
}

/// The code that was sent, and what asking for it was answered.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VerifyRequest)]
pub(crate) struct Request {
    /// The number in national form, or in international form with the same calling code.
    #[schema(required = true, min_length = 1, example = "9876543210")]
    phone_number: String,
    /// The calling code of its country.
    #[serde(rename = "countryCode")]
    #[schema(required = true, min_length = 1, example = "+91")]
    country_code: String,
    /// The four digits that asking for the code was answered, as a text or as a number.
    #[serde(rename = "authCode")]
    #[schema(required = true, schema_with = auth_code)]
    auth_code: Digits,
    /// The six digits of the code, as a text or as a number.
    #[schema(required = true, schema_with = otp)]
    otp: Digits,
}

fn auth_code() -> Object {
    digits("The four digits that asking for the code was answered, as a text or as a number.", "0273")
}

fn otp() -> Object {
    digits("The six digits of the code, as a text or as a number.", "012345")
}

fn digits(description: &str, example: &str) -> Object {
    let types = SchemaType::from_iter([Type::String, Type::Integer]);
    let schema = ObjectBuilder::new().schema_type(types).minimum(Some(0)).min_length(Some(1));
    schema.description(Some(description)).examples([example]).build()
}

/// What happened, for people.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifyResponse)]
pub(crate) struct Response {
    /// What happened.
    message: &'static str,
}

/// Take the code, and link
///
/// The partner's user is linked to the person who has the number; whoever is new gets an account. A user who was linked to another person
/// is moved, and both are told. No token is given.
#[utoipa::path(post, path = "/fe/users/auth/otp/verify", operation_id = "verifyOtp", tag = "otp", request_body = Request, extensions(("x-takes-code-of" = json!(["link_code"]))), responses((status = 200, body = Response)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    PartnerUser(who): PartnerUser,
    Body(request): Body<Request>,
) -> Result<Response> {
    let mut fields = Fields::default();
    let phone = number::phone(&mut fields, &request.phone_number, &request.country_code);
    let auth_code = fields.read("authCode", AuthCode::parse(&request.auth_code.padded(AuthCode::DIGITS)));
    let code = fields.read("otp", OtpCode::parse(&request.otp.padded(OtpCode::DIGITS)));
    let (Some(phone), Some(auth_code), Some(code)) = (phone, auth_code, code) else { return Err(fields.refuse().into()) };
    link::verify(&app, &by, &who, &phone, &code, &auth_code).await?;
    Ok(Answer::ok(Response { message: "Users linked successfully" }))
}
