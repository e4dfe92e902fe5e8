//! New passwords on the Phone API.

use latchkey_tests::{PASSWORD, Reply, TestApp};
use serde_json::json;

const PHONE: &str = "+4915112345678";
const NEW: &str = "difference engine no. 2";

async fn confirm(app: &TestApp, phone: &str, code: &str, new: &str) -> Reply {
    let body = json!({ "phone_number": phone, "otp_code": code, "new_password": new, "confirm_password": new });
    app.account().post("/api/v1/auth/forgot-password/confirm", body).await
}

async fn init(app: &TestApp, phone: &str) -> Reply {
    app.account().post("/api/v1/auth/forgot-password/init", json!({ "phone_number": phone })).await
}

#[tokio::test]
async fn a_code_by_sms_sets_a_new_password_and_ends_every_session() {
    let app = TestApp::start().await;
    let signed_up = app.sign_up_by_phone(PHONE).await;
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    let sent = init(&app, PHONE).await.assert_status(200);
    assert_eq!((&sent.body["status"], sent.body["reference_id"].is_string()), (&json!("success"), true));
    let code = app.code_for(PHONE).await;
    let same = confirm(&app, PHONE, &code, PASSWORD).await.assert_status(400);
    assert_eq!(same.body, json!({ "detail": "New password must be different from the old password" }));
    let done = confirm(&app, PHONE, &code, NEW).await.assert_status(200);
    assert_eq!(done.body["reference_id"], sent.body["reference_id"]);
    app.account().with_bearer(signed_up.token()).get("/api/v1/auth/me").await.assert_status(401);
    assert_eq!(
        confirm(&app, PHONE, &code, "jacquard loom no. 3").await.assert_status(400).body,
        json!({ "detail": "OTP has already been used" })
    );
    app.account().post("/api/v1/auth/login", json!({ "phone": PHONE, "password": NEW })).await.assert_status(200);
}

#[tokio::test]
async fn two_passwords_that_differ_are_refused() {
    let app = TestApp::start().await;
    let body = json!({ "phone_number": PHONE, "otp_code": "012345", "new_password": NEW, "confirm_password": "another password" });
    let refused = app.account().post("/api/v1/auth/forgot-password/confirm", body).await.assert_status(422);
    assert_eq!(
        refused.body["detail"],
        json!([{ "loc": ["body", "confirm_password"], "msg": "Value error, Passwords do not match", "type": "value_error" }])
    );
}

/// T02, on this surface: unknown and disabled numbers are answered alike, and get nothing.
#[tokio::test]
async fn forgetting_a_password_tells_nothing_of_the_number() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(61);
    app.forget_messages().await;
    let mut answers = Vec::new();
    for phone in [PHONE, "+4915112345679"] {
        let mut sent = init(&app, phone).await.assert_status(200);
        sent.body["reference_id"] = json!(null);
        answers.push([sent.comparable(phone), confirm(&app, phone, "000000", NEW).await.comparable(phone)]);
    }
    assert_eq!(answers[0], answers[1]);
    assert!(app.messages_to("+4915112345679").await.is_empty());
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let app = TestApp::start().await;
    let signed_up = app.sign_up_by_phone(PHONE).await;
    let other = app.account().post("/api/v1/auth/login", json!({ "phone": PHONE, "password": PASSWORD })).await.assert_status(200);
    let caller = app.account().with_bearer(signed_up.token());
    let change = |present: &str, new: &str| json!({ "current_password": present, "new_password": new });
    let wrong = caller.post("/api/v1/auth/change-password", change("a wrong password", NEW)).await.assert_status(400);
    assert_eq!(wrong.body, json!({ "detail": "Incorrect current password" }));
    let done = caller.post("/api/v1/auth/change-password", change(PASSWORD, NEW)).await.assert_status(200);
    assert_eq!(done.body, json!({ "message": "Password changed successfully" }));
    caller.get("/api/v1/auth/me").await.assert_status(200);
    app.account().with_bearer(other.token()).get("/api/v1/auth/me").await.assert_status(401);
}
