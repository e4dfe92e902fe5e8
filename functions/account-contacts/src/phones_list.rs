//! `GET /v1/user/phones`: the caller's phone numbers.

use latchkey::app::App;
use latchkey::dialect::account::{PaginatedResponse, Result, SignedIn};
use latchkey::domain::address::Channel;
use latchkey::flow::contacts;
use latchkey::http::{Answer, Paging, State};

use crate::shapes::UserPhoneNumberResponse;

/// The caller's phone numbers
#[utoipa::path(get, path = "/v1/user/phones", operation_id = "listUserPhones", tag = "UserApi", params(Paging), responses((status = 200, body = PaginatedResponse<UserPhoneNumberResponse>)))]
pub(crate) async fn handle(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<PaginatedResponse<UserPhoneNumberResponse>> {
    let contacts = contacts::list(&app, &caller.user, Channel::Phone).await?;
    let total = contacts.len() as u64;
    Ok(Answer::ok(PaginatedResponse::new(paging, total, paging.of(contacts.into_iter().map(Into::into)))))
}
