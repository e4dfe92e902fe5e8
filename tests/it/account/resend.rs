//! Sending the code of a registration again.

use latchkey_tests::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_new_code_replaces_the_old_one() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let old = app.code_for("ada@example.com").await;
    app.clock.advance_seconds(31);
    app.account().post("/v1/otp/resend/email", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let new = app.code_for("ada@example.com").await;
    if old != new {
        app.verify("ada@example.com", &old).await.assert_error(400, "invalid_otp");
    }
    let verified = app.verify("ada@example.com", &new).await.assert_status(200);
    assert_eq!(verified.body["user"]["name"], "Ada Lovelace", "a resend leaves the registration as it was");
}

#[tokio::test]
async fn a_resend_too_soon_or_too_often_is_refused_and_says_when() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let resend = json!({ "email": "ada@example.com" });
    let refused = app.account().post("/v1/otp/resend/email", resend.clone()).await.assert_error(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("30"));
    app.deliver().await;
    let mut sent = 1;
    for _ in 0..8 {
        app.clock.advance_seconds(31);
        sent += u32::from(app.account().post("/v1/otp/resend/email", resend.clone()).await.status == 200);
        app.deliver().await;
    }
    assert_eq!(sent, 5, "five as the one who asked");
    assert_eq!(app.messages_to("ada@example.com").await.len(), 5);
}

#[tokio::test]
async fn nobody_waiting_means_the_same_answer_and_no_message() {
    let app = TestApp::start().await;
    app.register("owner@example.com").await;
    app.clock.advance_minutes(61);
    app.forget_messages().await;
    let mut answers = Vec::new();
    for email in ["owner@example.com", "nobody@example.com"] {
        answers.push(app.account().from("198.51.100.7").post("/v1/otp/resend/email", json!({ "email": email })).await.comparable(email));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(app.messages_to("owner@example.com").await.is_empty());
    assert!(app.messages_to("nobody@example.com").await.is_empty());
}
