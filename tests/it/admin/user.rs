//! One account: shown, closed and opened, and what it may do.

use latchkey_cli::admin::terminal::Stop;
use latchkey_cli::args::Invocation;
use latchkey_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

use super::{run, run_with};

#[tokio::test]
async fn an_account_is_shown_by_its_id_and_its_addresses() {
    let app = TestApp::with(&[("LATCHKEY_SMS_COUNTRIES", "*")]).await;
    let signup = json!({ "name": "Ada", "email": "ada@example.com", "phone": "+4915112345678", "password": PASSWORD });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    let login = app.verify("ada@example.com", &code).await.assert_status(200);
    let id = login.body["user"]["id"].as_str().unwrap();
    let unproved = run(&app, &["user", "show", "+49 151 12345678"]).await.error(3);
    assert!(unproved.contains(&format!("added, and not proved, by account {id}")), "{unproved}");

    app.clock.advance_seconds(60);
    let owner = app.account().with_bearer(login.token());
    owner.post("/v1/otp/resend/mobile", json!({ "phone": "+4915112345678" })).await.assert_status(200);
    let code = app.code_for("+4915112345678").await;
    owner.post("/v1/otp/verify/mobile", json!({ "phone": "+4915112345678", "otp": code })).await.assert_status(200);
    let wrong = json!({ "email": "ada@example.com", "password": "not the right one" });
    app.account().from("198.51.100.7").post("/v1/auth/login", wrong).await.assert_status(401);
    app.refresh(login.refresh_token()).await.assert_status(200);

    let shown = run(&app, &["user", "show", id, "--json"]).await.json();
    for who in ["ada@example.com", "ADA@Example.com", "+49 151 12345678", &id.to_uppercase(), &id.replace('-', "")] {
        assert_eq!(run(&app, &["user", "show", who, "--json"]).await.json(), shown, "{who}");
    }
    assert_eq!(shown["id"], id);
    let account = ["status", "pending_deletion", "epoch", "roles", "has_password", "networks", "sessions_over", "created_at"];
    let expected = json!(["active", false, 1, ["user"], true, 1, 0, "2026-01-01T00:00:00Z"]);
    assert_eq!(json!(account.map(|name| &shown[name])), expected);
    let addresses = shown["addresses"].as_array().unwrap();
    let address =
        |index: usize| json!(["channel", "number", "address", "verified", "primary", "verified_at"].map(|name| &addresses[index][name]));
    assert_eq!(address(0), json!(["email", 1, "ada@example.com", true, true, "2026-01-01T00:00:00Z"]));
    assert_eq!(address(1), json!(["phone", 1, "+4915112345678", true, true, "2026-01-01T00:01:00Z"]));
    let session = &shown["sessions"][0];
    assert_eq!(
        json!([session["device"], session["opened_at"], session["refreshed_at"], session["ends_at"]]),
        json!(["Firefox on Linux", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-31T00:01:00Z"])
    );
    let lanes = json!([
        { "lane": "known", "wrong_passwords": 0, "most": 10, "window_seconds": 900 },
        { "lane": "stranger", "wrong_passwords": 1, "most": 10, "window_seconds": 900 },
    ]);
    assert_eq!(shown["lanes"], lanes);
    let events = |shown: &Value| shown["audit"].as_array().unwrap().iter().map(|event| event["event"].clone()).collect::<Vec<_>>();
    assert_eq!(events(&shown), ["address_verified", "registered"], "newest first");
    let last = run(&app, &["user", "show", id, "--audit", "1", "--json"]).await.json();
    assert_eq!(events(&last), ["address_verified"]);

    let text = run(&app, &["user", "show", id]).await.done();
    for part in [
        id,
        "active",
        "ada@example.com",
        "+4915112345678",
        "primary",
        "Firefox on Linux",
        "stranger callers in 15 minutes: 1 of 10",
        "registered",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    app.set_status("ada@example.com", "pending_deletion").await;
    assert!(run(&app, &["user", "show", id]).await.done().contains("pending deletion"));
    assert_eq!(run(&app, &["user", "show", id, "--json"]).await.json()["pending_deletion"], true);
}

#[tokio::test]
async fn an_account_is_closed_at_once_and_opened_again() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let closed = run(&app, &["user", "disable", "ada@example.com", "--json"]).await.json();
    assert_eq!((&closed["id"], &closed["status"], &closed["changed"]), (&login.body["user"]["id"], &json!("disabled"), &json!(true)));
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(401);
    app.refresh(login.refresh_token()).await.assert_status(401);
    app.login("ada@example.com").await.assert_error(403, "account_inactive");
    let again = run(&app, &["user", "disable", "ada@example.com", "--json"]).await.json();
    assert_eq!((&again["status"], &again["changed"]), (&json!("disabled"), &json!(false)));
    assert!(run(&app, &["user", "enable", "ada@example.com"]).await.done().contains("active"));
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(401);
    app.login("ada@example.com").await.assert_status(200);
    let told = app.audit_of("ada@example.com").await;
    assert_eq!(["disabled", "enabled"].map(|event| told.iter().filter(|told| *told == event).count()), [1, 1]);
    app.set_status("ada@example.com", "pending_deletion").await;
    assert!(run(&app, &["user", "disable", "ada@example.com"]).await.error(4).contains("deletion"));
    run(&app, &["user", "enable", "nobody@example.com"]).await.error(3);
}

#[tokio::test]
async fn roles_are_set_and_asked_for_at_each_request() {
    let app = TestApp::start().await;
    app.register_with_phone("ben@example.com", "+4915112345678").await;
    let login = app.register("ada@example.com").await;
    let reset = async || {
        let body = json!({ "phone": "+4915112345678", "new_password": "a password for one day" });
        app.account().with_bearer(login.token()).post("/api/v1/auth/reset-password", body).await
    };
    reset().await.assert_status(403);
    let set = run(&app, &["user", "roles", "ada@example.com", "user", "admin", "admin", "--json"]).await.json();
    assert_eq!((&set["roles"], &set["changed"]), (&json!(["user", "admin"]), &json!(true)));
    reset().await.assert_status(200);
    run(&app, &["user", "roles", "ada@example.com", "user"]).await.done();
    reset().await.assert_status(403);
    assert!(app.audit_of("ada@example.com").await.contains(&"roles_changed".to_owned()));
    assert!(Invocation::read(["latchkey", "user", "roles", "ada@example.com", "owner"]).is_err());
}

#[tokio::test]
async fn who_has_no_account_is_not_found_and_traces_are_told() {
    let app = TestApp::start().await;
    app.sign_up("ben@example.com").await;
    let ben: Value = serde_json::from_str(&run(&app, &["user", "show", "ben@example.com", "--json"]).await.error(3)).unwrap();
    assert_eq!(ben["error"]["code"], "not_found");
    assert_eq!(ben["error"]["traces"], json!({ "registration_until": "2026-01-01T00:10:00Z" }));
    for unknown in ["nobody@example.com", "+4915112345678", "019b7a3c-0c1e-7cc1-9f7e-2f8d2f6c9f6a"] {
        assert_eq!(run(&app, &["user", "show", unknown]).await.error(3), "latchkey: no such account", "{unknown}");
    }
    for neither in ["ada", "ada@", "12345"] {
        run(&app, &["user", "show", neither]).await.error(2);
    }
    app.clock.advance_minutes(11);
    assert_eq!(run(&app, &["user", "show", "ben@example.com"]).await.error(3), "latchkey: no such account", "its code is over");
}

const PHONE: &str = "+4915112345678";
const NEW: &str = "difference engine no. 2";

/// T67: what an operator sets is good for choosing another password only, ends what was open, and is gone once it is replaced.
#[tokio::test]
async fn a_password_that_an_operator_resets_is_shown_once_and_must_be_changed() {
    let app = TestApp::start().await;
    let before = app.register_with_phone("ada@example.com", PHONE).await;
    app.forget_messages().await;
    let reset = run(&app, &["user", "reset-password", PHONE, "--yes", "--json"]).await.json();
    assert_eq!(reset["id"], before.body["user"]["id"]);
    let secret = reset["secret"].as_str().unwrap();
    assert_eq!(secret.split('-').map(str::len).collect::<Vec<_>>(), [4; 5]);
    assert_eq!(app.messages_to("ada@example.com").await[0].template, "password_changed");
    assert!(app.audit_of("ada@example.com").await.contains(&"password_set".to_owned()));
    app.account().with_bearer(before.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(before.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.login("ada@example.com").await.assert_error(401, "invalid_credentials");

    let login =
        async |password: &str| app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": password })).await;
    let signed_in = login(secret).await.assert_status(200);
    let caller = app.account().with_bearer(signed_in.token());
    caller.get("/v1/users/me").await.assert_error(403, "forbidden");
    caller.put("/v1/profile/update", json!({ "name": "A" })).await.assert_error(403, "forbidden");
    let change = |present: &str, new: &str| json!({ "current_password": present, "new_password": new });
    caller.post("/v1/auth/change-password", change(secret, NEW)).await.assert_status(200);
    caller.get("/v1/users/me").await.assert_status(200);
    login(secret).await.assert_error(401, "invalid_credentials");
    caller.post("/v1/auth/change-password", change(secret, "another engine no. 3")).await.assert_error(400, "wrong_password");
    login(NEW).await.assert_status(200);
}

#[tokio::test]
async fn a_password_is_reset_only_if_somebody_confirms_and_the_account_is_in_use() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let reset = ["user", "reset-password", "ada@example.com"];
    assert!(run(&app, &reset).await.error(4).contains("--yes"));
    run_with(&app, &reset, Some("no\n"), &Stop::default()).await.error(4);
    app.login("ada@example.com").await.assert_status(200);
    for (status, told) in [("disabled", "user enable"), ("pending_deletion", "deletion")] {
        app.set_status("ada@example.com", status).await;
        assert!(run(&app, &[&reset[..], &["--yes"]].concat()).await.error(4).contains(told), "{status}");
    }
    app.set_status("ada@example.com", "active").await;
    app.login("ada@example.com").await.assert_status(200);
    run(&app, &["user", "reset-password", "nobody@example.com", "--yes"]).await.error(3);
    let nowhere = app.another_instance_with(&[("LATCHKEY_BASE_URL", "")]);
    assert!(run(&nowhere, &[&reset[..], &["--yes"]].concat()).await.error(2).contains("LATCHKEY_BASE_URL"));
    let said = run_with(&app, &reset, Some("yes\n"), &Stop::default()).await;
    assert!(said.err.contains("every session of the account"), "{}", said.err);
    assert!(said.done().contains("it is shown this once"));
    app.login("ada@example.com").await.assert_error(401, "invalid_credentials");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let app = TestApp::start().await;
    let first = app.register("ada@example.com").await;
    app.clock.advance_seconds(60);
    let second = app.login("ada@example.com").await.assert_status(200);
    let list = ["user", "sessions", "ada@example.com", "--json"];
    let listed = run(&app, &list).await.json();
    assert_eq!((&listed["id"], listed["sessions"].as_array().unwrap().len()), (&first.body["user"]["id"], 2));
    let id = listed["sessions"][1]["id"].as_str().unwrap();
    let left = run(&app, &[&list[..], &["--end", id]].concat()).await.json();
    assert_eq!((&left["ended"], &left["sessions"]), (&json!(1), &json!([listed["sessions"][0]])));
    app.account().with_bearer(first.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(first.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.account().with_bearer(second.token()).get("/v1/users/me").await.assert_status(200);
    assert!(run(&app, &["user", "sessions", "ada@example.com", "--end", id]).await.error(3).contains("no such session"));

    let third = app.login("ada@example.com").await.assert_status(200);
    let said = run(&app, &["user", "sessions", "ada@example.com", "--end-all"]).await.done();
    assert!(said.contains("(0 living, 2 ended)"), "{said}");
    for login in [&second, &third] {
        app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
        app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    }
    let told = app.audit_of("ada@example.com").await;
    assert_eq!(["session_ended", "sessions_ended"].map(|event| told.iter().filter(|told| *told == event).count()), [1, 1]);
    app.login("ada@example.com").await.assert_status(200);
    run(&app, &["user", "sessions", "nobody@example.com"]).await.error(3);
}

#[tokio::test]
async fn the_audit_is_listed_page_by_page() {
    let app = TestApp::start().await;
    let id = app.register("ada@example.com").await.body["user"]["id"].clone();
    for _ in 0..3 {
        app.clock.advance_seconds(60);
        app.login("ada@example.com").await.assert_status(200);
        app.login("ada@example.com").await.assert_status(200);
    }
    let page = async |options: &[&str]| run(&app, &[&["user", "audit", "ada@example.com", "--json"], options].concat()).await.json();
    let whole = page(&[]).await;
    let events = whole["events"].as_array().unwrap().clone();
    assert_eq!((&whole["id"], events.len(), &whole["next"]), (&id, 7, &Value::Null));
    assert_eq!((&events[0]["event"], &events[6]["event"]), (&json!("signed_in"), &json!("registered")));
    let mut collected = Vec::new();
    let mut next = None;
    loop {
        let before: Vec<&str> = next.as_deref().map(|next| ["--before", next]).into_iter().flatten().collect();
        let part = page(&[&["--most", "1"], &before[..]].concat()).await;
        collected.extend(part["events"].as_array().unwrap().clone());
        let Some(time) = part["next"].as_str() else { break };
        next = Some(time.to_owned());
    }
    assert_eq!(collected, events, "none is left out between pages, though two are of one moment");
    let text = run(&app, &["user", "audit", "ada@example.com", "--most", "2"]).await.done();
    assert!(text.contains("signed_in") && text.contains("There is more: --before 2026-01-01T00:03:00Z"), "{text}");
}
