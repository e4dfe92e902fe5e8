//! What codes by SMS cost, and where they go.

use latchkey_tests::{Client, Reply, TestApp};
use serde_json::json;

async fn send(client: &Client, phone: &str) -> Reply {
    client.post("/api/v1/auth/signup/send-otp", json!({ "phone_number": phone })).await
}

/// T76, on this surface: a block of numbers has a budget of its own, wherever its codes are asked for from.
#[tokio::test]
async fn a_block_of_numbers_has_a_budget_of_its_own() {
    let app = TestApp::with(&[("LATCHKEY_SMS_PER_PREFIX", "5")]).await;
    for number in 0..5 {
        send(&app.account().from(&format!("198.51.100.{number}")), &format!("+49151123400{number:02}")).await.assert_status(200);
    }
    let refused = send(&app.account().from("198.51.100.9"), "+4915112340099").await.assert_status(429);
    assert_eq!(refused.body, json!({ "detail": "Too many requests for numbers like this one" }));
    assert!(refused.header("retry-after").is_some());
    assert!(app.messages_to("+4915112340099").await.is_empty());
    send(&app.account(), "+4915212340099").await.assert_status(200);
}

/// T77, on this surface: allowed countries, mobile numbers, no extensions.
#[tokio::test]
async fn sms_go_to_mobile_numbers_of_allowed_countries_only() {
    let app = TestApp::with(&[("LATCHKEY_SMS_COUNTRIES", "DE")]).await;
    for phone in
        ["+33612345678", "+14155552671", "+493012345678", "+499001234567", "+881612345678", "+4915112345678;ext=5", "+4915112345678x5"]
    {
        let refused = send(&app.account(), phone).await.assert_status(422);
        assert_eq!(refused.body["detail"][0]["loc"], json!(["body", "phone_number"]), "{phone}");
    }
    app.deliver().await;
    assert!(app.outbox.messages(None).is_empty());
}

/// T79, on this surface: the day's money is a limit, and mail goes on.
#[tokio::test]
async fn the_days_money_is_a_limit_and_mail_goes_on() {
    let app = TestApp::with(&[("LATCHKEY_SMS_BUDGET", "1"), ("LATCHKEY_SMS_PRICES", "*=0.10")]).await;
    for number in 0..4 {
        send(&app.account(), &format!("+491521234000{number}")).await.assert_status(200);
    }
    let refused = send(&app.account(), "+4915212340009").await.assert_status(429);
    assert_eq!(refused.body, json!({ "detail": "No more SMS can be sent today" }));
    assert!(app.messages_to("+4915212340009").await.is_empty());
    app.register("ada@example.com").await;
    app.clock.advance_days(1);
    send(&app.account(), "+4915212340009").await.assert_status(200);
}
