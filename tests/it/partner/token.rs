//! Which tokens are a partner's, and which are not.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use latchkey::config::Algorithm as SigningAlgorithm;
use latchkey::domain::partner::{KeyMaterial, PartnerAlgorithm, PartnerId};
use latchkey::domain::signing::{KeyMaterial as Pair, PublicKey};
use latchkey_tests::{Reply, TestApp, TestPartner};
use serde_json::{Value, json};

const REGISTER: &str = "/fe/users/auth/otp/register";
const PHONE: &str = "+919876543210";

async fn register(app: &TestApp, token: &str) -> Reply {
    let body = json!({ "phone_number": "9876543210", "countryCode": "+91" });
    app.account().header("user-jwt-token", token).post(REGISTER, body).await
}

#[track_caller]
fn refused(reply: &Reply, why: &str) {
    assert_eq!(reply.status, 401, "{why}: {}", reply.body);
    assert_eq!(reply.body, json!({ "status_code": "UN_AUTHORIZED", "message": "UN_AUTHORIZED" }), "{why}");
}

async fn assert_nothing_was_sent(app: &TestApp) {
    assert!(app.messages_to(PHONE).await.is_empty());
    assert_eq!(app.items_starting("CODE#partner", "").await, 0);
}

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// A token with any header, signed with HMAC under any bytes.
fn forged(header: &Value, claims: &Value, key: &[u8]) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(key), Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

#[tokio::test]
async fn the_published_sample_verifies_while_it_is_good() {
    let app = TestApp::start().await;
    let partner = app.partner("d5b2e760-1b6c-4296-a89f-1da0ffe8c414", "Ludo").await;
    let id = partner.id.as_str();
    let claims = json!({
        "sub": "efkheikhwiheihefiwaaaaa",
        "client_id": id,
        "iat": 1_700_466_634,
        "iss": id,
        "exp": 1_700_553_034,
        "user_id": "efkheikhwiheihefiwaaaaa",
        "third_party_client_id": id,
        "namespaced_third_party_user_id": format!("{id}___efkheikhwiheihefiwaaaaa"),
        "wallet_address": "0x7889FdF548FC1713c611FB52eA64ACCbff1b0322"
    });
    let token = partner.sign(&claims);
    refused(&register(&app, &token).await, "long after its end");
    app.clock.advance_seconds(1_700_466_634 - 1_767_225_600);
    register(&app, &token).await.assert_status(200);
    app.clock.advance_seconds(24 * 3600 - 1);
    register(&app, &token).await.assert_status(200);
    app.clock.advance_seconds(1);
    refused(&register(&app, &token).await, "at its end");
}

/// T30, on this surface: one algorithm for each partner, and its own keys only.
#[tokio::test]
async fn a_token_is_taken_in_the_partners_own_algorithm_only() {
    let app = TestApp::start().await;
    let shared = app.partner("shared", "Ludo").await;
    let pair = Pair::generate(SigningAlgorithm::ES256).unwrap();
    let id = PartnerId::parse("with-keys").unwrap();
    app.register_partner(&id, "Chess", PartnerAlgorithm::ES256, KeyMaterial::Public(pair.public.clone())).await;
    let with_keys = TestPartner { id, secret: String::new() };
    let claims = app.partner_claims(&with_keys, "ada");
    let es256 =
        |claims: &Value| jsonwebtoken::encode(&Header::new(Algorithm::ES256), claims, &EncodingKey::from_ec_der(&pair.private)).unwrap();
    register(&app, &es256(&claims)).await.assert_status(200);
    app.forget_messages().await;
    app.clock.advance_seconds(31);
    let before = app.items_starting("CODE#partner", "").await;

    let public = serde_json::to_string(&pair.public).unwrap();
    let PublicKey::Ec { x, y, .. } = &pair.public else { unreachable!() };
    let point = [BASE64URL_NOPAD.decode(x.as_bytes()).unwrap(), BASE64URL_NOPAD.decode(y.as_bytes()).unwrap()].concat();
    let hs256 = json!({ "alg": "HS256", "typ": "JWT" });
    let of_shared = app.partner_claims(&shared, "ada");
    let (head, rest) = {
        let token = shared.sign(&of_shared);
        let (head, rest) = token.split_once('.').unwrap();
        (head.to_owned(), rest.to_owned())
    };
    for (why, token) in [
        ("HS256 with the public key as JWK", forged(&hs256, &claims, public.as_bytes())),
        ("HS256 with the public key's point", forged(&hs256, &claims, &point)),
        ("HS256 with nothing", forged(&hs256, &claims, b"")),
        ("ES256 where a secret is registered", es256(&of_shared)),
        ("none", format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&of_shared))),
        ("None", format!("{}.{}.", part(&json!({ "alg": "None" })), part(&of_shared))),
        ("no signature", format!("{head}.{}.", rest.split_once('.').unwrap().0)),
        ("another algorithm in the header", format!("{}.{rest}", part(&json!({ "alg": "HS512", "typ": "JWT" })))),
        ("RS256 in the header", format!("{}.{rest}", part(&json!({ "alg": "RS256", "typ": "JWT" })))),
        ("ES256 in the header", format!("{}.{rest}", part(&json!({ "alg": "ES256", "typ": "JWT" })))),
        ("one letter of the claims changed", format!("{head}.{}", rest.replacen('J', "K", 1))),
    ] {
        refused(&register(&app, &token).await, why);
    }
    assert!(app.messages_to(PHONE).await.is_empty());
    assert_eq!(app.items_starting("CODE#partner", "").await, before);
}

#[tokio::test]
async fn ed25519_keys_verify_too() {
    // The key pair of RFC 8037, appendix A, in the frames of PKCS#8 and SPKI.
    let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let framed = |frame: &str, key: &str| [HEXLOWER.decode(frame.as_bytes()).unwrap(), decode(key)].concat();
    let private = framed("302e020100300506032b657004220420", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    let public = framed("302a300506032b6570032100", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chess.pem");
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(&public));
    std::fs::write(&file, pem).unwrap();
    let app = TestApp::start().await;
    let create = ["partner", "create", "Chess", "--id", "chess", "--public-key", file.to_str().unwrap(), "--json"];
    let made = crate::admin::run(&app, &create).await.json();
    assert_eq!((made["algorithm"].as_str(), made.get("secret")), (Some("EdDSA"), None));
    let partner = TestPartner { id: PartnerId::parse("chess").unwrap(), secret: String::new() };
    let key = EncodingKey::from_ed_der(&private);
    let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &app.partner_claims(&partner, "ada"), &key).unwrap();
    register(&app, &token).await.assert_status(200);
    let no_token = crate::admin::run(&app, &["partner", "token", "chess", "--user", "ada"]).await.error(4);
    assert!(no_token.contains("private key"), "{no_token}");
}

/// T31, T32, on this surface: what a header says beside the algorithm is never followed.
#[tokio::test]
async fn headers_lead_nowhere() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let claims = app.partner_claims(&partner, "ada");
    let key = partner.secret.as_bytes();
    for header in [
        json!({ "alg": "HS256", "jku": "https://evil.example/keys" }),
        json!({ "alg": "HS256", "x5u": "https://evil.example/certificate" }),
        json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "AAAA" } }),
        json!({ "alg": "HS256", "crit": ["exp"], "exp": 1 }),
        json!({ "alg": "HS256", "crit": [] }),
        json!({ "alg": "HS256", "typ": "at+jwt" }),
        json!({ "alg": "HS256", "typ": 1 }),
        json!({ "alg": ["HS256"] }),
        json!({ "typ": "JWT" }),
    ] {
        refused(&register(&app, &forged(&header, &claims, key)).await, &header.to_string());
    }
    for kid in ["../../etc/passwd", "' OR 1=1 --", "https://evil.example/key"] {
        let header = json!({ "alg": "HS256", "kid": kid });
        refused(&register(&app, &forged(&header, &claims, b"another key of at least 32 bytes!")).await, kid);
    }
    refused(&register(&app, &forged(&json!({ "alg": "HS256", "kid": "k".repeat(10_000) }), &claims, key)).await, "10 kB");
    assert_nothing_was_sent(&app).await;
    // A key's name is nothing to us: the partner is.
    let named = forged(&json!({ "alg": "HS256", "typ": "jwt", "kid": "2026-01" }), &claims, key);
    register(&app, &named).await.assert_status(200);
}

/// T31: what names no partner is refused without a look into the table, but for the count of the caller's requests.
#[tokio::test]
async fn what_is_no_token_reads_nothing() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let mut claims = app.partner_claims(&partner, "ada");
    claims["iss"] = "../ludo#x".into();
    let long = format!("{}.x", "a".repeat(9000));
    for token in ["", "garbage", "a.b.c", "Bearer x", &partner.sign(&claims), &long] {
        let requests = app.count(async || refused(&register(&app, token).await, token));
        assert_eq!(requests.await, ["UpdateItem"], "{token}");
    }
}

/// T33, T34, on this surface: every claim is of its type, agrees with the others, and with the present.
#[tokio::test]
async fn claims_that_are_wrong_are_refused() {
    let app = TestApp::start().await;
    let (partner, other) = (app.partner("ludo", "Ludo").await, app.partner("chess", "Chess").await);
    let good = app.partner_claims(&partner, "ada");
    let now = good["iat"].as_i64().unwrap();
    let is = |value: Value| Some(value);
    for (claim, value) in [
        ("exp", None),
        ("exp", is(json!((now + 60).to_string()))),
        ("exp", is(json!(1e308))),
        ("exp", is(json!(1_767_229_200.5))),
        ("exp", is(json!(-1))),
        ("exp", is(Value::Null)),
        ("exp", is(json!(now))),
        ("exp", is(json!([now + 60]))),
        ("iat", None),
        ("iat", is(json!("now"))),
        ("iat", is(json!(-1))),
        ("iat", is(json!(now + 60))),
        ("iat", is(json!(1_767_225_600.0))),
        ("nbf", is(json!(now + 60))),
        ("nbf", is(json!("0"))),
        ("nbf", is(json!(-1))),
        ("iss", None),
        ("iss", is(json!("chess"))),
        ("iss", is(json!("unknown"))),
        ("iss", is(json!(["ludo"]))),
        ("client_id", None),
        ("client_id", is(json!("chess"))),
        ("client_id", is(json!(1))),
        ("third_party_client_id", is(json!("chess"))),
        ("namespaced_third_party_user_id", is(json!("ludo___ben"))),
        ("namespaced_third_party_user_id", is(json!("chess___ada"))),
        ("sub", None),
        ("sub", is(json!(""))),
        ("sub", is(json!(7))),
        ("sub", is(json!("ben"))),
        ("sub", is(json!("a\u{0}da"))),
        ("user_id", is(json!("ben"))),
        ("user_id", is(json!(7))),
        ("wallet_address", is(json!({ "chain": 1 }))),
        ("wallet_address", is(json!("x".repeat(257)))),
        ("aud", is(json!("https://elsewhere.example.com"))),
        ("aud", is(json!(["https://elsewhere.example.com"]))),
        ("aud", is(json!(42))),
        ("aud", is(json!([latchkey_tests::BASE_URL, 7]))),
        ("aud", is(json!({ "a": 1 }))),
        ("aud", is(json!([]))),
        ("aud", is(json!(""))),
    ] {
        let mut claims = good.clone();
        match value {
            Some(value) => claims[claim] = value,
            None => drop(claims.as_object_mut().unwrap().remove(claim)),
        }
        refused(&register(&app, &partner.sign(&claims)).await, &format!("{claim} {:?}", claims.get(claim)));
    }
    let twice = format!(r#"{{"sub":"ben",{}"#, &good.to_string()[1..]);
    let header = part(&json!({ "alg": "HS256", "typ": "JWT" }));
    let message = format!("{header}.{}", BASE64URL_NOPAD.encode(twice.as_bytes()));
    let key = EncodingKey::from_secret(partner.secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    refused(&register(&app, &format!("{message}.{signature}")).await, "a claim that is there twice");
    refused(&register(&app, &TestPartner { secret: other.secret, ..partner.clone() }.sign(&good)).await, "another partner's secret");
    assert_nothing_was_sent(&app).await;
    for (claim, value) in [
        ("aud", json!(latchkey_tests::BASE_URL)),
        ("aud", json!(["https://elsewhere.example.com", latchkey_tests::BASE_URL])),
        ("nbf", json!(now)),
        ("wallet_address", json!("")),
    ] {
        let mut claims = good.clone();
        claims[claim] = value;
        register(&app, &partner.sign(&claims)).await.assert_status(200);
        app.clock.advance_seconds(31);
    }
}

/// T34, on this surface: tokens of other kinds are none.
#[tokio::test]
async fn tokens_of_other_kinds_are_refused() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let login = app.register("ada@example.com").await;
    let token = partner.sign(&app.partner_claims(&partner, "ada"));
    let body = || json!({ "phone_number": "9876543210", "countryCode": "+91" });
    for header in [login.token(), login.refresh_token(), &format!("Bearer {token}"), ""] {
        refused(&register(&app, header).await, header);
    }
    for client in [app.account(), app.account().with_bearer(login.token()), app.account().with_bearer(&token)] {
        refused(&client.post(REGISTER, body()).await, "no token where one belongs");
    }
    app.account().header("authorization", &format!("Bearer {token}")).get("/v1/users/me").await.assert_error(401, "unauthorized");
    assert_nothing_was_sent(&app).await;
    register(&app, &token).await.assert_status(200);
}
