//! Codes by SMS.

use latchkey_tests::{Reply, TestApp};
use serde_json::json;

const PHONE: &str = "+4915112345678";
const ELSEWHERE: &str = "198.51.100.7";

async fn send(app: &TestApp, phone: &str, purpose: &str) -> Reply {
    app.account().post("/v1/otp/send", json!({ "phone": phone, "purpose": purpose })).await
}

async fn verify(app: &TestApp, phone: &str, code: &str, purpose: &str) -> Reply {
    app.account().post("/v1/otp/verify", json!({ "phone": phone, "code": code, "purpose": purpose })).await
}

#[tokio::test]
async fn a_code_by_sms_signs_in_once() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.forget_messages().await;
    let sent = send(&app, PHONE, "login").await.assert_status(200);
    assert_eq!(sent.body["expires_in"], 600);
    let code = app.code_for(PHONE).await;
    verify(&app, PHONE, if code == "000000" { "000001" } else { "000000" }, "login").await.assert_error(400, "invalid_otp");
    let login = verify(&app, PHONE, &code, "login").await.assert_status(200);
    assert_eq!(login.body["user"]["email"], "ada@example.com");
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    app.refresh(login.refresh_token()).await.assert_status(200);
    verify(&app, PHONE, &code, "login").await.assert_error(400, "invalid_otp");
}

#[tokio::test]
async fn only_a_number_that_an_active_account_has_proved_gets_a_code_to_sign_in() {
    let app = TestApp::start().await;
    send(&app, PHONE, "login").await.assert_error(404, "not_found");
    let login = app.register("ada@example.com").await;
    app.account().with_bearer(login.token()).put("/v1/profile/update", json!({ "phone": PHONE })).await.assert_status(200);
    send(&app, PHONE, "login").await.assert_error(404, "not_found");
    app.register_with_phone("ben@example.com", "+4915112345679").await;
    app.set_status("ben@example.com", "disabled").await;
    send(&app, "+4915112345679", "login").await.assert_error(404, "not_found");
}

/// T04.
#[tokio::test]
async fn with_uniform_disclosure_a_registered_number_cannot_be_told_from_another() {
    let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", "uniform")]).await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(61);
    let unknown = "+4915112345679";
    let stranger = app.account().from(ELSEWHERE);
    for seconds in [10, 61, 61, 700, 61] {
        app.account().get("/.well-known/jwks.json").await.assert_status(200);
        let mut answers = Vec::new();
        for phone in [PHONE, unknown] {
            let requests = app
                .count(async || {
                    answers.push(stranger.post("/v1/otp/send", json!({ "phone": phone, "purpose": "login" })).await.comparable(phone));
                })
                .await;
            answers.push(format!("{requests:?}"));
            for code in ["000000", "000001"] {
                let body = json!({ "phone": phone, "code": code, "purpose": "login" });
                let requests = app.count(async || answers.push(stranger.post("/v1/otp/verify", body).await.comparable(phone))).await;
                answers.push(format!("{requests:?}"));
            }
        }
        let (known, other) = answers.split_at(answers.len() / 2);
        assert_eq!(known, other);
        app.clock.advance_seconds(seconds);
    }
    assert!(!app.messages_to(PHONE).await.is_empty());
    assert!(app.messages_to(unknown).await.is_empty());
}

/// T66, as far as signing in goes.
#[tokio::test]
async fn an_account_unused_for_long_is_not_opened_by_an_sms_alone() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_days(91);
    app.forget_messages().await;
    send(&app, PHONE, "login").await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let refused = verify(&app, PHONE, &code, "login").await.assert_error(403, "forbidden");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("password"));
    app.login("ada@example.com").await.assert_status(200);
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    send(&app, PHONE, "login").await.assert_status(200);
    let code = app.code_for(PHONE).await;
    verify(&app, PHONE, &code, "login").await.assert_status(200);
}

#[tokio::test]
async fn an_account_whose_session_is_kept_alive_is_in_use() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    let mut login = app.login("ada@example.com").await;
    for _ in 0..4 {
        app.clock.advance_days(22);
        login = app.refresh(login.refresh_token()).await.assert_status(200);
    }
    app.clock.advance_days(89);
    app.forget_messages().await;
    send(&app, PHONE, "login").await.assert_status(200);
    let code = app.code_for(PHONE).await;
    verify(&app, PHONE, &code, "login").await.assert_status(200);
}

#[tokio::test]
async fn a_stand_alone_proof_confirms_a_number_and_opens_nothing() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    send(&app, PHONE, "verification").await.assert_status(200);
    let code = app.code_for(PHONE).await;
    verify(&app, PHONE, &code, "login").await.assert_error(400, "invalid_otp");
    let confirmed = verify(&app, PHONE, &code, "verification").await.assert_status(200);
    assert!(confirmed.body.get("access_token").is_none() && confirmed.body.get("user").is_none());
    verify(&app, PHONE, &code, "verification").await.assert_error(400, "invalid_otp");
}

#[tokio::test]
async fn with_a_session_a_verification_is_of_the_callers_own_number() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let ask = json!({ "phone": PHONE, "purpose": "verification" });
    caller.post("/v1/otp/send", ask.clone()).await.assert_error(400, "not_pending");
    caller.put("/v1/profile/update", json!({ "phone": PHONE })).await.assert_status(200);
    caller.post("/v1/otp/send", ask.clone()).await.assert_error(429, "rate_limited");
    app.clock.advance_seconds(61);
    caller.post("/v1/otp/send", ask).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let verified = caller.post("/v1/otp/verify", json!({ "phone": PHONE, "otp": code, "purpose": "verification" })).await;
    assert!(verified.assert_status(200).body.get("access_token").is_none());
    assert_eq!(caller.get("/v1/users/me").await.body["phone_verified"], true);
}

/// T78.
#[tokio::test]
async fn a_second_sms_within_a_minute_is_refused_and_says_when() {
    let app = TestApp::start().await;
    send(&app, PHONE, "verification").await.assert_status(200);
    app.deliver().await;
    app.clock.advance_seconds(20);
    let refused = send(&app, PHONE, "verification").await.assert_error(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("40"));
    app.clock.advance_seconds(40);
    send(&app, PHONE, "verification").await.assert_status(200);
    assert_eq!(app.messages_to(PHONE).await.len(), 2);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let app = TestApp::start().await;
    let answer =
        app.account().post("/v1/otp/send", json!({ "mobile": "0151", "purpose": "payment" })).await.assert_error(400, "invalid_request");
    let fields: Vec<_> = answer.body["error"]["details"].as_array().unwrap().iter().map(|detail| detail["field"].clone()).collect();
    assert_eq!(fields, ["phone", "purpose"]);
    for phone in ["+4915112345678 ext. 5", "+49151ABC45678", "+٤٩١٥١١٢٣٤٥٦٧٨", "+999123456789"] {
        send(&app, phone, "verification").await.assert_error(400, "invalid_request");
    }
}
