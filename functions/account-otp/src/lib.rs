//! Account API: one-time codes.

mod purpose;
mod resend_email;
mod resend_mobile;
mod send;
mod verify;
mod verify_email;
mod verify_mobile;
mod verify_phone;

use latchkey::domain::limit::CallerLimit;
use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-otp")
        .post("/v1/otp/send", Access::OptionalBearer, send::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/otp/verify", Access::OptionalBearer, verify::handle)
        .limited_by(CallerLimit::VerifyCode)
        .post("/v1/otp/resend/email", Access::OptionalBearer, resend_email::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/otp/resend/mobile", Access::OptionalBearer, resend_mobile::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/otp/verify/email", Access::OptionalBearer, verify_email::handle)
        .limited_by(CallerLimit::VerifyCode)
        .post("/v1/otp/verify/mobile", Access::OptionalBearer, verify_mobile::handle)
        .limited_by(CallerLimit::VerifyCode)
        .get("/v1/verify/phone", Access::Public, verify_phone::handle)
        .limited_by(CallerLimit::LookUp)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    send::handle,
    verify::handle,
    resend_email::handle,
    resend_mobile::handle,
    verify_email::handle,
    verify_mobile::handle,
    verify_phone::handle
))]
pub struct Document;
