//! `PUT /v1/user/emails/{email_id}/make-default`: makes a mail address the primary one.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Anyone, Number, State};

use crate::shapes::UserEmailResponse;

/// Make an e-mail address the primary one
///
/// Only a verified one. The one before is told, and can take it back for three days.
#[utoipa::path(put, path = "/v1/user/emails/{email_id}/make-default", operation_id = "setPrimaryUserEmail", tag = "UserApi", params(("email_id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = UserEmailResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Number(number): Number,
) -> Result<UserEmailResponse> {
    Ok(Answer::ok(contacts::make_primary(&app, &by, &caller.user, Channel::Email, number).await?.into()))
}
