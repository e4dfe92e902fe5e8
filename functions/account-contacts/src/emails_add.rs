//! `POST /v1/user/emails`: adds a mail address.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Email;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::shapes::UserEmailResponse;

/// The address.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = CreateUserEmailRequest)]
pub(crate) struct Request {
    /// The address.
    #[schema(required = true, min_length = 1, example = "ada@example.org")]
    email: String,
}

/// Add an e-mail address
///
/// A code goes there; the address counts once it is verified. At most ten. One that is listed and not verified gets another code.
#[utoipa::path(post, path = "/v1/user/emails", operation_id = "addUserEmail", tag = "UserApi", request_body = Request, responses((status = 201, body = UserEmailResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<UserEmailResponse> {
    let mut fields = Fields::default();
    let Some(email) = fields.read("email", Email::parse(&request.email)) else { return Err(fields.refuse().into()) };
    Ok(Answer::created(contacts::add(&app, &by, &caller, &email.into()).await?.into()))
}
