//! Account API: the caller's mail addresses and phone numbers.

mod emails_add;
mod emails_get;
mod emails_list;
mod emails_make_default;
mod emails_remove;
mod emails_revert;
mod emails_verify;
mod phones_add;
mod phones_get;
mod phones_list;
mod phones_make_default;
mod phones_remove;
mod phones_verify;
mod shapes;

use latchkey::domain::limit::CallerLimit;
use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-contacts")
        .get("/v1/user/emails", Access::Bearer, emails_list::handle)
        .post("/v1/user/emails", Access::Bearer, emails_add::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/user/emails/revert", Access::Public, emails_revert::handle)
        .limited_by(CallerLimit::VerifyCode)
        .get("/v1/user/emails/{email_id}", Access::Bearer, emails_get::handle)
        .delete("/v1/user/emails/{email_id}", Access::Bearer, emails_remove::handle)
        .put("/v1/user/emails/{email_id}/make-default", Access::Bearer, emails_make_default::handle)
        .post("/v1/user/emails/{email_id}/verify", Access::Bearer, emails_verify::handle)
        .limited_by(CallerLimit::VerifyCode)
        .get("/v1/user/phones", Access::Bearer, phones_list::handle)
        .post("/v1/user/phones", Access::Bearer, phones_add::handle)
        .limited_by(CallerLimit::AskCode)
        .get("/v1/user/phones/{phone_id}", Access::Bearer, phones_get::handle)
        .delete("/v1/user/phones/{phone_id}", Access::Bearer, phones_remove::handle)
        .put("/v1/user/phones/{phone_id}/make-default", Access::Bearer, phones_make_default::handle)
        .post("/v1/user/phones/{phone_id}/verify", Access::Bearer, phones_verify::handle)
        .limited_by(CallerLimit::VerifyCode)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    emails_list::handle,
    emails_add::handle,
    emails_revert::handle,
    emails_get::handle,
    emails_remove::handle,
    emails_make_default::handle,
    emails_verify::handle,
    phones_list::handle,
    phones_add::handle,
    phones_get::handle,
    phones_remove::handle,
    phones_make_default::handle,
    phones_verify::handle
))]
pub struct Document;
