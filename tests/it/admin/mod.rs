//! Administration: the commands on tables that the application has written, and what the application does afterwards.

mod export;
mod import;
mod user;

use std::collections::{BTreeSet, HashMap};
use std::io::BufRead;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::clock::Clock;
use latchkey::domain::user::UserId;
use latchkey::rng::SystemRng;
use latchkey_cli::admin::{self, terminal};
use latchkey_cli::args::Invocation;
use latchkey_tests::{PASSWORD, SECRET, TestApp, binary};
use serde_json::{Value, json};

use crate::local::Stack;

const NEW_SECRET: &str = "a new root secret of more than 32 bytes";
const FAST: &str = "100000";

/// What a command said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.contains("latchkey:")), (0, false), "{}{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        serde_json::from_str(&self.out).expect("one JSON object")
    }

    #[track_caller]
    pub(crate) fn error(&self, code: u8) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        self.err.lines().last().unwrap().to_owned()
    }
}

pub(crate) async fn run(app: &TestApp, arguments: &[&str]) -> Said {
    run_with(app, arguments, None, &terminal::Stop::default()).await
}

async fn run_with(app: &TestApp, arguments: &[&str], person: Option<&str>, stop: &terminal::Stop) -> Said {
    let said = perform(app, arguments, person, stop).await;
    // The one command whose answer is a token.
    if !arguments.starts_with(&["partner", "token"]) {
        assert_nothing_secret(app, &said.out).await;
    }
    assert_nothing_secret(app, &said.err).await;
    said
}

async fn perform(app: &TestApp, arguments: &[&str], person: Option<&str>, stop: &terminal::Stop) -> Said {
    let invocation = Invocation::read([&["latchkey"], arguments].concat()).unwrap();
    let Invocation::Admin { task, connection, .. } = invocation else { panic!("{arguments:?} administers nothing") };
    let (mut out, mut err, mut typed) = (Vec::new(), Vec::new(), person.unwrap_or_default().as_bytes());
    let person: Option<&mut dyn BufRead> = if person.is_some() { Some(&mut typed) } else { None };
    let mut terminal =
        terminal::Terminal { out: &mut out, err: &mut err, person, json: connection.json, screen: false, stop: stop.clone() };
    let code = Box::pin(admin::perform(&app.app, &task, &mut terminal)).await;
    Said { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// No password or hash of one, no token, no root secret, and nothing of what stands sealed in the table or makes a refresh token.
async fn assert_nothing_secret(app: &TestApp, text: &str) {
    let keys = app.app.store.keys().await.unwrap();
    let mut secrets: Vec<String> = ["lk1.", "eyJ", "$argon2", PASSWORD, SECRET, NEW_SECRET].map(str::to_owned).into();
    secrets.extend(keys.signing.into_iter().map(|key| key.sealed).chain(keys.directory.map(|key| key.sealed)));
    for item in items(app).await {
        secrets.extend(["inner_key", "code"].iter().filter_map(|name| item.get(*name)?.as_s().ok().cloned()));
    }
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} is in {text}");
    }
}

type Item = HashMap<String, AttributeValue>;

fn table(app: &TestApp) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(latchkey::dynamodb_config(&app.app.config).build())
}

#[allow(clippy::disallowed_methods, reason = "tests look at the whole table")]
async fn items(app: &TestApp) -> Vec<Item> {
    let pages = table(app).scan().table_name(&app.app.config.table).consistent_read(true).into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.unwrap()
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// The epochs of all accounts.
async fn epochs(app: &TestApp) -> Vec<u64> {
    let accounts = items(app).await.into_iter().filter(|item| text(item, "sk") == "USER");
    accounts.map(|item| item["epoch"].as_n().unwrap().parse().unwrap()).collect()
}

/// Puts copies of an account beside it, with its audit, sessions and addresses, under ids of their own.
async fn multiply(app: &TestApp, times: usize) {
    let all = items(app).await;
    let own: Vec<&Item> = all.iter().filter(|item| text(item, "pk").starts_with("USER#")).collect();
    let client = table(app);
    for _ in 0..times {
        let id = UserId::new(app.clock.now(), &SystemRng);
        for item in &own {
            let mut item = (*item).clone();
            item.insert("pk".to_owned(), AttributeValue::S(format!("USER#{}", id.simple())));
            let attribute = if text(&item, "sk") == "USER" { "id" } else { "user" };
            item.insert(attribute.to_owned(), AttributeValue::S(id.to_string()));
            client.put_item().table_name(&app.app.config.table).set_item(Some(item)).send().await.unwrap();
        }
    }
}

fn with_the_new_secret(app: &TestApp) -> TestApp {
    app.another_instance_with(&[("LATCHKEY_SECRET", NEW_SECRET), ("LATCHKEY_SECRETS_ACCEPTED", SECRET)])
}

fn with_nothing_but_the_new_secret(app: &TestApp) -> TestApp {
    app.another_instance_with(&[("LATCHKEY_SECRET", NEW_SECRET), ("LATCHKEY_SECRETS_ACCEPTED", "")])
}

#[tokio::test]
async fn keys_are_listed_with_what_they_do_until_when_and_under_which_secret() {
    let app = TestApp::start().await;
    app.clock.advance_days(29);
    app.rotate_keys().await;
    let listed = run(&app, &["keys", "list", "--json"]).await.json();
    let secret = listed["secret"].as_str().unwrap();
    assert_eq!(listed["directory_key"], json!({ "sealed_under": secret, "secret": "present" }));
    let keys = listed["signing_keys"].as_array().unwrap();
    let key = |index: usize| ["generation", "algorithm", "state", "since", "until", "secret"].map(|name| keys[index][name].clone());
    let (begun, taken_over) = ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z");
    assert_eq!(key(0), [json!(1), json!("ES256"), json!("signing"), json!(begun), json!(taken_over), json!("present")]);
    assert_eq!(key(1), [json!(2), json!("ES256"), json!("waiting"), Value::Null, json!(taken_over), json!("present")]);
    let jwks = app.account().get("/.well-known/jwks.json").await;
    let published: BTreeSet<&str> = jwks.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(published, keys.iter().map(|key| key["kid"].as_str().unwrap()).collect());

    app.clock.advance_days(2);
    let text = run(&with_the_new_secret(&app), &["keys", "list"]).await.done();
    for part in ["recognising", "signing", &format!("{secret} (former, run `latchkey keys reseal`)"), keys[1]["kid"].as_str().unwrap()] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = run(&with_nothing_but_the_new_secret(&app), &["keys", "list"]).await.done();
    assert!(text.contains("not known here"), "{text}");
}

#[tokio::test]
async fn looking_makes_no_keys() {
    let app = TestApp::with_cold_table();
    let listed = run(&app, &["keys", "list", "--json"]).await.json();
    assert_eq!((&listed["directory_key"], &listed["signing_keys"]), (&Value::Null, &json!([])));
    assert!(run(&app, &["keys", "list"]).await.done().contains("no signing keys"));
    run(&app, &["user", "show", "ada@example.com"]).await.error(3);
    assert_eq!(items(&app).await.len(), 0);
}

#[tokio::test]
async fn a_key_made_ahead_of_its_time_is_published_for_a_day_before_it_signs() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    assert_eq!(run(&app, &["keys", "rotate", "--json"]).await.json(), json!({ "made": false, "removed": 0 }));
    assert!(run(&app, &["keys", "rotate"]).await.done().contains("--now"));
    assert_eq!(run(&app, &["keys", "rotate", "--now", "--json"]).await.json(), json!({ "made": true, "removed": 0 }));
    assert_eq!(run(&app, &["keys", "rotate", "--now", "--json"]).await.json()["made"], false, "one waits already");
    let jwks = app.another_instance().account().get("/.well-known/jwks.json").await;
    assert_eq!(jwks.body["keys"].as_array().unwrap().len(), 2);
    let kid_of = async |app: &TestApp| {
        let login = app.another_instance().login("ada@example.com").await.assert_status(200);
        let head = data_encoding::BASE64URL_NOPAD.decode(login.token().split('.').next().unwrap().as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&head).unwrap()["kid"].clone()
    };
    let listed = run(&app, &["keys", "list", "--json"]).await.json();
    assert_eq!(kid_of(&app).await, listed["signing_keys"][0]["kid"]);
    app.clock.advance_hours(24);
    assert_eq!(kid_of(&app).await, listed["signing_keys"][1]["kid"]);
}

/// The whole way of a rotation: afterwards nothing but refresh tokens hangs on the former secret.
#[tokio::test]
async fn after_a_reseal_the_new_secret_alone_is_enough() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.clock.advance_days(29);
    app.rotate_keys().await;
    let fresh = app.login("ada@example.com").await.assert_status(200);
    app.sign_up("ben@example.com").await;
    let rotated = with_the_new_secret(&app);

    let refused = run(&with_nothing_but_the_new_secret(&app), &["keys", "reseal", "--json"]).await;
    let error: Value = serde_json::from_str(&refused.error(1)).unwrap();
    assert_eq!(error["error"]["unopened"].as_array().unwrap().len(), 4, "{error}");
    assert!(error["error"]["message"].as_str().unwrap().contains("LATCHKEY_SECRETS_ACCEPTED"), "{error}");

    let resealed = run(&rotated, &["keys", "reseal", "--json", "--rate", FAST]).await.json();
    assert_eq!(resealed["resealed"], json!({ "signing_keys": 2, "directory_keys": 1, "messages": 1, "partner_secrets": 0 }));
    assert_eq!(resealed["secret"].as_str().unwrap(), rotated.app.secrets.key_id());
    let former = json!([{ "secret": app.app.secrets.key_id(), "sessions": 2, "until": "2026-03-01T00:00:00Z" }]);
    assert_eq!(resealed["sessions"], json!({ "living": 2, "under_former_secrets": former }));
    assert_eq!(resealed["former_secrets_needed_until"], "2026-03-01T00:00:00Z");
    let again = run(&rotated, &["keys", "reseal", "--json", "--rate", FAST]).await.json();
    assert_eq!(again["resealed"], json!({ "signing_keys": 0, "directory_keys": 0, "messages": 0, "partner_secrets": 0 }));

    let jwks = async |app: &TestApp| app.account().get("/.well-known/jwks.json").await.assert_status(200).body;
    let alone = with_nothing_but_the_new_secret(&app);
    assert_eq!(jwks(&alone).await, jwks(&app.another_instance_with(&[("LATCHKEY_SECRETS_ACCEPTED", NEW_SECRET)])).await);
    alone.account().with_bearer(fresh.token()).get("/v1/users/me").await.assert_status(200);
    alone.login("ada@example.com").await.assert_status(200);
    let code = alone.code_for("ben@example.com").await;
    alone.verify("ben@example.com", &code).await.assert_status(200);

    alone.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    rotated.refresh(login.refresh_token()).await.assert_status(200);
    rotated.refresh(fresh.refresh_token()).await.assert_status(200);
    let text = run(&rotated, &["keys", "reseal", "--rate", FAST]).await.done();
    assert!(text.contains("Living sessions: 4.") && text.contains("can be emptied"), "{text}");
}

#[tokio::test]
async fn reseals_in_parallel_and_beside_requests_do_no_harm() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.sign_up("ben@example.com").await;
    let (first, second) = (with_the_new_secret(&app), with_the_new_secret(&app));
    let reseal = ["keys", "reseal", "--json", "--rate", FAST];
    first.conflict_updates(2);
    let (one, other, login) = tokio::join!(run(&first, &reseal), run(&second, &reseal), app.login("ada@example.com"));
    login.assert_status(200);
    let count = |said: Said, what: &str| said.json()["resealed"][what].as_u64().unwrap();
    let (one, other) = (count(one, "signing_keys"), count(other, "signing_keys"));
    assert_eq!(one + other, 1, "one of them sealed the key anew");
    with_nothing_but_the_new_secret(&app).login("ada@example.com").await.assert_status(200);
}

#[tokio::test]
async fn sessions_that_were_ended_do_not_keep_a_former_secret() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.login("ada@example.com").await.assert_status(200);
    let rotated = with_the_new_secret(&app);
    assert_eq!(run(&rotated, &["keys", "reseal", "--json"]).await.json()["sessions"]["living"], 2);
    run(&rotated, &["sessions", "end-all", "--yes"]).await.done();
    let resealed = run(&rotated, &["keys", "reseal", "--json"]).await.json();
    assert_eq!(resealed["sessions"], json!({ "living": 0, "under_former_secrets": [] }));
    assert_eq!(resealed["former_secrets_needed_until"], Value::Null);
}

#[tokio::test]
async fn all_sessions_of_all_accounts_end_and_everybody_can_sign_in_anew() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    let before = ada.clone();
    multiply(&app, 320).await;
    let ben = app.register("ben@example.com").await;
    let end_all = ["sessions", "end-all", "--yes", "--json", "--rate", FAST];
    let ended = run(&app, &end_all).await.json();
    assert_eq!((&ended["accounts"], &ended["gone"]), (&json!(322), &json!(0)));
    assert!(epochs(&app).await.iter().all(|epoch| *epoch == 2));
    for login in [&ada, &ben] {
        app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
        app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    }
    let anew = app.login("ada@example.com").await.assert_status(200);
    app.account().with_bearer(anew.token()).get("/v1/users/me").await.assert_status(200);
    let refreshed = app.refresh(anew.refresh_token()).await.assert_status(200);

    assert_eq!(run(&app, &end_all).await.json()["accounts"], 322, "safe twice");
    app.refresh(refreshed.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.refresh(before.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.login("ada@example.com").await.assert_status(200);
}

#[tokio::test]
async fn a_run_that_was_interrupted_goes_on_where_it_stopped() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    multiply(&app, 60).await;
    let stop = terminal::Stop::default();
    let slow = ["sessions", "end-all", "--yes", "--json", "--rate", "200"];
    let interrupt = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.ask();
    };
    let (stopped, ()) = tokio::join!(run_with(&app, &slow, None, &stop), interrupt);
    let error: Value = serde_json::from_str(&stopped.error(1)).unwrap();
    let done = epochs(&app).await.iter().filter(|epoch| **epoch == 2).count();
    assert!((1..61).contains(&done), "{done} of 61");
    let cursor = error["error"]["resume"].as_str().unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains(&format!("--resume {cursor}")), "{error}");
    let rest = run(&app, &["sessions", "end-all", "--yes", "--json", "--rate", FAST, "--resume", cursor]).await.json();
    assert_eq!(rest["accounts"], 61 - done);
    assert!(epochs(&app).await.iter().all(|epoch| *epoch == 2), "each account once");
}

#[tokio::test]
async fn the_rate_is_kept() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let items = items(&app).await.len() as u64;
    let begun = Instant::now();
    let ended = run(&app, &["sessions", "end-all", "--yes", "--json", "--rate", "20"]).await.json();
    assert_eq!(ended["items_read"], items);
    assert!(begun.elapsed() >= Duration::from_millis(items * 1000 / 20), "{items} items in {:?}", begun.elapsed());
}

#[tokio::test]
async fn nothing_ends_unless_somebody_confirms() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let name = app.app.config.table.clone();
    let end_all = ["sessions", "end-all"];
    let nobody = run(&app, &end_all).await.error(4);
    assert!(nobody.contains("--yes"), "{nobody}");
    for wrong in ["", "yes\n", "another-table\n"] {
        run_with(&app, &end_all, Some(wrong), &terminal::Stop::default()).await.error(4);
    }
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    let right = format!("{name}\n");
    let said = run_with(&app, &end_all, Some(&right), &terminal::Stop::default()).await;
    assert!(said.err.contains(&name) && said.err.contains("every session of every account"), "{}", said.err);
    assert!(said.done().contains("1 accounts"));
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
}

/// Between the page of the scan and the write the owner may change the password: sessions opened after that end too.
#[tokio::test]
async fn an_epoch_that_changed_since_it_was_read_is_raised_all_the_same() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let user = UserId::parse(login.body["user"]["id"].as_str().unwrap()).unwrap();
    app.raise_epoch("ada@example.com").await;
    let anew = app.login("ada@example.com").await.assert_status(200);
    app.conflict_updates(2);
    assert!(app.app.store.administration().end_sessions(user, 1, app.clock.now()).await.unwrap());
    assert_eq!(epochs(&app).await, [3]);
    app.refresh(anew.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    assert!(!app.app.store.administration().end_sessions(UserId::nobody(), 1, app.clock.now()).await.unwrap());
}

#[tokio::test]
async fn a_table_out_of_reach_is_a_failure_with_its_cause() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let away = app.another_instance_with(&[("LATCHKEY_TABLE", "no-such-table")]);
    for arguments in [&["keys", "list"][..], &["keys", "rotate"], &["keys", "reseal"], &["sessions", "end-all", "--yes"]] {
        let invocation = Invocation::read([&["latchkey"], arguments].concat()).unwrap();
        let Invocation::Admin { task, .. } = invocation else { panic!() };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let stop = terminal::Stop::default();
        let mut terminal = terminal::Terminal { out: &mut out, err: &mut err, person: None, json: false, screen: false, stop };
        assert_eq!(Box::pin(admin::perform(&away.app, &task, &mut terminal)).await, 1);
        let err = String::from_utf8(err).unwrap();
        let line = err.lines().last().unwrap();
        assert!(line.starts_with("latchkey: ") && line.contains("ResourceNotFoundException"), "{arguments:?}: {err}");
        assert!(out.is_empty());
    }
}

fn latchkey(variables: &[(&str, &str)], arguments: &[&str]) -> Said {
    let mut command = Command::new(binary("latchkey"));
    command.env_clear().envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: u8::try_from(status.code().unwrap()).unwrap(), out: text(stdout), err: text(stderr) }
}

#[tokio::test]
async fn the_binary_administers_a_table_behind_an_endpoint() {
    let app = TestApp::with(&[("LATCHKEY_SIGNING_ALGORITHM", "RS256")]).await;
    app.clock.catch_up();
    let login = app.register("ada@example.com").await;
    let variables = app.variables();
    let endpoint = variables["LATCHKEY_DYNAMODB_ENDPOINT"].as_str();
    let name = app.app.config.table.as_str();
    let at = |arguments: &[&str]| {
        let environment = [("LATCHKEY_SECRET", SECRET), ("LATCHKEY_TABLE", name)];
        latchkey(&environment, &[arguments, &["--endpoint", endpoint]].concat())
    };
    let listed = at(&["keys", "list", "--json"]).json();
    assert_eq!((&listed["table"], &listed["signing_keys"][0]["state"]), (&json!(name), &json!("signing")));
    assert_eq!(at(&["user", "show", "ada@example.com", "--json"]).json()["id"], login.body["user"]["id"]);
    assert_eq!(at(&["user", "show", "nobody@example.com"]).error(3), "latchkey: no such account");
    let unconfirmed = at(&["sessions", "end-all"]).error(4);
    assert!(unconfirmed.contains("--yes"), "{unconfirmed}");
    let misspelt = at(&["keys", "lists"]);
    assert_eq!((misspelt.code, misspelt.out.as_str()), (2, ""));
    let misspelt: Value = serde_json::from_str(&at(&["keys", "lists", "--json"]).error(2)).unwrap();
    assert_eq!((&misspelt["error"]["code"], &misspelt["error"]["exit_code"]), (&json!("usage"), &json!(2)));

    assert_eq!(at(&["keys", "rotate", "--now", "--json"]).json()["made"], true);
    let listed = at(&["keys", "list", "--json"]).json();
    assert_eq!(listed["signing_keys"][1]["algorithm"], "RS256", "a shell without the variable does not change how a deployment signs");

    let rotated = [("LATCHKEY_SECRET", NEW_SECRET), ("LATCHKEY_SECRETS_ACCEPTED", SECRET), ("LATCHKEY_TABLE", name)];
    let resealed = latchkey(&rotated, &["keys", "reseal", "--json", "--endpoint", endpoint]).json();
    assert_eq!(resealed["resealed"]["signing_keys"], 2);
    assert_eq!(at(&["keys", "rotate"]).code, 1, "the former secret opens nothing any more");
    let ended = latchkey(&rotated, &["--endpoint", endpoint, "sessions", "end-all", "--yes"]);
    assert!(ended.err.contains("at most 500 items a second"), "{}", ended.err);
    assert!(ended.done().contains("1 accounts"));
    let alone = with_nothing_but_the_new_secret(&app);
    alone.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    alone.login("ada@example.com").await.assert_status(200);
}

#[tokio::test]
async fn the_binary_takes_the_local_stacks_secret_from_its_folder() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = app.variables()["LATCHKEY_DYNAMODB_ENDPOINT"].clone();
    let data = folder.path().to_str().unwrap();
    let arguments = ["keys", "list", "--json", "--local", "--data", data, "--endpoint", &endpoint, "--table", &app.app.config.table];
    let missing: Value = serde_json::from_str(&latchkey(&[], &arguments).error(2)).unwrap();
    assert!(missing["error"]["message"].as_str().unwrap().contains("latchkey serve"), "{missing}");
    std::fs::write(folder.path().join("secret"), SECRET).unwrap();
    let elsewhere = [("LATCHKEY_TABLE", "production"), ("LATCHKEY_DYNAMODB_ENDPOINT", "http://127.0.0.1:9")];
    let listed = latchkey(&elsewhere, &arguments).json();
    assert_eq!(listed["directory_key"]["secret"], "present");
}

#[test]
fn an_endpoint_on_this_machine_is_the_local_stacks_unless_a_table_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(folder.path());
    let (data, here) = (folder.path().to_str().unwrap(), format!("http://{}", stack.dynamodb));
    let show = |variables: &[(&str, &str)], options: &[&str]| {
        latchkey(variables, &[&["user", "show", "nobody@example.com", "--endpoint"], options].concat())
    };
    assert_eq!(show(&[], &[&here, "--data", data]).error(3), "latchkey: no such account");
    let secret = [("LATCHKEY_SECRET", SECRET)];
    assert_eq!(show(&secret, &[&here]).error(1), show(&secret, &[&here, "--local"]).error(1), "a secret that opens nothing there");
    for elsewhere in [show(&[("LATCHKEY_TABLE", "another")], &[&here]), show(&[], &[&here, "--table", "another"])] {
        assert!(elsewhere.error(2).contains("LATCHKEY_SECRET"), "{elsewhere:?}");
    }
    assert!(show(&[], &["http://192.0.2.1:8000"]).error(2).contains("which table?"));
}

/// Functions have no right to scan, and no code of theirs comes where it is done.
#[test]
fn only_the_command_administers() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let administration = path.ends_with("store/administration.rs") || path.ends_with("store/mod.rs");
            match path.is_dir() {
                true => walk(&path, found),
                false if administration => {}
                false => found.push(std::fs::read_to_string(&path).unwrap_or_default()),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    walk(&root.join("functions"), &mut sources);
    walk(&root.join("shared/src"), &mut sources);
    assert!(sources.len() > 50);
    for source in sources {
        assert!(!source.contains(".administration()") && !source.contains(".scan()"), "{source}");
    }
}
