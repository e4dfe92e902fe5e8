//! `POST /v1/user/cancel-account-deletion`: keeps the caller's account.

use latchkey::app::App;
use latchkey::dialect::account::{EvenLeaving, Result};
use latchkey::flow::erase;
use latchkey::http::{Answer, Anyone, State};

use crate::deletion::AccountDeletionResponse;

/// Cancel the deletion of the account
#[utoipa::path(post, path = "/v1/user/cancel-account-deletion", operation_id = "cancelAccountDeletion", tag = "UserApi", responses((status = 200, body = AccountDeletionResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    EvenLeaving(caller): EvenLeaving,
) -> Result<AccountDeletionResponse> {
    let deletion = erase::cancel(&app, &by, &caller).await?;
    Ok(Answer::ok(AccountDeletionResponse::of(&app, "Your account stays.", &deletion)))
}
