//! What keeps SMS from being abused.

use latchkey_tests::{Client, Reply, TestApp};
use serde_json::json;

async fn send(client: &Client, phone: &str) -> Reply {
    client.post("/v1/otp/send", json!({ "phone": phone, "purpose": "verification" })).await
}

/// Satellites (Globalstar, Iridium, Inmarsat), premium rates, freephone here and everywhere, landlines: whatever the country.
const NO_MOBILES: [&str; 8] =
    ["+881812345678", "+881612345678", "+870772001234", "+499001234567", "+979123456789", "+498001234567", "+80012345678", "+493012345678"];
const EXTENSIONS: [&str; 5] =
    ["+4915112345678 ext. 5", "+4915112345678;ext=5", "+4915112345678x5", "+4915112345678#5", "tel:+4915112345678;phone-context=+1"];

async fn assert_nothing_goes_to(app: &TestApp, phone: &str, because: &str) {
    let refused = send(&app.account(), phone).await.assert_error(400, "invalid_request");
    let detail = &refused.body["error"]["details"][0];
    assert_eq!(detail["field"], "phone", "{phone}");
    assert!(detail["message"].as_str().unwrap().contains(because), "{phone}: {detail}");
    assert!(app.messages_to(phone).await.is_empty());
}

/// T77: countries that are not allowed, landlines, premium rates, satellites; one key for every spelling, and no extensions.
#[tokio::test]
async fn sms_go_to_mobile_numbers_of_allowed_countries_only() {
    for (countries, abroad) in [("DE", &["+33612345678", "+14155552671"][..]), ("*", &[])] {
        let app = TestApp::with(&[("LATCHKEY_SMS_COUNTRIES", countries)]).await;
        for phone in abroad.iter().chain(&NO_MOBILES) {
            assert_nothing_goes_to(&app, phone, "must be a mobile number in a country that messages are sent to").await;
        }
        for phone in EXTENSIONS {
            assert_nothing_goes_to(&app, phone, "must be a valid phone number").await;
        }
        send(&app.account(), "+4915112345678").await.assert_status(200);
        for spelling in ["+49 151 12345678", "+49 (0) 151 1234-5678", "+49.151.12345678", "+49 0151 12345678"] {
            send(&app.account(), spelling).await.assert_error(429, "rate_limited");
        }
        assert_eq!(app.messages_to("+4915112345678").await.len(), 1);
    }
}

/// T81; digits of other scripts are refused, in numbers and codes.
#[tokio::test]
async fn national_and_international_spellings_are_one_number() {
    let app = TestApp::with(&[("LATCHKEY_DEFAULT_REGION", "DE")]).await;
    send(&app.account(), "0151 12345678").await.assert_status(200);
    for spelling in ["+4915112345678", "004915112345678", "0151/12345678", "15112345678"] {
        send(&app.account(), spelling).await.assert_error(429, "rate_limited");
    }
    for digits in ["٠١٥١١٢٣٤٥٦٧٨", "０１５１１２３４５６７８", "०१५११२३४५६७८"] {
        send(&app.account(), digits).await.assert_error(400, "invalid_request");
    }
    let code = app.code_for("+4915112345678").await;
    let verify = async |code: &str| {
        let body = json!({ "phone": "0151-12345678", "code": code, "purpose": "verification" });
        app.account().post("/v1/otp/verify", body).await
    };
    verify(&in_arabic_digits(&code)).await.assert_error(400, "invalid_request");
    verify(&code).await.assert_status(200);
}

fn in_arabic_digits(code: &str) -> String {
    code.chars().map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('٠')).unwrap()).collect()
}

#[tokio::test]
async fn without_allowed_countries_no_sms_is_sent() {
    let app = TestApp::with(&[("LATCHKEY_SMS_COUNTRIES", "")]).await;
    send(&app.account(), "+4915112345678").await.assert_error(400, "invalid_request");
}

/// T76.
#[tokio::test]
async fn a_block_of_numbers_has_a_budget_of_its_own() {
    let app = TestApp::with(&[("LATCHKEY_SMS_PER_PREFIX", "5")]).await;
    for number in 0..5 {
        let client = app.account().from(&format!("198.51.100.{number}"));
        send(&client, &format!("+49151123400{number:02}")).await.assert_status(200);
    }
    let refused = send(&app.account().from("198.51.100.9"), "+4915112340099").await.assert_error(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("numbers like this one"));
    assert!(app.messages_to("+4915112340099").await.is_empty());
    send(&app.account(), "+4915212340099").await.assert_status(200);
    app.clock.advance_minutes(61);
    send(&app.account(), "+4915112340099").await.assert_status(200);
}

/// Each purse counts the SMS to a block by itself: whoever pumps strangers' numbers keeps nobody with an account from signing in.
#[tokio::test]
async fn a_full_block_leaves_its_proved_numbers_their_sign_ins() {
    const PROVED: [&str; 2] = ["+4915112340001", "+4915112340002"];
    let app = TestApp::with(&[("LATCHKEY_SMS_PER_PREFIX", "2")]).await;
    app.register_with_phone("ada@example.com", PROVED[0]).await;
    app.register_with_phone("ben@example.com", PROVED[1]).await;
    send(&app.account(), "+4915112340003").await.assert_error(429, "rate_limited");
    let sign_in = async |phone: &str| app.account().post("/v1/otp/send", json!({ "phone": phone, "purpose": "login" })).await;
    for phone in PROVED {
        sign_in(phone).await.assert_status(200);
    }
    app.clock.advance_minutes(2);
    sign_in(PROVED[0]).await.assert_error(429, "rate_limited");
}

/// T79: when the day's money is spent no SMS goes out; mail does.
#[tokio::test]
async fn the_days_money_is_a_limit_and_mail_goes_on() {
    let app = TestApp::with(&[("LATCHKEY_SMS_BUDGET", "1"), ("LATCHKEY_SMS_PRICES", "*=0.10")]).await;
    app.register_with_phone("ada@example.com", "+4915112345678").await;
    // 40 per cent are for numbers that nobody has proved: four, and one went to the number before it was proved.
    for number in 0..3 {
        send(&app.account(), &format!("+491521234000{number}")).await.assert_status(200);
    }
    let refused = send(&app.account(), "+4915212340009").await.assert_error(429, "rate_limited");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("No more SMS"));
    // Numbers that were proved have money of their own.
    for _ in 0..6 {
        app.clock.advance_minutes(13);
        app.account().post("/v1/otp/send", json!({ "phone": "+4915112345678", "purpose": "login" })).await.assert_status(200);
    }
    app.clock.advance_minutes(13);
    app.account().post("/v1/otp/send", json!({ "phone": "+4915112345678", "purpose": "login" })).await.assert_error(429, "rate_limited");
    app.forget_messages().await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    app.code_for("ada@example.com").await;
    app.clock.advance_days(1);
    send(&app.account(), "+4915212340009").await.assert_status(200);
}

/// T58.
#[tokio::test]
async fn what_people_type_is_in_no_sms() {
    let app = TestApp::start().await;
    let signup = json!({ "name": "win at https://evil.example", "email": "ada@example.com", "password": "analytical engine no. 1" });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    let login = app.verify("ada@example.com", &code).await.assert_status(200);
    app.add_phone(&login, "+4915112345678").await;
    for message in app.messages_to("+4915112345678").await.into_iter().chain(app.messages_to("ada@example.com").await) {
        assert!(!message.text.contains("evil") && !message.text.contains("win at"), "{}", message.text);
    }
}

#[tokio::test]
async fn a_route_names_sender_and_template_where_a_country_wants_them() {
    let routes = r#"{
        "IN": { "sender_id": "LATCHK", "entity_id": "1101", "templates": { "stand_alone_code": "1107", "reset_code": "1108" } },
        "US": { "origination_number": "+18885550100" }
    }"#;
    let app = TestApp::with(&[("LATCHKEY_SMS_ROUTES", routes)]).await;
    send(&app.account().header("accept-language", "hi-IN"), "+919876543210").await.assert_status(200);
    let message = app.messages_to("+919876543210").await.remove(0);
    assert!(message.text.contains("पुष्टि कोड"), "{}", message.text);
    assert_eq!(
        json!(message.attributes),
        json!({
            "AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": "LATCHK",
            "AWS.MM.SMS.EntityId": "1101", "AWS.MM.SMS.TemplateId": "1107"
        })
    );
    for (phone, number) in [("+14155552671", Some("+18885550100")), ("+4915112345678", None)] {
        send(&app.account(), phone).await.assert_status(200);
        let mut attributes = app.messages_to(phone).await.remove(0).attributes;
        assert_eq!(attributes.remove("AWS.MM.SMS.OriginationNumber").as_deref(), number, "{phone}");
        assert_eq!(attributes.into_keys().collect::<Vec<_>>(), ["AWS.SNS.SMS.SMSType"], "{phone}");
    }
}
