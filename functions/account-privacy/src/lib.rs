//! Account API: what people ask for about their data.

mod account_delete;
mod cancel_account_deletion;
mod confirm_account_deletion;
mod deletion;
mod request_account_deletion;

use latchkey::domain::limit::CallerLimit;
use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-privacy")
        .post("/v1/user/request-account-deletion", Access::Bearer, request_account_deletion::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/user/confirm-account-deletion", Access::Bearer, confirm_account_deletion::handle)
        .limited_by(CallerLimit::VerifyCode)
        .post("/v1/user/cancel-account-deletion", Access::BearerEvenLeaving, cancel_account_deletion::handle)
        .post("/v1/account/delete", Access::Bearer, account_delete::handle)
        .limited_by(CallerLimit::SignIn)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    request_account_deletion::handle,
    confirm_account_deletion::handle,
    cancel_account_deletion::handle,
    account_delete::handle
))]
pub struct Document;
