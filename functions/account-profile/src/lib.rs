//! Account API: the caller's own profile.

mod profile;
mod update;
mod users_me;

use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-profile").get("/v1/users/me", Access::Bearer, users_me::handle).put(
        "/v1/profile/update",
        Access::Bearer,
        update::handle,
    )
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(users_me::handle, update::handle))]
pub struct Document;
