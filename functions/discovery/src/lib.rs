//! What a deployment says about itself: its keys, its endpoints, its documents, its health. Unknown routes arrive here too, and
//! are answered in the shape of the surface they belong to.

mod healthz;
mod jwks;
mod openapi;
mod openid_configuration;

use latchkey::http::{Access, Operations};

/// The operations.
#[must_use]
pub fn operations() -> Operations {
    Operations::new("discovery")
        .get("/.well-known/jwks.json", Access::Public, jwks::handle)
        .get("/.well-known/openid-configuration", Access::Public, openid_configuration::handle)
        .get("/openapi/account.json", Access::Public, openapi::account)
        .get("/openapi/partner.json", Access::Public, openapi::partner)
        .get("/openapi/phone.json", Access::Public, openapi::phone)
        .get("/healthz", Access::Public, healthz::handle)
}
