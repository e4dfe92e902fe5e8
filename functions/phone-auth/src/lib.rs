//! Phone API: a number and a password, and codes by SMS.

mod answers;
mod change_password;
mod fields;
mod forgot_password;
mod login;
mod login_otp;
mod me;
mod reset_password;
mod signup_otp;

use latchkey::domain::limit::CallerLimit;
use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("phone-auth")
        .post("/api/v1/auth/login", Access::Public, login::handle)
        .limited_by(CallerLimit::SignIn)
        .get("/api/v1/auth/me", Access::Bearer, me::handle)
        .post("/api/v1/auth/change-password", Access::Bearer, change_password::handle)
        .limited_by(CallerLimit::SignIn)
        .post("/api/v1/auth/reset-password", Access::Bearer, reset_password::handle)
        .limited_by(CallerLimit::SignIn)
        .post("/api/v1/auth/login/send-otp", Access::Public, login_otp::send)
        .limited_by(CallerLimit::AskCode)
        .post("/api/v1/auth/login/verify-otp", Access::Public, login_otp::verify)
        .limited_by(CallerLimit::VerifyCode)
        .post("/api/v1/auth/login/resend-otp", Access::Public, login_otp::resend)
        .limited_by(CallerLimit::AskCode)
        .post("/api/v1/auth/forgot-password/init", Access::Public, forgot_password::init)
        .limited_by(CallerLimit::AskCode)
        .post("/api/v1/auth/forgot-password/confirm", Access::Public, forgot_password::confirm)
        .limited_by(CallerLimit::VerifyCode)
        .post("/api/v1/auth/signup/send-otp", Access::Public, signup_otp::send)
        .limited_by(CallerLimit::AskCode)
        .post("/api/v1/auth/signup/verify-otp", Access::Public, signup_otp::verify)
        .limited_by(CallerLimit::VerifyCode)
        .post("/api/v1/auth/signup/resend-otp", Access::Public, signup_otp::resend)
        .limited_by(CallerLimit::AskCode)
}

/// The Phone API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    login::handle,
    me::handle,
    change_password::handle,
    reset_password::handle,
    login_otp::send,
    login_otp::verify,
    login_otp::resend,
    forgot_password::init,
    forgot_password::confirm,
    signup_otp::send,
    signup_otp::verify,
    signup_otp::resend
))]
pub struct Document;
