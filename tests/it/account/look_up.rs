//! Whether a number is registered.

use latchkey_tests::TestApp;
use serde_json::json;

const PHONE: &str = "+4915112345678";

#[tokio::test]
async fn a_proved_number_is_told_as_the_document_says() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    for spelling in ["+4915112345678", "%2B4915112345678", "+49%20151%2012345678"] {
        let answer = app.account().get(&format!("/v1/verify/phone?phone={spelling}")).await.assert_status(200);
        assert_eq!((answer.body["phone"].as_str(), &answer.body["exists"]), (Some(PHONE), &true.into()), "{spelling}");
        assert_eq!(answer.body["is_registered"], true);
        assert!(answer.header("x-ratelimit-limit").is_some());
    }
    let other = app.account().get("/v1/verify/phone?phone=%2B4915112345679").await.assert_status(200);
    assert_eq!((&other.body["exists"], &other.body["is_registered"]), (&false.into(), &false.into()));
    app.account().get("/v1/verify/phone?phone_number=%2B4915112345678").await.assert_status(200);
    for query in ["", "?phone=", "?phone=0151", "?number=%2B4915112345678"] {
        app.account().get(&format!("/v1/verify/phone{query}")).await.assert_error(400, "invalid_request");
    }
}

/// T05: twenty a minute for one network, whichever address within it asks.
#[tokio::test]
async fn a_network_looks_up_twenty_numbers_a_minute() {
    let app = TestApp::with(&[("LATCHKEY_CALLER_LIMIT_SCALE", "1")]).await;
    for number in 0..20 {
        let client = app.account().from(&format!("2001:db8:1:2::{number:x}"));
        client.get(&format!("/v1/verify/phone?phone=%2B49151{number:02}345678")).await.assert_status(200);
    }
    let refused = app.account().from("2001:db8:1:2:ffff::1").get("/v1/verify/phone?phone=%2B4915112345678").await;
    refused.assert_error(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    app.account().from("2001:db8:1:3::1").get("/v1/verify/phone?phone=%2B4915112345678").await.assert_status(200);
    app.clock.advance_minutes(1);
    app.account().from("2001:db8:1:2::1").get("/v1/verify/phone?phone=%2B4915112345678").await.assert_status(200);
}

#[tokio::test]
async fn a_block_of_numbers_is_not_searched_from_many_networks() {
    let app = TestApp::with(&[("LATCHKEY_PREFIX_LOOK_UPS", "10")]).await;
    for number in 0..10 {
        let client = app.account().from(&format!("198.51.100.{number}"));
        client.get(&format!("/v1/verify/phone?phone=%2B491511234{number:04}")).await.assert_status(200);
    }
    let refused = app.account().get("/v1/verify/phone?phone=%2B4915112349999").await.assert_error(429, "rate_limited");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("looked up too often"));
    assert!(refused.header("retry-after").is_some());
    app.account().get("/v1/verify/phone?phone=%2B4915112359999").await.assert_status(200);
}

#[tokio::test]
async fn a_block_is_not_searched_by_asking_for_codes_either() {
    let app = TestApp::with(&[("LATCHKEY_PREFIX_LOOK_UPS", "3")]).await;
    for number in 0..4 {
        let client = app.account().from(&format!("198.51.100.{number}"));
        let asked = client.post("/v1/otp/send", json!({ "phone": format!("+491511234{number:04}"), "purpose": "login" })).await;
        if number < 3 {
            asked.assert_error(404, "not_found")
        } else {
            asked.assert_error(429, "rate_limited")
        };
    }
}

#[tokio::test]
async fn with_uniform_disclosure_nothing_is_told() {
    let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", "uniform")]).await;
    app.register_with_phone("ada@example.com", PHONE).await;
    let known = app.account().get("/v1/verify/phone?phone=%2B4915112345678").await.assert_status(200);
    let unknown = app.account().get("/v1/verify/phone?phone=%2B4915112345679").await.assert_status(200);
    assert_eq!(known.comparable(PHONE), unknown.comparable("+4915112345679"));
    assert_eq!(known.body["exists"], false);
}
