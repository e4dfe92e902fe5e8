//! Refresh tokens: rotation, grace, reuse, ends.

use latchkey::caller::Caller;
use latchkey::domain::surface::Surface;
use latchkey::flow::refresh::refresh;
use latchkey::network::Network;
use latchkey_tests::{BASE_URL, HOME, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_refresh_gives_new_tokens_and_the_old_one_dies() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let refreshed = app.refresh(login.refresh_token()).await.assert_status(200);
    assert_ne!(refreshed.refresh_token(), login.refresh_token());
    assert!(refreshed.body.get("user").is_none());
    app.account().with_bearer(refreshed.token()).get("/v1/users/me").await.assert_status(200);
    app.clock.advance_seconds(61);
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
}

/// T20, one after the other; `races.rs` has them in parallel.
#[tokio::test]
async fn within_the_grace_the_same_successor_comes_again() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let first = app.refresh(login.refresh_token()).await.assert_status(200);
    app.clock.advance_seconds(60);
    let again = app.refresh(login.refresh_token()).await.assert_status(200);
    assert_eq!(first.refresh_token(), again.refresh_token());
    app.refresh(first.refresh_token()).await.assert_status(200);
}

/// T21.
#[tokio::test]
async fn an_older_token_ends_the_session_and_its_owner_is_told() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let next = app.refresh(login.refresh_token()).await.assert_status(200);
    let current = app.refresh(next.refresh_token()).await.assert_status(200);
    app.forget_messages().await;
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.refresh(current.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.account().with_bearer(current.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    let told = app.messages_to("ada@example.com").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].template, "refresh_reuse");
    assert!(app.audit_of("ada@example.com").await.contains(&"refresh_reuse".to_owned()));
    assert!(app.logs().contains("refresh_reuse"));
}

/// T22.
#[tokio::test]
async fn the_parent_after_the_grace_ends_the_session() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let next = app.refresh(login.refresh_token()).await.assert_status(200);
    app.clock.advance_seconds(61);
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.refresh(next.refresh_token()).await.assert_error(401, "invalid_refresh_token");
}

/// T22, on a surface that names devices: within the grace, the parent on another device ends the session.
#[tokio::test]
async fn the_parent_on_another_device_ends_the_session_even_within_the_grace() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let by = Caller::new(Network::parse(HOME), BASE_URL.to_owned(), Surface::Account);
    let refresh = async |token: &str, device| refresh(&app.app, &by, token, device).await.map(|granted| granted.refresh_token).ok();
    let next = refresh(login.refresh_token(), Some("phone")).await.unwrap();
    assert_eq!(refresh(login.refresh_token(), Some("phone")).await.as_ref(), Some(&next));
    assert_eq!(refresh(login.refresh_token(), Some("laptop")).await, None);
    assert_eq!(refresh(&next, Some("phone")).await, None, "the session is over");

    let login = app.login("ada@example.com").await;
    refresh(login.refresh_token(), Some("phone")).await.unwrap();
    assert_eq!(refresh(login.refresh_token(), None).await, None, "absent equals absent only");
}

/// T22b: past the grace two holders are caught at once; within it they share one chain, which never forks.
#[tokio::test]
async fn two_holders_of_one_token_are_caught_past_the_grace_and_share_one_chain_within_it() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let (mut owner, mut thief) = (login.refresh_token().to_owned(), login.refresh_token().to_owned());
    for _ in 0..20 {
        owner = app.refresh(&owner).await.assert_status(200).refresh_token().to_owned();
        thief = app.refresh(&thief).await.assert_status(200).refresh_token().to_owned();
        assert_eq!(owner, thief);
        app.clock.advance_seconds(30);
    }
    let mut rotations = 0;
    loop {
        app.clock.advance_seconds(61);
        let answer = app.refresh(if rotations % 2 == 0 { &owner } else { &thief }).await;
        if answer.status == 401 {
            break;
        }
        rotations += 1;
        assert!(rotations <= 2, "two holders went unnoticed");
        owner = answer.refresh_token().to_owned();
    }
}

/// T22c.
#[tokio::test]
async fn the_grandparent_ends_the_session_even_a_second_after_a_legitimate_refresh() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let parent = app.refresh(login.refresh_token()).await.assert_status(200);
    let current = app.refresh(parent.refresh_token()).await.assert_status(200);
    app.clock.advance_seconds(1);
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.refresh(current.refresh_token()).await.assert_error(401, "invalid_refresh_token");
}

/// T23: another instance, other signing keys and a clock that goes back change nothing.
#[tokio::test]
async fn a_cold_start_a_key_rotation_and_a_clock_step_neither_revive_an_old_token_nor_kill_a_good_one() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let second = app.refresh(login.refresh_token()).await.assert_status(200);
    let third = app.refresh(second.refresh_token()).await.assert_status(200);
    app.clock.advance_days(29);
    app.rotate_keys().await;
    app.clock.advance_hours(-1);
    let elsewhere = app.another_instance();
    let fourth = elsewhere.refresh(third.refresh_token()).await.assert_status(200);
    app.clock.advance_hours(25);
    app.refresh(fourth.refresh_token()).await.assert_status(200);
    elsewhere.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
}

/// T26.
#[tokio::test]
async fn a_session_ends_when_idle_and_at_its_absolute_end() {
    let app = TestApp::start().await;
    let idle = app.register("idle@example.com").await;
    app.clock.advance_days(30);
    app.refresh(idle.refresh_token()).await.assert_error(401, "invalid_refresh_token");

    let mut token = app.register("busy@example.com").await.refresh_token().to_owned();
    for _ in 0..8 {
        app.clock.advance_days(11);
        token = app.refresh(&token).await.assert_status(200).refresh_token().to_owned();
    }
    app.clock.advance_days(2);
    app.refresh(&token).await.assert_error(401, "invalid_refresh_token");
}

/// T27: nothing is asked of the table for a token that was changed.
#[tokio::test]
async fn a_changed_token_dies_before_any_request() {
    let app = TestApp::start().await;
    let token = app.register("ada@example.com").await.refresh_token().to_owned();
    let requests = app.count(async || {
        for position in (0..token.len()).step_by(7) {
            let mut changed = token.clone().into_bytes();
            changed[position] ^= 1;
            let changed = String::from_utf8_lossy(&changed).into_owned();
            app.refresh(&changed).await.assert_error(401, "invalid_refresh_token");
        }
        for garbage in ["x", "lk1", "lk1......", "a.b.c", &"x".repeat(5000)] {
            app.refresh(garbage).await.assert_error(401, "invalid_refresh_token");
        }
    });
    assert_eq!(requests.await, Vec::<&str>::new());
    app.refresh(&token).await.assert_status(200);
}

/// T28: with the whole table, but without the root secret, no refresh token can be made; with the root secret alone neither.
#[tokio::test]
async fn neither_the_table_nor_the_secret_alone_makes_a_token() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let dump = app.dump().await;
    let token = login.refresh_token();
    for part in token.rsplit('.').take(2) {
        assert!(!dump.contains(part), "a part of the token is in the table");
    }
    let forged = app.forge_refresh_token(token);
    app.refresh(&forged).await.assert_error(401, "invalid_refresh_token");
    assert!(app.logs().contains("refresh_key_leak"));
    app.refresh(token).await.assert_error(401, "invalid_refresh_token");
}

/// T25, as far as it can be caused here: a ban ends every session at once, and a change of the epoch too.
#[tokio::test]
async fn a_ban_and_a_new_epoch_end_every_session_at_once() {
    let app = TestApp::start().await;
    let banned = app.register("banned@example.com").await;
    app.set_status("banned@example.com", "disabled").await;
    app.account().with_bearer(banned.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(banned.refresh_token()).await.assert_error(401, "invalid_refresh_token");

    let reset = app.register("reset@example.com").await;
    app.raise_epoch("reset@example.com").await;
    app.account().with_bearer(reset.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(reset.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.login("reset@example.com").await.assert_status(200);
}

#[tokio::test]
async fn a_missing_refresh_token_is_named() {
    let app = TestApp::start().await;
    for body in [json!({}), json!({ "refresh_token": "" })] {
        let refused = app.account().post("/v1/auth/refresh-token", body).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"], json!([{ "field": "refresh_token", "message": "is required" }]));
    }
}
