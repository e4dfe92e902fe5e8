//! Account API: the caller's own profile, favourites and devices.

mod favourites_add;
mod favourites_list;
mod favourites_remove;
mod fcm_tokens_register;
mod fcm_tokens_unregister;
mod profile;
mod profile_validation;
mod update;
mod users_me;

use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-profile")
        .get("/v1/users/me", Access::Bearer, users_me::handle)
        .put("/v1/profile/update", Access::Bearer, update::handle)
        .get("/v1/user/profile-validation", Access::Bearer, profile_validation::handle)
        .get("/v1/favourites", Access::Bearer, favourites_list::handle)
        .post("/v1/favourites", Access::Bearer, favourites_add::handle)
        .delete("/v1/favourites/{id}", Access::Bearer, favourites_remove::handle)
        .post("/v1/account/fcm-tokens", Access::Bearer, fcm_tokens_register::handle)
        .delete("/v1/account/fcm-tokens/{fcm_token}", Access::Bearer, fcm_tokens_unregister::handle)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    users_me::handle,
    update::handle,
    profile_validation::handle,
    favourites_list::handle,
    favourites_add::handle,
    favourites_remove::handle,
    fcm_tokens_register::handle,
    fcm_tokens_unregister::handle
))]
pub struct Document;
