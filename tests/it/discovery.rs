//! What a deployment says about itself.

use latchkey_tests::{BASE_URL, TestApp};
use serde_json::json;

#[tokio::test]
async fn the_published_key_verifies_access_tokens() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let jwks = app.account().get("/.well-known/jwks.json").await.assert_status(200);
    let key = &jwks.body["keys"][0];
    assert_eq!(key["kty"], "EC");
    assert_eq!(key["use"], "sig");
    assert!(key.get("d").is_none(), "the private half is not published");
    let decoding = jsonwebtoken::DecodingKey::from_ec_components(key["x"].as_str().unwrap(), key["y"].as_str().unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&["latchkey"]);
    validation.set_issuer(&[BASE_URL]);
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    let token = jsonwebtoken::decode::<serde_json::Value>(login.token(), &decoding, &validation).unwrap();
    assert_eq!(token.header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(token.header.kid.as_deref(), key["kid"].as_str());
    assert_eq!(token.claims["sub"], login.body["user"]["id"]);
    assert!(jwks.header("cache-control").is_some_and(|caching| caching.contains("max-age")));
}

#[tokio::test]
async fn rs256_is_there_for_verifiers_that_know_no_other() {
    let app = TestApp::with(&[("LATCHKEY_SIGNING_ALGORITHM", "RS256")]).await;
    let login = app.register("ada@example.com").await;
    let jwks = app.account().get("/.well-known/jwks.json").await.assert_status(200);
    assert_eq!(jwks.body["keys"][0]["kty"], "RSA");
    assert_eq!(jwks.body["keys"][0]["alg"], "RS256");
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
}

#[tokio::test]
async fn the_configuration_names_issuer_and_keys() {
    let app = TestApp::start().await;
    let configuration = app.account().get("/.well-known/openid-configuration").await.assert_status(200);
    assert_eq!(configuration.body["issuer"], BASE_URL);
    assert_eq!(configuration.body["jwks_uri"], format!("{BASE_URL}/.well-known/jwks.json"));
    assert_eq!(configuration.body["id_token_signing_alg_values_supported"], json!(["ES256"]));
}

#[tokio::test]
async fn health_says_whether_the_table_answers() {
    let app = TestApp::start().await;
    assert_eq!(app.account().get("/healthz").await.assert_status(200).body, json!({ "status": "ok" }));
    app.with_a_table_out_of_reach().account().get("/healthz").await.assert_error(503, "unavailable");
}

#[tokio::test]
async fn the_documents_are_served() {
    let app = TestApp::start().await;
    let document = app.account().get("/openapi/account.json").await.assert_status(200);
    assert!(document.body["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    assert!(document.body["paths"]["/v1/auth/login"].is_object());
}

/// No header chooses where tokens say they come from.
#[tokio::test]
async fn the_issuer_comes_from_the_gateway_and_never_from_a_header() {
    let app = TestApp::start().await;
    let client =
        app.account().header("host", "evil.example").header("x-forwarded-host", "evil.example").header("origin", "https://evil.example");
    let configuration = client.get("/.well-known/openid-configuration").await.assert_status(200);
    assert_eq!(configuration.body["issuer"], BASE_URL);
}
