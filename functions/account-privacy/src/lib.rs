//! Account API: what people ask for about their data.

mod account_delete;
mod cancel_account_deletion;
mod confirm_account_deletion;
mod confirm_data_export;
mod data_export;
mod deletion;
mod download_export;
mod gdpr_status;
mod request_account_deletion;
mod request_data_export;
mod wanted;

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
        .post("/v1/user/request-data-export", Access::BearerEvenLeaving, request_data_export::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/user/confirm-data-export", Access::BearerEvenLeaving, confirm_data_export::handle)
        .limited_by(CallerLimit::VerifyCode)
        .get("/v1/user/download-export/{filename}", Access::BearerEvenLeaving, download_export::handle)
        .get("/v1/user/gdpr-status", Access::BearerEvenLeaving, gdpr_status::handle)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    request_account_deletion::handle,
    confirm_account_deletion::handle,
    cancel_account_deletion::handle,
    account_delete::handle,
    request_data_export::handle,
    confirm_data_export::handle,
    download_export::handle,
    gdpr_status::handle
))]
pub struct Document;
