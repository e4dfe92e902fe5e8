//! `latchkey user export`: what leaves, and that it comes back as it was.

use latchkey_cli::admin::terminal::Stop;
use latchkey_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

use super::import::{Files, import};
use super::{FAST, Said, items, multiply, perform, run, run_with, text};

/// Exports, past the check that nothing secret is told: hashes are what is wanted here.
async fn export(app: &TestApp, file: &str, options: &[&str]) -> Said {
    perform(app, &[&["user", "export", file, "--rate", FAST, "--json"], options].concat(), None, &Stop::default()).await
}

fn accounts(text: &str) -> Vec<Value> {
    let mut accounts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    accounts.sort_by_key(|account| account["id"].as_str().unwrap().to_owned());
    accounts
}

async fn inhabited() -> TestApp {
    let app = TestApp::start().await;
    let login = app.register_with_phone("ada@example.com", "+4915112345678").await;
    let profile = json!({ "name": "Ada", "gender": "female", "date_of_birth": "1990-12-31", "location": "London", "locale": "de" });
    app.account().with_bearer(login.token()).put("/v1/profile/update", profile).await.assert_status(200);
    app.clock.advance_days(4);
    let login = app.login("ada@example.com").await.assert_status(200);
    app.add_email(&login, "second@example.com").await;
    app.sign_up_by_phone("+4915112345679").await;
    app.register("ben@example.com").await;
    run(&app, &["user", "roles", "ben@example.com", "user", "admin"]).await.done();
    run(&app, &["user", "disable", "ben@example.com"]).await.done();
    app
}

#[tokio::test]
async fn what_is_exported_and_imported_is_the_same() {
    let (app, files) = (inhabited().await, Files::new());
    let file = files.path("users.jsonl");
    let file = file.to_str().unwrap();
    let answer = export(&app, file, &["--with-hashes"]).await.json();
    assert_eq!((&answer["accounts"], &answer["with_hashes"]), (&json!(3), &json!(true)));
    let exported = accounts(&std::fs::read_to_string(file).unwrap());
    let ada = &exported[0];
    assert_eq!(ada["name"], "Ada");
    let emails = json!([["ada@example.com", true, Value::Null], ["second@example.com", true, true]]);
    let email = |email: &Value| json!([email["address"], email["verified"], email["primary"]]);
    assert_eq!(json!(ada["emails"].as_array().unwrap().iter().map(email).collect::<Vec<_>>()), emails);
    assert!(ada["emails"][1]["young_until"].is_string(), "what was added lately stays young");

    let new = TestApp::start().await;
    new.clock.advance_days(4);
    assert_eq!(import(&new, file, &[]).await.json()["imported"], 3);
    let back = export(&new, "-", &["--with-hashes"]).await;
    assert_eq!(accounts(&back.out), exported);
    assert_eq!(serde_json::from_str::<Value>(&back.err).unwrap()["accounts"], 3, "the answer goes aside");
    new.assert_whole("after an export came back").await;

    new.login("second@example.com").await.assert_status(200);
    new.login("ben@example.com").await.assert_error(403, "account_inactive");
    new.account().post("/api/v1/auth/login", json!({ "phone": "+4915112345679", "password": PASSWORD })).await.assert_status(200);
}

#[tokio::test]
async fn without_being_asked_for_no_hash_is_exported() {
    let (app, files) = (inhabited().await, Files::new());
    let file = files.path("users.jsonl");
    let said = run(&app, &["user", "export", file.to_str().unwrap()]).await;
    assert!(said.done().starts_with("Exported 3 accounts to "));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("password") && !text.contains("argon2"), "{text}");
    assert_eq!(run(&app, &["user", "export", "-"]).await.out.lines().count(), 3);
}

#[tokio::test]
async fn a_file_is_its_owners_alone_and_written_over_only_if_wanted() {
    let (app, files) = (inhabited().await, Files::new());
    let path = files.path("users.jsonl");
    let file = path.to_str().unwrap();
    std::fs::write(&path, "precious").unwrap();
    let refused = export(&app, file, &[]).await.error(2);
    assert!(refused.contains("users.jsonl cannot be used"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    export(&app, file, &["--force"]).await.json();
    assert_eq!(accounts(&std::fs::read_to_string(&path).unwrap()).len(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn an_interrupted_export_goes_on_where_it_stopped_in_the_same_file() {
    let (app, files) = (TestApp::start().await, Files::new());
    app.register("ada@example.com").await;
    multiply(&app, 60).await;
    let path = files.path("users.jsonl");
    let file = path.to_str().unwrap();
    let stop = Stop::default();
    let interrupt = async {
        while std::fs::metadata(&path).map_or(0, |file| file.len()) == 0 {
            tokio::task::yield_now().await;
        }
        stop.ask();
    };
    let slow = ["user", "export", file, "--json", "--rate", "100"];
    let (stopped, ()) = tokio::join!(run_with(&app, &slow, None, &stop), interrupt);
    let error: Value = serde_json::from_str(&stopped.error(1)).unwrap();
    let first = std::fs::read_to_string(&path).unwrap().lines().count();
    assert!((1..61).contains(&first), "{first}");
    let rest = export(&app, file, &["--resume", error["error"]["resume"].as_str().unwrap()]).await.json();
    assert_eq!(rest["accounts"], 61 - first);
    let mut all = accounts(&std::fs::read_to_string(&path).unwrap());
    assert!(all.iter().all(|account| account["emails"].as_array().unwrap().len() == 1), "wherever it stopped, none lacks an address");
    all.dedup_by_key(|account| account["id"].clone());
    assert_eq!(all.len(), items(&app).await.iter().filter(|item| text(item, "sk") == "USER").count());
}

/// Pages may end between an account's addresses and the account.
#[tokio::test]
async fn no_address_is_lost_between_pages() {
    let (app, files) = (inhabited().await, Files::new());
    let path = files.path("users.jsonl");
    let one_by_one = ["user", "export", path.to_str().unwrap(), "--rate", "15", "--json"];
    assert_eq!(run(&app, &one_by_one).await.json()["accounts"], 3);
    let addresses = |account: &Value| account["emails"].as_array().map_or(0, Vec::len) + account["phones"].as_array().map_or(0, Vec::len);
    assert_eq!(accounts(&std::fs::read_to_string(&path).unwrap()).iter().map(addresses).sum::<usize>(), 5);
}

#[tokio::test]
async fn an_account_that_waits_for_its_deletion_is_not_taken_back() {
    let (app, files) = (inhabited().await, Files::new());
    app.set_status("ben@example.com", "pending_deletion").await;
    let path = files.path("users.jsonl");
    export(&app, path.to_str().unwrap(), &[]).await.json();
    let new = TestApp::start().await;
    new.clock.advance_days(4);
    let said = import(&new, path.to_str().unwrap(), &["--dry-run"]).await;
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert!(answer["problems"][0]["first"][0]["reason"].as_str().unwrap().contains("has deleted it"), "{answer}");
}

#[tokio::test]
async fn a_temporary_password_is_still_temporary_after_a_move() {
    let (app, files) = (TestApp::start().await, Files::new());
    app.register("ada@example.com").await;
    let reset = run(&app, &["user", "reset-password", "ada@example.com", "--yes", "--json"]).await.json();
    let path = files.path("users.jsonl");
    export(&app, path.to_str().unwrap(), &["--with-hashes"]).await.json();
    let new = TestApp::start().await;
    assert_eq!(import(&new, path.to_str().unwrap(), &[]).await.json()["imported"], 1);
    let login = json!({ "email": "ada@example.com", "password": reset["secret"] });
    let signed_in = new.account().post("/v1/auth/login", login).await.assert_status(200);
    new.account().with_bearer(signed_in.token()).get("/v1/users/me").await.assert_error(403, "forbidden");
}
