//! How each surface speaks: its envelope, its error table, its proof of the caller. Everything below this layer is the same for
//! all of them.

pub mod account;
pub mod client;
pub mod partner;
pub mod phone;

use axum::response::Response;

use crate::reason::Problem;

/// A surface's way of refusing.
pub trait Dialect: Send + Sync {
    /// The refusal in the surface's shape. Headers that all surfaces share are added by the edge.
    fn refuse(&self, problem: &Problem, request_id: &str) -> Response;
}

/// The dialect of the surface that a path belongs to; what belongs to none is answered like the Account API.
#[must_use]
pub fn of_path(path: &str) -> &'static dyn Dialect {
    let within = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if within(phone::BASE) {
        &phone::Phone
    } else if within(partner::BASE) {
        &partner::Partner
    } else if client::BASES.into_iter().any(within) {
        &client::Client
    } else {
        &account::Account
    }
}
