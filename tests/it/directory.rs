//! One directory behind several surfaces: one person, seen through all of them.

use latchkey_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

const PHONE: &str = "+4915112345678";
const EMAIL: &str = "grace@example.com";
const NEW: &str = "difference engine no. 2";

#[tokio::test]
async fn who_signed_up_by_phone_is_the_same_person_by_mail() {
    let app = TestApp::start().await;
    let by_phone = app.sign_up_by_phone(PHONE).await;
    app.add_email(&by_phone, EMAIL).await;
    let by_mail = app.login(EMAIL).await.assert_status(200);
    assert_eq!(by_mail.body["user"]["id"], by_phone.body["user_id"]);
    assert_eq!(by_mail.body["user"]["phone"], PHONE);

    // Either surface takes the other's token, and a session ends for both.
    app.account().with_bearer(by_mail.token()).get("/api/v1/auth/me").await.assert_status(200);
    app.account().with_bearer(by_phone.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    app.account().with_bearer(by_phone.token()).get("/api/v1/auth/me").await.assert_status(401);

    // A password changed here ends sessions there.
    let login = json!({ "phone": PHONE, "password": PASSWORD });
    let there = app.account().post("/api/v1/auth/login", login).await.assert_status(200);
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    app.account().with_bearer(by_mail.token()).post("/v1/auth/change-password", change).await.assert_status(200);
    app.account().with_bearer(there.token()).get("/api/v1/auth/me").await.assert_status(401);
    app.account().post("/api/v1/auth/login", json!({ "phone": PHONE, "password": NEW })).await.assert_status(200);
}

#[tokio::test]
async fn who_signed_up_by_mail_is_the_same_person_by_phone() {
    let app = TestApp::start().await;
    let by_mail = app.register_with_phone(EMAIL, PHONE).await;
    let login = json!({ "phone_number": PHONE, "password": PASSWORD });
    let by_phone = app.account().post("/api/v1/auth/login", login).await.assert_status(200);
    let me = app.account().with_bearer(by_phone.token()).get("/api/v1/auth/me").await.assert_status(200);
    assert_eq!((&me.body["id"], &me.body["email"]), (&by_mail.body["user"]["id"], &json!(EMAIL)));
    assert_eq!(me.body["has_given_consent"], false, "nobody was asked");
    let refreshed = app.refresh(by_phone.refresh_token()).await.assert_status(200);
    app.account().with_bearer(refreshed.token()).get("/api/v1/auth/me").await.assert_status(200);
}

#[tokio::test]
async fn a_partners_user_is_linked_to_that_same_person() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let by_phone = app.sign_up_by_phone(PHONE).await;
    app.add_email(&by_phone, EMAIL).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    let user = app.partner_user(&partner, "ada");
    let asked = user.register(PHONE).await.assert_status(200);
    assert_eq!(asked.body["isNewUser"], false);
    let code = app.code_for(PHONE).await;
    user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(200);
    assert_eq!((app.items_starting("USER#", "USER").await, app.items_starting("USER#", "LINK#").await), (1, 1));
    let told = app.messages_to(EMAIL).await;
    assert_eq!(told[0].subject.as_deref(), Some("Your account was linked"));
    assert!(app.audit_of(EMAIL).await.contains(&"linked".to_owned()));
    // Nothing of it lets a partner in, and the person goes on as before on both other surfaces.
    app.account().with_bearer(by_phone.token()).get("/api/v1/auth/me").await.assert_status(200);
    app.login(EMAIL).await.assert_status(200);
}

/// Somebody whom a partner brought is a person like any other: they sign in by their number, and may add a mail address and a password.
#[tokio::test]
async fn who_came_through_a_partner_signs_in_on_the_other_surfaces() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let body = json!({ "phone": PHONE, "code": code, "purpose": "login" });
    let login = app.account().post("/v1/otp/verify", body).await.assert_status(200);
    app.add_email(&login, EMAIL).await;
    app.clock.advance_days(4);
    app.account().post("/v1/auth/forgot-password", json!({ "email": EMAIL })).await.assert_status(200);
    let code = app.code_for(EMAIL).await;
    let reset = json!({ "email": EMAIL, "otp": code, "new_password": PASSWORD });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    let there = app.account().post("/api/v1/auth/login", json!({ "phone": PHONE, "password": PASSWORD })).await.assert_status(200);
    assert_eq!(app.account().with_bearer(there.token()).get("/api/v1/auth/me").await.assert_status(200).body["email"], EMAIL);
}

/// The gate of an account is one, whichever address and surface it is tried through; a code's tries and cooldown belong to the number.
#[tokio::test]
async fn limits_are_shared_by_the_surfaces() {
    let app = TestApp::start().await;
    app.register_with_phone(EMAIL, PHONE).await;
    let stranger = app.account().from("198.51.100.7");
    for number in 0..10 {
        let (path, body) = if number % 2 == 0 {
            ("/v1/auth/login", json!({ "email": EMAIL, "password": "a wrong password" }))
        } else {
            ("/api/v1/auth/login", json!({ "phone": PHONE, "password": "a wrong password" }))
        };
        stranger.post(path, body).await.assert_status(401);
    }
    stranger.post("/api/v1/auth/login", json!({ "phone": PHONE, "password": PASSWORD })).await.assert_status(429);
    stranger.post("/v1/auth/login", json!({ "email": EMAIL, "password": PASSWORD })).await.assert_status(429);

    app.clock.advance_minutes(2);
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    app.account().post("/api/v1/auth/login/send-otp", json!({ "phone_number": PHONE })).await.assert_status(429);
    // A code that one surface sent is good on the other.
    let code = app.code_for(PHONE).await;
    app.account().post("/api/v1/auth/login/verify-otp", json!({ "phone_number": PHONE, "otp_code": code })).await.assert_status(200);
}
