//! Signing in with a password.

use latchkey_tests::{Fault, PASSWORD, TestApp};
use serde_json::json;

#[tokio::test]
async fn the_right_password_signs_in() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let answer = app.login("ADA@example.com").await.assert_status(200);
    assert_eq!(answer.body["user"]["email"], "ada@example.com");
    app.account().with_bearer(answer.token()).get("/v1/users/me").await.assert_status(200);
}

/// T01, but for its timing.
#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let app = TestApp::start().await;
    app.register("known@example.com").await;
    let stranger = app.account().from("198.51.100.7");
    for attempt in 0..12 {
        let mut answers = Vec::new();
        for email in ["known@example.com", "unknown@example.com"] {
            let answer = stranger.post("/v1/auth/login", json!({ "email": email, "password": "a wrong password" })).await;
            answers.push(answer.comparable(email));
        }
        assert_eq!(answers[0], answers[1], "attempt {attempt}");
        let expected = if attempt < 10 { "401" } else { "429" };
        assert!(answers[0].starts_with(expected), "attempt {attempt}: {}", answers[0]);
    }
}

/// T06: an unverified, a disabled and an account in its deletion grace answer a wrong password like an unknown one.
#[tokio::test]
async fn the_state_of_an_account_is_told_only_to_the_right_password() {
    let app = TestApp::start().await;
    for email in ["active@example.com", "disabled@example.com", "grace@example.com"] {
        app.register(email).await;
    }
    app.sign_up("pending@example.com").await;
    app.set_status("disabled@example.com", "disabled").await;
    app.set_status("grace@example.com", "pending_deletion").await;
    let wrong = |email: &str| json!({ "email": email, "password": "a wrong password" });
    let stranger = app.account().from("198.51.100.7");
    let unknown = stranger.post("/v1/auth/login", wrong("unknown@example.com")).await.comparable("unknown@example.com");
    for email in ["active@example.com", "disabled@example.com", "grace@example.com", "pending@example.com"] {
        assert_eq!(stranger.post("/v1/auth/login", wrong(email)).await.comparable(email), unknown, "{email}");
    }
    app.login("pending@example.com").await.assert_error(403, "email_not_verified");
    app.login("disabled@example.com").await.assert_error(403, "account_inactive");
    let grace = app.login("grace@example.com").await.assert_status(200);
    app.account().with_bearer(grace.token()).get("/v1/users/me").await.assert_error(403, "account_inactive");
}

#[tokio::test]
async fn the_right_password_of_a_pending_registration_sends_the_code_again_within_the_budget() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.login("ada@example.com").await.assert_error(403, "email_not_verified");
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1, "the first code is too fresh to be sent again");
    app.clock.advance_seconds(31);
    app.login("ada@example.com").await.assert_error(403, "email_not_verified");
    assert_eq!(app.messages_to("ada@example.com").await.len(), 2);
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);
}

/// The gate refuses the right password too, and does not say for whom.
#[tokio::test]
async fn a_full_gate_refuses_everything_alike() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    for _ in 0..10 {
        app.account().post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
    }
    let right = app.login("ada@example.com").await.assert_error(429, "too_many_attempts");
    assert_eq!(right.header("retry-after"), Some("900"));
    app.clock.advance_minutes(15);
    app.login("ada@example.com").await.assert_status(200);
}

/// The owner's network is counted apart from strangers, so that these cannot lock the account.
#[tokio::test]
async fn strangers_cannot_lock_the_owner_out() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    for attempt in 0..12 {
        let stranger = app.account().from(&format!("198.51.100.{attempt}"));
        stranger.post("/v1/auth/login", wrong.clone()).await.assert_status(if attempt < 10 { 401 } else { 429 });
    }
    app.login("ada@example.com").await.assert_status(200);
}

#[tokio::test]
async fn only_wrong_passwords_count() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    for _ in 0..25 {
        app.login("ada@example.com").await.assert_status(200);
    }
}

#[tokio::test]
async fn the_fifty_first_session_ends_the_one_idle_for_longest() {
    let app = TestApp::start().await;
    let first = app.register("ada@example.com").await;
    let mut tokens = vec![first];
    for _ in 0..50 {
        app.clock.advance_seconds(20);
        tokens.push(app.login("ada@example.com").await.assert_status(200));
    }
    let me = async |answer: &latchkey_tests::Reply| app.account().with_bearer(answer.token()).get("/v1/users/me").await.status;
    assert_eq!(me(&tokens[0]).await, 401, "the oldest gave way");
    assert_eq!(me(&tokens[50]).await, 200);
    let refreshed = app.refresh(tokens[1].refresh_token()).await.assert_status(200);
    app.clock.advance_seconds(20);
    app.login("ada@example.com").await.assert_status(200);
    assert_eq!(me(&refreshed).await, 200, "what was refreshed is not idle");
    app.refresh(tokens[2].refresh_token()).await.assert_error(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_callers_limit_is_told_in_headers_and_refuses_when_used_up() {
    let app = TestApp::with(&[("LATCHKEY_CALLER_LIMIT_SCALE", "1")]).await;
    let login = |number: usize| json!({ "email": format!("nobody{number}@example.com"), "password": "a wrong password" });
    for number in 0..100 {
        let answer = app.account().post("/v1/auth/login", login(number)).await.assert_status(401);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("100"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some((99 - number).to_string().as_str()));
        assert!(answer.header("x-ratelimit-reset").is_some());
    }
    let refused = app.account().post("/v1/auth/login", login(100)).await.assert_error(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    let disguised = app.account().header("x-forwarded-for", "203.0.113.9").header("forwarded", "for=203.0.113.9");
    disguised.post("/v1/auth/login", login(101)).await.assert_error(429, "rate_limited");
    app.account().from("203.0.113.9").post("/v1/auth/login", login(102)).await.assert_status(401);
}

/// T70, at sign-in: nothing is hashed that no account can have.
#[tokio::test]
async fn a_password_beyond_a_kilobyte_is_refused_before_anything_is_looked_up() {
    let app = TestApp::start().await;
    let requests = app.count(async || {
        let login = json!({ "email": "ada@example.com", "password": "x".repeat(1025) });
        app.account().post("/v1/auth/login", login).await.assert_error(400, "invalid_request");
    });
    assert_eq!(requests.await, ["UpdateItem"], "the caller's limit alone");
    app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": "x".repeat(1024) })).await.assert_status(401);
}

/// T60: identity comes from proof only.
#[tokio::test]
async fn fields_that_name_somebody_else_change_nothing() {
    let app = TestApp::start().await;
    let victim = app.register("victim@example.com").await;
    let id = victim.body["user"]["id"].clone();
    let signup = json!({ "name": "Mallory", "email": "mallory@example.com", "password": PASSWORD, "id": id, "user_id": id, "userId": id,
        "sub": id, "role": "admin", "roles": ["admin"], "isAdmin": true, "status": "active", "email_verified": true });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    app.login("mallory@example.com").await.assert_error(403, "email_not_verified");
    let code = app.code_for("mallory@example.com").await;
    let verify = json!({ "email": "mallory@example.com", "otp": code, "userId": id, "sub": id, "role": "admin" });
    let mallory = app.account().post("/v1/auth/verify-signup-otp", verify).await.assert_status(200);
    assert_ne!(mallory.body["user"]["id"], id);
    assert_eq!(mallory.claims()["roles"], json!(["user"]));
    let me =
        app.account().with_bearer(mallory.token()).get(&format!("/v1/users/me?userId={0}&sub={0}", id.as_str().unwrap_or_default())).await;
    assert_eq!(me.body["email"], "mallory@example.com");
}

/// The shortest and the longest lane that can be configured.
#[tokio::test]
async fn lanes_of_one_and_of_twenty_count_like_others() {
    for most in [1, 20] {
        let text = most.to_string();
        let app = TestApp::with(&[
            ("LATCHKEY_PASSWORD_TRIES", &text),
            ("LATCHKEY_CODE_TRIES", &text),
            ("LATCHKEY_CODE_SENDS", &text),
            ("LATCHKEY_CODE_SENDS_STRANGER", &text),
        ])
        .await;
        app.register("ada@example.com").await;
        app.login("ada@example.com").await.assert_status(200);
        let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
        let guess = json!({ "email": "ada@example.com", "otp": "000000", "new_password": "difference engine no. 2" });
        for _ in 0..most {
            app.account().post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
            app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
            app.account().post("/v1/auth/reset-password-otp", guess.clone()).await.assert_error(400, "invalid_otp");
            app.clock.advance_seconds(31);
        }
        app.account().post("/v1/auth/login", wrong).await.assert_error(429, "too_many_attempts");
        app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_error(429, "rate_limited");
        app.account().post("/v1/auth/reset-password-otp", guess).await.assert_error(429, "too_many_attempts");
    }
}

/// T71: a full gate refuses before anything is hashed. A hash that cannot be used shows in the log whether it was looked at.
#[tokio::test]
async fn a_full_gate_costs_no_hash() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    for _ in 0..10 {
        app.account().post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
    }
    app.set_password_hash("ada@example.com", "no hash").await;
    app.account().post("/v1/auth/login", wrong.clone()).await.assert_error(429, "too_many_attempts");
    assert_eq!(app.unusable_hashes_logged("ada@example.com").await, 0);
    app.clock.advance_minutes(16);
    app.account().post("/v1/auth/login", wrong).await.assert_error(401, "invalid_credentials");
    assert_eq!(app.unusable_hashes_logged("ada@example.com").await, 1);
}

/// T10: as many passwords are compared as the lane has room for, though one was counted by a request whose answer never came.
#[tokio::test]
async fn a_password_is_counted_once_though_the_answer_to_that_was_lost() {
    for request in 0.. {
        let app = TestApp::start().await;
        app.register("ada@example.com").await;
        let stranger = app.account().from("198.51.100.7");
        let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
        let mut statuses = Vec::new();
        app.disturb(Fault::AnswerLost, request, false);
        statuses.push(stranger.post("/v1/auth/login", wrong.clone()).await.status);
        if !app.heal() {
            break;
        }
        for _ in 1..11 {
            statuses.push(stranger.post("/v1/auth/login", wrong.clone()).await.status);
        }
        assert_eq!(statuses, [vec![401; 10], vec![429]].concat(), "request {request}");
    }
}
