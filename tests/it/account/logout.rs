//! Signing out.

use latchkey_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

/// T24.
#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let other = app.login("ada@example.com").await.assert_status(200);
    app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    let me = app.account().with_bearer(other.token()).get("/v1/users/me").await.assert_status(200);
    assert_eq!(me.body["is_online"], false);
    app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
}

/// T74: else there would be more of them than may be.
#[tokio::test]
async fn a_session_that_a_new_password_has_ended_is_counted_no_more() {
    let app = TestApp::start().await;
    let (login, other) = (app.register("ada@example.com").await, app.login("ada@example.com").await.assert_status(200));
    let caller = app.account().with_bearer(login.token());
    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    caller.post("/v1/auth/change-password", change).await.assert_status(200);
    assert_eq!(app.number_of("ada@example.com", "sessions").await, 1);
    app.account().with_bearer(other.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    assert_eq!(app.number_of("ada@example.com", "sessions").await, 1);
    assert_eq!(caller.get("/v1/users/me").await.assert_status(200).body["is_online"], true);
    caller.post("/v1/auth/logout", Value::Null).await.assert_status(200);
    assert_eq!(app.number_of("ada@example.com", "sessions").await, 0);
    assert_eq!(app.items_starting("USER#", "SESSION#").await, 0);
}

#[tokio::test]
async fn an_expired_but_genuine_token_ends_its_session() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.clock.advance_minutes(16);
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "token_expired");
    app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
}

#[tokio::test]
async fn whatever_is_no_token_of_ours_signs_nobody_out_and_is_no_error() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.account().post("/v1/auth/logout", Value::Null).await.assert_status(200);
    for garbage in ["garbage", "a.b.c", login.refresh_token(), &login.token().replace('.', "x"), &login.tampered_token()] {
        app.account().with_bearer(garbage).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    }
    app.account().header("authorization", "Basic abc").post("/v1/auth/logout", Value::Null).await.assert_status(200);
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
}
