//! `GET /v1/user/emails/{email_id}`: one mail address of the caller's.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Number, State};

use crate::shapes::UserEmailResponse;

/// One e-mail address
#[utoipa::path(get, path = "/v1/user/emails/{email_id}", operation_id = "getUserEmail", tag = "UserApi", params(("email_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = UserEmailResponse)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Number(number): Number) -> Result<UserEmailResponse> {
    Ok(Answer::ok(contacts::get(&app, &caller.user, Channel::Email, number).await?.into()))
}
