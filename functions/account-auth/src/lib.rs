//! Account API: sign-up and sign-in. The function that hashes passwords.

mod login;
mod signup;
mod verify_signup_otp;

use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-auth")
        .post("/v1/auth/signup", Access::Public, signup::handle)
        .post("/v1/auth/verify-signup-otp", Access::Public, verify_signup_otp::handle)
        .post("/v1/auth/login", Access::Public, login::handle)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(signup::handle, verify_signup_otp::handle, login::handle))]
pub struct Document;
