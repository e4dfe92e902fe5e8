//! `GET /v1/verify/phone`: whether a number is registered.

use latchkey::app::App;
use latchkey::dialect::account::Result;
use latchkey::domain::address::Phone;
use latchkey::flow::look_up;
use latchkey::http::{Answer, Anyone, Fields, Query, State};
use serde::Serialize;
use utoipa::ToSchema;

/// The parameter's name, and others that clients give it.
const NAMES: [&str; 4] = ["phone", "phone_number", "mobile", "mobile_number"];

/// Whether the number is registered.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifyPhoneResponse)]
pub(crate) struct Response {
    /// Always true.
    success: bool,
    /// What was found, for people.
    message: &'static str,
    /// The number, E.164.
    phone: String,
    /// Whether an account has proved it. Always false with uniform disclosure.
    exists: bool,
    /// The same.
    is_registered: bool,
}

/// Look up a phone number
///
/// Limited by who asks and by the block that the number lies in.
#[utoipa::path(
    get,
    path = "/v1/verify/phone",
    operation_id = "verifyPhone",
    tag = "AuthApi",
    params(("phone" = String, Query, description = "Phone number, E.164. A `+` need not be encoded.", example = "+4915112345678")),
    responses((status = 200, body = Response))
)]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, query: Query) -> Result<Response> {
    // In a query a plus sign means a space: here it was meant as it stands.
    let given = NAMES.into_iter().find_map(|name| query.get(name)).unwrap_or_default();
    let given = given.strip_prefix(' ').map_or_else(|| given.to_owned(), |rest| format!("+{}", rest.trim_start()));
    let mut fields = Fields::default();
    let parsed = fields.read("phone", Phone::parse(&given, app.config.default_region.as_ref()));
    let Some(phone) = parsed else { return Err(fields.refuse().into()) };
    let exists = look_up::is_registered(&app, &by, &phone).await?;
    let message = if exists { "This number is registered." } else { "This number is not known to be registered." };
    Ok(Answer::ok(Response { success: true, message, phone: phone.e164().to_owned(), exists, is_registered: exists }))
}
