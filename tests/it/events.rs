//! The sample events: every file is replayed through its function, on an empty table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use latchkey_tests::TestApp;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// What each event comes to: a status, `ok`, `partial` or `error`.
pub(crate) fn expectations() -> BTreeMap<String, Value> {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn files() -> Vec<String> {
    let mut files = Vec::new();
    for function in std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir()) {
        for event in std::fs::read_dir(function.path()).unwrap() {
            let (function, event) = (function.file_name(), event.unwrap().file_name());
            files.push(format!("{}/{}", function.to_str().unwrap(), event.to_str().unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn every_event_says_what_it_comes_to() {
    assert_eq!(files(), expectations().into_keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn every_event_comes_to_what_it_says() {
    for (name, expected) in expectations() {
        let app = TestApp::with(&[("LATCHKEY_BASE_URL", "")]).await;
        let event = plain(&name);
        let function = name.split('/').next().unwrap();
        let outcome = match function {
            "deliver" => worked(deliver::handle(app.app.clone(), event).await.ok()),
            "export" => worked(export::handle(app.app.clone(), event, Timestamp::MAX).await.ok()),
            "purge" => worked(purge::handle(app.app.clone(), event, Timestamp::MAX).await.ok()),
            "rotate-keys" => worked(rotate_keys::handle(app.app.clone(), event).await.ok()),
            _ => app.function(function).invoke(event).await.unwrap()["statusCode"].clone(),
        };
        assert_eq!(outcome, expected, "{name}");
    }
}

fn worked(answer: Option<Value>) -> Value {
    match answer {
        None => "error".into(),
        Some(answer) if answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty()) => "partial".into(),
        Some(_) => "ok".into(),
    }
}

fn plain(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

/// A sample event with what only a journey has put in the place of its own: a code, a token.
fn event_with(name: &str, field: &str, value: &str) -> Value {
    let mut event = plain(name);
    if field == "authorization" {
        event["headers"]["authorization"] = format!("Bearer {value}").into();
    } else {
        let mut body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        body[field] = value.into();
        event["body"] = body.to_string().into();
    }
    event
}

/// The operations whose good event needs what came before, and the events that they are here.
pub(crate) const JOURNEY: &[&str] = &[
    "account-auth/verify-signup-otp.json",
    "account-auth/login.json",
    "account-session/refresh-token.json",
    "account-profile/me.json",
    "account-profile/update.json",
    "account-otp/verify-email.json",
    "account-otp/verify-mobile.json",
    "account-otp/verify-login.json",
    "account-otp/verify.json",
    "account-auth/change-password.json",
    "account-auth/reset-password-otp.json",
    "account-session/logout.json",
];

/// The same on the Phone API.
pub(crate) const PHONE_JOURNEY: &[&str] = &[
    "phone-auth/signup-verify-otp.json",
    "phone-auth/login.json",
    "phone-auth/me.json",
    "phone-auth/login-verify-otp.json",
    "phone-auth/forgot-password-confirm.json",
    "phone-auth/change-password.json",
    "phone-auth/reset-password.json",
];

#[tokio::test]
async fn the_sample_events_of_the_phone_api_make_a_journey() {
    const NUMBER: &str = "+4915112345678";
    let app = TestApp::with(&[("LATCHKEY_BASE_URL", "")]).await;
    let answer = async |name: &str, event: Value| {
        let answer = app.function("phone-auth").invoke(event).await.unwrap();
        assert_eq!(answer["statusCode"], 200, "{name}: {answer}");
        serde_json::from_str::<Value>(answer["body"].as_str().unwrap()).unwrap()
    };
    let with_code = async |name: &str| answer(name, event_with(name, "otp_code", &app.code_for(NUMBER).await)).await;
    let ask = async |name: &str| {
        app.clock.advance_seconds(61);
        app.forget_messages().await;
        answer(name, plain(name)).await;
    };
    let [signup, login, me, by_code, recover, change, reset] = PHONE_JOURNEY else { unreachable!() };
    ask("phone-auth/signup-send-otp.json").await;
    with_code(signup).await;
    let signed_in = answer(login, plain(login)).await;
    let token = signed_in["access_token"].as_str().unwrap();
    assert_eq!(answer(me, event_with(me, "authorization", token)).await["phone"], NUMBER);
    ask("phone-auth/login-send-otp.json").await;
    let signed_in = with_code(by_code).await;
    let token = signed_in["access_token"].as_str().unwrap();
    answer(change, event_with(change, "authorization", token)).await;
    ask("phone-auth/forgot-password-init.json").await;
    let mut event = event_with(recover, "new_password", "jacquard loom no. 3");
    let mut body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    body["confirm_password"] = "jacquard loom no. 3".into();
    body["otp_code"] = app.code_for(NUMBER).await.into();
    event["body"] = body.to_string().into();
    answer(recover, event).await;
    app.give_role("ada@example.com", "admin").await;
    let mut event = plain(login);
    event["body"] = event["body"].as_str().unwrap().replace("analytical engine no. 1", "jacquard loom no. 3").into();
    let signed_in = answer(login, event).await;
    answer(reset, event_with(reset, "authorization", signed_in["access_token"].as_str().unwrap())).await;
}

#[tokio::test]
async fn the_sample_events_make_a_journey() {
    const NUMBER: &str = "+4915112345679";
    let app = TestApp::with(&[("LATCHKEY_BASE_URL", "")]).await;
    let answer = async |name: &str, event: Value| {
        let answer = app.function(name.split('/').next().unwrap()).invoke(event).await.unwrap();
        assert!(answer["statusCode"].as_u64().is_some_and(|status| status < 300), "{name}: {answer}");
        serde_json::from_str::<Value>(answer["body"].as_str().unwrap()).unwrap()
    };
    let with_code = async |name: &str, field: &str, to: &str| answer(name, event_with(name, field, &app.code_for(to).await)).await;
    let [verify, login, refresh, me, update, email, mobile, by_phone, proof, change, reset, logout] = JOURNEY else { unreachable!() };
    answer("account-auth/signup.json", event_with("account-auth/signup.json", "name", "Ada Lovelace")).await;
    with_code(verify, "otp", "ada@example.com").await;
    let signed_in = answer(login, event_with(login, "email", "ada@example.com")).await;
    let tokens = answer(refresh, event_with(refresh, "refresh_token", signed_in["refresh_token"].as_str().unwrap())).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(answer(me, event_with(me, "authorization", token)).await["email"], "ada@example.com");

    answer(update, event_with(update, "authorization", token)).await;
    with_code(email, "otp", "ada@example.org").await;
    with_code(mobile, "otp", NUMBER).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    answer("account-otp/send-unknown-number.json", plain("account-otp/send-unknown-number.json")).await;
    assert!(with_code(by_phone, "code", NUMBER).await["access_token"].is_string());
    app.forget_messages().await;
    answer("account-otp/send.json", plain("account-otp/send.json")).await;
    with_code(proof, "code", NUMBER).await;
    answer(change, event_with(change, "authorization", token)).await;
    app.forget_messages().await;
    answer("account-auth/forgot-password.json", plain("account-auth/forgot-password.json")).await;
    with_code(reset, "otp", "ada@example.com").await;
    answer(logout, event_with(logout, "authorization", token)).await;
}

/// What somebody signed in does with their own data.
pub(crate) const DATA_JOURNEY: &[&str] = &[
    "account-profile/profile-validation.json",
    "account-profile/favourites-add.json",
    "account-profile/favourites-list.json",
    "account-profile/favourites-remove.json",
    "account-profile/fcm-tokens-register.json",
    "account-profile/fcm-tokens-unregister.json",
    "account-contacts/emails-add.json",
    "account-contacts/emails-verify.json",
    "account-contacts/emails-list.json",
    "account-contacts/emails-get.json",
    "account-contacts/emails-remove.json",
    "account-contacts/phones-add.json",
    "account-contacts/phones-verify.json",
    "account-contacts/phones-list.json",
    "account-contacts/phones-get.json",
    "account-contacts/phones-make-default.json",
    "account-contacts/phones-remove.json",
    "account-contacts/emails-make-default.json",
    "account-session/sessions-list.json",
    "account-session/sessions-revoke.json",
    "account-session/sessions-revoke-others.json",
    "account-session/activity.json",
    "account-privacy/request-data-export.json",
    "account-privacy/confirm-data-export.json",
    "account-privacy/gdpr-status.json",
    "account-privacy/download-export.json",
    "account-privacy/request-account-deletion.json",
    "account-privacy/confirm-account-deletion.json",
    "account-privacy/cancel-account-deletion.json",
    "account-contacts/emails-revert.json",
    "account-privacy/account-delete.json",
];

#[tokio::test]
async fn the_sample_events_of_a_persons_data_make_a_journey() {
    let app = TestApp::with(&[("LATCHKEY_BASE_URL", "https://abcdef1234.execute-api.eu-central-1.amazonaws.com")]).await;
    let login = app.register_with_phone("ada@example.com", "+4915112345678").await;
    let caller = app.account().with_bearer(login.token());
    for name in DATA_JOURNEY {
        // What the event speaks of, and what it has from a message.
        match *name {
            "account-contacts/emails-remove.json" => {
                caller.post("/v1/user/emails", json!({ "email": "ada@example.net" })).await.assert_status(201);
            }
            "account-contacts/phones-remove.json" => {
                caller.post("/v1/user/phones", json!({ "phone_number": "+4915112345679" })).await.assert_status(201);
            }
            _ => {}
        }
        let told = match *name {
            "account-contacts/emails-verify.json" => Some(("token", app.code_for("ada@example.org").await)),
            "account-contacts/phones-verify.json" => Some(("token", app.code_for("+919876543210").await)),
            // These go to no address that joined lately.
            "account-privacy/confirm-data-export.json" | "account-privacy/confirm-account-deletion.json" => {
                Some(("otp", app.code_for("ada@example.com").await))
            }
            "account-contacts/emails-revert.json" => Some(("token", app.revert_token("ada@example.com").await)),
            _ => None,
        };
        let mut event = told.map_or_else(|| plain(name), |(field, value)| event_with(name, field, &value));
        if name.ends_with("download-export.json") {
            app.export().await;
            let path = "/v1/user/download-export/export-1-AZsf0gAAcACAAAAAAAAAAA.json";
            let status = caller.get("/v1/user/gdpr-status").await;
            let file = status.body["export_requests"][0]["filename"].as_str().unwrap();
            event = serde_json::from_str(&event.to_string().replace(path.rsplit('/').next().unwrap(), file)).unwrap();
        }
        if name.ends_with("sessions-revoke.json") {
            app.login("ada@example.com").await.assert_status(200);
            let sessions = caller.get("/v1/user/sessions").await;
            let id = sessions.body["data"].as_array().unwrap().iter().find(|session| session["is_current"] == false).unwrap();
            event = serde_json::from_str(&event.to_string().replace("put-a-session-id-here-", id["id"].as_str().unwrap())).unwrap();
        }
        // The one before has ended every session of the account.
        let last = name.ends_with("account-delete.json");
        let login = if last { app.register("ben@example.com").await } else { login.clone() };
        event["headers"]["authorization"] = format!("Bearer {}", login.token()).into();
        let answer = app.function(name.split('/').next().unwrap()).invoke(event).await.unwrap();
        assert!(answer["statusCode"].as_u64().is_some_and(|status| status < 300), "{name}: {answer}");
    }
}

/// The same on the Partner API.
pub(crate) const PARTNER_JOURNEY: &[&str] = &["partner-otp/register.json", "partner-otp/resend.json", "partner-otp/verify.json"];

#[tokio::test]
async fn the_sample_events_of_the_partner_api_make_a_journey() {
    const NUMBER: &str = "+919876543210";
    let app = TestApp::with(&[("LATCHKEY_BASE_URL", "")]).await;
    let partner = app.partner("ludo", "Ludo").await;
    let [register, resend, verify] = PARTNER_JOURNEY else { unreachable!() };
    let answer = async |name: &str, fields: &[(&str, Value)]| {
        let mut event = plain(name);
        event["headers"]["user-jwt-token"] = partner.sign(&app.partner_claims(&partner, "ada")).into();
        let mut body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        for (field, value) in fields {
            body[*field] = value.clone();
        }
        event["body"] = body.to_string().into();
        let answer = app.function("partner-otp").invoke(event).await.unwrap();
        assert_eq!(answer["statusCode"], 200, "{name}: {answer}");
        serde_json::from_str::<Value>(answer["body"].as_str().unwrap()).unwrap()
    };
    let first = answer(register, &[]).await;
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    let second = answer(resend, &[]).await;
    assert_eq!(first["authCode"], second["authCode"]);
    let number = |text: &str| text.parse::<u64>().unwrap().into();
    let (auth_code, otp) = (number(second["authCode"].as_str().unwrap()), number(&app.code_for(NUMBER).await));
    let linked = answer(verify, &[("authCode", auth_code), ("otp", otp)]).await;
    assert_eq!(linked["message"], "Users linked successfully");
}
