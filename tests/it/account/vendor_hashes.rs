//! Password hashes that were made elsewhere: good until their owner signs in, and replaced then.

use latchkey_tests::TestApp;
use serde_json::json;

const EMAIL: &str = "ada@example.com";
const OLD: &str = "correct horse";
const BCRYPT: &str = "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";
const PRESENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

async fn with_hash(hash: &str) -> TestApp {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    app.set_password_hash(EMAIL, hash).await;
    app
}

#[tokio::test]
async fn the_right_password_replaces_the_hash_in_the_same_request_and_a_wrong_one_leaves_it() {
    let app = with_hash(BCRYPT).await;
    let login = async |password: &str| app.account().post("/v1/auth/login", json!({ "email": EMAIL, "password": password })).await;
    login("correct horsE").await.assert_error(401, "invalid_credentials");
    assert_eq!(app.password_hash_of(EMAIL).await, BCRYPT);
    login(OLD).await.assert_status(200);
    assert!(app.password_hash_of(EMAIL).await.starts_with(PRESENT));
    login(OLD).await.assert_status(200);
}

#[tokio::test]
async fn changing_and_resetting_the_password_know_the_old_one() {
    let app = with_hash(BCRYPT).await;
    let login = app.account().post("/v1/auth/login", json!({ "email": EMAIL, "password": OLD })).await.assert_status(200);
    app.set_password_hash(EMAIL, BCRYPT).await;
    let change = |present: &str| json!({ "current_password": present, "new_password": "difference engine no. 2" });
    let owner = app.account().with_bearer(login.token());
    owner.post("/v1/auth/change-password", change("correct horsE")).await.assert_error(400, "wrong_password");
    owner.post("/v1/auth/change-password", change(OLD)).await.assert_status(200);
    assert!(app.password_hash_of(EMAIL).await.starts_with(PRESENT));

    app.set_password_hash(EMAIL, BCRYPT).await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": EMAIL })).await.assert_status(200);
    let code = app.code_for(EMAIL).await;
    let reset = |new: &str| json!({ "email": EMAIL, "otp": code, "new_password": new });
    app.account().post("/v1/auth/reset-password-otp", reset(OLD)).await.assert_error(400, "weak_password");
    app.account().post("/v1/auth/reset-password-otp", reset("difference engine no. 3")).await.assert_status(200);
    assert!(app.password_hash_of(EMAIL).await.starts_with(PRESENT));
}

/// T72: what would cost too much is never computed, and neither that nor a hash that cannot be read shows in the answer.
#[tokio::test]
async fn a_hash_that_costs_too_much_fits_no_password_and_tells_nothing() {
    let digest = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    let answer = async |email: &str| {
        let reply = app.account().post("/v1/auth/login", json!({ "email": email, "password": "a wrong password" })).await;
        reply.comparable(email)
    };
    for (count, hash) in [
        format!("$argon2id$v=19$m=1048576,t=1000,p=1$c29tZXNhbHQ${digest}"),
        format!("$2b$31${}", "a".repeat(53)),
        format!("$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ${digest}"),
        "no hash".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        app.set_password_hash(EMAIL, hash).await;
        assert_eq!(answer(EMAIL).await, answer("nobody@example.com").await, "{hash}");
        assert_eq!(app.unusable_hashes_logged(EMAIL).await, count + 1, "{hash}");
        assert_eq!(app.password_hash_of(EMAIL).await, *hash);
    }
    app.account().post("/v1/auth/forgot-password", json!({ "email": EMAIL })).await.assert_status(200);
    let reset = json!({ "email": EMAIL, "otp": app.code_for(EMAIL).await, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
}
