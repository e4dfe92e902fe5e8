//! `DELETE /v1/user/emails/{email_id}`: removes a mail address of the caller's.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Number, State};

/// Remove an e-mail address
///
/// The primary one stays. The last verified address stays, and an older one
/// while all others were added lately. Its owner is told there.
#[utoipa::path(delete, path = "/v1/user/emails/{email_id}", operation_id = "removeUserEmail", tag = "UserApi", params(("email_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Number(number): Number,
) -> Result<MessageResponse> {
    contacts::remove(&app, &by, &caller.user, Channel::Email, number).await?;
    Ok(Answer::ok(MessageResponse::new("The e-mail address is no longer yours here.")))
}
