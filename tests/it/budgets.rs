//! How many requests each flow makes, counted where the SDK sends them. The keys are in memory, as in a warm function.

use latchkey_tests::TestApp;
use serde_json::{Value, json};

const BATCH: &str = "BatchGetItem";
const QUERY: &str = "Query";
const READ: &str = "GetItem";
const TRANSACTION: &str = "TransactWriteItems";
const WRITE: &str = "UpdateItem";

#[tokio::test]
async fn a_refresh_is_one_write_and_one_read() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let requests = app.count(async || app.refresh(login.refresh_token()).await.assert_status(200));
    assert_eq!(requests.await, [READ, WRITE]);
}

#[tokio::test]
async fn an_authenticated_read_is_one_batch() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let requests = app.count(async || app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200));
    assert_eq!(requests.await, [BATCH]);
}

#[tokio::test]
async fn a_sign_in_is_four_requests_a_wrong_one_three_and_a_refused_one_three() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let right = app.count(async || app.login("ada@example.com").await.assert_status(200));
    assert_eq!(right.await, [BATCH, TRANSACTION, WRITE, WRITE]);
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let unknown = json!({ "email": "unknown@example.com", "password": "a wrong password" });
    for count in 1..=10 {
        for login in [&wrong, &unknown] {
            let requests = app.count(async || app.account().post("/v1/auth/login", login.clone()).await.assert_status(401));
            // The one that fills the lane tells the audit, whether or not there is an account.
            let told = [BATCH, TRANSACTION, WRITE, WRITE];
            assert_eq!(requests.await, if count < 10 { vec![BATCH, WRITE, WRITE] } else { told.to_vec() });
        }
    }
    for login in [&wrong, &unknown] {
        let refused = app.count(async || app.account().post("/v1/auth/login", login.clone()).await.assert_status(429));
        assert_eq!(refused.await, [BATCH, WRITE, WRITE]);
    }
}

#[tokio::test]
async fn a_code_is_sent_with_three_requests_to_whomever() {
    let app = TestApp::start().await;
    app.register("owner@example.com").await;
    app.clock.advance_minutes(61);
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    for email in ["new@example.com", "owner@example.com"] {
        let signup = json!({ "name": "A", "email": email, "password": "another long password" });
        let requests = app.count(async || app.account().post("/v1/auth/signup", signup).await.assert_status(201));
        assert_eq!(requests.await, [BATCH, WRITE, WRITE], "{email}");
    }
    app.clock.advance_seconds(31);
    for email in ["new@example.com", "owner@example.com", "nobody@example.com"] {
        // One more, for whoever may have the address pending.
        let requests = app.count(async || app.account().post("/v1/otp/resend/email", json!({ "email": email })).await.assert_status(200));
        assert_eq!(requests.await, [BATCH, QUERY, WRITE, WRITE], "{email}");
    }
}

#[tokio::test]
async fn a_code_is_verified_with_two_requests_when_wrong_and_four_when_it_opens_an_account() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let requests = app.count(async || app.verify("ada@example.com", wrong).await.assert_status(400));
    assert_eq!(requests.await, [WRITE, WRITE]);
    let requests = app.count(async || app.verify("ada@example.com", &code).await.assert_status(200));
    assert_eq!(requests.await, [READ, TRANSACTION, WRITE, WRITE]);
}

#[tokio::test]
async fn a_sign_out_is_one_transaction() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let requests =
        app.count(async || app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200));
    assert_eq!(requests.await, [TRANSACTION]);
}

#[tokio::test]
async fn a_cold_start_adds_one_read_of_the_keys() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let cold = app.another_instance();
    let requests = cold.count(async || cold.refresh(login.refresh_token()).await.assert_status(200));
    assert_eq!(requests.await, [READ, QUERY, WRITE]);
}
