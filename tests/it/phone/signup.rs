//! Signing up by phone.

use latchkey_tests::{PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

const PHONE: &str = "+4915112345678";

async fn send(app: &TestApp, phone: &str) -> Reply {
    app.account().post("/api/v1/auth/signup/send-otp", json!({ "phone_number": phone })).await
}

fn person(phone: &str, code: &str) -> Value {
    json!({ "phone_number": phone, "otp_code": code, "name": "Grace Hopper", "password": PASSWORD, "has_given_consent": true })
}

async fn verify(app: &TestApp, person: Value) -> Reply {
    app.account().post("/api/v1/auth/signup/verify-otp", person).await
}

#[tokio::test]
async fn a_code_creates_the_account_with_a_verified_number_and_consent() {
    let app = TestApp::start().await;
    let sent = send(&app, PHONE).await.assert_status(200);
    assert_eq!(sent.body["status"], "success");
    assert!(sent.body["reference_id"].is_string());
    let code = app.code_for(PHONE).await;
    let mut who = person(PHONE, &code);
    who["email"] = "grace@example.com".into();
    let signed_up = verify(&app, who).await.assert_status(200);
    assert_eq!(signed_up.header("x-ratelimit-limit"), Some("60000"), "the operation's own limit, though a code was sent by mail, too");
    assert_eq!((&signed_up.body["token_type"], &signed_up.body["phone_number"]), (&json!("bearer"), &json!(PHONE)));
    assert_eq!(signed_up.body["roles"], json!([{ "id": 3, "name": "user", "description": "Uses their own account" }]));
    assert_eq!(signed_up.body["expires_in"], 86400);

    let caller = app.account().with_bearer(signed_up.token());
    let me = caller.get("/api/v1/auth/me").await.assert_status(200).body;
    assert_eq!((&me["phone"], &me["name"], &me["email"]), (&json!(PHONE), &json!("Grace Hopper"), &json!("grace@example.com")));
    assert_eq!((&me["is_active"], &me["has_given_consent"], &me["id"]), (&json!(true), &json!(true), &signed_up.body["user_id"]));
    assert!(me["consent_given_at"].is_string() && me["gender"].is_null());
    assert!(app.audit_of("grace@example.com").await.contains(&"registered".to_owned()));

    // The mail address claims nothing until its code is verified.
    let profile = caller.get("/v1/users/me").await.assert_status(200).body;
    assert_eq!((&profile["phone_verified"], &profile["email_verified"]), (&json!(true), &json!(false)));
    app.login("grace@example.com").await.assert_status(401);
    let code = app.code_for("grace@example.com").await;
    caller.post("/v1/otp/verify/email", json!({ "email": "grace@example.com", "otp": code })).await.assert_status(200);
    app.login("grace@example.com").await.assert_status(200);
}

#[tokio::test]
async fn nobody_is_registered_without_consent_and_the_code_stays_good() {
    let app = TestApp::start().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let mut who = person(PHONE, &code);
    who["has_given_consent"] = false.into();
    assert_eq!(verify(&app, who).await.assert_status(400).body, json!({ "detail": "Consent is required" }));
    let mut common = person(PHONE, &code);
    common["password"] = "password1".into();
    verify(&app, common).await.assert_status(400);
    verify(&app, person(PHONE, &code)).await.assert_status(200);
}

#[tokio::test]
async fn a_registered_number_is_told_as_published_and_its_owner_where_it_may_not_be() {
    let app = TestApp::start().await;
    app.sign_up_by_phone(PHONE).await;
    app.clock.advance_seconds(61);
    assert_eq!(send(&app, PHONE).await.assert_status(400).body, json!({ "detail": "Phone number already registered" }));

    let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", "uniform")]).await;
    app.sign_up_by_phone(PHONE).await;
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    let free = "+4915112345679";
    let mut answers = Vec::new();
    for phone in [PHONE, free] {
        let mut answer = String::new();
        let requests = app.count(async || {
            let mut sent = send(&app, phone).await.assert_status(200);
            assert!(sent.body["reference_id"].is_string());
            sent.body["reference_id"] = Value::Null;
            answer = sent.comparable(phone);
        });
        let requests = requests.await;
        let wrong = verify(&app, person(phone, "000000")).await.comparable(phone);
        answers.push((answer, requests, wrong));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(app.messages_to(PHONE).await[0].template, "already_registered");
}

/// T05, on this surface: what is told about numbers is told within the budget of their block.
#[tokio::test]
async fn a_block_is_not_searched_by_signing_up() {
    let app = TestApp::with(&[("LATCHKEY_PREFIX_LOOK_UPS", "2")]).await;
    app.sign_up_by_phone(PHONE).await;
    app.clock.advance_minutes(61);
    for _ in 0..2 {
        send(&app, PHONE).await.assert_status(400);
    }
    assert!(send(&app, PHONE).await.assert_status(429).header("retry-after").is_some());
}

/// The account has another number: that is its primary one then.
#[tokio::test]
async fn an_account_that_gives_its_number_up_goes_on_with_its_other_one() {
    let app = TestApp::start().await;
    let login = app.register_with_phone("ada@example.com", PHONE).await;
    let caller = app.account().with_bearer(login.token());
    app.clock.advance_minutes(2);
    let other = json!({ "phone_number": "+4915112345699" });
    let number = caller.post("/v1/user/phones", other).await.assert_status(201).body["id"].clone();
    let proof = json!({ "token": app.code_for("+4915112345699").await });
    caller.post(&format!("/v1/user/phones/{number}/verify"), proof).await.assert_status(200);
    app.clock.advance_days(91);
    app.sign_up_by_phone(PHONE).await;
    app.assert_whole("after the number moved").await;
    let old = app.login("ada@example.com").await.assert_status(200);
    assert_eq!((&old.body["user"]["phone"], &old.body["user"]["phone_verified"]), (&json!("+4915112345699"), &json!(true)));
}

/// T66: a number that went to somebody else.
#[tokio::test]
async fn a_number_unused_for_long_moves_to_whoever_has_it_now() {
    let app = TestApp::start().await;
    let old = app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_days(89);
    send(&app, PHONE).await.assert_status(400);
    app.clock.advance_days(1);
    app.forget_messages().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let new = verify(&app, person(PHONE, &code)).await.assert_status(200);
    assert_ne!(new.body["user_id"], old.body["user"]["id"]);

    assert_eq!(app.messages_to("ada@example.com").await[0].template, "number_moved");
    assert!(app.audit_of("ada@example.com").await.contains(&"number_moved".to_owned()));
    let old = app.login("ada@example.com").await.assert_status(200);
    assert_eq!(old.body["user"]["phone"], Value::Null);
    app.assert_whole("after the number moved").await;
    let me = app.account().with_bearer(new.token()).get("/api/v1/auth/me").await.assert_status(200);
    assert_eq!(me.body["phone"], PHONE);
    // The account that was left can have another number.
    app.clock.advance_minutes(2);
    app.add_phone(&old, "+4915112345670").await;
}

#[tokio::test]
async fn a_code_asked_for_before_the_number_had_an_owner_is_good_no_longer() {
    let app = TestApp::start().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    app.clock.advance_seconds(61);
    app.register_with_phone("ada@example.com", PHONE).await;
    assert_eq!(verify(&app, person(PHONE, &code)).await.assert_status(400).body, json!({ "detail": "Invalid OTP" }));
    let login = json!({ "phone": PHONE, "password": PASSWORD });
    app.account().post("/api/v1/auth/login", login).await.assert_status(200);
    assert_eq!(app.items_starting("USER#", "USER").await, 1);
}

/// Between the end of an account and its purge nobody has the number, and nobody can have it: a right code is not called wrong.
#[tokio::test]
async fn the_number_of_an_account_that_is_being_deleted_is_free_in_a_moment() {
    let app = TestApp::start().await;
    let login = app.register_with_phone("ada@example.com", PHONE).await;
    app.account().with_bearer(login.token()).post("/v1/account/delete", json!({ "password": PASSWORD })).await.assert_status(200);
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    verify(&app, person(PHONE, &code)).await.assert_status(503);
    app.purge().await;
    verify(&app, person(PHONE, &code)).await.assert_status(200);
}

/// T15, on this surface.
#[tokio::test]
async fn fifty_parallel_sign_ups_with_one_code_make_one_account() {
    let app = TestApp::start().await;
    send(&app, PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let answers = futures_util::future::join_all((0..50).map(|_| verify(&app, person(PHONE, &code)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(app.items_starting("CLAIM#", "CLAIM").await, 1);
    assert_eq!(app.items_starting("USER#", "SESSION#").await, 1);
}

/// T78, on this surface.
#[tokio::test]
async fn a_code_is_sent_again_after_a_minute() {
    let app = TestApp::start().await;
    send(&app, PHONE).await.assert_status(200);
    let resend = async || app.account().post("/api/v1/auth/signup/resend-otp", json!({ "phone_number": PHONE })).await;
    let refused = resend().await.assert_status(429);
    assert_eq!(refused.body, json!({ "detail": "Please wait before requesting another OTP" }));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(app.messages_to(PHONE).await.len(), 1);
    app.clock.advance_seconds(61);
    resend().await.assert_status(200);
    assert_eq!(app.messages_to(PHONE).await.len(), 2);
}
