//! `GET /openapi/<surface>.json`: the surfaces' `OpenAPI` documents, as the handlers' own annotations make them.

use latchkey::http::Raw;

const MAX_AGE: u32 = 300;

/// The Account API's document. A test makes it from the annotations and holds it against this file.
pub(crate) async fn account() -> Raw {
    Raw { json: include_str!("../openapi/account.json").to_owned(), max_age: MAX_AGE }
}
