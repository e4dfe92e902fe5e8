//! Partner API: a partner's user proves a phone number, and is linked to the person who has it.

mod number;
mod register;
mod resend;
mod verify;

use latchkey::domain::limit::CallerLimit;
use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("partner-otp")
        .post("/fe/users/auth/otp/register", Access::Partner, register::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/fe/users/auth/otp/resend", Access::Partner, resend::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/fe/users/auth/otp/verify", Access::Partner, verify::handle)
        .limited_by(CallerLimit::VerifyCode)
}

/// The Partner API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(register::handle, resend::handle, verify::handle))]
pub struct Document;
