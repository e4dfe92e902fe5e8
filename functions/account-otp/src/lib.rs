//! Account API: one-time codes.

mod resend_email;

use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-otp").post("/v1/otp/resend/email", Access::Public, resend_email::handle)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(resend_email::handle))]
pub struct Document;
