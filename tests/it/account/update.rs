//! Changing a profile.

use latchkey_tests::TestApp;
use serde_json::{Value, json};

const PATH: &str = "/v1/profile/update";

#[tokio::test]
async fn fields_are_changed_kept_and_erased() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let all = json!({
        "name": "Ada King", "gender": "female", "date_of_birth": "1815-12-10", "place": "London", "locale": "en_gb",
        "photo_url": "https://images.example.com/ada.png", "is_online": false
    });
    caller.put(PATH, all).await.assert_error(400, "invalid_request");
    let all = json!({
        "name": "Ada King", "gender": "female", "date_of_birth": "1985-12-10", "place": "London", "locale": "en_gb",
        "photo_url": "https://images.example.com/ada.png", "is_online": false
    });
    app.clock.advance_seconds(5);
    let user = caller.put(PATH, all).await.assert_status(200).body["user"].clone();
    assert_eq!((&user["name"], &user["gender"], &user["date_of_birth"]), (&json!("Ada King"), &json!("female"), &json!("1985-12-10")));
    assert_eq!((&user["place"], &user["locale"], &user["is_online"]), (&json!("London"), &json!("en-GB"), &json!(false)));
    assert_ne!(user["updated_at"], user["created_at"]);
    assert_eq!(caller.get("/v1/users/me").await.body, user);

    let user = caller.put(PATH, json!({ "gender": null, "place": "", "photo_url": "" })).await.assert_status(200).body["user"].clone();
    assert_eq!((&user["gender"], &user["place"], &user["photo_url"]), (&json!("female"), &Value::Null, &Value::Null));
    assert_eq!(caller.get("/v1/users/me").await.body, user);
    let unchanged = caller.put(PATH, json!({})).await.assert_status(200);
    assert_eq!(unchanged.body["user"], user);
}

/// T61.
#[tokio::test]
async fn protected_state_is_not_among_what_can_be_changed() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let before = caller.get("/v1/users/me").await.body;
    let attempt = json!({
        "id": "0", "user_id": "0", "roles": ["admin"], "permissions": ["all"], "is_active": false, "email_verified": false,
        "phone_verified": true, "idv_status": "verified", "created_at": "2000-01-01T00:00:00Z", "status": "disabled", "epoch": 99,
        "password": "another one", "is_admin": true
    });
    caller.put(PATH, attempt).await.assert_status(200);
    assert_eq!(caller.get("/v1/users/me").await.body, before);
    assert_eq!(app.refresh(login.refresh_token()).await.assert_status(200).claims()["roles"], json!(["user"]));
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_changes() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let wrong = json!({
        "name": "", "email": "ada@", "phone": "0151", "gender": "robot", "date_of_birth": "2001-02-29", "place": "a\u{0}b",
        "locale": "german!", "photo_url": "javascript:alert(1)"
    });
    let answer = caller.put(PATH, wrong).await.assert_error(400, "invalid_request");
    let mut fields: Vec<_> =
        answer.body["error"]["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["date_of_birth", "email", "gender", "locale", "name", "phone", "photo_url", "place"]);
    for (name, message) in [(" ", "must not be empty"), ("a\u{0}b", "must not contain control characters")] {
        let refused = caller.put(PATH, json!({ "name": name })).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"], json!([{ "field": "name", "message": message }]));
    }
    assert_eq!(caller.get("/v1/users/me").await.body["name"], "Ada Lovelace");
}

#[tokio::test]
async fn messages_follow_the_language_of_the_profile_and_else_of_the_client() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.forget_messages().await;
    let german = app.account().header("accept-language", "de-AT, en;q=0.5");
    german.post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    assert_eq!(app.messages_to("ada@example.com").await[0].subject.as_deref(), Some("Ihr Code für ein neues Passwort"));
    app.account().with_bearer(login.token()).put(PATH, json!({ "locale": "hi-IN" })).await.assert_status(200);
    app.clock.advance_seconds(31);
    german.post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    assert_eq!(app.messages_to("ada@example.com").await[0].subject.as_deref(), Some("नए पासवर्ड के लिए आपका कोड"));
}
