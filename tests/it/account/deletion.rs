//! The deletion of an account: asked for, confirmed, cancelled, done; and what is left of it.

use futures_util::future::join_all;
use jiff::Timestamp;
use latchkey::flow::purge::{self, Pace};
use latchkey::http::Access;
use latchkey_tests::{Client, Fault, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

use crate::coverage::functions;

const REQUEST: &str = "/v1/user/request-account-deletion";
const CONFIRM: &str = "/v1/user/confirm-account-deletion";
const CANCEL: &str = "/v1/user/cancel-account-deletion";
const STATUS: &str = "/v1/user/gdpr-status";
const AT_ONCE: &str = "/v1/account/delete";
const ADA: &str = "ada@example.com";
const PHONE: &str = "+4915112345678";

fn caller(app: &TestApp, login: &Reply) -> Client {
    app.account().with_bearer(login.token())
}

/// Nothing in the table names the person: neither their account, nor an address, nor a word of theirs.
async fn assert_gone(app: &TestApp, id: &str, words: &[&str]) {
    app.deliver().await;
    let dump = app.dump().await;
    for word in [id, &id.replace('-', "")].iter().copied().chain(words.iter().copied()) {
        assert!(!dump.contains(word), "{word} is left in {dump}");
    }
    app.assert_whole("after a deletion").await;
}

#[tokio::test]
async fn a_deletion_waits_is_done_and_leaves_nothing() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    let id = login.body["user"]["id"].as_str().unwrap().to_owned();
    let elsewhere = app.login(ADA).await;
    let caller = caller(&app, &login);
    let asked = caller.post(REQUEST, json!({ "reason": "I moved away." })).await.assert_status(200).body;
    assert_eq!((&asked["status"], &asked["scheduled_deletion_at"]), (&json!("pending_confirmation"), &Value::Null));
    assert_eq!(asked["grace_period_days"], 30);
    let code = app.code_for(ADA).await;
    app.forget_messages().await;
    let confirmed = caller.post(CONFIRM, json!({ "otp": code })).await.assert_status(200).body;
    assert_eq!((&confirmed["status"], &confirmed["scheduled_deletion_at"]), (&json!("scheduled"), &json!("2026-01-31T00:00:00Z")));
    assert_eq!(app.messages_to(ADA).await[0].template, "deletion_scheduled");
    // T25: all other sessions have ended.
    app.account().with_bearer(elsewhere.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(elsewhere.refresh_token()).await.assert_error(401, "invalid_refresh_token");

    app.clock.advance_days(29);
    assert_eq!(app.purge().await, json!({ "purged": 0, "left": 0 }));
    app.login(ADA).await.assert_status(200);
    app.clock.advance_days(1);
    assert_eq!(app.purge().await, json!({ "purged": 1, "left": 0 }));
    assert_gone(&app, &id, &[ADA, PHONE, "Lovelace", "moved away"]).await;
    assert_eq!(app.items_starting("TOMBSTONE#", "TOMBSTONE").await, 1);
    assert_eq!(app.purge().await, json!({ "purged": 0, "left": 0 }), "a second walk finds nothing");

    // T89: the address can be registered anew, and nothing of before is there.
    app.login(ADA).await.assert_error(401, "invalid_credentials");
    let anew = app.register(ADA).await;
    assert_ne!(anew.body["user"]["id"], id.as_str());
    assert_eq!(anew.body["user"]["phone"], Value::Null);
}

/// In the grace an account can be signed in to, and be kept; nothing else, on any surface.
#[tokio::test]
async fn in_the_grace_there_is_little_to_do() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    app.schedule_deletion(&caller(&app, &login), ADA).await;
    app.clock.advance_days(10);
    let login = app.login(ADA).await.assert_status(200);
    let login = app.refresh(login.refresh_token()).await.assert_status(200);
    let caller = caller(&app, &login);
    let (mut refused, mut allowed) = (0, 0);
    for function in functions() {
        for operation in function.list() {
            let bearer = matches!(operation.access, Access::Bearer | Access::BearerEvenLeaving);
            if !bearer || operation.path == CANCEL {
                continue;
            }
            let answer = caller.call(&operation.method, operation.path, json!({})).await;
            match (operation.access, operation.path.starts_with("/api/v1")) {
                (Access::Bearer, true) => assert_eq!(answer.assert_status(403).body, json!({ "detail": "Account will be deleted" })),
                (Access::Bearer, false) => drop(answer.assert_error(403, "account_inactive")),
                _ => assert_ne!(answer.status, 403, "{}", operation.path),
            }
            if operation.access == Access::Bearer { refused += 1 } else { allowed += 1 }
        }
    }
    assert_eq!((refused, allowed), (31, 4));
    caller.post(CANCEL, Value::Null).await.assert_status(200);
    let by_sms = json!({ "phone": PHONE, "purpose": "login" });
    app.account().post("/v1/otp/send", by_sms).await.assert_status(200);
    app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
}

/// Whoever has forgotten the password could not stay else.
#[tokio::test]
async fn in_the_grace_the_password_can_be_set_anew_and_changes_nothing_of_the_deletion() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    app.schedule_deletion(&caller(&app, &login), ADA).await;
    app.clock.advance_days(10);
    app.forget_messages().await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": ADA })).await.assert_status(200);
    let reset = json!({ "email": ADA, "otp": app.code_for(ADA).await, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    let proof = json!({ "email": ADA, "password": "difference engine no. 2" });
    let caller = caller(&app, &app.account().post("/v1/auth/login", proof).await.assert_status(200));
    assert_eq!(caller.get(STATUS).await.assert_status(200).body["deletion_request"]["status"], "scheduled");
    caller.put("/v1/profile/update", json!({ "name": "Ada" })).await.assert_error(403, "account_inactive");
    caller.post(CANCEL, Value::Null).await.assert_status(200);
    caller.put("/v1/profile/update", json!({ "name": "Ada" })).await.assert_status(200);
}

#[tokio::test]
async fn a_cancelled_deletion_is_never_done() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = caller(&app, &login);
    app.schedule_deletion(&caller, ADA).await;
    app.clock.advance_days(29);
    let login = app.login(ADA).await;
    let caller = app.account().with_bearer(login.token());
    app.forget_messages().await;
    let kept = caller.post(CANCEL, Value::Null).await.assert_status(200).body;
    assert_eq!((&kept["status"], &kept["scheduled_deletion_at"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(app.messages_to(ADA).await[0].template, "deletion_cancelled");
    caller.post(CANCEL, Value::Null).await.assert_error(400, "not_pending");
    caller.get("/v1/users/me").await.assert_status(200);
    app.clock.advance_days(2);
    assert_eq!(app.purge().await, json!({ "purged": 0, "left": 0 }));
    app.login(ADA).await.assert_status(200);

    // Asked for again, its time begins anew.
    let login = app.login(ADA).await;
    let caller = app.account().with_bearer(login.token());
    app.schedule_deletion(&caller, ADA).await;
    app.clock.advance_days(29);
    assert_eq!(app.purge().await, json!({ "purged": 0, "left": 0 }));
    app.clock.advance_days(1);
    assert_eq!(app.purge().await, json!({ "purged": 1, "left": 0 }));
}

#[tokio::test]
async fn a_deletion_that_was_only_asked_for_can_be_dropped() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = caller(&app, &login);
    caller.post(CANCEL, Value::Null).await.assert_error(400, "not_pending");
    caller.post(CONFIRM, json!({ "otp": "123456" })).await.assert_error(400, "invalid_otp");
    caller.post(REQUEST, json!({})).await.assert_status(200);
    app.forget_messages().await;
    app.clock.advance_seconds(31);
    caller.post(REQUEST, json!({})).await.assert_status(200);
    let code = app.code_for(ADA).await;
    caller.post(CANCEL, Value::Null).await.assert_status(200);
    caller.post(CONFIRM, json!({ "otp": code })).await.assert_error(400, "not_pending");
    caller.get("/v1/users/me").await.assert_status(200);
    caller.post(REQUEST, json!({ "reason": "x".repeat(501) })).await.assert_error(400, "invalid_request");
    caller.post(REQUEST, json!([])).await.assert_error(400, "invalid_request");
}

/// Whichever request's answer gets lost and is asked for again.
#[tokio::test]
async fn dropping_a_deletion_is_told_as_done_though_an_answer_gets_lost() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = caller(&app, &login);
    for request in 0..3 {
        app.clock.advance_seconds(31);
        caller.post(REQUEST, json!({})).await.assert_status(200);
        app.disturb(Fault::AnswerLost, request, false);
        caller.post(CANCEL, Value::Null).await.assert_status(200);
        assert!(app.heal(), "there is a request number {request}");
    }
}

/// Codes are limited as all are, and serve nothing else.
#[tokio::test]
async fn the_code_of_a_deletion_is_one_persons_and_for_that_alone() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.register(ADA).await, app.register("ben@example.com").await);
    let (ada, ben) = (caller(&app, &ada), caller(&app, &ben));
    app.forget_messages().await;
    ada.post(REQUEST, json!({})).await.assert_status(200);
    ben.post(REQUEST, json!({})).await.assert_status(200);
    let (code, other) = (app.code_for(ADA).await, app.code_for("ben@example.com").await);
    if code != other {
        ben.post(CONFIRM, json!({ "otp": code })).await.assert_error(400, "invalid_otp");
    }
    let reset = json!({ "email": ADA, "otp": code, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_error(400, "invalid_otp");
    ada.post(REQUEST, json!({})).await.assert_error(429, "rate_limited");
    for _ in 0..4 {
        app.clock.advance_seconds(31);
        ada.post(REQUEST, json!({})).await.assert_status(200);
    }
    app.clock.advance_seconds(31);
    let full = ada.post(REQUEST, json!({})).await.assert_error(429, "rate_limited");
    assert!(full.header("retry-after").is_some());
    let code = app.code_for(ADA).await;
    app.clock.advance_minutes(11);
    ada.post(CONFIRM, json!({ "otp": code })).await.assert_error(400, "otp_expired");
}

/// A session is not enough: as long as an address joined lately, the codes go to one that was there before it, and so does the news.
#[tokio::test]
async fn the_codes_go_to_no_address_that_joined_lately() {
    let app = TestApp::start().await;
    let by_mail = app.register(ADA).await;
    let by_phone = app.sign_up_by_phone(PHONE).await;
    for (login, old) in [(by_mail, ADA), (by_phone, PHONE)] {
        let thief = caller(&app, &login);
        let new = format!("thief-of-{}@example.com", old.replace(['+', '@'], ""));
        app.forget_messages().await;
        let id = thief.post("/v1/user/emails", json!({ "email": new })).await.assert_status(201).body["id"].clone();
        let code = json!({ "token": app.code_for(&new).await });
        thief.post(&format!("/v1/user/emails/{id}/verify"), code).await.assert_status(200);
        thief.put(&format!("/v1/user/emails/{id}/make-default"), Value::Null).await.assert_status(200);
        for path in [REQUEST, "/v1/user/request-data-export"] {
            app.forget_messages().await;
            app.clock.advance_seconds(61);
            thief.post(path, json!({})).await.assert_status(200);
            assert!(app.messages_to(&new).await.is_empty(), "{path}");
            app.code_for(old).await;
        }
        app.clock.advance_seconds(61);
        app.forget_messages().await;
        thief.post(REQUEST, json!({})).await.assert_status(200);
        let otp = json!({ "otp": app.code_for(old).await });
        app.forget_messages().await;
        thief.post(CONFIRM, otp).await.assert_status(200);
        assert_eq!(app.messages_to(old).await[0].template, "deletion_scheduled");
    }
}

/// What was asked for and not confirmed in time is as if it had not been asked for; and why somebody wanted to leave is nobody's business
/// once they stay.
#[tokio::test]
async fn what_was_not_confirmed_lapses() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = caller(&app, &login);
    let asked = async || caller.get(STATUS).await.assert_status(200).body["deletion_request"]["status"].clone();
    caller.post(REQUEST, json!({ "reason": "I moved away." })).await.assert_status(200);
    assert_eq!(asked().await, "pending_confirmation");
    app.clock.advance_minutes(10);
    assert_eq!(asked().await, Value::Null);
    caller.post(CANCEL, Value::Null).await.assert_error(400, "not_pending");
    caller.post(REQUEST, json!({ "reason": "I moved away." })).await.assert_status(200);
    caller.post(CANCEL, Value::Null).await.assert_status(200);
    assert!(!app.dump().await.contains("moved away"));
}

/// T88: at the edge of the grace exactly one of cancelling and purging wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancel_and_purge_at_one_moment_are_not_both_done() {
    let (mut kept, mut gone) = (0, 0);
    for round in 0..16 {
        let app = TestApp::start().await;
        let login = app.register(ADA).await;
        app.schedule_deletion(&caller(&app, &login), ADA).await;
        app.clock.advance_days(30);
        let login = app.login(ADA).await.assert_status(200);
        let caller = caller(&app, &login);
        let later = app.another_instance();
        let purging = async {
            for _ in 0..round % 4 {
                tokio::task::yield_now().await;
            }
            later.purge().await
        };
        let (cancelled, purged) = tokio::join!(caller.post(CANCEL, Value::Null), purging);
        if cancelled.status == 200 {
            assert_eq!(purged["purged"], 0);
            app.login(ADA).await.assert_status(200);
            kept += 1;
        } else {
            assert!([400, 401].contains(&cancelled.status), "{cancelled:?}");
            app.purge().await;
            app.login(ADA).await.assert_error(401, "invalid_credentials");
            gone += 1;
        }
        app.assert_whole("after cancel and purge").await;
    }
    assert_eq!(kept + gone, 16);
}

/// Guesses at codes that are not there are told of the address: that goes with its owner.
#[tokio::test]
async fn guesses_at_an_address_are_forgotten_with_it() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    let caller = caller(&app, &login);
    caller.post("/v1/user/emails", json!({ "email": "ada@example.org" })).await.assert_status(201);
    app.clock.advance_minutes(11);
    for guess in 0..6 {
        let otp = format!("{guess:06}");
        let stranger = app.account().from("198.51.100.7");
        let pending = json!({ "email": "ada@example.org", "otp": otp });
        stranger.post("/v1/otp/verify/email", pending).await;
        let reset = json!({ "email": ADA, "otp": otp, "new_password": "difference engine no. 2" });
        stranger.post("/v1/auth/reset-password-otp", reset).await;
        stranger.post("/v1/otp/verify", json!({ "phone": PHONE, "code": otp, "purpose": "login" })).await;
    }
    assert!(app.items_starting("CODE#", "AUDIT#").await >= 2);
    let login = app.login(ADA).await.assert_status(200);
    let delete = json!({ "password": PASSWORD });
    app.account().with_bearer(login.token()).post(AT_ONCE, delete).await.assert_status(200);
    app.purge().await;
    app.deliver().await;
    assert_eq!(app.items_starting("CODE#", "AUDIT#").await + app.items_starting("GATE#", "AUDIT#").await, 0);
}

/// A password that an administrator sets would leave somebody who waits for their deletion no way to keep the account.
#[tokio::test]
async fn nobody_sets_the_password_of_an_account_that_waits_for_its_deletion() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    app.schedule_deletion(&caller(&app, &login), ADA).await;
    let admin = app.register("admin@example.com").await;
    app.give_role("admin@example.com", "admin").await;
    let set = json!({ "phone": PHONE, "new_password": "temporary engine no. 3" });
    app.account().with_bearer(admin.token()).post("/api/v1/auth/reset-password", set).await.assert_status(404);
    caller(&app, &login).post(CANCEL, Value::Null).await.assert_status(200);
}

/// A code of a request that was cancelled deletes nothing.
#[tokio::test]
async fn a_code_is_good_only_as_long_as_the_deletion_waits_for_it() {
    let app = TestApp::start().await;
    let caller = without_password(&app).await;
    app.forget_messages().await;
    caller.post(REQUEST, json!({})).await.assert_status(200);
    let otp = json!({ "otp": app.code_for(PHONE).await });
    caller.post(CANCEL, Value::Null).await.assert_status(200);
    caller.post(AT_ONCE, otp).await.assert_error(400, "invalid_otp");
    caller.get("/v1/users/me").await.assert_status(200);
}

/// However much somebody leaves behind, the others have their turn.
#[tokio::test]
async fn accounts_with_much_take_turns() {
    let app = TestApp::start().await;
    for email in [ADA, "ben@example.com", "cyd@example.com"] {
        let login = app.register(email).await;
        if email == ADA {
            app.add_history(ADA, &vec!["x".to_owned(); 2300]).await;
        }
        caller(&app, &login).post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_status(200);
    }
    assert_eq!(app.purge().await, json!({ "purged": 3, "left": 0 }));
    app.assert_whole("after all had their turns").await;
}

#[tokio::test]
async fn an_account_is_deleted_at_once_with_its_password() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    let id = login.body["user"]["id"].as_str().unwrap().to_owned();
    let caller = caller(&app, &login);
    caller.post(AT_ONCE, json!({})).await.assert_error(400, "invalid_request");
    caller.post(AT_ONCE, json!({ "otp": "123456" })).await.assert_error(400, "invalid_request");
    caller.post(AT_ONCE, json!({ "password": "a wrong password" })).await.assert_error(400, "wrong_password");
    app.forget_messages().await;
    caller.post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_status(200);
    assert_eq!(app.messages_to(ADA).await[0].template, "account_deleted");

    // Ended and hidden, before anything is purged.
    caller.get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.login(ADA).await.assert_error(401, "invalid_credentials");
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_error(404, "not_found");
    caller.post(CANCEL, Value::Null).await.assert_error(401, "unauthorized");
    assert!(!app.dump().await.contains("Lovelace"));
    assert_eq!(app.purge().await, json!({ "purged": 1, "left": 0 }));
    assert_gone(&app, &id, &[ADA, PHONE]).await;
    app.clock.advance_minutes(61);
    app.register(ADA).await;
}

/// T10: guesses at the password count where all do.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_passwords_before_a_deletion_are_counted_with_all_others() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let caller = caller(&app, &login);
    let wrong = json!({ "password": "a wrong password" });
    let answers = join_all((0..30).map(|_| caller.post(AT_ONCE, wrong.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 10);
    caller.post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_error(429, "too_many_attempts");
    app.login(ADA).await.assert_error(429, "too_many_attempts");
}

/// Somebody who came by a partner, and signs in with their number alone.
async fn without_password(app: &TestApp) -> Client {
    let partner = app.partner("ludo", "Ludo").await;
    app.partner_user(&partner, "ada").link(app, PHONE).await.assert_status(200);
    app.clock.advance_minutes(61);
    app.forget_messages().await;
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let verify = json!({ "phone": PHONE, "code": code, "purpose": "login" });
    let login = app.account().post("/v1/otp/verify", verify).await.assert_status(200);
    caller(app, &login)
}

#[tokio::test]
async fn an_account_without_a_password_is_deleted_at_once_with_a_code() {
    let app = TestApp::start().await;
    let caller = without_password(&app).await;
    let id = caller.get("/v1/users/me").await.body["id"].as_str().unwrap().to_owned();
    caller.post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_error(400, "invalid_request");
    caller.post(AT_ONCE, json!({ "otp": "123456" })).await.assert_error(400, "invalid_otp");
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    caller.post(REQUEST, json!({})).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    caller.post(AT_ONCE, json!({ "otp": code })).await.assert_status(200);
    assert_eq!(app.purge().await["purged"], 1);
    assert_gone(&app, &id, &[PHONE]).await;
}

/// T89: in the grace the address is taken, as any that is.
#[tokio::test]
async fn in_the_grace_the_address_is_taken_like_any() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    app.schedule_deletion(&caller(&app, &login), ADA).await;
    app.clock.advance_minutes(61);
    app.forget_messages().await;
    let signup = |email: &str| json!({ "name": "Eve", "email": email, "password": "another long password" });
    let taken = app.account().post("/v1/auth/signup", signup(ADA)).await.assert_status(201);
    let free = app.account().post("/v1/auth/signup", signup("eve@example.com")).await.assert_status(201);
    assert_eq!(taken.comparable(ADA), free.comparable("eve@example.com"));
    assert_eq!(app.messages_to(ADA).await[0].template, "already_registered");
}

/// Everything that an account can have goes, whatever points at it from outside.
#[tokio::test]
async fn nothing_that_points_at_a_person_is_left() {
    let app = TestApp::start().await;
    let login = app.register_with_phone(ADA, PHONE).await;
    let id = login.body["user"]["id"].as_str().unwrap().to_owned();
    let caller = caller(&app, &login);
    let partner = app.partner("ludo", "Ludo").await;
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
    for product in 1..=30 {
        caller.post("/v1/favourites", json!({ "product_id": product })).await.assert_status(200);
    }
    caller.post("/v1/account/fcm-tokens", json!({ "fcm_token": "adas-token", "platform": "web" })).await.assert_status(200);
    caller.post("/v1/user/emails", json!({ "email": "pending@example.org" })).await.assert_status(201);
    app.register("ben@example.com").await;
    caller.post("/v1/user/emails", json!({ "email": "ben@example.com" })).await.assert_status(201);
    app.clock.advance_minutes(2);
    // Codes of every kind that name the person, or the address, are on their way.
    app.account().post("/v1/auth/forgot-password", json!({ "email": ADA })).await.assert_status(200);
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    app.account().post("/v1/auth/signup", json!({ "name": "Eve", "email": ADA, "password": "another long password" })).await;
    app.partner_user(&partner, "ada").register(PHONE).await.assert_status(200);
    caller.post("/v1/auth/login", json!({ "email": ADA, "password": "a wrong password" })).await.assert_status(401);
    caller.post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_status(200);
    app.deliver().await;
    assert_eq!(app.purge().await, json!({ "purged": 1, "left": 0 }));
    assert_gone(&app, &id, &[ADA, PHONE, "pending@example.org", "adas-token"]).await;
    app.login("ben@example.com").await.assert_status(200);
    assert_eq!(app.items_starting("CLAIM#partner#", "CLAIM").await, 0);
}

/// T89b: wherever a purge breaks off, the next one goes on and ends with nothing.
#[tokio::test]
async fn a_purge_that_breaks_off_is_taken_up_again() {
    for fault in [Fault::Cut, Fault::AnswerLost] {
        for number in 0.. {
            let app = TestApp::start().await;
            let login = app.register_with_phone(ADA, PHONE).await;
            let id = login.body["user"]["id"].as_str().unwrap().to_owned();
            let caller = caller(&app, &login);
            caller.post("/v1/favourites", json!({ "product_id": 1 })).await.assert_status(200);
            caller.post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_status(200);
            app.deliver().await;
            app.disturb(fault, number, true);
            let _ = purge::purge(&app.app, Pace { deadline: Timestamp::MAX, per_second: None }).await;
            let struck = app.heal();
            app.purge().await;
            assert_gone(&app, &id, &[ADA, PHONE]).await;
            assert_eq!(app.items_starting("TOMBSTONE#", "TOMBSTONE").await, 1);
            if !struck {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn purges_at_one_moment_do_the_work_of_one() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let login = app.register(&format!("ada{number}@example.com")).await;
        ids.push(login.body["user"]["id"].as_str().unwrap().to_owned());
        caller(&app, &login).post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_status(200);
    }
    let instances: Vec<TestApp> = (0..4).map(|_| app.another_instance()).collect();
    join_all(instances.iter().map(TestApp::purge)).await;
    app.purge().await;
    for id in ids {
        assert_gone(&app, &id, &["ada0@example.com", "ada5@example.com"]).await;
    }
    assert_eq!(app.items_starting("TOMBSTONE#", "TOMBSTONE").await, 6);
}

#[tokio::test]
async fn a_purge_begins_nothing_when_its_time_is_over() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    caller(&app, &login).post(AT_ONCE, json!({ "password": PASSWORD })).await.assert_status(200);
    let over = Pace { deadline: app.app.clock.now(), per_second: None };
    assert_eq!(purge::purge(&app.app, over).await.unwrap().purged, 0);
    assert_eq!(app.items_starting("USER#", "USER").await, 1);
    assert_eq!(app.purge().await["purged"], 1);
}
