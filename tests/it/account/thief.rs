//! What is left to somebody who had another's session or password for a while.

use latchkey_tests::{Client, PASSWORD, Reply, TestApp};
use serde_json::json;

const PHONE: &str = "+4915112345678";
const NEW: &str = "difference engine no. 2";
const ELSEWHERE: &str = "198.51.100.7";

async fn change_password(app: &TestApp, login: &Reply) {
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    app.account().with_bearer(login.token()).post("/v1/auth/change-password", change).await.assert_status(200);
}

async fn reset(app: &TestApp, email: &str) -> Reply {
    app.account().post("/v1/auth/forgot-password", json!({ "email": email })).await.assert_status(200);
    let code = app.code_for(email).await;
    app.account().post("/v1/auth/reset-password-otp", json!({ "email": email, "otp": code, "new_password": NEW })).await
}

async fn prove_email(app: &TestApp, caller: &Client, email: &str) {
    caller.put("/v1/profile/update", json!({ "email": email })).await.assert_status(200);
    let code = app.code_for(email).await;
    caller.post("/v1/otp/verify/email", json!({ "email": email, "otp": code })).await.assert_status(200);
}

async fn prove_phone(app: &TestApp, caller: &Client, phone: &str) {
    caller.put("/v1/profile/update", json!({ "phone": phone })).await.assert_status(200);
    let code = app.code_for(phone).await;
    caller.post("/v1/otp/verify/mobile", json!({ "phone": phone, "otp": code })).await.assert_status(200);
}

#[tokio::test]
async fn notices_go_on_reaching_the_address_that_was_the_primary_one() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    prove_email(&app, &app.account().from(ELSEWHERE).with_bearer(login.token()), "thief@example.com").await;
    app.forget_messages().await;
    change_password(&app, &login).await;
    for address in ["ada@example.com", "thief@example.com"] {
        assert_eq!(app.messages_to(address).await[0].template, "password_changed", "{address}");
    }
    app.clock.advance_minutes(72 * 60 + 1);
    app.forget_messages().await;
    let login = json!({ "email": "ada@example.com", "password": NEW });
    app.account().from("203.0.113.9").post("/v1/auth/login", login).await.assert_status(200);
    assert!(app.messages_to("ada@example.com").await.is_empty(), "by then the new one is an address like any");
    assert_eq!(app.messages_to("thief@example.com").await[0].template, "new_device");
}

#[tokio::test]
async fn a_reset_takes_addresses_away_that_were_added_lately() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.clock.advance_minutes(72 * 60);
    let login = app.refresh(login.refresh_token()).await.assert_status(200);
    let thief = app.account().from(ELSEWHERE).with_bearer(login.token());
    prove_email(&app, &thief, "thief@example.com").await;
    prove_phone(&app, &thief, PHONE).await;
    reset(&app, "ada@example.com").await.assert_status(200);

    let thief = app.account().from(ELSEWHERE);
    thief.post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_error(404, "not_found");
    let login = json!({ "email": "thief@example.com", "password": NEW });
    thief.post("/v1/auth/login", login).await.assert_error(401, "invalid_credentials");
    app.clock.advance_minutes(73 * 60);
    app.forget_messages().await;
    thief.post("/v1/auth/forgot-password", json!({ "email": "thief@example.com" })).await.assert_status(200);
    assert!(app.messages_to("thief@example.com").await.is_empty());

    let login = json!({ "email": "ada@example.com", "password": NEW });
    let login = app.account().post("/v1/auth/login", login).await.assert_status(200);
    let user = &login.body["user"];
    assert_eq!((&user["email"], &user["email_verified"]), (&json!("ada@example.com"), &json!(true)), "the former one is back");
    assert_eq!(user["phone_verified"], false);
    // It can be proved again by whoever has it.
    let owner = app.account().with_bearer(login.token());
    owner.post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    owner.post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": code })).await.assert_status(200);
}

#[tokio::test]
async fn what_is_older_than_three_days_outlives_a_reset() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let owner = app.account().with_bearer(login.token());
    prove_email(&app, &owner, "ada@example.org").await;
    prove_phone(&app, &owner, PHONE).await;
    app.clock.advance_minutes(72 * 60 + 1);
    reset(&app, "ada@example.com").await.assert_status(200);
    let login = json!({ "email": "ada@example.org", "password": NEW });
    let login = app.account().post("/v1/auth/login", login).await.assert_status(200);
    assert_eq!((&login.body["user"]["email"], &login.body["user"]["phone_verified"]), (&json!("ada@example.org"), &json!(true)));
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
}

/// T12: who knew the password once is a stranger after it was changed.
#[tokio::test]
async fn a_changed_password_makes_a_stranger_of_whoever_knew_the_old_one() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let thief = app.account().from(ELSEWHERE);
    let known = json!({ "email": "ada@example.com", "password": PASSWORD });
    thief.post("/v1/auth/login", known.clone()).await.assert_status(200);
    change_password(&app, &login).await;
    for _ in 0..10 {
        thief.post("/v1/auth/login", known.clone()).await.assert_error(401, "invalid_credentials");
    }
    thief.post("/v1/auth/login", known).await.assert_error(429, "too_many_attempts");
    let new = json!({ "email": "ada@example.com", "password": NEW });
    app.account().post("/v1/auth/login", new).await.assert_status(200);
}

#[tokio::test]
async fn codes_do_not_outlive_a_new_password() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    prove_phone(&app, &app.account().with_bearer(login.token()), PHONE).await;
    let thief = app.account().from(ELSEWHERE);
    thief.post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let mail = app.code_for("ada@example.com").await;
    app.clock.advance_minutes(2);
    thief.post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    let sms = app.code_for(PHONE).await;
    app.clock.advance_seconds(1);
    change_password(&app, &login).await;
    let reset = json!({ "email": "ada@example.com", "otp": mail, "new_password": "jacquard loom no. 3" });
    thief.post("/v1/auth/reset-password-otp", reset).await.assert_error(400, "invalid_otp");
    let verify = json!({ "phone": PHONE, "code": sms, "purpose": "login" });
    thief.post("/v1/otp/verify", verify).await.assert_error(400, "invalid_otp");
}

/// Who adds an address again after a new password gets a code that is good.
#[tokio::test]
async fn a_code_sent_again_after_a_new_password_is_good() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let owner = app.account().with_bearer(login.token());
    owner.put("/v1/profile/update", json!({ "email": "ada@example.org" })).await.assert_status(200);
    change_password(&app, &login).await;
    let refreshed = app.refresh(login.refresh_token()).await.assert_status(200);
    let owner = app.account().with_bearer(refreshed.token());
    app.clock.advance_seconds(31);
    owner.post("/v1/otp/resend/email", json!({ "email": "ada@example.org" })).await.assert_status(200);
    let code = app.code_for("ada@example.org").await;
    owner.post("/v1/otp/verify/email", json!({ "email": "ada@example.org", "otp": code })).await.assert_status(200);
}
