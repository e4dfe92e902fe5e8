//! Changing a password.

use latchkey_tests::{PASSWORD, TestApp};
use serde_json::json;

const NEW: &str = "difference engine no. 2";
const PATH: &str = "/v1/auth/change-password";

/// T25: the other sessions are over with the next request, and this one goes on.
#[tokio::test]
async fn a_changed_password_ends_all_other_sessions_and_tells_the_owner() {
    let app = TestApp::start().await;
    let other = app.register("ada@example.com").await;
    let own = app.login("ada@example.com").await;
    app.forget_messages().await;
    let caller = app.account().with_bearer(own.token());
    caller.post(PATH, json!({ "current_password": PASSWORD, "new_password": NEW })).await.assert_status(200);

    caller.get("/v1/users/me").await.assert_status(200);
    app.refresh(own.refresh_token()).await.assert_status(200);
    app.account().with_bearer(other.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(other.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.login("ada@example.com").await.assert_error(401, "invalid_credentials");
    app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": NEW })).await.assert_status(200);
    assert_eq!(app.messages_to("ada@example.com").await[0].template, "password_changed");
    assert!(app.audit_of("ada@example.com").await.contains(&"password_changed".to_owned()));
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_counts_like_a_sign_in() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let wrong = json!({ "current_password": "a wrong password", "new_password": NEW });
    for _ in 0..10 {
        caller.post(PATH, wrong.clone()).await.assert_error(400, "wrong_password");
    }
    let refused =
        caller.post(PATH, json!({ "current_password": PASSWORD, "new_password": NEW })).await.assert_error(429, "too_many_attempts");
    assert!(refused.header("retry-after").is_some());
    app.login("ada@example.com").await.assert_error(429, "too_many_attempts");
    app.clock.advance_minutes(16);
    app.login("ada@example.com").await.assert_status(200);
    let told = app.audit_of("ada@example.com").await.into_iter().filter(|event| event == "passwords_refused").count();
    assert_eq!(told, 1, "the audit is told once in a window");
}

#[tokio::test]
async fn a_new_password_is_held_to_the_policy() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    for (new, code) in [
        ("password1", "weak_password"),
        ("ada@example.com", "weak_password"),
        ("Ada Lovelace 1815", "weak_password"),
        ("short", "weak_password"),
        ("", "invalid_request"),
    ] {
        let answer = caller.post(PATH, json!({ "current_password": PASSWORD, "new_password": new })).await.assert_error(400, code);
        assert_eq!(answer.body["error"]["details"][0]["field"], "new_password", "{new}");
    }
    caller.post(PATH, json!({})).await.assert_error(400, "invalid_request");
    app.login("ada@example.com").await.assert_status(200);
}

/// Devices whose sessions a new password has ended sign out all the same, and harm nobody.
#[tokio::test]
async fn signing_out_of_sessions_that_a_new_password_ended_does_no_harm() {
    let app = TestApp::start().await;
    let others = [app.register("ada@example.com").await, app.login("ada@example.com").await, app.login("ada@example.com").await];
    let own = app.login("ada@example.com").await;
    let caller = app.account().with_bearer(own.token());
    caller.post(PATH, json!({ "current_password": PASSWORD, "new_password": NEW })).await.assert_status(200);
    for other in &others {
        app.account().with_bearer(other.token()).post("/v1/auth/logout", serde_json::Value::Null).await.assert_status(200);
    }
    caller.get("/v1/users/me").await.assert_status(200);
    let next = app.refresh(own.refresh_token()).await.assert_status(200);
    app.account().with_bearer(next.token()).post("/v1/auth/logout", serde_json::Value::Null).await.assert_status(200);
    app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": NEW })).await.assert_status(200);
}
