//! Bodies that are refused: in the surface's shape, and nothing is sent.

use latchkey_tests::TestApp;
use serde_json::{Value, json};

const REGISTER: &str = "/fe/users/auth/otp/register";
const VERIFY: &str = "/fe/users/auth/otp/verify";

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_sent() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada").client;
    let number = "phone_number must be a valid phone number in international form such as +4915112345678";
    let unreachable = "phone_number must be a mobile number in a country that messages are sent to";
    for (body, message) in [
        (json!({}), "countryCode must be the calling code of a country such as +91"),
        (json!({ "countryCode": "+91" }), "phone_number is required"),
        (json!({ "phone_number": "9876543210" }), "countryCode must be the calling code of a country such as +91"),
        (json!({ "phone_number": "98765-CALL", "countryCode": "+91" }), number),
        (json!({ "phone_number": "٩٨٧٦٥٤٣٢١٠", "countryCode": "+91" }), number),
        (json!({ "phone_number": "9876543210", "countryCode": "+٩١" }), "countryCode must be the calling code of a country such as +91"),
        (json!({ "phone_number": "9876543210 ext. 5", "countryCode": "+91" }), number),
        (json!({ "phone_number": "9876543210;ext=5", "countryCode": "+91" }), number),
        (json!({ "phone_number": "+4915112345678", "countryCode": "+91" }), number),
        (json!({ "phone_number": "123456", "countryCode": "+999" }), number),
        // T77: premium rate, satellite, a landline, and a country that nothing is sent to.
        (json!({ "phone_number": "9001234567", "countryCode": "+49" }), unreachable),
        (json!({ "phone_number": "612345678", "countryCode": "+881" }), unreachable),
        (json!({ "phone_number": "3012345678", "countryCode": "+49" }), unreachable),
        (json!({ "phone_number": "612345678", "countryCode": "+33" }), unreachable),
        (json!({ "phone_number": 9_876_543_210_u64, "countryCode": "+91" }), "phone_number is of the wrong type"),
        (json!({ "phone_number": "9876543210", "countryCode": 91 }), "countryCode is of the wrong type"),
        (json!({ "phone_number": null, "countryCode": "+91" }), "phone_number is of the wrong type"),
        (json!([1]), "body must be a JSON object"),
    ] {
        let refused = user.post(REGISTER, body.clone()).await.assert_status(400);
        assert_eq!(refused.body, json!({ "status_code": "BAD_REQUEST", "message": message }), "{body}");
    }
    let malformed = user.post_text(REGISTER, "{\"phone_number\": ").await.assert_status(400);
    assert_eq!(malformed.body["message"], "body must be well-formed JSON");
    let form = user.header("content-type", "application/x-www-form-urlencoded").post_text(REGISTER, "phone_number=9876543210").await;
    assert_eq!(form.assert_status(415).body["status_code"], "UNSUPPORTED_MEDIA_TYPE");
    let large = format!("{{\"phone_number\":\"{}\"}}", "1".repeat(70_000));
    assert_eq!(user.post_text(REGISTER, &large).await.assert_status(413).body["status_code"], "PAYLOAD_TOO_LARGE");
    app.deliver().await;
    assert!(app.outbox.messages(None).is_empty());
    assert_eq!(app.items_starting("CODE#", "").await, 0);
}

#[tokio::test]
async fn codes_are_digits_as_texts_or_numbers() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada").client;
    let verify = async |auth_code: Value, otp: Value| {
        user.post(VERIFY, json!({ "phone_number": "9876543210", "countryCode": "+91", "authCode": auth_code, "otp": otp })).await
    };
    for (auth_code, otp) in [
        (json!("273"), json!("012345")),
        (json!("02734"), json!("012345")),
        (json!(12_345), json!("012345")),
        (json!(-1), json!("012345")),
        (json!(1.5), json!("012345")),
        (json!("٠٢٧٣"), json!("012345")),
        (json!(null), json!("012345")),
        (json!("0273"), json!("12345")),
        (json!("0273"), json!("12345a")),
        (json!("0273"), json!(1_234_567)),
        (json!("0273"), json!(true)),
        (json!("0273"), json!(["012345"])),
    ] {
        let refused = verify(auth_code.clone(), otp.clone()).await.assert_status(400);
        assert_eq!(refused.body["status_code"], "BAD_REQUEST", "{auth_code} {otp}");
    }
    let both = verify(json!("1"), json!("2")).await.assert_status(400);
    let message = both.body["message"].as_str().unwrap();
    assert!(message.contains("authCode must be the 4 digits") && message.contains("; otp must be the 6 digits"), "{message}");
    // Of the right form, and wrong.
    verify(json!(273), json!(12_345)).await.assert_status(401);
}

/// T81, on this surface: a number has one key, however it is spelt.
#[tokio::test]
async fn a_number_is_one_in_any_usual_spelling() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada").client;
    for (number, code) in [("9876543210", "+91"), ("09876543210", "91"), ("+91 98765 43210", "+91"), ("98765-43210", " +91")] {
        user.post(REGISTER, json!({ "phone_number": number, "countryCode": code })).await.assert_status(200);
        assert_eq!(app.messages_to("+919876543210").await.len(), 1);
        app.forget_messages().await;
        app.clock.advance_seconds(31);
    }
    assert_eq!(app.items_starting("CODE#partner", "").await, 1);
}
