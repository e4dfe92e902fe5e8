//! `GET /v1/users/me`, and what is no access token.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use latchkey_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

#[tokio::test]
async fn the_profile_is_the_callers_own() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let me = app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    assert_eq!(me.body["id"], login.body["user"]["id"]);
    assert_eq!(me.body["name"], "Ada Lovelace");
    assert_eq!(me.body["is_active"], true);
    assert_eq!(me.body["is_online"], true);
    assert_eq!(me.body["created_at"], "2026-01-01T00:00:00Z");
    for absent in ["phone", "gender", "date_of_birth", "place", "locale", "photo_url"] {
        assert_eq!(me.body[absent], Value::Null);
    }
    assert_eq!(me.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_token_is_over_after_fifteen_minutes() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.clock.advance_seconds(899);
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    app.clock.advance_seconds(1);
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "token_expired");
}

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// T30, T31, T32: whatever a header says, only our key and its algorithm count, and nothing is fetched.
#[tokio::test]
async fn no_header_makes_a_forged_token_genuine() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let token = login.token();
    let mut parts = token.split('.');
    let (header, claims, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let header: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap();
    let kid = header["kid"].clone();
    let jwks = app.account().get("/.well-known/jwks.json").await;
    let public = &jwks.body["keys"][0];
    let point = ["x", "y"].map(|coordinate| BASE64URL_NOPAD.decode(public[coordinate].as_str().unwrap().as_bytes()).unwrap()).concat();
    let hs256 = |key: &[u8]| {
        let signed = format!("{}.{claims}", part(&json!({ "typ": "at+jwt", "alg": "HS256", "kid": kid })));
        let mac = jsonwebtoken::crypto::sign(signed.as_bytes(), &EncodingKey::from_secret(key), Algorithm::HS256).unwrap();
        format!("{signed}.{mac}")
    };
    let mut forged = vec![hs256(&point), hs256(&[&[4], &*point].concat()), hs256(public.to_string().as_bytes()), hs256(b"")];
    for head in [
        json!({ "typ": "at+jwt", "alg": "none", "kid": kid }),
        json!({ "typ": "at+jwt", "alg": "RS256", "kid": kid }),
        json!({ "typ": "JWT", "alg": "ES256", "kid": kid }),
        json!({ "alg": "ES256", "kid": kid }),
        json!({ "typ": "at+jwt", "alg": "ES256" }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": "../../etc/passwd" }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": "' OR 1=1 --" }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": "x".repeat(10_000) }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": "https://evil.example/key" }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid, "jku": "https://evil.example/jwks" }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid, "jwk": {} }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid, "x5u": "https://evil.example/x5u" }),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid, "crit": ["exp"] }),
    ] {
        forged.push(format!("{}.{claims}.{signature}", part(&head)));
        forged.push(format!("{}.{claims}.", part(&head)));
    }
    forged.extend([login.tampered_token(), "garbage".to_owned(), format!("{token}x"), login.refresh_token().to_owned()]);
    for token in forged {
        let caller = app.account().with_bearer(&token);
        caller.get("/v1/users/me").await.assert_error(401, "unauthorized");
        caller.get("/api/v1/auth/me").await.assert_status(401);
    }
}

/// T33, T34: claims of other types, times and makers, signed with our very key.
#[tokio::test]
async fn claims_must_be_ours_in_every_type() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let genuine = login.claims();
    assert_eq!(app.me_with_claims(&genuine).await.status, 200, "the test's own signature must be good");
    let exp = genuine["exp"].as_i64().unwrap();
    for (claim, value) in [
        ("exp", json!(exp.to_string())),
        ("exp", json!(-1)),
        ("exp", json!(1e308)),
        ("exp", json!(f64::from(i32::MAX) + 0.5)),
        ("exp", Value::Null),
        ("nbf", json!(exp + 1)),
        ("nbf", json!("0")),
        ("iat", json!(exp + 1)),
        ("aud", json!("client:other")),
        ("aud", json!([])),
        ("iss", json!("https://evil.example")),
        ("sub", json!("not-a-uuid")),
        ("sub", json!("00000000-0000-7000-8000-000000000000")),
        ("sid", json!("x")),
        ("sid", json!("SESSION#xxxxxxxxxxxxxx")),
    ] {
        let mut claims = genuine.clone();
        claims[claim] = value.clone();
        let answer = app.me_with_claims(&claims).await;
        assert_eq!(answer.status, 401, "{claim}: {value}");
        let mut missing = genuine.clone();
        missing.as_object_mut().unwrap().remove(claim);
        assert_eq!(app.me_with_claims(&missing).await.status, 401, "{claim} missing");
    }
}

/// T35: a retired key's tokens are refused once the longest of them is over; a new key is taken up by a warm instance; unknown
/// keys cause no storm.
#[tokio::test]
async fn keys_come_and_go_without_a_storm() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let published = async || app.account().get("/.well-known/jwks.json").await.body["keys"].as_array().unwrap().len();
    assert_eq!(published().await, 1);
    app.clock.advance_days(29);
    app.rotate_keys().await;
    app.clock.advance_minutes(6);
    assert_eq!(published().await, 2, "the next key is published before it signs");
    let before = app.login("ada@example.com").await.assert_status(200);
    assert_eq!(before.key_id(), login.key_id());
    app.clock.advance_hours(24);
    let after = app.login("ada@example.com").await.assert_status(200);
    assert_ne!(after.key_id(), login.key_id());
    app.account().with_bearer(after.token()).get("/v1/users/me").await.assert_status(200);
    assert_eq!(published().await, 2, "the retired key stays for the longest token");
    app.clock.advance_hours(24);
    assert_eq!(published().await, 1);

    let fresh = app.login("ada@example.com").await.assert_status(200);
    let requests = app.count(async || {
        let head = part(&json!({ "typ": "at+jwt", "alg": "ES256", "kid": "unknown" }));
        let rest = fresh.token().split_once('.').unwrap().1;
        for _ in 0..20 {
            app.account().with_bearer(&format!("{head}.{rest}")).get("/v1/users/me").await.assert_error(401, "unauthorized");
        }
    });
    assert!(requests.await.len() <= 1, "twenty unknown keys are looked up at most once");
}

/// T36, for what there is so far: what is sealed in one place opens in no other, and a token of one kind is none of another.
#[tokio::test]
async fn tokens_of_one_kind_are_none_of_another() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.account().with_bearer(login.refresh_token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(login.token()).await.assert_error(401, "invalid_refresh_token");
}

#[tokio::test]
async fn what_is_still_to_be_done_is_told() {
    const PATH: &str = "/v1/user/profile-validation";
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let validation = caller.get(PATH).await.assert_status(200).body;
    assert_eq!(
        (&validation["is_valid"], &validation["email_verified"], &validation["phone_verified"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!(
        (&validation["profile_complete"], &validation["missing_fields"]),
        (&json!(false), &json!(["phone", "gender", "date_of_birth"]))
    );
    assert_eq!(validation["requirements"], json!([]));

    app.account()
        .post("/v1/auth/signup", json!({ "name": "Ben", "email": "ben@example.com", "phone": "+4915112345678", "password": PASSWORD }))
        .await;
    let code = app.code_for("ben@example.com").await;
    let ben = app.verify("ben@example.com", &code).await.assert_status(200);
    let caller = app.account().with_bearer(ben.token());
    let validation = caller.get(PATH).await.assert_status(200).body;
    assert_eq!((&validation["is_valid"], &validation["requirements"][0]["code"]), (&json!(false), &json!("phone_verification_required")));

    app.clock.advance_minutes(2);
    app.forget_messages().await;
    caller.post("/v1/otp/send", json!({ "phone": "+4915112345678", "purpose": "verification" })).await.assert_status(200);
    let code = app.code_for("+4915112345678").await;
    caller.post("/v1/otp/verify/mobile", json!({ "phone": "+4915112345678", "otp": code })).await.assert_status(200);
    caller.put("/v1/profile/update", json!({ "gender": "other", "date_of_birth": "1985-12-10" })).await.assert_status(200);
    let validation = caller.get(PATH).await.assert_status(200).body;
    assert_eq!((&validation["is_valid"], &validation["profile_complete"]), (&json!(true), &json!(true)));
}
