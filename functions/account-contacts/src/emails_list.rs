//! `GET /v1/user/emails`: the caller's mail addresses.

use latchkey::app::App;
use latchkey::dialect::account::{PaginatedResponse, Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Paging, State};

use crate::shapes::UserEmailResponse;

/// The caller's e-mail addresses
#[utoipa::path(get, path = "/v1/user/emails", operation_id = "listUserEmails", tag = "UserApi", params(Paging), responses((status = 200, body = PaginatedResponse<UserEmailResponse>)))]
pub(crate) async fn handle(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<PaginatedResponse<UserEmailResponse>> {
    let contacts = contacts::list(&app, &caller.user, Channel::Email).await?;
    let total = contacts.len() as u64;
    Ok(Answer::ok(PaginatedResponse::new(paging, total, paging.of(contacts.into_iter().map(Into::into)))))
}
