//! `DELETE /v1/user/phones/{phone_id}`: removes a phone number of the caller's.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Number, State};

/// Remove a phone number
///
/// The primary one stays, unless it is the last one. The last verified address stays, and an older one
/// while all others were added lately. Its owner is told there.
#[utoipa::path(delete, path = "/v1/user/phones/{phone_id}", operation_id = "removeUserPhone", tag = "UserApi", params(("phone_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Number(number): Number,
) -> Result<MessageResponse> {
    contacts::remove(&app, &by, &caller.user, Channel::Phone, number).await?;
    Ok(Answer::ok(MessageResponse::new("The phone number is no longer yours here.")))
}
