//! `PUT /v1/user/phones/{phone_id}/make-default`: makes a phone number the primary one.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Number, State};

use crate::shapes::UserPhoneNumberResponse;

/// Make a phone number the primary one
///
/// Only a verified one. The owner is told by mail.
#[utoipa::path(put, path = "/v1/user/phones/{phone_id}/make-default", operation_id = "setPrimaryUserPhone", tag = "UserApi", params(("phone_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = UserPhoneNumberResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Number(number): Number,
) -> Result<UserPhoneNumberResponse> {
    Ok(Answer::ok(contacts::make_primary(&app, &by, &caller.user, Channel::Phone, number).await?.into()))
}
