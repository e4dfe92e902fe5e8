//! `POST /v1/user/request-account-deletion`: asks for the deletion of the caller's account.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::erasure::Reason;
use latchkey::flow::erase;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::deletion::AccountDeletionResponse;

/// Why, if the owner wants to say so.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RequestAccountDeletionPayload)]
pub(crate) struct Request {
    /// Why, at most 500 characters.
    #[schema(example = "I moved away.")]
    reason: Option<String>,
}

/// Ask for the deletion of the account
///
/// A code goes to the primary e-mail address, or to the primary phone where there is none. Nothing happens until it is entered.
#[utoipa::path(post, path = "/v1/user/request-account-deletion", operation_id = "requestAccountDeletion", tag = "UserApi", request_body = Request, responses((status = 200, body = AccountDeletionResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<AccountDeletionResponse> {
    let mut fields = Fields::default();
    let reason = request.reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.and_then(|reason| fields.read("reason", Reason::parse(&reason)));
    if !fields.are_right() {
        return Err(fields.refuse().into());
    }
    erase::request(&app, &by, &caller.user, reason.as_ref()).await?;
    Ok(Answer::ok(AccountDeletionResponse::asked(&app, "Enter the code that was sent to you to delete your account.")))
}
