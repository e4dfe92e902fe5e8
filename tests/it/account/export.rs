//! The copy of all that is held about a person: asked for, confirmed, made, fetched and forgotten.

use std::io::Read;

use data_encoding::BASE64;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use latchkey_tests::{Client, Fault, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

const REQUEST: &str = "/v1/user/request-data-export";
const CONFIRM: &str = "/v1/user/confirm-data-export";
const STATUS: &str = "/v1/user/gdpr-status";
const FILES: &str = "/v1/user/download-export";
const ADA: &str = "ada@example.com";
const PHONE: &str = "+4915112345678";

/// Asks for a copy and confirms it.
async fn ask(app: &TestApp, caller: &Client, email: &str) -> Reply {
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    caller.post(REQUEST, json!({ "format": "json" })).await.assert_status(200);
    let code = app.code_for(email).await;
    caller.post(CONFIRM, json!({ "otp": code })).await.assert_status(200)
}

async fn newest(caller: &Client) -> Value {
    caller.get(STATUS).await.assert_status(200).body["export_requests"][0].clone()
}

async fn signed_in(app: &TestApp) -> Client {
    let login = app.login(ADA).await.assert_status(200);
    app.account().with_bearer(login.token())
}

/// The path of the newest file.
async fn file(caller: &Client) -> String {
    format!("{FILES}/{}", newest(caller).await["filename"].as_str().expect("a file"))
}

fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[tokio::test]
async fn a_copy_is_asked_for_confirmed_made_and_fetched() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    let caller = app.account().with_bearer(login.token());
    caller.post("/v1/favourites", json!({ "product_id": 4711 })).await.assert_status(200);
    caller.post("/v1/account/fcm-tokens", json!({ "fcm_token": "a-token", "platform": "ios", "device_name": "Ada's phone" })).await;
    caller.put("/v1/profile/update", json!({ "place": "London \"W1\" <&>" })).await.assert_status(200);
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    let asked = caller.post(REQUEST, json!({})).await.assert_status(200).body;
    assert_eq!((&asked["status"], &asked["request_id"], &asked["filename"]), (&json!("pending_confirmation"), &json!(1), &Value::Null));
    let code = app.code_for(ADA).await;
    let confirmed = caller.post(CONFIRM, json!({ "otp": code })).await.assert_status(200).body;
    assert_eq!((&confirmed["status"], &confirmed["request_id"]), (&json!("queued"), &json!(1)));
    app.forget_messages().await;
    assert_eq!(app.export().await, 1);
    assert_eq!(app.messages_to(ADA).await[0].template, "export_ready");
    let made = newest(&caller).await;
    assert_eq!((&made["id"], &made["status"], &made["expires_at"]), (&json!(1), &json!("completed"), &json!("2026-01-08T00:00:31Z")));

    let path = file(&caller).await;
    let (status, headers, plain) = caller.fetch(&path).await;
    assert_eq!(
        (status, &headers["content-type"], &headers["cache-control"]),
        (200, &"application/json; charset=utf-8".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let name = made["filename"].as_str().unwrap();
    assert_eq!(headers["content-disposition"], format!("attachment; filename=\"{name}\""));
    assert_eq!(headers["accept-ranges"], "bytes");
    let (status, headers, zipped) = caller.header("accept-encoding", "gzip, br").fetch(&path).await;
    assert_eq!((status, &headers["content-encoding"]), (200, &"gzip".parse().unwrap()));
    assert_eq!(unzipped(&zipped), plain);

    let copy: Value = serde_json::from_slice(&plain).unwrap();
    assert_eq!(copy["manifest"]["account_id"], login.body["user"]["id"]);
    assert_eq!(copy["manifest"]["made_at"], "2026-01-01T00:00:31Z");
    assert_eq!((&copy["account"]["name"], &copy["account"]["place"]), (&json!("Ada Lovelace"), &json!("London \"W1\" <&>")));
    assert_eq!(copy["account"]["has_password"], true);
    assert_eq!((&copy["email_addresses"][0]["address"], &copy["email_addresses"][0]["is_primary"]), (&json!(ADA), &json!(true)));
    assert_eq!(copy["phone_numbers"][0]["address"], PHONE);
    assert_eq!(copy["sessions"][0]["device"], "Firefox on Linux");
    assert_eq!(copy["devices_for_push_notices"][0]["name"], "Ada's phone");
    assert_eq!(copy["favourites"][0]["product"], 4711);
    let mut events: Vec<&str> = copy["activity"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    events.sort_unstable();
    assert_eq!(events, ["address_verified", "data_export_confirmed", "registered"]);
    assert_eq!((&copy["linked_accounts"], &copy["deletion"]), (&json!([]), &Value::Null));
    for section in copy.as_object().unwrap().keys().filter(|section| *section != "manifest") {
        assert!(copy["manifest"]["sections"][section].is_string(), "{section} is not in the manifest");
    }
}

/// T87: neither a secret nor anybody else's data is in a copy.
#[tokio::test]
async fn a_copy_has_no_secret_and_nothing_of_others() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    let partner = app.partner("ludo", "Ludo").await;
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
    let boss = app.register_with_phone("boss@example.com", "+4915112345679").await;
    app.give_role("boss@example.com", "admin").await;
    let reset = json!({ "phone": PHONE, "new_password": "a password for a day" });
    app.account().with_bearer(boss.token()).post("/api/v1/auth/reset-password", reset).await.assert_status(200);
    let change = json!({ "email": ADA });
    app.forget_messages().await;
    app.clock.advance_minutes(2);
    app.account().post("/v1/auth/forgot-password", change).await.assert_status(200);
    let code = app.code_for(ADA).await;
    let reset = json!({ "email": ADA, "otp": code, "new_password": PASSWORD });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    let again = app.login(ADA).await.assert_status(200);
    let caller = app.account().with_bearer(again.token());
    ask(&app, &caller, ADA).await;
    let code = {
        app.forget_messages().await;
        caller.post("/v1/user/request-account-deletion", json!({})).await;
        app.code_for(ADA).await
    };
    app.export().await;
    let (_, _, copy) = caller.fetch(&file(&caller).await).await;
    let text = String::from_utf8(copy.to_vec()).unwrap();
    assert!(text.contains("\"event\":\"password_set\"") && text.contains("\"partner\":\"ludo\""));
    let boss_id = boss.body["user"]["id"].as_str().unwrap();
    for secret in ["$argon2", "lk1.", "eyJ", "inner_key", "epoch\"", boss_id, "boss@example.com", &code] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    // Whatever the table keeps as an HMAC or at random stays there: long words that are neither names of ours nor the person's own.
    let dump = app.dump().await;
    let own = [login.body["user"]["id"].as_str().unwrap(), "0x7889FdF548FC1713c611FB52eA64ACCbff1b0322"];
    let name = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let words = text.split('"').filter(|word| word.len() >= 16 && !word.contains(' ') && !name(word) && !own.contains(word));
    let opaque: Vec<&str> = words.filter(|word| dump.contains(&format!("S(\"{word}\")"))).collect();
    assert_eq!(opaque, Vec::<&str>::new(), "{text}");
}

/// T85.
#[tokio::test]
async fn a_file_is_its_owners_under_its_very_name_until_its_time_is_over() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.register(ADA).await, app.register("ben@example.com").await);
    let (ada, ben) = (app.account().with_bearer(ada.token()), app.account().with_bearer(ben.token()));
    ask(&app, &ada, ADA).await;
    ask(&app, &ben, "ben@example.com").await;
    app.export().await;
    let (own, foreign) = (file(&ada).await, file(&ben).await);
    assert_eq!(ada.fetch(&own).await.0, 200);
    let absent = ada.get(&format!("{FILES}/export-9-aaaaaaaaaaaaaaaaaaaaaa.json")).await.assert_error(404, "not_found").comparable("-");
    let guessed = own.replace("export-1-", "export-1-A");
    for path in [
        foreign.as_str(),
        &guessed,
        &own.replace(".json", ""),
        &own.replace(".json", ".JSON"),
        &own.replace("export-1-", "export-01-"),
        &format!("{FILES}/x"),
        &format!("{FILES}/..%2f..%2fusers%2fme"),
        &format!("{FILES}/%2e%2e%2fexport-1.json"),
        &format!("{FILES}/{}", "a".repeat(5000)),
    ] {
        assert_eq!(ada.get(path).await.comparable("-"), absent, "{path}");
    }
    assert_eq!(ben.get(&own).await.comparable("-"), absent);

    // By time, whether or not the table has forgotten it.
    app.clock.advance_days(7);
    let login = app.login(ADA).await;
    let ada = app.account().with_bearer(login.token());
    assert_eq!(ada.get(&own).await.comparable("-"), absent);
    assert_eq!((&newest(&ada).await["status"], &newest(&ada).await["filename"]), (&json!("expired"), &Value::Null));
    ask(&app, &ada, ADA).await;
    app.export().await;
    assert_eq!(newest(&ada).await["id"], 2);
    assert_eq!(ada.fetch(&file(&ada).await).await.0, 200);
}

/// T86: asked for twice, there is one copy; a code works once.
#[tokio::test]
async fn there_is_one_copy_at_a_time() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    caller.post(CONFIRM, json!({ "otp": "123456" })).await.assert_error(400, "invalid_otp");
    app.forget_messages().await;
    for _ in 0..2 {
        app.clock.advance_seconds(31);
        assert_eq!(caller.post(REQUEST, json!({})).await.assert_status(200).body["request_id"], 1);
    }
    let code = app.code_for(ADA).await;
    caller.post(CONFIRM, json!({ "otp": code })).await.assert_status(200);
    caller.post(CONFIRM, json!({ "otp": code })).await.assert_error(400, "invalid_otp");
    let running = caller.post(REQUEST, json!({})).await.assert_status(200);
    assert!(running.header("x-ratelimit-remaining").is_some(), "it is counted like any");
    let running = running.body;
    assert_eq!((&running["request_id"], &running["status"]), (&json!(1), &json!("queued")));
    assert_eq!(app.export().await, 1);
    assert_eq!(app.export().await, 0);
    assert_eq!(app.export_due().await, json!({ "copies": 0 }));
    assert_eq!(app.items_starting("USER#", "FILE#").await, 1);
    app.clock.advance_seconds(31);
    assert_eq!(caller.post(REQUEST, json!({})).await.assert_status(200).body["request_id"], 2);
    app.clock.advance_minutes(10);
    assert_eq!(newest(&caller).await["status"], "expired", "a code that was never typed");
    for body in [json!({ "format": "xml" }), json!({ "format": 1 }), json!([])] {
        caller.post(REQUEST, body).await.assert_error(400, "invalid_request");
    }
}

/// T86: who is deleted meanwhile takes the copy along.
#[tokio::test]
async fn a_deletion_beside_a_copy_leaves_nothing() {
    for before in [true, false] {
        let app = TestApp::start().await;
        let login = app.register(ADA).await;
        let caller = app.account().with_bearer(login.token());
        ask(&app, &caller, ADA).await;
        if before {
            caller.post("/v1/account/delete", json!({ "password": PASSWORD })).await.assert_status(200);
            app.export().await;
        } else {
            app.export().await;
            caller.post("/v1/account/delete", json!({ "password": PASSWORD })).await.assert_status(200);
        }
        app.deliver().await;
        app.purge().await;
        assert_eq!(app.export_due().await, json!({ "copies": 0 }));
        let id = login.body["user"]["id"].as_str().unwrap().replace('-', "");
        assert!(!app.dump().await.contains(&id));
    }
}

/// In the grace before a deletion people take their data along.
#[tokio::test]
async fn who_leaves_takes_their_data_along() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    app.schedule_deletion(&caller, ADA).await;
    ask(&app, &caller, ADA).await;
    app.export().await;
    let status = caller.get(STATUS).await.assert_status(200).body;
    assert_eq!(status["deletion_request"]["status"], "scheduled");
    assert_eq!(status["deletion_request"]["scheduled_deletion_at"], "2026-01-31T00:00:00Z");
    let (_, _, copy) = caller.fetch(&file(&caller).await).await;
    let copy: Value = serde_json::from_slice(&copy).unwrap();
    assert_eq!((&copy["deletion"]["status"], &copy["deletion"]["reason"]), (&json!("scheduled"), &json!("I moved away.")));
}

/// Random texts that cannot be made much smaller.
fn noise(count: usize) -> Vec<String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count).map(|_| BASE64.encode(&(0..250).flat_map(|_| next().to_be_bytes()).collect::<Vec<u8>>())).collect()
}

#[tokio::test]
async fn a_large_file_is_given_as_gzip_or_in_parts() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    app.add_history(ADA, &vec!["x".repeat(2000); 2000]).await;
    ask(&app, &caller, ADA).await;
    app.export().await;
    let path = file(&caller).await;
    let refused = caller.get(&path).await.assert_error(400, "invalid_request");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("Range"));
    let (status, headers, zipped) = caller.header("accept-encoding", "gzip").fetch(&path).await;
    assert_eq!((status, &headers["content-encoding"]), (200, &"gzip".parse().unwrap()));
    let whole = unzipped(&zipped);
    assert!(whole.len() > 4_000_000 && zipped.len() < 200_000);
    serde_json::from_slice::<Value>(&whole).unwrap();

    // Parts that fit, whatever is asked for, put together again.
    let mut together = Vec::new();
    while together.len() < whole.len() {
        let range = format!("bytes={}-", together.len());
        let (status, headers, part) = caller.header("accept-encoding", "gzip").header("range", &range).fetch(&path).await;
        assert_eq!((status, headers.get("content-encoding")), (206, None));
        let end = together.len() + part.len();
        assert_eq!(headers["content-range"], format!("bytes {}-{}/{}", together.len(), end - 1, whole.len()));
        assert!(part.len() <= 3_000_000);
        together.extend_from_slice(&part);
    }
    assert!(together == whole);
    for (range, expected) in [
        ("bytes=0-0", &whole[..1]),
        ("bytes=249999-250001", &whole[249_999..=250_001]),
        ("bytes=-5", &whole[whole.len() - 5..]),
        ("bytes=4000000-99999999999", &whole[4_000_000..]),
    ] {
        let (status, _, part) = caller.header("range", range).fetch(&path).await;
        assert_eq!((status, &part[..]), (206, expected), "{range}");
    }
    for range in [format!("bytes={}-", whole.len()), "bytes=-0".to_owned()] {
        caller.header("range", &range).get(&path).await.assert_error(400, "invalid_request");
    }
}

/// Bytes are bytes: a part may end amid a character.
#[tokio::test]
async fn parts_that_cut_a_character_are_the_bytes_they_say() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    caller.put("/v1/profile/update", json!({ "name": "Zoë Øster 数学" })).await.assert_status(200);
    ask(&app, &caller, ADA).await;
    app.export().await;
    let path = file(&caller).await;
    let (_, _, whole) = caller.fetch(&path).await;
    let at = whole.windows("Zoë".len()).position(|piece| piece == "Zoë".as_bytes()).unwrap();
    for first in at..at + "Zoë Øster 数学".len() {
        let (status, headers, part) = caller.header("range", &format!("bytes={first}-{}", first + 1)).fetch(&path).await;
        assert_eq!((status, &part[..]), (206, &whole[first..=first + 1]));
        assert_eq!(headers["content-range"], format!("bytes {first}-{}/{}", first + 1, whole.len()));
    }
}

#[tokio::test]
async fn a_file_too_large_for_gzip_is_given_in_parts_only() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    app.add_history(ADA, &noise(2200)).await;
    ask(&app, &caller, ADA).await;
    app.export().await;
    let path = file(&caller).await;
    caller.header("accept-encoding", "gzip").get(&path).await.assert_error(400, "invalid_request");
    let (status, headers, part) = caller.header("range", "bytes=0-").fetch(&path).await;
    assert_eq!((status, part.len()), (206, 3_000_000));
    let size = headers["content-range"].to_str().unwrap().strip_prefix("bytes 0-2999999/").unwrap();
    assert!(size.parse::<u64>().unwrap() > 5_000_000);
    assert!(app.largest_item().await < 400_000);
}

/// Wherever a run breaks off, there is one file in the end, and nothing of the run before.
async fn a_run_breaks_off_by(fault: Fault) {
    let app = TestApp::start().await;
    for number in 0.. {
        let email = format!("ada{number}@example.com");
        let login = app.register(&email).await;
        let caller = app.account().with_bearer(login.token());
        app.add_history(&email, &vec!["x".repeat(2000); 200]).await;
        ask(&app, &caller, &email).await;
        app.disturb(fault, number, true);
        app.export().await;
        let struck = app.heal();
        app.clock.advance_minutes(7);
        app.export_due().await;
        assert_eq!(newest(&caller).await["status"], "completed", "{fault:?} at {number}");
        let (_, headers, zipped) = caller.header("accept-encoding", "gzip").fetch(&file(&caller).await).await;
        assert_eq!(headers["content-encoding"], "gzip");
        serde_json::from_slice::<Value>(&unzipped(&zipped)).unwrap();
        assert_eq!(app.items_of(&email, "FILE#").await, 2, "{fault:?} at {number}");
        if !struck {
            break;
        }
    }
}

#[tokio::test]
async fn a_run_that_breaks_off_is_made_anew() {
    a_run_breaks_off_by(Fault::Cut).await;
}

#[tokio::test]
async fn a_run_whose_answers_are_lost_is_made_anew() {
    a_run_breaks_off_by(Fault::AnswerLost).await;
}

/// Five runs may fail: one whose answer was lost is one run.
#[tokio::test]
async fn a_copy_is_taken_once_though_the_answer_to_that_was_lost() {
    for request in 0..4 {
        let app = TestApp::start().await;
        let login = app.register(ADA).await;
        let caller = app.account().with_bearer(login.token());
        ask(&app, &caller, ADA).await;
        app.disturb(Fault::AnswerLost, request, false);
        app.export().await;
        assert!(app.heal());
        let items = app.items().await;
        let copy = items.iter().find(|item| item["sk"].as_str().unwrap().starts_with("PRIVACY#EXPORT#")).unwrap();
        assert_eq!((&copy["status"], &copy["tries"]), (&json!("completed"), &json!(1)), "request {request}");
    }
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_is_given_up_and_its_owner_told() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    app.add_history(ADA, &["x".to_owned()]).await;
    app.spoil_history(ADA).await;
    ask(&app, &caller, ADA).await;
    app.export().await;
    for _ in 0..4 {
        assert_eq!(newest(&signed_in(&app).await).await["status"], "processing");
        app.clock.advance_minutes(7);
        app.export_due().await;
    }
    app.forget_messages().await;
    app.clock.advance_minutes(7);
    app.export_due().await;
    let caller = signed_in(&app).await;
    assert_eq!(newest(&caller).await["status"], "failed");
    assert_eq!(app.messages_to(ADA).await[0].template, "export_failed");
    assert_eq!(app.items_starting("USER#", "FILE#").await, 0);
    app.clock.advance_minutes(7);
    assert_eq!(app.export_due().await, json!({ "copies": 0 }));
    assert_eq!(caller.post(REQUEST, json!({})).await.assert_status(200).body["request_id"], 2);
}

/// By SMS, which costs what it costs.
#[tokio::test]
async fn who_has_no_mail_address_is_told_of_their_copy_too() {
    let app = TestApp::start().await;
    app.sign_up_by_phone(PHONE).await;
    app.clock.advance_seconds(61);
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    let proof = json!({ "phone": PHONE, "code": app.code_for(PHONE).await, "purpose": "login" });
    let login = app.account().post("/v1/otp/verify", proof).await.assert_status(200);
    app.clock.advance_seconds(31);
    ask(&app, &app.account().with_bearer(login.token()), PHONE).await;
    app.forget_messages().await;
    let spent = app.spent().await;
    assert_eq!(app.export().await, 1);
    let told = app.messages_to(PHONE).await;
    assert_eq!(told.iter().map(|message| message.template.as_str()).collect::<Vec<_>>(), ["export_ready"]);
    assert!(app.spent().await > spent);
}

/// What the stream did not bring is made by the schedule.
#[tokio::test]
async fn a_copy_that_the_stream_does_not_bring_is_made_all_the_same() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = app.account().with_bearer(login.token());
    ask(&app, &caller, ADA).await;
    assert_eq!(app.export_due().await, json!({ "copies": 0 }), "the stream comes first");
    app.clock.advance_minutes(2);
    assert_eq!(app.export_due().await, json!({ "copies": 1 }));
    assert_eq!(newest(&caller).await["status"], "completed");
    assert_eq!(app.export().await, 1, "the stream brings it late");
    assert_eq!(app.items_starting("USER#", "FILE#").await, 1);
    let over = export::handle(app.app.clone(), json!({ "schedule": "export" }), Timestamp::MIN).await.unwrap();
    assert_eq!(over, json!({ "copies": 0 }));
}

/// Whatever stands in an account's partition is in a copy, or is known not to tell anything that is not.
#[tokio::test]
async fn every_kind_of_item_is_known_to_the_copy() {
    const SHOWN: [&str; 9] = ["USER", "EMAIL", "PHONE", "SESSION", "PUSH", "LINK", "FAVOURITE", "AUDIT", "PRIVACY"];
    /// The mark of a favourite, and copies themselves.
    const KNOWN: [&str; 2] = ["PRODUCT", "FILE"];
    let keys = include_str!("../../../shared/src/store/keys.rs");
    let kinds = keys.lines().filter(|line| line.contains("user_partition(")).filter_map(|line| line.split("format!(\"").nth(1));
    let kinds = kinds.map(|kind| kind.trim_start_matches('{').split(['#', '}', '"']).next().unwrap());
    // Parts of files have a name of their own.
    for kind in kinds.filter(|kind| !kind.is_empty()) {
        let named = keys.lines().find_map(|line| line.strip_prefix(&format!("pub(super) const {kind}: &str = \"")));
        let name = named.map_or(kind, |named| named.split(['#', '"']).next().unwrap());
        assert!(SHOWN.contains(&name) || KNOWN.contains(&name), "{name}");
    }
}
