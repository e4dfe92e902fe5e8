//! `latchkey user import`, and what imported accounts can do.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use latchkey_cli::admin::terminal::Stop;
use latchkey_tests::{Fault, SECRET, TestApp, binary};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{FAST, Said, items, perform, run, run_with, text};

const ID: &str = "7d444840-9dc0-11d1-b245-5ffdce74fad2";
const OLD: &str = "correct horse";
const BCRYPT: &str = "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";
const PRESENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Files of one test.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file of these lines.
    pub(super) fn of(&self, name: &str, lines: &[Value]) -> String {
        self.text(name, &lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"))
    }

    fn text(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

fn with_mail(address: &str) -> Value {
    json!({ "emails": [{ "address": address, "verified": true }], "password_hash": BCRYPT })
}

pub(super) async fn import(app: &TestApp, file: &str, options: &[&str]) -> Said {
    run(app, &[&["user", "import", file, "--rate", FAST, "--json"], options].concat()).await
}

/// The answer of an import that did not take every line.
fn partly(said: &Said) -> Value {
    assert_eq!((said.code, said.err.as_str()), (4, ""), "{}", said.out);
    serde_json::from_str(&said.out).unwrap()
}

fn counts(answer: &Value) -> [u64; 4] {
    ["imported", "already_there", "refused", "conflicts"].map(|name| answer[name].as_u64().unwrap())
}

async fn login(app: &TestApp, email: &str, password: &str) -> latchkey_tests::Reply {
    app.account().post("/v1/auth/login", json!({ "email": email, "password": password })).await
}

#[tokio::test]
async fn whoever_is_imported_signs_in_with_the_old_password_through_every_surface() {
    let hashes = [
        BCRYPT.to_owned(),
        BCRYPT.replace("$2b$", "$2y$"),
        "$scrypt$ln=12,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$KLlIkDxCmRzr06X94K1F9+8vrKuIYUc3RJ6ozADVXTM".to_owned(),
        "$pbkdf2-sha1$i=1000,l=20$MDEyMzQ1Njc4OWFiY2RlZg$aUfE2vx5Q7zgbb0jx49AaNpXUQQ".to_owned(),
        "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M".to_owned(),
        "pbkdf2_sha256$1000$0123456789abcdef$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M=".to_owned(),
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ".to_owned(),
    ];
    let old = |hash: &str| if hash.starts_with("$argon2") { "password" } else { OLD };
    let (app, files) = (TestApp::start().await, Files::new());
    let (mail, number) = (|index: usize| format!("user{index}@example.com"), |index: usize| format!("+491511234567{index}"));
    let line = |(index, hash): (usize, &String)| {
        json!({
            "emails": [{ "address": mail(index), "verified": true }],
            "phones": [{ "address": number(index), "verified": true }],
            "name": "Ada", "created_at": "2020-01-01T00:00:00Z", "password_hash": hash,
        })
    };
    let lines: Vec<Value> = hashes.iter().enumerate().map(line).collect();
    let answer = import(&app, &files.of("users.jsonl", &lines), &[]).await.json();
    assert_eq!(counts(&answer), [7, 0, 0, 0]);
    app.assert_whole("after an import").await;
    for (index, hash) in hashes.iter().enumerate() {
        let (email, password) = (mail(index), old(hash));
        login(&app, &email, "a wrong password").await.assert_error(401, "invalid_credentials");
        assert_eq!(app.password_hash_of(&email).await, *hash, "a wrong password leaves the hash");
        let phone = json!({ "phone": number(index), "password": password });
        if index % 2 == 0 {
            login(&app, &email, password).await.assert_status(200);
        } else {
            app.account().post("/api/v1/auth/login", phone.clone()).await.assert_status(200);
        }
        assert!(app.password_hash_of(&email).await.starts_with(PRESENT), "{hash}");
        let again = login(&app, &email, password).await.assert_status(200);
        app.account().with_bearer(again.token()).get("/v1/users/me").await.assert_status(200);
        app.account().post("/api/v1/auth/login", phone).await.assert_status(200);
    }
}

/// With an id also if the line has changed.
#[tokio::test]
async fn whoever_was_deleted_does_not_come_back_by_an_import() {
    let (app, files) = (TestApp::start().await, Files::new());
    let with_id = |name: &str| json!({ "id": ID, "name": name, "emails": [{ "address": "ada@example.com", "verified": true }], "password_hash": BCRYPT });
    let file = files.of("users.jsonl", &[with_id("Ada"), with_mail("ben@example.com")]);
    assert_eq!(counts(&import(&app, &file, &[]).await.json()), [2, 0, 0, 0]);
    for email in ["ada@example.com", "ben@example.com"] {
        let login = login(&app, email, OLD).await.assert_status(200);
        app.account().with_bearer(login.token()).post("/v1/account/delete", json!({ "password": OLD })).await.assert_status(200);
    }
    assert_eq!(counts(&import(&app, &file, &[]).await.json()), [0, 2, 0, 0], "hidden, and there still");
    assert_eq!(app.purge().await, json!({ "purged": 2, "left": 0 }));
    let changed = files.of("changed.jsonl", &[with_id("Countess")]);
    for (file, count) in [(&file, 2), (&changed, 1)] {
        for options in [&["--dry-run"][..], &[]] {
            let answer = partly(&import(&app, file, options).await);
            assert_eq!((counts(&answer), &answer["problems"][0]["kind"]), ([0, 0, count, 0], &json!("deleted")));
        }
    }
    assert_eq!(app.items_starting("USER#", "").await, 0);
    assert_eq!(app.items_starting("TOMBSTONE#", "TOMBSTONE").await, 4);
    app.register("ada@example.com").await;
}

/// As an account would be that began here: nobody is told anything at an address that is not proved.
#[tokio::test]
async fn a_primary_address_that_is_not_proved_stands_behind_one_that_is() {
    let (app, files) = (TestApp::start().await, Files::new());
    let emails = json!([
        { "address": "first@example.com", "verified": false, "primary": true },
        { "address": "second@example.com", "verified": true },
        { "address": "third@example.com", "verified": true },
    ]);
    import(&app, &files.of("users.jsonl", &[json!({ "emails": emails })]), &[]).await.json();
    let shown = run(&app, &["user", "show", "second@example.com", "--json"]).await.json();
    let primaries: Vec<&Value> = shown["addresses"].as_array().unwrap().iter().map(|address| &address["primary"]).collect();
    assert_eq!(primaries, [&json!(false), &json!(true), &json!(false)]);
    app.assert_whole("after an import").await;
}

#[tokio::test]
async fn an_account_is_taken_over_with_all_that_is_known_of_it_and_nobody_is_told() {
    let (app, files) = (TestApp::start().await, Files::new());
    let line = json!({
        "id": ID.to_uppercase(),
        "emails": [
            { "address": "Ada@Example.com", "verified": true },
            { "address": "second@example.com", "verified": true, "primary": true, "verified_at": "2021-01-01T00:00:00Z" },
            { "address": "third@example.com", "verified": false },
        ],
        "phones": [{ "address": "+49 151 12345678", "verified": false }],
        "name": "Ada", "gender": "female", "date_of_birth": "1990-12-31", "place": "London", "locale": "de",
        "photo_url": "https://images.example.com/ada.png",
        "roles": ["user", "admin"], "status": "disabled",
        "created_at": "2020-01-01T00:00:00Z", "last_login_at": "2022-01-01T00:00:00Z",
    });
    let answer = import(&app, &files.of("users.jsonl", &[line]), &[]).await.json();
    assert_eq!((counts(&answer), &answer["unverified_addresses"]), ([1, 0, 0, 0], &json!(2)));
    let shown = run(&app, &["user", "show", "ada@example.com", "--json"]).await.json();
    let account = ["id", "status", "roles", "has_password", "created_at", "last_login_at"].map(|name| shown[name].clone());
    let expected = json!([ID, "disabled", ["user", "admin"], false, "2020-01-01T00:00:00Z", "2022-01-01T00:00:00Z"]);
    assert_eq!(json!(account), expected);
    let addresses = shown["addresses"].as_array().unwrap();
    let address = |address: &Value| json!(["address", "verified", "primary", "created_at", "verified_at"].map(|name| &address[name]));
    let created = "2020-01-01T00:00:00Z";
    let expected = json!([
        ["Ada@Example.com", true, false, created, null],
        ["second@example.com", true, true, created, "2021-01-01T00:00:00Z"],
        ["third@example.com", false, false, created, null],
        ["+4915112345678", false, true, created, null],
    ]);
    assert_eq!(json!(addresses.iter().map(address).collect::<Vec<_>>()), expected);
    assert_eq!(shown["audit"].as_array().unwrap().iter().map(|told| &told["event"]).collect::<Vec<_>>(), ["imported"]);
    app.deliver().await;
    assert!(app.outbox.messages(None).is_empty(), "nobody is told");

    run(&app, &["user", "enable", ID]).await.done();
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let message = app.messages_to("Ada@example.com").await.remove(0);
    assert!(message.text.contains("Passwort"), "{}", message.text);
    let reset =
        json!({ "email": "ada@example.com", "otp": app.code_for("Ada@example.com").await, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    let login = login(&app, "second@example.com", "difference engine no. 2").await.assert_status(200);
    assert_eq!((&login.body["user"]["id"], &login.body["user"]["email"]), (&json!(ID), &json!("second@example.com")));
    let owner = app.account().with_bearer(login.token());
    owner.post("/v1/otp/resend/mobile", json!({ "phone": "+4915112345678" })).await.assert_status(200);
    let proof = json!({ "phone": "+4915112345678", "otp": app.code_for("+4915112345678").await });
    owner.post("/v1/otp/verify/mobile", proof).await.assert_status(200);
    app.assert_whole("after the proof of an imported number").await;
}

#[tokio::test]
async fn what_is_imported_twice_is_there_once_and_a_changed_line_is_a_conflict() {
    let (app, files) = (TestApp::start().await, Files::new());
    let mut lines = [with_mail("ada@example.com"), with_mail("ben@example.com")];
    lines[0]["id"] = ID.into();
    let file = files.of("users.jsonl", &lines);
    assert_eq!(counts(&import(&app, &file, &[]).await.json()), [2, 0, 0, 0]);
    let before = app.dump().await.len();
    assert_eq!(counts(&import(&app, &file, &[]).await.json()), [0, 2, 0, 0]);
    assert_eq!(counts(&import(&app, &file, &["--dry-run"]).await.json()), [0, 2, 0, 0]);
    login(&app, "ada@example.com", OLD).await.assert_status(200);
    assert_eq!(counts(&import(&app, &file, &[]).await.json()), [0, 2, 0, 0], "also once they have signed in");

    lines[0]["name"] = "Ada".into();
    lines[1]["name"] = "Ben".into();
    let changed = partly(&import(&app, &files.of("changed.jsonl", &lines), &[]).await);
    assert_eq!(counts(&changed), [0, 0, 0, 2]);
    let first = &changed["problems"][0]["first"];
    assert!(first[0]["reason"].as_str().unwrap().contains(&format!("the id {ID}")), "{changed}");
    assert!(first[1]["reason"].as_str().unwrap().starts_with("ben@example.com belongs to the account "), "{changed}");
    assert!(app.dump().await.len() > before && app.items_starting("USER#", "USER").await == 2);
}

#[tokio::test]
async fn an_account_that_is_there_is_never_changed() {
    let (app, files) = (TestApp::start().await, Files::new());
    let there = app.register_with_phone("ada@example.com", "+4915112345678").await;
    let id = there.body["user"]["id"].as_str().unwrap();
    let before = items(&app).await;
    let mut own_id = with_mail("other@example.com");
    own_id["id"] = id.into();
    let mut own_number = with_mail("another@example.com");
    own_number["phones"] = json!([{ "address": "+4915112345678", "verified": true }]);
    let lines = [with_mail("ADA@example.com"), own_id, own_number];
    for options in [&["--dry-run"][..], &[]] {
        let answer = partly(&import(&app, &files.of("users.jsonl", &lines), options).await);
        assert_eq!(counts(&answer), [0, 0, 0, 3]);
        let first = answer["problems"][0]["first"].as_array().unwrap();
        for (problem, (line, named)) in first.iter().zip([(1, "ADA@example.com"), (2, id), (3, "+4915112345678")]) {
            assert!(problem["line"] == line && problem["reason"].as_str().unwrap().contains(named), "{problem}");
        }
    }
    let after = items(&app).await;
    assert!(before.len() == after.len() && before.iter().all(|item| after.contains(item)), "nothing changed");
    app.login("ada@example.com").await.assert_status(200);
}

#[tokio::test]
async fn of_two_files_that_race_for_one_address_one_wins() {
    let (app, files) = (TestApp::start().await, Files::new());
    let line = |index: u32, whose: &str| {
        let mut line = with_mail(&format!("user{index}@example.com"));
        line["name"] = whose.into();
        line
    };
    let file = |whose: &str| files.of(whose, &(0..20).map(|index| line(index, whose)).collect::<Vec<_>>());
    let (ours, theirs) = (file("ours"), file("theirs"));
    let (one, other) = tokio::join!(import(&app, &ours, &[]), import(&app, &theirs, &[]));
    let answers = [one, other].map(|said| serde_json::from_str::<Value>(&said.out).unwrap());
    let total = |name: &str| answers.iter().map(|answer| answer[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!(["imported", "conflicts", "refused", "already_there"].map(total), [20, 20, 0, 0]);
    assert_eq!(app.items_starting("USER#", "USER").await, 20);
    app.assert_whole("after a race").await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing_not_even_keys() {
    let (app, files) = (TestApp::with_cold_table(), Files::new());
    let lines = [with_mail("ada@example.com"), with_mail("Ada@Example.com"), json!({})];
    let file = files.of("users.jsonl", &lines);
    let answer = partly(&import(&app, &file, &["--dry-run"]).await);
    assert_eq!((counts(&answer), &answer["importable"], &answer["dry_run"]), ([0, 0, 2, 0], &json!(1), &json!(true)));
    assert_eq!(items(&app).await.len(), 0);
    let said = run(&app, &["user", "import", &file, "--dry-run"]).await;
    assert!(said.code == 4 && said.out.starts_with("Nothing was written. Of 3 accounts 1 can be imported"), "{said:?}");
    assert!(said.out.contains("duplicate: 1\n  line 2: Ada@Example.com is in line 1 already"), "{}", said.out);
}

#[tokio::test]
async fn every_line_that_is_not_taken_is_reported_and_the_others_are_imported() {
    let (app, files) = (TestApp::start().await, Files::new());
    let mail = |name: &str| format!(r#""emails":[{{"address":"{name}@example.com","verified":true}}]"#);
    let many = (0..11).map(|index| json!({ "address": format!("m{index}@example.com"), "verified": true })).collect::<Vec<_>>();
    let digest = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
    let lines = [
        (format!("{{{}}}", mail("first")), None),
        ("{".to_owned(), Some("malformed")),
        (String::new(), None),
        (format!(r#"{{{},"nickname":"A"}}"#, mail("a")), Some("malformed")),
        (format!(r#"{{{},"password":"a wrong password"}}"#, mail("b")), Some("clear_password")),
        (r#"{"emails":[{"address":"nobody","verified":true}]}"#.to_owned(), Some("invalid")),
        (r#"{"phones":[{"address":"12","verified":true}]}"#.to_owned(), Some("invalid")),
        (format!(r#"{{{},"id":"12"}}"#, mail("c")), Some("invalid")),
        (format!(r#"{{{},"name":" "}}"#, mail("d")), Some("invalid")),
        (format!(r#"{{{},"roles":["owner"]}}"#, mail("e")), Some("invalid")),
        (format!(r#"{{{},"status":"pending_deletion"}}"#, mail("f")), Some("invalid")),
        (format!(r#"{{{},"created_at":"2030-01-01T00:00:00Z"}}"#, mail("g")), Some("invalid")),
        (json!({ "emails": many }).to_string(), Some("too_many_addresses")),
        (r#"{"emails":[{"address":"h@example.com","verified":false}]}"#.to_owned(), Some("no_verified_address")),
        (format!(r#"{{{},"password_hash":"5f4dcc3b5aa765d61d8327deb882cf99"}}"#, mail("i")), Some("unknown_hash")),
        (format!(r#"{{{},"password_hash":"$2b$31${}"}}"#, mail("j"), "a".repeat(53)), Some("costly_hash")),
        (format!(r#"{{{},"password_hash":"$argon2id$v=19$m=1048576,t=1000,p=1$c29tZXNhbHQ${digest}"}}"#, mail("k")), Some("costly_hash")),
        (format!("{{{}}}", mail("FIRST")), Some("duplicate")),
        (format!(r#"{{{},"id":"{ID}"}}"#, mail("m")), None),
        (format!(r#"{{{},"id":"{}"}}"#, mail("n"), ID.replace('-', "").to_uppercase()), Some("duplicate")),
        (format!("{{{}, \"name\": \"{}\"}}", mail("l"), "n".repeat(70_000)), Some("too_long")),
        (format!("{{{}}}", mail("last")), None),
    ];
    let file = files.text("users.jsonl", &lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n"));
    let report = files.path("problems.jsonl");
    let answer = partly(&import(&app, &file, &["--report", report.to_str().unwrap()]).await);
    assert_eq!((counts(&answer), &answer["lines"]), ([3, 0, 18, 0], &json!(21)));
    let mut found: Vec<(u64, String)> = std::fs::read_to_string(&report)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|problem| (problem["line"].as_u64().unwrap(), problem["kind"].as_str().unwrap().to_owned()))
        .collect();
    found.sort();
    let expected = (1..).zip(&lines).filter_map(|(number, (_, kind))| Some((number, (*kind)?.to_owned())));
    assert_eq!(found, expected.collect::<Vec<_>>());
    for name in ["first", "last"] {
        run(&app, &["user", "show", &format!("{name}@example.com")]).await.done();
    }
    assert_eq!(app.items_starting("USER#", "USER").await, 3);
}

/// T72: what would cost too much is refused when it comes, and never computed if it is there all the same.
#[tokio::test]
async fn a_hash_that_costs_too_much_is_not_imported() {
    let digest = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
    let costly = [
        format!("$argon2id$v=19$m=1048576,t=1000,p=1$c29tZXNhbHQ${digest}"),
        format!("$2b$31${}", "a".repeat(53)),
        format!("$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ${digest}"),
    ];
    let (app, files) = (TestApp::start().await, Files::new());
    for hash in costly {
        let mut line = with_mail("ada@example.com");
        line["password_hash"] = hash.as_str().into();
        let answer = partly(&import(&app, &files.of("users.jsonl", &[line]), &[]).await);
        assert_eq!((counts(&answer), &answer["problems"][0]["kind"]), ([0, 0, 1, 0], &json!("costly_hash")), "{hash}");
    }
    import(&app, &files.of("users.jsonl", &[with_mail("ada@example.com")]), &[]).await.json();
    app.set_password_hash("ada@example.com", &format!("$2b$31${}", "a".repeat(53))).await;
    login(&app, "ada@example.com", OLD).await.assert_error(401, "invalid_credentials");
}

#[tokio::test]
async fn an_interrupted_import_goes_on_at_the_line_that_it_names() {
    let (app, files) = (TestApp::start().await, Files::new());
    let file = files.of("users.jsonl", &(0..60).map(|index| with_mail(&format!("user{index}@example.com"))).collect::<Vec<_>>());
    let stop = Stop::default();
    let interrupt = async {
        while app.items_starting("USER#", "USER").await < 5 {
            tokio::task::yield_now().await;
        }
        stop.ask();
    };
    let slow = ["user", "import", &file, "--json", "--rate", "20"];
    let (stopped, ()) = tokio::join!(run_with(&app, &slow, None, &stop), interrupt);
    let error: Value = serde_json::from_str(&stopped.error(1)).unwrap();
    let done = app.items_starting("USER#", "USER").await;
    assert!((5..60).contains(&done), "{done}");
    let line = error["error"]["resume"].as_str().unwrap();
    assert_eq!(line, (done + 1).to_string(), "what was in flight is finished: {error}");
    assert!(error["error"]["message"].as_str().unwrap().contains(&format!("{done} imported")), "{error}");
    let rest = import(&app, &file, &["--resume", line]).await.json();
    assert_eq!(counts(&rest), [60 - done as u64, 0, 0, 0]);
    assert_eq!(counts(&import(&app, &file, &[]).await.json()), [0, 60, 0, 0]);
}

#[tokio::test]
async fn a_table_that_does_not_answer_stops_the_import_where_it_can_go_on() {
    let (app, files) = (TestApp::start().await, Files::new());
    let file = files.of("users.jsonl", &(0..50).map(|index| with_mail(&format!("user{index}@example.com"))).collect::<Vec<_>>());
    app.disturb(Fault::Cut, 10, true);
    let stopped = perform(&app, &["user", "import", &file, "--rate", FAST, "--json"], None, &Stop::default()).await;
    app.heal();
    let error: Value = serde_json::from_str(&stopped.error(1)).unwrap();
    let line = error["error"]["resume"].as_str().unwrap();
    assert!((1..=11).contains(&line.parse::<u32>().unwrap()), "{error}");
    let rest = import(&app, &file, &["--resume", line]).await.json();
    assert_eq!(counts(&rest)[0] + counts(&rest)[1], 51 - line.parse::<u64>().unwrap());
    assert_eq!(app.items_starting("USER#", "USER").await, 50);
    app.assert_whole("after an import that was disturbed").await;
}

#[tokio::test]
async fn firebase_hashes_are_taken_with_their_projects_parameters_which_are_not_kept() {
    const SIGNER_KEY: &str = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    let hash = json!({
        "algorithm": "firebase-scrypt",
        "hash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
        "salt": "42xEC+ixf3L2lw==",
    });
    let mut whole = hash.clone();
    for (name, value) in
        [("signer_key", json!(SIGNER_KEY)), ("salt_separator", json!("Bw==")), ("rounds", json!(8)), ("memory_cost", json!(14))]
    {
        whole[name] = value;
    }
    let (app, files) = (TestApp::start().await, Files::new());
    let mut lines = [with_mail("one@example.com"), with_mail("two@example.com")];
    (lines[0]["password_hash"], lines[1]["password_hash"]) = (whole, hash);
    let file = files.of("users.jsonl", &lines);
    let without = partly(&import(&app, &file, &["--dry-run"]).await);
    assert!(without["problems"][0]["first"][0]["reason"].as_str().unwrap().contains("--firebase-signer-key-file"), "{without}");
    let key = files.text("key", &format!("{SIGNER_KEY}\n"));
    let answer = import(&app, &file, &["--firebase-signer-key-file", &key, "--firebase-rounds", "8", "--firebase-memory-cost", "14"]).await;
    assert_eq!(counts(&answer.json()), [2, 0, 0, 0]);
    assert!(!app.dump().await.contains(SIGNER_KEY.trim_end_matches('=')));
    for email in ["one@example.com", "two@example.com"] {
        assert!(app.password_hash_of(email).await.starts_with("$firebase-scrypt$ln=14,r=8$"));
        login(&app, email, "user2password").await.assert_error(401, "invalid_credentials");
        login(&app, email, "user1password").await.assert_status(200);
        assert!(app.password_hash_of(email).await.starts_with(PRESENT));
    }
}

/// A number that was not used for long opens an account no longer; nobody knows when an imported one was used, unless its line says so.
#[tokio::test]
async fn an_imported_number_signs_in_by_sms_unless_it_is_known_to_be_unused_for_long() {
    let (app, files) = (TestApp::start().await, Files::new());
    let line = |number: &str| json!({ "phones": [{ "address": number, "verified": true }], "created_at": "2020-01-01T00:00:00Z" });
    let mut lines = [line("+4915112345678"), line("+4915112345679")];
    lines[1]["last_login_at"] = "2020-06-01T00:00:00Z".into();
    import(&app, &files.of("users.jsonl", &lines), &[]).await.json();
    for (number, status) in [("+4915112345678", 200), ("+4915112345679", 403)] {
        app.account().post("/v1/otp/send", json!({ "phone": number, "purpose": "login" })).await.assert_status(200);
        let verify = json!({ "phone": number, "code": app.code_for(number).await, "purpose": "login" });
        app.account().post("/v1/otp/verify", verify).await.assert_status(status);
    }
}

#[tokio::test]
async fn the_binary_imports_what_comes_by_standard_input() {
    let app = TestApp::start().await;
    let endpoint = app.variables()["LATCHKEY_DYNAMODB_ENDPOINT"].clone();
    let import = |more: &[&str], lines: &str| {
        let mut command = Command::new(binary("latchkey"));
        command.env_clear().envs([("LATCHKEY_SECRET", SECRET), ("LATCHKEY_TABLE", app.app.config.table.as_str())]);
        command.args(["user", "import", "-", "--endpoint", &endpoint]).args(more);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut process.stdin.take().unwrap(), lines.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: u8::try_from(output.status.code().unwrap()).unwrap(), out: text(output.stdout), err: text(output.stderr) }
    };
    let line = format!("{}\n", with_mail("ada@example.com"));
    assert_eq!(counts(&import(&["--json"], &line).json()), [1, 0, 0, 0]);
    let said = import(&[], &line);
    assert!(said.err.contains("Importing accounts, at most 50 a second."), "{}", said.err);
    assert!(said.done().contains("Already there: 1."));
    let unset = import(&["--firebase-signer-key-env", "NO_SUCH_VARIABLE"], &line).error(2);
    assert!(unset.contains("NO_SUCH_VARIABLE is not set"), "{unset}");
    let missing = run(&app, &["user", "import", "no/such/file"]).await.error(2);
    assert!(missing.contains("no/such/file cannot be used"), "{missing}");
    let user = items(&app).await.into_iter().find(|item| text(item, "sk") == "USER").unwrap();
    assert_eq!(text(&user, "password"), BCRYPT);
}
