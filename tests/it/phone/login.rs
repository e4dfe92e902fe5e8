//! Signing in by phone.

use latchkey_tests::{PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

const PHONE: &str = "+4915112345678";
const UNKNOWN: &str = "+4915112345679";

async fn send(app: &TestApp, phone: &str) -> Reply {
    app.account().post("/api/v1/auth/login/send-otp", json!({ "phone_number": phone })).await
}

async fn verify(app: &TestApp, phone: &str, code: &str) -> Reply {
    app.account().post("/api/v1/auth/login/verify-otp", json!({ "phone_number": phone, "otp_code": code })).await
}

fn detail(reply: &Reply, status: u16) -> String {
    reply.assert_status(status).body["detail"].as_str().unwrap().to_owned()
}

async fn signed_up() -> TestApp {
    let app = TestApp::start().await;
    app.sign_up_by_phone(PHONE).await;
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    app
}

#[tokio::test]
async fn a_password_signs_in_and_nothing_tells_why_another_does_not() {
    let app = TestApp::start().await;
    let person = app.register_with_phone("ada@example.com", PHONE).await;
    let login =
        async |phone: &str, password: &str| app.account().post("/api/v1/auth/login", json!({ "phone": phone, "password": password })).await;
    let signed_in = login(PHONE, PASSWORD).await.assert_status(200);
    assert_eq!((&signed_in.body["token_type"], &signed_in.body["expires_in"]), (&json!("bearer"), &json!(86400)));
    let me = app.account().with_bearer(signed_in.token()).get("/api/v1/auth/me").await.assert_status(200);
    assert_eq!(me.body["id"], person.body["user"]["id"]);
    let mut refused = vec![login(PHONE, "a wrong password").await, login(UNKNOWN, PASSWORD).await];
    app.set_status("ada@example.com", "disabled").await;
    refused.push(login(PHONE, PASSWORD).await);
    for answer in refused {
        assert_eq!(detail(&answer, 401), "Incorrect phone number or password");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_code_signs_in_once() {
    let app = signed_up().await;
    let sent = send(&app, PHONE).await.assert_status(200);
    assert_eq!((&sent.body["status"], sent.body["reference_id"].is_string()), (&json!("success"), true));
    let code = app.code_for(PHONE).await;
    let signed_in = verify(&app, PHONE, &code).await.assert_status(200);
    assert_eq!((&signed_in.body["phone_number"], &signed_in.body["roles"][0]["name"]), (&json!(PHONE), &json!("user")));
    assert_eq!(detail(&verify(&app, PHONE, &code).await, 400), "OTP has already been used");
    app.account().with_bearer(signed_in.token()).get("/api/v1/auth/me").await.assert_status(200);
}

#[tokio::test]
async fn wrong_codes_expired_ones_and_too_many_are_told_apart() {
    let app = signed_up().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    for wrong in ["0000", "00000000", "000000"] {
        assert_eq!(detail(&verify(&app, PHONE, wrong).await, 400), "Invalid OTP");
    }
    assert_eq!(detail(&verify(&app, PHONE, &code).await, 400), "Too many attempts for this OTP, please request a new one");
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    app.clock.advance_minutes(5);
    assert_eq!(detail(&verify(&app, PHONE, &code).await, 400), "OTP has expired");
}

/// T13, on this surface: a new code brings new tries, but not more than the hour has.
#[tokio::test]
async fn tries_are_counted_across_codes() {
    let app = signed_up().await;
    let mut compared = 0;
    for _ in 0..4 {
        send(&app, PHONE).await.assert_status(200);
        for wrong in ["000000", "000001", "000002"] {
            compared += usize::from(verify(&app, PHONE, wrong).await.status == 400);
        }
        app.clock.advance_seconds(61);
    }
    assert_eq!(compared, 5);
    app.forget_messages().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    assert_eq!(detail(&verify(&app, PHONE, &code).await, 429), "Too many attempts");
}

/// T04, on this surface.
#[tokio::test]
async fn an_unknown_number_is_told_as_published_and_not_with_uniform_disclosure() {
    let app = TestApp::start().await;
    let unknown = send(&app, UNKNOWN).await.assert_status(200);
    assert_eq!((&unknown.body["status"], &unknown.body["reference_id"]), (&json!("signup_required"), &Value::Null));
    assert!(app.messages_to(UNKNOWN).await.is_empty());

    let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", "uniform")]).await;
    app.sign_up_by_phone(PHONE).await;
    app.clock.advance_minutes(61);
    app.forget_messages().await;
    let mut answers = Vec::new();
    for phone in [PHONE, UNKNOWN] {
        let mut sent = send(&app, phone).await.assert_status(200);
        assert_eq!(sent.body["reference_id"].as_str().unwrap().len(), 22);
        sent.body["reference_id"] = Value::Null;
        answers.push([sent.comparable(phone), verify(&app, phone, "000000").await.comparable(phone)]);
    }
    assert_eq!(answers[0], answers[1]);
    assert!(app.messages_to(UNKNOWN).await.is_empty());
}

#[tokio::test]
async fn a_right_code_tells_that_the_account_is_closed_or_was_unused_for_long() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    send(&app, PHONE).await.assert_status(200);
    app.set_status("ada@example.com", "disabled").await;
    assert_eq!(detail(&verify(&app, PHONE, &app.code_for(PHONE).await).await, 401), "Inactive user");
    app.set_status("ada@example.com", "active").await;
    app.clock.advance_days(91);
    app.forget_messages().await;
    send(&app, PHONE).await.assert_status(200);
    assert_eq!(detail(&verify(&app, PHONE, &app.code_for(PHONE).await).await, 401), "Password required");
}

/// T17, on this surface: a code serves what it was sent for.
#[tokio::test]
async fn a_code_of_another_purpose_or_number_does_nothing_and_stays_good() {
    let app = signed_up().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let reset = json!({ "phone_number": PHONE, "otp_code": code, "new_password": "difference engine no. 2", "confirm_password": "difference engine no. 2" });
    app.account().post("/api/v1/auth/forgot-password/confirm", reset).await.assert_status(400);
    let who = json!({ "phone_number": PHONE, "otp_code": code, "name": "M", "password": PASSWORD, "has_given_consent": true });
    app.account().post("/api/v1/auth/signup/verify-otp", who).await.assert_status(400);
    verify(&app, UNKNOWN, &code).await.assert_status(400);
    verify(&app, PHONE, &code).await.assert_status(200);
}
