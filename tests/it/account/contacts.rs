//! The addresses of an account: added, verified, made the primary ones, removed, and taken back.

use futures_util::future::join_all;
use latchkey_tests::{Client, Fault, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

const EMAILS: &str = "/v1/user/emails";
const PHONES: &str = "/v1/user/phones";
const PHONE: &str = "+4915112345678";

async fn somebody(app: &TestApp, email: &str) -> Client {
    let login = app.register(email).await;
    app.account().with_bearer(login.token())
}

async fn add_email(app: &TestApp, caller: &Client, email: &str) -> Reply {
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    caller.post(EMAILS, json!({ "email": email })).await.assert_status(201)
}

/// Adds an address and proves it; its number.
async fn prove_email(app: &TestApp, caller: &Client, email: &str) -> i64 {
    let id = add_email(app, caller, email).await.body["id"].as_i64().unwrap();
    let code = app.code_for(email).await;
    caller.post(&format!("{EMAILS}/{id}/verify"), json!({ "token": code })).await.assert_status(200);
    id
}

async fn prove_phone(app: &TestApp, caller: &Client, phone: &str) -> i64 {
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    let id = caller.post(PHONES, json!({ "phone_number": phone })).await.assert_status(201).body["id"].as_i64().unwrap();
    let code = app.code_for(phone).await;
    caller.post(&format!("{PHONES}/{id}/verify"), json!({ "token": code })).await.assert_status(200);
    id
}

async fn make_default(caller: &Client, id: i64) -> Reply {
    caller.put(&format!("{EMAILS}/{id}/make-default"), Value::Null).await
}

/// Addresses with a `*` behind the primary one and a `?` behind those that are not verified.
async fn listed(caller: &Client, path: &str) -> Vec<String> {
    let page = caller.get(path).await.assert_status(200).body;
    let shown = |entry: &Value| {
        let address = entry["email"].as_str().or(entry["phone_number"].as_str()).unwrap();
        let (primary, verified) = (entry["is_primary"] == true, entry["is_verified"] == true);
        format!("{address}{}{}", if primary { "*" } else { "" }, if verified { "" } else { "?" })
    };
    page["data"].as_array().unwrap().iter().map(shown).collect()
}

async fn revert(app: &TestApp, token: &str) -> Reply {
    app.account().post("/v1/user/emails/revert", json!({ "token": token })).await
}

#[tokio::test]
async fn an_address_is_added_verified_and_listed() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let added = add_email(&app, &caller, " Ada@Example.ORG ").await.body;
    assert_eq!((&added["id"], &added["email"]), (&json!(2), &json!("Ada@Example.ORG")));
    assert_eq!((&added["is_verified"], &added["is_primary"], &added["verified_at"]), (&json!(false), &json!(false), &Value::Null));
    assert_eq!(listed(&caller, EMAILS).await, ["ada@example.com*", "Ada@Example.ORG?"]);
    assert_eq!(caller.get(&format!("{EMAILS}/2")).await.assert_status(200).body, added);

    let code = app.code_for("Ada@example.org").await;
    app.clock.advance_seconds(5);
    let verified = caller.post(&format!("{EMAILS}/2/verify"), json!({ "verification_token": code })).await.assert_status(200).body;
    assert_eq!((&verified["is_verified"], &verified["is_primary"]), (&json!(true), &json!(false)));
    assert_eq!(verified["verified_at"], verified["updated_at"]);
    assert_ne!(verified["updated_at"], verified["created_at"]);
    assert_eq!(listed(&caller, EMAILS).await, ["ada@example.com*", "Ada@Example.ORG"]);
    caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": code })).await.assert_error(400, "not_pending");
    caller.post(EMAILS, json!({ "email": "ada@example.org" })).await.assert_error(400, "already_exists");
    caller.post(EMAILS, json!({ "email": "ada@example.com" })).await.assert_error(400, "already_exists");
    // Any proved address is a way in.
    app.login("ada@example.org").await.assert_status(200);
}

#[tokio::test]
async fn numbers_come_in_the_form_of_their_country_or_of_the_world() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let first = caller.post(PHONES, json!({ "phone_number": "09876 543210", "country_code": "+91" })).await.assert_status(201).body;
    assert_eq!((&first["id"], &first["phone_number"], &first["country_code"]), (&json!(1), &json!("+919876543210"), &json!("+91")));
    let second = caller.post(PHONES, json!({ "phone_number": PHONE })).await.assert_status(201).body;
    assert_eq!((&second["phone_number"], &second["country_code"]), (&json!(PHONE), &json!("+49")));
    assert_eq!(listed(&caller, PHONES).await, ["+919876543210?", "+4915112345678?"]);
    let code = app.code_for("+919876543210").await;
    let verified = caller.post(&format!("{PHONES}/1/verify"), json!({ "token": code })).await.assert_status(200).body;
    // There was no number before it.
    assert_eq!(verified["is_primary"], true);
    for (body, field) in [
        (json!({}), "phone_number"),
        (json!({ "phone_number": "9876543210" }), "phone_number"),
        (json!({ "phone_number": "9876543210", "country_code": "India" }), "country_code"),
        (json!({ "phone_number": "+919876543210", "country_code": "+49" }), "phone_number"),
        (json!({ "phone_number": "+493012345678" }), "phone"),
    ] {
        let refused = caller.post(PHONES, body.clone()).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"][0]["field"], field, "{body}");
    }
}

#[tokio::test]
async fn an_address_that_waits_gets_another_code_and_is_listed_once() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let first = add_email(&app, &caller, "ada@example.org").await.body;
    // The code on its way is for it.
    assert_eq!(caller.post(EMAILS, json!({ "email": "ada@example.org" })).await.assert_status(201).body, first);
    assert_eq!(app.messages_to("ada@example.org").await.len(), 1);
    let old = app.code_for("ada@example.org").await;
    assert_eq!(add_email(&app, &caller, "ada@example.org").await.body, first);
    assert_eq!(listed(&caller, EMAILS).await.len(), 2);
    let new = app.code_for("ada@example.org").await;
    if old != new {
        caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": old })).await.assert_error(400, "invalid_otp");
    }
    caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": new })).await.assert_status(200);
}

/// T07.
#[tokio::test]
async fn anothers_address_looks_added_is_never_verified_and_its_owner_is_told() {
    let app = TestApp::start().await;
    let (ada, ben) = (somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await);
    let fresh = add_email(&app, &somebody(&app, "cyd@example.com").await, "free@example.com").await;
    let taken = add_email(&app, &ada, "ben@example.com").await;
    let shown = |reply: &Reply, address: &str| {
        reply.comparable(address).replace("2026-01-01T00:00:31Z", "TIME").replace("2026-01-01T00:01:02Z", "TIME")
    };
    assert_eq!(shown(&taken, "ben@example.com"), shown(&fresh, "free@example.com"));
    let told = app.messages_to("ben@example.com").await;
    assert_eq!(told.iter().map(|message| message.template.as_str()).collect::<Vec<_>>(), ["address_taken"]);
    ada.post(&format!("{EMAILS}/2/verify"), json!({ "token": "123456" })).await.assert_error(400, "invalid_otp");
    make_default(&ada, 2).await.assert_error(400, "not_verified");
    ada.delete(&format!("{EMAILS}/2")).await.assert_status(200);
    assert_eq!(listed(&ben, EMAILS).await, ["ben@example.com*"]);
    app.assert_whole("after somebody else added it").await;
}

/// T62, T63.
#[tokio::test]
async fn numbers_of_others_and_of_nobody_are_answered_alike() {
    let app = TestApp::start().await;
    let (ada, ben) = (somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await);
    for number in 1..=3 {
        prove_email(&app, &ben, &format!("ben{number}@example.com")).await;
    }
    prove_phone(&app, &ben, PHONE).await;
    for (path, foreign) in [(EMAILS, "4"), (PHONES, "1")] {
        let absent = ada.get(&format!("{path}/99")).await.assert_error(404, "not_found").comparable("-");
        for id in [foreign, "0", "-1", "9223372036854775807", "9223372036854775808", "x", "1e3", "0x1"] {
            let one = format!("{path}/{id}");
            assert_eq!(ada.get(&one).await.comparable("-"), absent, "GET {one}");
            assert_eq!(ada.delete(&one).await.comparable("-"), absent, "DELETE {one}");
            let default = ada.put(&format!("{one}/make-default"), Value::Null).await;
            assert_eq!(default.comparable("-"), absent, "make-default {one}");
            let verified = ada.post(&format!("{one}/verify"), json!({ "token": "123456" })).await.assert_error(404, "not_found");
            assert_eq!(verified.body["error"]["message"], "There is nothing at this path.", "verify {one}");
        }
    }
    assert_eq!(listed(&ben, EMAILS).await.len(), 4);
}

/// T65: a code is good in the session of the person whom it was sent for.
#[tokio::test]
async fn a_code_typed_in_somebody_elses_session_does_nothing_and_stays_good() {
    let app = TestApp::start().await;
    let (ada, ben) = (somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await);
    add_email(&app, &ben, "shared@example.com").await;
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    ada.post(EMAILS, json!({ "email": "shared@example.com" })).await.assert_status(201);
    let code = app.code_for("shared@example.com").await;
    ben.post(&format!("{EMAILS}/2/verify"), json!({ "token": code })).await.assert_error(400, "invalid_otp");
    ada.post(&format!("{EMAILS}/2/verify"), json!({ "token": code })).await.assert_status(200);
    assert_eq!(listed(&ada, EMAILS).await, ["ada@example.com*", "shared@example.com"]);
    assert_eq!(listed(&ben, EMAILS).await, ["ben@example.com*", "shared@example.com?"]);
}

/// With the sessions end the codes that were asked for in them: none is on its way that would prove anything.
#[tokio::test]
async fn an_address_put_forward_again_since_the_sessions_ended_takes_another_code() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let add = async || caller.post(EMAILS, json!({ "email": "ada@example.org" })).await;
    let want = async || caller.put("/v1/profile/update", json!({ "email": "ada@example.net" })).await;
    for (first, second) in [(add().await, add().await), (want().await, want().await)] {
        assert_eq!((first.status / 100, second.status), (2, first.status));
    }
    app.clock.advance_seconds(1);
    caller.delete("/v1/user/sessions").await.assert_status(200);
    for again in [add().await, want().await] {
        again.assert_error(429, "rate_limited");
    }
    app.clock.advance_seconds(31);
    add().await.assert_status(201);
    let code = app.code_for("ada@example.org").await;
    caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": code })).await.assert_status(200);
}

#[tokio::test]
async fn one_address_is_the_primary_one_and_messages_go_there() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let second = prove_email(&app, &caller, "ada@example.org").await;
    app.forget_messages().await;
    let changed = make_default(&caller, second).await.assert_status(200).body;
    assert_eq!((&changed["is_primary"], &changed["email"]), (&json!(true), &json!("ada@example.org")));
    assert_eq!(listed(&caller, EMAILS).await, ["ada@example.com", "ada@example.org*"]);
    assert_eq!(caller.get("/v1/users/me").await.body["email"], "ada@example.org");
    let told = app.messages_to("ada@example.com").await;
    assert_eq!(told.iter().map(|message| message.template.as_str()).collect::<Vec<_>>(), ["primary_changed"]);
    make_default(&caller, second).await.assert_status(200);
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1, "nothing changed the second time");
    let pending = add_email(&app, &caller, "ada@example.net").await.body["id"].as_i64().unwrap();
    make_default(&caller, pending).await.assert_error(400, "not_verified");
}

/// T64.
#[tokio::test]
async fn the_primary_address_and_the_last_way_in_stay() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    caller.delete(&format!("{EMAILS}/1")).await.assert_error(400, "primary_address");
    let phone = prove_phone(&app, &caller, PHONE).await;
    let other = prove_phone(&app, &caller, "+4915112345679").await;
    caller.delete(&format!("{PHONES}/{phone}")).await.assert_error(400, "primary_address");
    app.forget_messages().await;
    caller.delete(&format!("{PHONES}/{other}")).await.assert_status(200);
    let told: Vec<_> = app.messages_to("+4915112345679").await.into_iter().map(|message| message.template).collect();
    assert_eq!(told, ["address_removed"]);
    // The last number may leave, though it is the primary one.
    caller.delete(&format!("{PHONES}/{phone}")).await.assert_status(200);
    assert_eq!(listed(&caller, PHONES).await, Vec::<String>::new());
    assert_eq!(caller.get("/v1/users/me").await.body["phone"], Value::Null);
    app.assert_whole("after numbers were removed").await;

    let by_phone = app.sign_up_by_phone("+4915112345670").await;
    let caller = app.account().with_bearer(by_phone.token());
    let refused = caller.delete(&format!("{PHONES}/1")).await.assert_error(400, "primary_address");
    assert_eq!(refused.body["error"]["message"], "This is your last verified address. It is your way in, and stays.");
}

#[tokio::test]
async fn a_removed_address_is_free_and_no_way_in() {
    let app = TestApp::start().await;
    let (ada, ben) = (somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await);
    let id = prove_email(&app, &ada, "shared@example.com").await;
    app.login("shared@example.com").await.assert_status(200);
    ada.delete(&format!("{EMAILS}/{id}")).await.assert_status(200);
    ada.delete(&format!("{EMAILS}/{id}")).await.assert_error(404, "not_found");
    app.login("shared@example.com").await.assert_error(401, "invalid_credentials");
    app.clock.advance_minutes(61);
    let ben = {
        drop(ben);
        let login = app.login("ben@example.com").await;
        app.account().with_bearer(login.token())
    };
    prove_email(&app, &ben, "shared@example.com").await;
    app.assert_whole("after an address changed hands").await;
}

/// DESIGN's 72 hours: what joined lately lets nothing older leave.
#[tokio::test]
async fn an_address_that_joined_lately_does_not_push_an_older_one_out() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let second = prove_email(&app, &caller, "ada@example.org").await;
    make_default(&caller, second).await.assert_status(200);
    let refused = caller.delete(&format!("{EMAILS}/1")).await.assert_error(400, "primary_address");
    assert_eq!(refused.body["error"]["message"], "Your other addresses were added too recently. Try again in a few days.");
    app.clock.advance_hours(73);
    let login = app.login("ada@example.org").await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    caller.delete(&format!("{EMAILS}/1")).await.assert_status(200);
    assert_eq!(listed(&caller, EMAILS).await, ["ada@example.org*"]);
    app.assert_whole("after the older one left").await;
}

/// T65: a change of the primary address can be taken back by whoever reads the mail of the one before it.
#[tokio::test]
async fn a_change_of_the_primary_address_can_be_taken_back() {
    let app = TestApp::start().await;
    let thief = somebody(&app, "ada@example.com").await;
    app.account().from("198.51.100.9").post("/v1/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    let id = prove_email(&app, &thief, "thief@example.com").await;
    prove_phone(&app, &thief, PHONE).await;
    app.forget_messages().await;
    make_default(&thief, id).await.assert_status(200);
    let token = app.revert_token("ada@example.com").await;
    app.forget_messages().await;
    revert(&app, &token).await.assert_status(200);

    thief.get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.login("thief@example.com").await.assert_error(401, "invalid_credentials");
    app.login("ada@example.com").await.assert_error(401, "invalid_credentials");
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_error(404, "not_found");
    let code = app.code_for("ada@example.com").await;
    let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    let login = app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": "difference engine no. 2" })).await;
    let owner = app.account().with_bearer(login.assert_status(200).token());
    assert_eq!(listed(&owner, EMAILS).await, ["ada@example.com*"]);
    assert_eq!(listed(&owner, PHONES).await, Vec::<String>::new());
    assert!(app.messages_to("thief@example.com").await.is_empty());
    app.assert_whole("after a change was taken back").await;
    revert(&app, &token).await.assert_error(400, "invalid_otp");
}

/// The code that goes with it can be asked for like any.
#[tokio::test]
async fn a_change_that_was_taken_back_is_not_denied_for_want_of_the_code() {
    let mut is_without_code = false;
    for number in 0.. {
        let app = TestApp::start().await;
        let thief = somebody(&app, "ada@example.com").await;
        let id = prove_email(&app, &thief, "thief@example.com").await;
        app.forget_messages().await;
        make_default(&thief, id).await.assert_status(200);
        let token = app.revert_token("ada@example.com").await;
        app.forget_messages().await;
        app.disturb(Fault::ServerError, number, true);
        let answer = revert(&app, &token).await.status;
        if !app.heal() {
            break;
        }
        let is_taken_back = thief.get("/v1/users/me").await.status == 401;
        assert!(matches!((answer, is_taken_back), (200, true) | (503, false)), "{number}: {answer}, taken back: {is_taken_back}");
        is_without_code |= is_taken_back && app.messages_to("ada@example.com").await.is_empty();
    }
    assert!(is_without_code);
}

#[tokio::test]
async fn however_many_addresses_follow_each_other_the_owners_takes_its_place_back() {
    let app = TestApp::start().await;
    let thief = somebody(&app, "ada@example.com").await;
    let (one, two) = (prove_email(&app, &thief, "one@example.com").await, prove_email(&app, &thief, "two@example.com").await);
    app.forget_messages().await;
    make_default(&thief, one).await.assert_status(200);
    let first = app.revert_token("ada@example.com").await;
    app.clock.advance_hours(71);
    let login = app.login("one@example.com").await.assert_status(200);
    let thief = app.account().with_bearer(login.token());
    make_default(&thief, two).await.assert_status(200);
    // The owner's address is told of each, and the first link goes on being good.
    assert_eq!(app.revert_token("ada@example.com").await, first);
    app.clock.advance_hours(71);
    app.forget_messages().await;
    revert(&app, &first).await.assert_status(200);
    let owner = recovered(&app, "ada@example.com").await;
    assert_eq!(listed(&owner, EMAILS).await, ["ada@example.com*"]);
    for gone in ["one@example.com", "two@example.com"] {
        app.login(gone).await.assert_error(401, "invalid_credentials");
        app.account().post("/v1/auth/forgot-password", json!({ "email": gone })).await.assert_status(200);
        assert!(app.messages_to(gone).await.is_empty(), "{gone}");
    }
    app.assert_whole("after a chain of changes was taken back").await;
}

/// Where neither the primary number stays nor one that was it lately, another one of the owner's takes its place.
#[tokio::test]
async fn a_number_that_was_the_primary_one_long_ago_is_it_again_when_those_after_it_go() {
    let app = TestApp::start().await;
    let later = async |hours| {
        app.clock.advance_hours(hours);
        app.account().with_bearer(app.login("ada@example.com").await.assert_status(200).token())
    };
    let caller = somebody(&app, "ada@example.com").await;
    prove_phone(&app, &caller, PHONE).await;
    let thief = later(73).await;
    let id = prove_email(&app, &thief, "one@example.com").await;
    app.forget_messages().await;
    make_default(&thief, id).await.assert_status(200);
    let token = app.revert_token("ada@example.com").await;
    for (hours, is_email, address) in [(1, false, "+4915112345679"), (59, true, "two@example.com"), (14, false, "+4915112345670")] {
        let thief = later(hours).await;
        if is_email {
            let id = prove_email(&app, &thief, address).await;
            make_default(&thief, id).await.assert_status(200);
        } else {
            let id = prove_phone(&app, &thief, address).await;
            thief.put(&format!("{PHONES}/{id}/make-default"), Value::Null).await.assert_status(200);
        }
    }
    app.clock.advance_hours(26);
    app.forget_messages().await;
    revert(&app, &token).await.assert_status(200);
    let owner = recovered(&app, "ada@example.com").await;
    assert_eq!(listed(&owner, EMAILS).await, ["ada@example.com*"]);
    assert_eq!(listed(&owner, PHONES).await, [format!("{PHONE}*")]);
    app.assert_whole("after the numbers that followed it went").await;
}

/// The owner with a new password, by the code that came with the way back.
async fn recovered(app: &TestApp, email: &str) -> Client {
    let reset = json!({ "email": email, "otp": app.code_for(email).await, "new_password": PASSWORD });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    let login = app.login(email).await.assert_status(200);
    app.account().with_bearer(login.token())
}

/// An account whose primary address has just given way to a new one: its caller, the number of the new one, and the token of the way back.
async fn with_newcomer_in_front(app: &TestApp, newcomer: &str) -> (Client, i64, String) {
    let caller = somebody(app, "ada@example.com").await;
    let id = prove_email(app, &caller, newcomer).await;
    app.forget_messages().await;
    make_default(&caller, id).await.assert_status(200);
    (caller, id, app.revert_token("ada@example.com").await)
}

/// An account with two old addresses, and its caller.
async fn with_two_old(app: &TestApp) -> Client {
    let caller = somebody(app, "ada@example.com").await;
    prove_email(app, &caller, "ada@example.org").await;
    app.clock.advance_hours(73);
    let login = app.login("ada@example.com").await;
    app.account().with_bearer(login.token())
}

/// The owner's address is neither forgotten nor removed, however often the owner's own addresses change places before a newcomer comes.
#[tokio::test]
async fn an_address_that_came_back_is_remembered_when_a_newcomer_follows() {
    let app = TestApp::start().await;
    let caller = with_two_old(&app).await;
    let thief = prove_email(&app, &caller, "thief@example.com").await;
    for id in [2, 1, thief] {
        app.forget_messages().await;
        make_default(&caller, id).await.assert_status(200);
    }
    let token = app.revert_token("ada@example.com").await;
    for id in [1, 2] {
        let refused = caller.delete(&format!("{EMAILS}/{id}")).await.assert_error(400, "primary_address");
        assert_eq!(refused.body["error"]["message"], "Your other addresses were added too recently. Try again in a few days.");
    }
    app.forget_messages().await;
    revert(&app, &token).await.assert_status(200);
    let owner = recovered(&app, "ada@example.com").await;
    assert_eq!(listed(&owner, EMAILS).await, ["ada@example.com*", "ada@example.org"]);
    app.assert_whole("after a flip and a newcomer were taken back").await;
}

/// Who has added an address, and waited until it is old, cannot have the older one put out by it.
#[tokio::test]
async fn no_way_back_leads_past_an_older_address() {
    let app = TestApp::start().await;
    let caller = with_two_old(&app).await;
    make_default(&caller, 2).await.assert_status(200);
    app.forget_messages().await;
    make_default(&caller, 1).await.assert_status(200);
    let told: Vec<_> = app.messages_to("ada@example.org").await.into_iter().map(|message| message.template).collect();
    assert_eq!(told, ["address_added"], "it is told, and has no link");
}

/// T10 for those who come back: the place where it was done is known from then on, so that strangers cannot use up the owner's codes.
#[tokio::test]
async fn who_takes_an_address_back_is_no_stranger() {
    let app = TestApp::start().await;
    let (_, _, token) = with_newcomer_in_front(&app, "thief@example.com").await;
    let owner = app.account().from("192.0.2.77");
    app.forget_messages().await;
    owner.post("/v1/user/emails/revert", json!({ "token": token })).await.assert_status(200);
    let ask = json!({ "email": "ada@example.com" });
    for minute in 1..=8 {
        app.clock.advance_seconds(31);
        app.account().from(&format!("198.51.100.{minute}")).post("/v1/auth/forgot-password", ask.clone()).await;
    }
    for guess in 0..10 {
        let wrong = json!({ "email": "ada@example.com", "otp": format!("{guess:06}"), "new_password": "difference engine no. 2" });
        app.account().from("198.51.100.7").post("/v1/auth/reset-password-otp", wrong).await;
    }
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    owner.post("/v1/auth/forgot-password", ask).await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
    owner.post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
}

/// An account that waits for its deletion changes no address: what is scheduled was scheduled by whoever took the address's place.
#[tokio::test]
async fn a_deletion_that_was_confirmed_since_is_taken_back_too() {
    let app = TestApp::start().await;
    let (caller, _, token) = with_newcomer_in_front(&app, "thief@example.com").await;
    app.schedule_deletion(&caller, "ada@example.com").await;
    app.forget_messages().await;
    revert(&app, &token).await.assert_status(200);
    let owner = recovered(&app, "ada@example.com").await;
    assert_eq!(owner.get("/v1/user/gdpr-status").await.assert_status(200).body["deletion_request"]["status"], "cancelled");
    app.clock.advance_days(31);
    assert_eq!(app.purge().await, json!({ "purged": 0, "left": 0 }));
    app.login("ada@example.com").await.assert_status(200);
}

/// Notices of one change are not buried under those of others.
#[tokio::test]
async fn the_primary_address_changes_ten_times_an_hour_at_most() {
    let app = TestApp::start().await;
    let caller = with_two_old(&app).await;
    for change in 0..10 {
        make_default(&caller, 2 - change % 2).await.assert_status(200);
    }
    let refused = make_default(&caller, 2).await.assert_error(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    let refused = caller.put("/v1/profile/update", json!({ "email": "ada@example.org" })).await.assert_error(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(listed(&caller, EMAILS).await, ["ada@example.com*", "ada@example.org"]);
    app.clock.advance_minutes(60);
    let login = app.login("ada@example.com").await;
    make_default(&app.account().with_bearer(login.token()), 2).await.assert_status(200);
}

/// Who has no mail address is told by SMS.
#[tokio::test]
async fn an_owner_without_a_mail_address_is_told_by_sms() {
    let app = TestApp::start().await;
    let login = app.sign_up_by_phone(PHONE).await;
    let caller = app.account().with_bearer(login.token());
    app.forget_messages().await;
    let second = prove_phone(&app, &caller, "+4915112345679").await;
    let templates = async |to: &str| app.messages_to(to).await.into_iter().map(|message| message.template).collect::<Vec<_>>();
    assert_eq!(templates(PHONE).await, ["address_added"]);
    app.forget_messages().await;
    caller.put(&format!("{PHONES}/{second}/make-default"), Value::Null).await.assert_status(200);
    assert_eq!(templates(PHONE).await, ["address_added"], "at the number that gave way");
    app.forget_messages().await;
    prove_email(&app, &caller, "thief@example.com").await;
    assert_eq!(templates(PHONE).await, ["address_added"], "at the older number, whichever is the primary one");
    assert!(templates("+4915112345679").await.is_empty());
    app.forget_messages().await;
    prove_phone(&app, &caller, "+4915112345670").await;
    assert_eq!(templates("thief@example.com").await, ["address_added"]);
    assert_eq!(templates(PHONE).await, ["address_added"], "as long as all mail addresses are young");
    app.clock.advance_hours(73);
    let login = app.login("thief@example.com").await;
    app.forget_messages().await;
    prove_phone(&app, &app.account().with_bearer(login.token()), "+4915112345671").await;
    assert_eq!((templates("thief@example.com").await.len(), templates(PHONE).await.len()), (1, 0));
}

/// An address that was mistyped when its owner signed up stands in no other's way: the first one that is proved is the primary one, is told
/// of what comes after it, and can take its place back.
#[tokio::test]
async fn a_primary_address_that_is_not_proved_gives_way_to_the_first_that_is() {
    let app = TestApp::start().await;
    let login = app.sign_up_by_phone_with(PHONE, "mistyped@example.com").await;
    let caller = app.account().with_bearer(login.token());
    assert_eq!(listed(&caller, EMAILS).await, ["mistyped@example.com*?"]);
    prove_email(&app, &caller, "ada@example.com").await;
    assert_eq!(listed(&caller, EMAILS).await, ["mistyped@example.com?", "ada@example.com*"]);
    app.assert_whole("after the first proof").await;
    app.clock.advance_hours(73);
    let caller = app.account().with_bearer(app.login("ada@example.com").await.token());
    app.forget_messages().await;
    let thief = prove_email(&app, &caller, "thief@example.com").await;
    assert_eq!(app.messages_to("ada@example.com").await[0].template, "address_added");
    make_default(&caller, thief).await.assert_status(200);
    assert_eq!(app.messages_to("ada@example.com").await[0].template, "primary_changed");
    caller.delete(&format!("{EMAILS}/2")).await.assert_error(400, "primary_address");
    app.account().post("/v1/auth/forgot-password", json!({ "email": "thief@example.com" })).await.assert_status(200);
    assert!(app.messages_to("thief@example.com").await.iter().all(|message| message.template != "reset_code"));
    revert(&app, &app.revert_token("ada@example.com").await).await.assert_status(200);
    app.assert_whole("after it took its place back").await;
}

/// However a newcomer becomes the primary address, one more after it makes it nothing to come back to.
#[tokio::test]
async fn a_newcomer_that_gives_way_in_the_profile_is_not_remembered() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.add_email(&login, "thief@example.com").await;
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    app.add_email(&login, "another@example.com").await;
    let templates = async |to: &str| app.messages_to(to).await.into_iter().map(|message| message.template).collect::<Vec<_>>();
    assert_eq!(templates("ada@example.com").await, ["primary_changed"]);
    assert_eq!(templates("thief@example.com").await, ["address_added"], "the last time that it is told something");
    let token = app.revert_token("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    app.clock.advance_seconds(31);
    caller.delete(&format!("{EMAILS}/2")).await.assert_status(200);
    revert(&app, &token).await.assert_status(200);
    app.assert_whole("after the owner took it back").await;
}

/// With no number before it, one that a reset takes away goes on being shown, as unproved, and can be proved anew.
#[tokio::test]
async fn a_number_that_a_reset_takes_away_is_shown_alike_everywhere() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    prove_phone(&app, &caller, PHONE).await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    app.assert_whole("after a reset took the only number").await;
    let login = app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": "difference engine no. 2" })).await;
    let caller = app.account().with_bearer(login.token());
    assert_eq!(listed(&caller, PHONES).await, ["+4915112345678*?"]);
    prove_phone(&app, &caller, PHONE).await;
    assert_eq!(listed(&caller, PHONES).await, ["+4915112345678*"]);
    app.assert_whole("after it was proved anew").await;
}

/// T36.
#[tokio::test]
async fn a_link_is_good_once_within_three_days_and_as_it_was_mailed() {
    let app = TestApp::start().await;
    let (_, id, token) = with_newcomer_in_front(&app, "ada@example.org").await;
    for place in [0, 10, 21, 22, 30, 41] {
        let mut changed: Vec<u8> = token.bytes().collect();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        revert(&app, &String::from_utf8(changed).unwrap()).await.assert_error(400, "invalid_otp");
    }
    for garbage in ["", "x", &"A".repeat(43), &"A".repeat(5000)] {
        revert(&app, garbage).await.assert_error(400, "invalid_otp");
    }
    app.clock.advance_hours(72);
    revert(&app, &token).await.assert_error(400, "otp_expired");
    app.login("ada@example.org").await.assert_status(200);

    // Each of two old ones can take its place back from the other.
    let login = app.login("ada@example.org").await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    make_default(&caller, 1).await.assert_status(200);
    app.forget_messages().await;
    make_default(&caller, id).await.assert_status(200);
    let token = app.revert_token("ada@example.com").await;
    revert(&app, &token).await.assert_status(200);
    app.assert_whole("after two changes and one back").await;
}

/// Who puts the owner's address back leaves the newcomer no link to come back by.
#[tokio::test]
async fn a_newcomer_that_gave_way_has_nothing_to_take_back() {
    let app = TestApp::start().await;
    let (caller, id, token) = with_newcomer_in_front(&app, "thief@example.com").await;
    make_default(&caller, 1).await.assert_status(200);
    assert!(app.messages_to("thief@example.com").await.iter().all(|message| message.template != "primary_changed"));
    revert(&app, &token).await.assert_error(400, "invalid_otp");
    caller.delete(&format!("{EMAILS}/{id}")).await.assert_status(200);
}

#[tokio::test]
async fn a_page_of_the_operators_own_takes_the_token() {
    let app = TestApp::with(&[("LATCHKEY_REVERT_PAGE", "https://app.example.com/back")]).await;
    let caller = somebody(&app, "ada@example.com").await;
    let id = prove_email(&app, &caller, "ada@example.org").await;
    app.forget_messages().await;
    make_default(&caller, id).await.assert_status(200);
    let mail = app.messages_to("ada@example.com").await.remove(0);
    let link = mail.text.lines().map(str::trim).find(|line| line.starts_with("https://app.example.com/back#token=")).unwrap();
    revert(&app, link.split_once('=').unwrap().1).await.assert_status(200);
}

/// T74.
#[tokio::test]
async fn an_account_has_ten_addresses_of_a_kind() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    for number in 2..=10 {
        add_email(&app, &caller, &format!("ada{number}@example.com")).await;
    }
    let refused = caller.post(EMAILS, json!({ "email": "ada11@example.com" })).await.assert_error(400, "invalid_request");
    assert_eq!(refused.body["error"]["details"][0]["field"], "email");
    caller.delete(&format!("{EMAILS}/7")).await.assert_status(200);
    add_email(&app, &caller, "ada11@example.com").await;
    assert_eq!(caller.get(&format!("{EMAILS}?page=2&per_page=4")).await.body["meta"], json!({ "page": 2, "per_page": 4, "total": 10 }));
    assert_eq!(listed(&caller, &format!("{EMAILS}?page=3&per_page=4")).await, ["ada10@example.com?", "ada11@example.com?"]);
    assert_eq!(listed(&caller, &format!("{EMAILS}?page=4&per_page=4")).await, Vec::<String>::new());
    caller.get(&format!("{PHONES}?per_page=101")).await.assert_error(400, "invalid_request");
}

/// The account has one primary address after any number of changes at once, and what was refused says so cleanly.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_leave_one_primary_address() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let mut ids = vec![1];
    for number in 2..=4 {
        ids.push(prove_email(&app, &caller, &format!("ada{number}@example.com")).await);
    }
    app.clock.advance_hours(73);
    for _ in 0..4 {
        // So often may it change in an hour.
        app.clock.advance_minutes(61);
        let login = app.login("ada@example.com").await;
        let caller = app.account().with_bearer(login.token());
        let changes = join_all(ids.iter().map(|id| make_default(&caller, *id)));
        let fourth = format!("{EMAILS}/4");
        let removed = caller.delete(&fourth);
        let (changes, removed, list) = tokio::join!(changes, removed, listed(&caller, EMAILS));
        assert!(changes.iter().all(|answer| [200, 404, 503].contains(&answer.status)), "{changes:?}");
        assert!([200, 400, 404, 503].contains(&removed.status), "{removed:?}");
        assert_eq!(list.iter().filter(|shown| shown.ends_with('*')).count(), 1, "{list:?}");
        assert_eq!(listed(&caller, EMAILS).await.iter().filter(|shown| shown.ends_with('*')).count(), 1);
        app.assert_whole("after changes at once").await;
    }
}

/// Two people race for one address through their own sessions.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_type_their_codes_at_once_one_gets_the_address() {
    let app = TestApp::start().await;
    let mut tries = Vec::new();
    for email in ["ada@example.com", "ben@example.com"] {
        let caller = somebody(&app, email).await;
        let id = add_email(&app, &caller, "shared@example.com").await.body["id"].clone();
        tries.push((caller, id, app.code_for("shared@example.com").await));
    }
    let answers = join_all(
        tries.iter().map(async |(caller, id, code)| caller.post(&format!("{EMAILS}/{id}/verify"), json!({ "token": code })).await),
    )
    .await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    app.assert_whole("after a race for an address").await;
}

/// T76, T79: changes that nothing is typed for are told by SMS only while that can be paid, and what cannot be told is not done.
#[tokio::test]
async fn a_change_that_is_told_by_sms_is_paid_for_or_not_made() {
    for (limit, most) in [("LATCHKEY_SMS_PER_PREFIX", "4"), ("LATCHKEY_SMS_BUDGET", "1")] {
        let app = TestApp::with(&[(limit, most)]).await;
        let login = app.sign_up_by_phone(PHONE).await;
        let caller = app.account().with_bearer(login.token());
        let second = prove_phone(&app, &caller, "+4915112345679").await;
        app.forget_messages().await;
        let mut answers = Vec::new();
        for change in 0..10 {
            let spent = app.spent().await;
            let answer = caller.put(&format!("{PHONES}/{}/make-default", [second, 1][change % 2]), Value::Null).await;
            assert_eq!(app.spent().await > spent, answer.status == 200);
            answers.push(answer.status);
            if answer.status != 200 {
                assert!(answer.assert_error(429, "rate_limited").header("retry-after").is_some());
                break;
            }
        }
        assert!(answers.len() < 10 && answers.contains(&429), "{limit}: {answers:?}");
        let told = app.messages_to(PHONE).await.len() + app.messages_to("+4915112345679").await.len();
        assert_eq!(told, answers.len() - 1);
        app.assert_whole("after a change that was not made").await;
    }
}

/// What is told by SMS is paid for, a removal too.
#[tokio::test]
async fn a_number_that_is_removed_is_told_and_that_is_paid_for() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let number = prove_phone(&app, &caller, PHONE).await;
    app.forget_messages().await;
    let spent = app.spent().await;
    caller.delete(&format!("{PHONES}/{number}")).await.assert_status(200);
    assert_eq!(app.messages_to(PHONE).await[0].template, "address_removed");
    assert!(app.spent().await > spent);
}

/// Whatever became of it since it was added.
#[tokio::test]
async fn an_address_that_is_wanted_again_is_listed_once() {
    const SECOND: &str = "+4915112345679";
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    prove_phone(&app, &caller, PHONE).await;
    prove_phone(&app, &caller, SECOND).await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": PASSWORD.replace('1', "2") });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    let proof = json!({ "email": "ada@example.com", "password": PASSWORD.replace('1', "2") });
    let login = app.account().post("/v1/auth/login", proof).await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    assert_eq!(listed(&caller, PHONES).await, ["+4915112345678*?", "+4915112345679?"], "a reset took both");
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    caller.put("/v1/profile/update", json!({ "phone": SECOND })).await.assert_status(200);
    assert_eq!(listed(&caller, PHONES).await, ["+4915112345678*?", "+4915112345679?"]);
    let proof = json!({ "phone": SECOND, "otp": app.code_for(SECOND).await });
    caller.post("/v1/otp/verify/mobile", proof).await.assert_status(200);
    assert_eq!(listed(&caller, PHONES).await, ["+4915112345678?", "+4915112345679*"]);
    app.assert_whole("after it was proved").await;

    // Nor after its mark has lapsed.
    add_email(&app, &caller, "ada@example.org").await;
    app.clock.advance_days(8);
    let proof = json!({ "email": "ada@example.com", "password": PASSWORD.replace('1', "2") });
    let login = app.account().post("/v1/auth/login", proof).await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    caller.put("/v1/profile/update", json!({ "email": "ada@example.org" })).await.assert_status(200);
    assert_eq!(listed(&caller, EMAILS).await, ["ada@example.com*", "ada@example.org?"]);
}
