//! How each surface speaks: its envelope, its error table, its proof of the caller. Everything below this layer is the same for
//! all of them.

pub mod account;
mod bearer;
pub mod client;
pub mod partner;
pub mod phone;

use axum::response::Response;

use crate::domain::surface::Surface;
use crate::reason::Problem;

/// A surface's way of refusing.
pub trait Dialect: Send + Sync {
    /// The refusal in the surface's shape. Headers that all surfaces share are added by the edge.
    fn refuse(&self, problem: &Problem, request_id: &str) -> Response;
}

/// The dialect of a surface.
#[must_use]
pub fn of(surface: Surface) -> &'static dyn Dialect {
    match surface {
        Surface::Account => &account::Account,
        Surface::Phone => &phone::Phone,
        Surface::Partner => &partner::Partner,
        Surface::Client => &client::Client,
    }
}
