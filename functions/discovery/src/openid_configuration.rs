//! `GET /.well-known/openid-configuration`: what a verifier of access tokens needs, in the form that verifiers read
//! (RFC 8414). There is no authorization endpoint, so none is named.

use latchkey::app::App;
use latchkey::config::Algorithm;
use latchkey::flow::keys;
use latchkey::http::{Anyone, Fault, Raw, State};
use serde::Serialize;

const MAX_AGE: u32 = 3600;

#[derive(Serialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<Algorithm>,
    claims_supported: [&'static str; 8],
}

pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone) -> Result<Raw, Fault> {
    let mut algorithms: Vec<Algorithm> = keys::published(&app).await?.into_iter().map(|key| key.algorithm).collect();
    algorithms.dedup();
    let configuration = Configuration {
        jwks_uri: format!("{}/.well-known/jwks.json", by.base_url),
        issuer: by.base_url,
        response_types_supported: [],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: algorithms,
        claims_supported: ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "roles"],
    };
    Ok(Raw::json(&configuration, MAX_AGE))
}
