//! Partners' tokens: what was signed is believed only as it was signed, and only where every claim agrees with the others.
//!
//! The first byte chooses: an arbitrary text, the genuine token changed as the rest says, the rest as claims under a genuine signature,
//! or the rest as a header before genuine claims.

#![no_main]

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use latchkey::domain::partner::{KeyMaterial, Partner, PartnerAlgorithm, PartnerId, PartnerKey, PartnerName};
use latchkey::domain::partner_token::{Claims, Unverified};
use latchkey_fuzz::{SECRET, edited, now};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const AUDIENCE: &str = "https://accounts.example.com";
const LIFE: i64 = 3600;
/// As in the domain: how far ahead of ours a partner's clock may be, in seconds.
const SKEW: i64 = 5;

static PARTNER: LazyLock<Partner> = LazyLock::new(|| Partner {
    id: PartnerId::parse("ludo").expect("an id"),
    name: PartnerName::parse("Ludo").expect("a name"),
    algorithm: PartnerAlgorithm::HS256,
    enabled: true,
    present: PartnerKey { id: "first".to_owned(), material: KeyMaterial::Sealed(String::new()), added_at: now() },
    formers: Vec::new(),
    created_at: now(),
    updated_at: now(),
    revision: 1,
});
static GENUINE: LazyLock<String> =
    LazyLock::new(|| Claims::new(&PARTNER.id, "ada", None, now(), LIFE).sign(SECRET.as_bytes()).expect("the secret signs"));

fn verified(text: &str) -> Option<Claims> {
    let unverified = Unverified::parse(text)?;
    assert!(PartnerId::parse(unverified.issuer.as_str()).is_ok(), "what is looked up is an id: {text}");
    unverified.verify(&PARTNER, &[DecodingKey::from_secret(SECRET.as_bytes())], AUDIENCE, now())
}

/// A genuine signature over any header and claims.
fn sign(header: &[u8], claims: &[u8]) -> String {
    let signed = format!("{}.{}", BASE64URL_NOPAD.encode(header), BASE64URL_NOPAD.encode(claims));
    let mac = jsonwebtoken::crypto::sign(signed.as_bytes(), &EncodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256);
    format!("{signed}.{}", mac.expect("the secret signs"))
}

fn assert_in_order(given: &Value, believed: &Claims) {
    let number = |name: &str| given[name].as_i64().expect("a whole number");
    let latest = now().as_second() + SKEW;
    assert_eq!((given["iss"].as_str(), given["client_id"].as_str()), (Some("ludo"), Some("ludo")), "{given}");
    assert_eq!(given["sub"].as_str(), Some(believed.sub.as_str()), "{given}");
    assert!(!believed.sub.is_empty() && believed.sub.len() <= 256, "{given}");
    for (name, first) in [("user_id", believed.sub.as_str()), ("third_party_client_id", "ludo")] {
        assert!(given[name].is_null() || given[name] == first, "{name}: {given}");
    }
    assert!(number("iat") <= latest && number("iat") < number("exp") && now().as_second() < number("exp"), "{given}");
    let audiences = given["aud"].as_array().cloned().unwrap_or_else(|| vec![given["aud"].clone()]);
    assert!(given["aud"].is_null() || audiences.contains(&AUDIENCE.into()), "{given}");
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else { return };
    match mode % 4 {
        0 => {
            let text = String::from_utf8_lossy(rest);
            assert_eq!(verified(&text).is_some(), text == *GENUINE, "{text}");
        }
        1 => {
            let text = edited(&GENUINE, rest);
            assert_eq!(verified(&text).is_some(), text == *GENUINE, "{text}");
        }
        2 => {
            // What is not looked at in them need not be text: the partner has signed it.
            let believed = verified(&sign(&serde_json::to_vec(&Header::new(Algorithm::HS256)).expect("a header is JSON"), rest));
            if let (Some(claims), Ok(given)) = (believed, serde_json::from_slice(rest)) {
                assert_in_order(&given, &claims);
            }
        }
        _ => {
            let claims = serde_json::to_vec(&Claims::new(&PARTNER.id, "ada", None, now(), LIFE)).expect("claims are JSON");
            let believed = verified(&sign(rest, &claims)).is_some();
            if let (true, Ok(header)) = (believed, serde_json::from_slice::<Value>(rest)) {
                let members: Vec<&String> = header.as_object().expect("an object").keys().collect();
                assert!(members.iter().all(|name| ["alg", "typ", "kid"].contains(&name.as_str())), "{header}");
                assert_eq!(header["alg"], "HS256", "{header}");
            }
        }
    }
});
