//! `GET /.well-known/jwks.json`: the keys that access tokens are verified with (RFC 7517).

use latchkey::app::App;
use latchkey::config::Algorithm;
use latchkey::domain::signing::{PublicKey, SigningKey};
use latchkey::flow::keys;
use latchkey::http::{Fault, Raw, State};
use serde::Serialize;

/// A key is published for a day before it signs: whoever caches for an hour has it in time.
const MAX_AGE: u32 = 3600;

#[derive(Serialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    #[serde(flatten)]
    public: PublicKey,
    kid: String,
    alg: Algorithm,
    r#use: &'static str,
}

impl From<SigningKey> for Key {
    fn from(key: SigningKey) -> Self {
        Self { public: key.public, kid: key.id, alg: key.algorithm, r#use: "sig" }
    }
}

pub(crate) async fn handle(State(app): State<App>) -> Result<Raw, Fault> {
    let keys = keys::published(&app).await?.into_iter().map(Key::from).collect();
    Ok(Raw::json(&KeySet { keys }, MAX_AGE))
}
