//! The number that requests are about, and what asking for a code is answered.

use latchkey::domain::address::{CallingCode, Phone};
use latchkey::flow::link::Asked;
use latchkey::http::Fields;
use latchkey::reason::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A number.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = OtpRequest)]
pub(crate) struct Request {
    /// The number in national form, or in international form with the same calling code.
    #[schema(required = true, min_length = 1, example = "9876543210")]
    phone_number: String,
    /// The calling code of its country.
    #[serde(rename = "countryCode")]
    #[schema(required = true, min_length = 1, example = "+91")]
    country_code: String,
}

impl Request {
    /// The number.
    pub(crate) fn number(&self) -> Result<Phone, Problem> {
        let mut fields = Fields::default();
        phone(&mut fields, &self.phone_number, &self.country_code).ok_or_else(|| fields.refuse())
    }
}

/// Reads a number beside its calling code.
pub(crate) fn phone(fields: &mut Fields, number: &str, calling_code: &str) -> Option<Phone> {
    let calling_code = fields.read("countryCode", CallingCode::parse(calling_code))?;
    fields.read("phone_number", Phone::parse_in(number, calling_code))
}

/// What asking for a code is answered.
#[derive(Serialize, ToSchema)]
#[schema(as = OtpResponse)]
pub(crate) struct Response {
    /// Four digits that come back with the code.
    #[serde(rename = "authCode")]
    #[schema(example = "0273")]
    auth_code: String,
    /// Whether nobody here has the number yet; always true, where that is not told.
    #[serde(rename = "isNewUser")]
    is_new_user: bool,
}

impl From<&Asked> for Response {
    fn from(asked: &Asked) -> Self {
        Self { auth_code: asked.auth_code.digits().to_owned(), is_new_user: asked.is_new }
    }
}
