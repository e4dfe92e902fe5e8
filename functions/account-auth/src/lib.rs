//! Account API: sign-up, sign-in and passwords. The function that hashes them.

mod change_password;
mod forgot_password;
mod login;
mod reset_password_otp;
mod signup;
mod verify_signup_otp;

use latchkey::domain::limit::CallerLimit;
use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-auth")
        .post("/v1/auth/signup", Access::Public, signup::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/auth/verify-signup-otp", Access::Public, verify_signup_otp::handle)
        .limited_by(CallerLimit::VerifyCode)
        .post("/v1/auth/login", Access::Public, login::handle)
        .limited_by(CallerLimit::SignIn)
        .post("/v1/auth/change-password", Access::Bearer, change_password::handle)
        .limited_by(CallerLimit::SignIn)
        .post("/v1/auth/forgot-password", Access::Public, forgot_password::handle)
        .limited_by(CallerLimit::AskCode)
        .post("/v1/auth/reset-password-otp", Access::Public, reset_password_otp::handle)
        .limited_by(CallerLimit::VerifyCode)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    signup::handle,
    verify_signup_otp::handle,
    login::handle,
    change_password::handle,
    forgot_password::handle,
    reset_password_otp::handle
))]
pub struct Document;
