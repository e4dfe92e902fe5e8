//! Account API: refresh and sign-out. It hashes no passwords, so that a flood of guesses elsewhere does not reach it.

mod logout;
mod refresh_token;

use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-session").post("/v1/auth/refresh-token", Access::Public, refresh_token::handle).post(
        "/v1/auth/logout",
        Access::AnyBearer,
        logout::handle,
    )
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(refresh_token::handle, logout::handle))]
pub struct Document;
