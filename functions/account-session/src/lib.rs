//! Account API: refresh and sign-out, the caller's sessions and what happened to their account. It hashes no passwords, so that a flood
//! of guesses elsewhere does not reach it.

mod activity;
mod logout;
mod refresh_token;
mod sessions_list;
mod sessions_revoke;
mod sessions_revoke_others;

use latchkey::http::{Access, Operations};
use utoipa::OpenApi;

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("account-session")
        .post("/v1/auth/refresh-token", Access::Public, refresh_token::handle)
        .post("/v1/auth/logout", Access::AnyBearer, logout::handle)
        .get("/v1/user/sessions", Access::Bearer, sessions_list::handle)
        .delete("/v1/user/sessions", Access::Bearer, sessions_revoke_others::handle)
        .delete("/v1/user/sessions/{session_id}", Access::Bearer, sessions_revoke::handle)
        .get("/v1/user/activity", Access::Bearer, activity::handle)
}

/// Their part of the Account API's `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(paths(
    refresh_token::handle,
    logout::handle,
    sessions_list::handle,
    sessions_revoke_others::handle,
    sessions_revoke::handle,
    activity::handle
))]
pub struct Document;
