//! Access tokens: what was signed is believed only as it was signed, and only where every claim is in order.
//!
//! The first byte chooses: an arbitrary text, the genuine token changed as the rest says, or the rest as claims under a genuine
//! signature.

#![no_main]

use std::sync::LazyLock;

use jsonwebtoken::Header;
use latchkey::config::Algorithm;
use latchkey::domain::access_token::{Bearer, Claims, Unverified};
use latchkey::domain::signing::{KeyMaterial, SigningKey};
use latchkey::domain::user::UserId;
use latchkey::secret::Secrets;
use latchkey_fuzz::{SECRET, edited, now, session};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ISSUER: &str = "https://accounts.example.com";
const AUDIENCE: &str = "latchkey";
/// As in the domain: how far ahead of ours another instance's clock may be, in seconds.
const SKEW: i64 = 5;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let material = KeyMaterial::generate(Algorithm::ES256).expect("a key can be made");
    let id = material.public.thumbprint();
    SigningKey::assemble(1, id, Algorithm::ES256, material.public, &material.private, now()).expect("its parts belong together")
});
static GENUINE: LazyLock<String> = LazyLock::new(|| {
    let session = session(&Secrets::new(SECRET, &[]));
    let claims = Claims::new(ISSUER, AUDIENCE, &session, &[], "0123456789abcdefghijkl".to_owned(), now(), 900);
    claims.sign(&KEY).expect("the key signs")
});

fn verified(text: &str) -> Option<Bearer> {
    Unverified::parse(text)?.verify(&KEY, ISSUER, AUDIENCE, now())
}

fn signed_part(token: &str) -> &str {
    token.rsplit_once('.').map_or("", |(signed, _)| signed)
}

/// A genuine signature over claims of the fuzzer's.
fn sign(claims: &Value) -> String {
    let header = Header { typ: Some("at+jwt".to_owned()), kid: Some(KEY.id.clone()), ..Header::new(jsonwebtoken::Algorithm::ES256) };
    jsonwebtoken::encode(&header, claims, &KEY.encoding).expect("the key signs")
}

fn assert_in_order(claims: &Value, bearer: &Bearer) {
    let number = |name: &str| claims[name].as_i64().expect("a whole number");
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(ISSUER), Some(AUDIENCE)), "{claims}");
    assert_eq!(claims["sub"].as_str().and_then(UserId::parse), Some(bearer.user), "{claims}");
    assert_eq!(claims["sid"].as_str(), Some(bearer.session.as_str()), "{claims}");
    let latest = now().as_second() + SKEW;
    assert!(number("nbf") <= latest && number("iat") <= latest && number("iat") < number("exp"), "{claims}");
    assert_eq!(number("exp") <= now().as_second(), bearer.expired, "{claims}");
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else { return };
    match mode % 3 {
        0 => {
            let text = String::from_utf8_lossy(rest);
            assert_eq!(verified(&text).is_some(), text == *GENUINE, "{text}");
        }
        1 => {
            let text = edited(&GENUINE, rest);
            let believed = verified(&text).is_some();
            // A signature can be written in two ways, and both are genuine; what was signed in one only.
            assert!(!believed || signed_part(&text) == signed_part(&GENUINE), "{text} of {}", *GENUINE);
            assert!(believed || text != *GENUINE, "{text}");
        }
        _ => {
            let Ok(claims) = serde_json::from_slice::<Value>(rest) else { return };
            if let Some(bearer) = verified(&sign(&claims)) {
                assert_in_order(&claims, &bearer);
            }
        }
    }
});
