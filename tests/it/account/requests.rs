//! Requests that are no requests: every one gets a clear answer in the documented shape.

use latchkey::http::Operation;
use latchkey_tests::{PASSWORD, TestApp};
use serde_json::json;

use crate::coverage::functions;

const POSTS: &[&str] =
    &["/v1/auth/signup", "/v1/auth/verify-signup-otp", "/v1/auth/login", "/v1/auth/refresh-token", "/v1/otp/resend/email"];

#[tokio::test]
async fn broken_bodies_are_refused_with_their_reason() {
    let app = TestApp::start().await;
    for path in POSTS {
        let client = app.account();
        client.post_text(path, "{\"email\": ").await.assert_error(400, "invalid_request");
        client.post_text(path, "").await.assert_error(400, "invalid_request");
        client.post_text(path, "[1]").await.assert_error(400, "invalid_request");
        let values = client.post_text(path, r#"["ada@example.com", "analytical engine no. 1", null, "x"]"#).await;
        assert_eq!(values.assert_error(400, "invalid_request").body["error"]["details"][0]["field"], "body", "{path}");
        client.post_text(path, "{} {}").await.assert_error(400, "invalid_request");
        client.post_text(path, &format!("{{\"email\":\"{}\"}}", "x".repeat(1 << 20))).await.assert_error(413, "payload_too_large");
        client.header("content-type", "text/plain").post_text(path, "{}").await.assert_error(415, "unsupported_media_type");
        client
            .header("content-type", "application/json; charset=latin1")
            .post_text(path, "{}")
            .await
            .assert_error(415, "unsupported_media_type");
        let typed = client.post(path, json!({ "email": 1, "refresh_token": 1, "password": 1, "otp": 1, "name": 1 })).await;
        let typed = typed.assert_error(400, "invalid_request");
        assert_ne!(typed.body["error"]["details"], json!([]), "{path}");
    }
}

/// What is refused before anything was looked at counts, too: a limit is a limit on requests.
#[tokio::test]
async fn every_answer_of_a_limited_operation_tells_what_is_left() {
    let app = TestApp::start().await;
    let mut checked = 0;
    for function in functions() {
        for Operation { method, path, limit, .. } in function.list() {
            let answers = [
                app.account().call(method, path, json!({})).await,
                app.account().call(method, path, json!([])).await,
                app.account().with_bearer("garbage").call(method, path, json!({})).await,
                app.account().header("content-type", "text/plain").call(method, path, json!({})).await,
            ];
            let left = answers.map(|answer| answer.header("x-ratelimit-remaining").map(|left| left.parse::<u64>().unwrap()));
            match limit {
                Some(_) => assert!(left.is_sorted_by(|one, next| one.unwrap() == next.unwrap() + 1), "{path}: {left:?}"),
                None => assert_eq!(left, [None; 4], "{path}"),
            }
            checked += usize::from(limit.is_some());
        }
    }
    assert_eq!(checked, 35);
}

#[tokio::test]
async fn a_query_that_is_none_is_counted_too() {
    let app = TestApp::start().await;
    let refused = app.account().get("/v1/verify/phone?phone=%zz").await.assert_error(400, "invalid_request");
    assert!(refused.header("x-ratelimit-remaining").is_some());
}

#[tokio::test]
async fn a_limit_refuses_what_is_malformed_as_well() {
    let app = TestApp::with(&[("LATCHKEY_CALLER_LIMIT_SCALE", "1")]).await;
    for _ in 0..100 {
        app.account().post_text("/v1/auth/login", "").await.assert_error(400, "invalid_request");
    }
    let refused = app.account().post_text("/v1/auth/login", "").await.assert_error(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let app = TestApp::start().await;
    let refused =
        app.account().post("/v1/auth/signup", json!({ "email": "nobody", "phone": "123" })).await.assert_error(400, "invalid_request");
    let fields: Vec<&str> =
        refused.body["error"]["details"].as_array().unwrap().iter().filter_map(|detail| detail["field"].as_str()).collect();
    assert_eq!(fields, ["name", "email", "phone", "password"]);
}

#[tokio::test]
async fn published_spellings_of_fields_are_understood_and_unknown_ones_ignored() {
    let app = TestApp::start().await;
    let signup = json!({ "name": "Ada", "email": "ada@example.com", "mobile": "+4915112345678", "password": PASSWORD, "utm_source": "x" });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    let verified = app.account().post("/v1/auth/verify-signup-otp", json!({ "email": "ada@example.com", "code": code })).await;
    assert_eq!(verified.assert_status(200).body["user"]["phone"], "+4915112345678");
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_named() {
    let app = TestApp::start().await;
    for phone in [r#""phone":"+4915112345678""#, r#""mobile_number":"+4915112345678""#, r#""phone_number":"""#] {
        let body = format!(r#"{{{phone},"phone_number":"+4915112345678","purpose":"verification"}}"#);
        let refused = app.account().post_text("/v1/otp/send", &body).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"], json!([{ "field": "phone", "message": "is given twice" }]), "{body}");
    }
    let unknown = r#"{"phone":"+4915112345678","purpose":"verification","utm":1,"utm":2}"#;
    app.account().post_text("/v1/otp/send", unknown).await.assert_status(200);
}

#[tokio::test]
async fn unknown_routes_are_not_found_in_the_shape_of_their_surface() {
    let app = TestApp::start().await;
    let client = app.account();
    client.get("/v1/nothing").await.assert_error(404, "not_found");
    client.get("/").await.assert_error(404, "not_found");
    client.get("/v1/auth/login").await.assert_error(404, "not_found");
    assert_eq!(client.get("/api/v1/auth/nothing").await.assert_status(404).body, json!({ "detail": "Not Found" }));
    assert_eq!(client.get("/fe/users/auth/otp/nothing").await.assert_status(404).body["status_code"], "NOT_FOUND");
    let loopback = client.get("/auth/nothing").await.assert_status(404);
    assert_eq!(loopback.body, json!({ "error": { "statusCode": 404, "name": "NotFoundError", "message": "API not found !" } }));
}

#[tokio::test]
async fn paths_and_queries_that_are_none_are_refused() {
    let app = TestApp::start().await;
    for path in [
        "/v1/users/%2e%2e/users/me",
        "/v1/users/../users/me",
        "/v1/users/me%3Fx=1",
        "/v1/users/%3Cscript%3E",
        "/v1/a%20b",
        "/v1/users/me%00",
        "/v1/%5Cusers",
    ] {
        app.account().get(path).await.assert_error(404, "not_found");
    }
}

#[tokio::test]
async fn a_query_must_be_encoded() {
    let app = TestApp::start().await;
    app.account().get("/healthz?a=%zz").await.assert_error(400, "invalid_request");
    app.account().get("/healthz?a=%4").await.assert_error(400, "invalid_request");
    app.account().get("/healthz?a=%41&b=%C3%A9").await.assert_status(200);
}

/// T97: an error says nothing about what is behind it.
#[tokio::test]
async fn errors_carry_no_inside() {
    let app = TestApp::start().await;
    let broken = app.with_a_table_out_of_reach();
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = broken.account().post("/v1/auth/login", login).await.assert_error(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    let text = answer.body.to_string().to_lowercase();
    for inside in ["latchkey", "table", "arn", "dynamo", "aws", "src/", "panic", "127.0.0.1", "connect"] {
        assert!(!text.contains(inside), "{text}");
    }
    let id = answer.body["error"]["request_id"].as_str().unwrap_or_default();
    assert!(!id.is_empty() && answer.header("x-request-id") == Some(id));
}
