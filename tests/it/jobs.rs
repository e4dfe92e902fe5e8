//! The scheduled jobs: safe to run twice, and at the same time.

use latchkey_tests::TestApp;
use serde_json::json;

#[tokio::test]
async fn keys_are_rotated_when_due_and_only_then() {
    let app = TestApp::start().await;
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    assert_eq!(app.rotate_keys().await, json!({ "made": false, "removed": 0 }));
    app.clock.advance_days(29);
    assert_eq!(app.rotate_keys().await, json!({ "made": true, "removed": 0 }));
    assert_eq!(app.rotate_keys().await, json!({ "made": false, "removed": 0 }));
}

#[tokio::test]
async fn a_retired_key_is_removed_when_it_recognises_nothing_any_more() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.clock.advance_days(29);
    app.rotate_keys().await;
    app.clock.advance_days(80);
    assert_eq!(app.rotate_keys().await["removed"], 0);
    app.account().with_bearer(login.token()).post("/v1/auth/logout", serde_json::Value::Null).await.assert_status(200);
    app.clock.advance_days(15);
    assert_eq!(app.rotate_keys().await["removed"], 1);
}

#[tokio::test]
async fn a_change_of_algorithm_makes_a_new_key_at_the_next_tick() {
    let app = TestApp::start().await;
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    let changed = app.another_instance_with(&[("LATCHKEY_SIGNING_ALGORITHM", "RS256")]);
    assert_eq!(changed.rotate_keys().await["made"], true);
    app.clock.advance_hours(25);
    let login = app.register("ada@example.com").await;
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    assert_eq!(login.algorithm(), "RS256");
}

#[tokio::test]
async fn a_new_root_secret_keeps_accounts_sessions_and_codes_while_the_old_one_is_accepted() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.sign_up("ben@example.com").await;
    let code = app.code_for("ben@example.com").await;
    let rotated = app.another_instance_with(&[
        ("LATCHKEY_SECRET", "a new root secret of more than 32 bytes"),
        ("LATCHKEY_SECRETS_ACCEPTED", latchkey_tests::SECRET),
    ]);
    rotated.login("ada@example.com").await.assert_status(200);
    let refreshed = rotated.refresh(login.refresh_token()).await.assert_status(200);
    assert_ne!(refreshed.refresh_token().split('.').nth(1), login.refresh_token().split('.').nth(1), "the next token names the new key");
    rotated.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    rotated.verify("ben@example.com", &code).await.assert_status(200);

    let without = app.another_instance_with(&[("LATCHKEY_SECRET", "a new root secret of more than 32 bytes")]);
    without.login("ada@example.com").await.assert_error(500, "server_error");
}

/// A retired key that nobody can open any more costs nothing but itself.
#[tokio::test]
async fn an_old_key_under_a_forgotten_secret_stops_nobody() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.clock.advance_days(29);
    app.rotate_keys().await;
    app.clock.advance_days(3);
    app.spoil_signing_key(1).await;
    let instance = app.another_instance();
    let login = instance.login("ada@example.com").await.assert_status(200);
    instance.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    app.spoil_signing_key(2).await;
    app.another_instance().login("ada@example.com").await.assert_error(500, "server_error");
}

#[tokio::test]
async fn a_worker_refuses_what_it_was_not_made_for() {
    let app = TestApp::start().await;
    assert!(deliver::handle(app.app.clone(), json!({ "schedule": "rotate-keys" })).await.is_err());
    assert!(rotate_keys::handle(app.app.clone(), json!({ "Records": [] })).await.is_err());
    assert!(deliver::handle(app.app.clone(), json!({ "schedule": "drain" })).await.is_ok());
}
