//! What is logged, and what never is (T95). Every line of every test is checked as it is written; this shows that the check sees.

use latchkey_tests::{PASSWORD, TestApp, all_logs, leak};
use serde_json::{Value, json};

#[test]
fn the_check_sees_addresses_tokens_passwords_codes_and_numbers() {
    let line = |text: &str| json!({ "timestamp": "2026-01-01T00:00:00.123456Z", "message": text }).to_string();
    let tokens = ["lk1.0011.user", "eyJhbGciOiJFUzI1NiJ9.e30.x", "ya29.a0AfH6", "dQw4:APA91b"];
    for text in ["to ada@example.com", PASSWORD, "code 012345", "to +4915112345678"].into_iter().chain(tokens) {
        assert!(leak(&line(text)).is_some(), "{text}");
    }
    assert_eq!(leak(&line("answered 200 in 12345 ms")), None);
    assert!(leak("no JSON").is_some());
}

#[tokio::test]
async fn each_request_is_one_line_with_its_id_operation_outcome_and_duration() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.refresh(login.refresh_token()).await.assert_status(200);
    let refused = app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": "not this one" })).await;
    let refused = refused.assert_error(401, "invalid_credentials");
    let id = refused.header("x-request-id").unwrap();
    let lines = all_logs();
    let lines: Vec<Value> = lines.lines().filter(|line| line.contains(id)).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["operation"], "POST /v1/auth/login");
    assert_eq!(lines[0]["status"], 401);
    assert_eq!(lines[0]["reason"], "InvalidCredentials");
    assert!(lines[0]["elapsed_ms"].is_u64());
}

/// What happens is measured, in the form that CloudWatch reads out of logs.
#[tokio::test]
async fn sign_ins_refusals_codes_and_hashes_are_measured() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.login("ada@example.com").await.assert_status(200);
    app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": "a wrong password" })).await.assert_status(401);
    let logs = app.logs();
    let lines: Vec<Value> = logs.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let measured = |name: &str, property: &str, value: &str| {
        lines.iter().any(|line| line[name].is_number() && line[property] == value && line["_aws"]["CloudWatchMetrics"].is_array())
    };
    assert!(measured("SignIns", "method", "pwd"));
    assert!(measured("Refusals", "reason", "InvalidCredentials"));
    assert!(measured("CodesSent", "channel", "phone") && measured("CodesSent", "prefix", "+49151"));
    assert!(measured("CodesVerified", "channel", "phone"));
    assert!(lines.iter().any(|line| line["HashTime"].as_f64().is_some_and(|time| time > 0.0)));
}
