//! `GET /v1/user/phones/{phone_id}`: one phone number of the caller's.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Number, State};

use crate::shapes::UserPhoneNumberResponse;

/// One phone number
#[utoipa::path(get, path = "/v1/user/phones/{phone_id}", operation_id = "getUserPhone", tag = "UserApi", params(("phone_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = UserPhoneNumberResponse)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Number(number): Number) -> Result<UserPhoneNumberResponse> {
    Ok(Answer::ok(contacts::get(&app, &caller.user, Channel::Phone, number).await?.into()))
}
