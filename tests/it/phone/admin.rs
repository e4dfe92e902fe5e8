//! Passwords that administrators set.

use latchkey_tests::{PASSWORD, TestApp};
use serde_json::json;

const PHONE: &str = "+4915112345678";
const TEMPORARY: &str = "a password for one day";
const NEW: &str = "difference engine no. 2";

fn reset(phone: &str) -> serde_json::Value {
    json!({ "phone": phone, "new_password": TEMPORARY })
}

#[tokio::test]
async fn a_temporary_password_is_good_for_choosing_another_one_only() {
    let app = TestApp::start().await;
    let person = app.register_with_phone("ada@example.com", PHONE).await;
    let admin = app.register("admin@example.com").await;
    app.give_role("admin@example.com", "admin").await;
    app.forget_messages().await;
    let set = app.account().with_bearer(admin.token()).post("/api/v1/auth/reset-password", reset(PHONE)).await.assert_status(200);
    assert_eq!(set.body, json!({ "message": "Password reset successfully" }));
    app.account().with_bearer(person.token()).get("/v1/users/me").await.assert_status(401);
    assert_eq!(app.messages_to("ada@example.com").await[0].template, "password_changed");
    assert!(app.audit_of("ada@example.com").await.contains(&"password_set".to_owned()));

    app.account().post("/api/v1/auth/login", json!({ "phone": PHONE, "password": PASSWORD })).await.assert_status(401);
    let signed_in = app.account().post("/api/v1/auth/login", json!({ "phone": PHONE, "password": TEMPORARY })).await.assert_status(200);
    let caller = app.account().with_bearer(signed_in.token());
    let refused = caller.get("/api/v1/auth/me").await.assert_status(403);
    assert_eq!(refused.body, json!({ "detail": "Password change required" }));
    caller.get("/v1/users/me").await.assert_error(403, "forbidden");
    caller.put("/v1/profile/update", json!({ "name": "A" })).await.assert_error(403, "forbidden");
    let change = json!({ "current_password": TEMPORARY, "new_password": NEW });
    caller.post("/api/v1/auth/change-password", change).await.assert_status(200);
    caller.get("/api/v1/auth/me").await.assert_status(200);
}

/// T67: only an administrator, as the account is now, whatever its token says; and the audit is told.
#[tokio::test]
async fn only_administrators_set_passwords() {
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    let other = app.register("ben@example.com").await;
    let caller = app.account().with_bearer(other.token());
    let refused = caller.post("/api/v1/auth/reset-password", reset(PHONE)).await.assert_status(403);
    assert_eq!(refused.body, json!({ "detail": "Not enough permissions" }));
    assert!(app.audit_of("ben@example.com").await.contains(&"administration_refused".to_owned()));
    app.give_role("ben@example.com", "admin").await;
    let unknown = caller.post("/api/v1/auth/reset-password", reset("+4915112345679")).await.assert_status(404);
    assert_eq!(unknown.body, json!({ "detail": "User not found" }));
    let admins = app.login("ben@example.com").await.assert_status(200);
    app.give_role("ben@example.com", "user").await;
    let former = app.account().with_bearer(admins.token());
    former.post("/api/v1/auth/reset-password", reset(PHONE)).await.assert_status(403);
    app.login("ada@example.com").await.assert_status(200);
}
