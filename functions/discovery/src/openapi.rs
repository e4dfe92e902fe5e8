//! `GET /openapi/<surface>.json`: the surfaces' `OpenAPI` documents, as the handlers' own annotations make them.

use latchkey::http::Raw;

const MAX_AGE: u32 = 300;

// A test makes the documents from the annotations and holds them against these files.

/// The Account API's document.
pub(crate) async fn account() -> Raw {
    Raw { json: include_str!("../openapi/account.json").to_owned(), max_age: MAX_AGE }
}

/// The Partner API's document.
pub(crate) async fn partner() -> Raw {
    Raw { json: include_str!("../openapi/partner.json").to_owned(), max_age: MAX_AGE }
}

/// The Phone API's document.
pub(crate) async fn phone() -> Raw {
    Raw { json: include_str!("../openapi/phone.json").to_owned(), max_age: MAX_AGE }
}
