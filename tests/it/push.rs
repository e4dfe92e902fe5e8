//! Push notices: to each device of an account, beside the mail, once.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use latchkey::domain::push::{PushTag, PushToken};
use latchkey::domain::user::UserId;
use latchkey_tests::{Channel, Client, Failure, Message, PASSWORD, TestApp};
use serde_json::json;

const DEVICES: &str = "/v1/account/fcm-tokens";
const PHONE: &str = "cE8x0phone:APA91bGk2-phone_R7";
const TABLET: &str = "cE8x0tablet:APA91bGk2-tablet_R7";
const WATCH: &str = "cE8x0watch:APA91bGk2-watch_R7";
const EMAIL: &str = "ada@example.com";

async fn enlist(caller: &Client, tokens: &[&str]) {
    for token in tokens {
        let device = json!({ "fcm_token": token, "platform": "android", "device_name": "Ada's own" });
        caller.post(DEVICES, device).await.assert_status(200);
    }
}

/// Somebody with these devices, whose messages so far are forgotten.
async fn somebody(app: &TestApp, email: &str, tokens: &[&str]) -> Client {
    let login = app.register(email).await;
    let caller = app.account().with_bearer(login.token());
    enlist(&caller, tokens).await;
    app.forget_messages().await;
    caller
}

/// A sign-in from where nobody has signed in yet.
async fn new_place(app: &TestApp, email: &str, place: u8) {
    let login = json!({ "email": email, "password": PASSWORD });
    app.account().from(&format!("198.51.100.{place}")).post("/v1/auth/login", login).await.assert_status(200);
}

fn pushed(app: &TestApp) -> Vec<Message> {
    app.outbox.messages(None).into_iter().filter(|message| message.channel == Channel::Push).collect()
}

/// Which devices got how many.
fn reached(app: &TestApp) -> [usize; 3] {
    let pushed = pushed(app);
    [PHONE, TABLET, WATCH].map(|token| pushed.iter().filter(|message| message.to == token).count())
}

async fn later(app: &TestApp, seconds: i64) {
    app.clock.advance_seconds(seconds);
    app.drain().await;
    app.deliver().await;
}

/// Something that takes calls and hangs up on each, and how many there were.
fn hangs_up() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (endpoint, calls)
}

/// How the table knows a device of an account.
async fn key_of(app: &TestApp, email: &str, token: &str) -> (UserId, PushTag) {
    let keys = app.app.keyring.keys().await.unwrap();
    (app.id_of(email).await, keys.directory.push(&PushToken::parse(token).unwrap()))
}

#[tokio::test]
async fn a_new_device_and_a_changed_password_are_pushed_in_the_persons_language() {
    let app = TestApp::start().await;
    let caller = somebody(&app, EMAIL, &[PHONE, TABLET]).await;
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    assert_eq!(reached(&app), [1, 1, 0]);
    let told = pushed(&app).remove(0);
    assert_eq!(told.subject.as_deref(), Some("New sign-in to your account"));
    assert_eq!(told.text, "New sign-in to your account. If it was not you, reset your password now.");
    assert_eq!(told.template, "new_device");
    assert_eq!(told.attributes["android.ttl"], "172800s");
    assert_ne!(told.attributes["android.tag"], pushed(&app).remove(1).attributes["android.tag"]);

    caller.put("/v1/profile/update", json!({ "locale": "de" })).await.assert_status(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    caller.post("/v1/auth/change-password", change).await.assert_status(200);
    app.deliver().await;
    assert_eq!(reached(&app), [2, 2, 0]);
    let told = pushed(&app).remove(0);
    assert_eq!((told.subject.as_deref(), told.template.as_str()), (Some("Ihr Passwort wurde geändert"), "password_changed"));
    let mails = app.messages_to(EMAIL).await;
    assert_eq!(mails.iter().map(|mail| mail.template.as_str()).collect::<Vec<_>>(), ["password_changed", "new_device"]);
    assert!(!app.dump().await.contains("due_pk"), "nothing waits any more");
}

#[tokio::test]
async fn a_scheduled_deletion_is_pushed_and_its_end_is_not() {
    let app = TestApp::start().await;
    let caller = somebody(&app, EMAIL, &[PHONE]).await;
    app.schedule_deletion(&caller, EMAIL).await;
    app.deliver().await;
    assert_eq!(pushed(&app).remove(0).template, "deletion_scheduled");
    assert_eq!(reached(&app), [1, 0, 0]);
    caller.post("/v1/user/cancel-account-deletion", json!({})).await.assert_status(200);
    app.deliver().await;
    assert_eq!(reached(&app), [1, 0, 0]);
}

#[tokio::test]
async fn who_has_no_device_is_told_by_mail_only() {
    let app = TestApp::start().await;
    let caller = somebody(&app, EMAIL, &[PHONE]).await;
    caller.delete(&format!("{DEVICES}/{}", PHONE.replace(':', "%3A"))).await.assert_status(200);
    new_place(&app, EMAIL, 1).await;
    assert_eq!(app.items_starting("NOTICE#", "NOTICE").await, 1, "the mail");
    assert_eq!(app.messages_to(EMAIL).await.len(), 1);
    assert!(pushed(&app).is_empty());
    assert_eq!(app.outbox.access_given(), 0);
}

#[tokio::test]
async fn without_a_service_account_there_is_mail_only() {
    let app = TestApp::with(&[("LATCHKEY_FCM_SECRET", "")]).await;
    somebody(&app, EMAIL, &[PHONE]).await;
    new_place(&app, EMAIL, 1).await;
    assert_eq!(app.messages_to(EMAIL).await.len(), 1);
    assert!(pushed(&app).is_empty());
    assert_eq!(app.items_starting("NOTICE#", "NOTICE").await, 0);
    assert_eq!(app.number_of(EMAIL, "push_devices").await, 1, "it is there when one is configured");
}

#[tokio::test]
async fn a_token_that_fcm_knows_no_longer_is_removed_and_the_others_get_theirs() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE, TABLET, WATCH]).await;
    app.outbox.unregister(TABLET);
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    assert_eq!(reached(&app), [1, 0, 1]);
    assert_eq!(app.items_starting("USER#", "PUSH#").await, 2);
    assert_eq!(app.items_starting("CLAIM#push#", "CLAIM").await, 2);
    assert_eq!(app.number_of(EMAIL, "push_devices").await, 2);
    assert_eq!(app.items_starting("NOTICE#", "NOTICE").await, 0);
    assert!(app.logs().contains("push_token_removed"));
    later(&app, 61).await;
    assert_eq!(reached(&app), [1, 0, 1]);
}

/// The app registers its token again between the answer that it is gone and its removal.
#[tokio::test]
async fn a_token_that_was_registered_again_meanwhile_is_kept() {
    let app = TestApp::start().await;
    let caller = somebody(&app, EMAIL, &[PHONE]).await;
    let (user, tag) = key_of(&app, EMAIL, PHONE).await;
    let found = app.app.store.push_device(user, tag).await.unwrap().unwrap();
    app.clock.advance_seconds(1);
    enlist(&caller, &[PHONE]).await;
    assert!(!app.app.store.forget_push_device(user, tag, &found).await.unwrap());
    assert_eq!(app.number_of(EMAIL, "push_devices").await, 1);
    let found = app.app.store.push_device(user, tag).await.unwrap().unwrap();
    assert!(app.app.store.forget_push_device(user, tag, &found).await.unwrap());
    assert!(!app.app.store.forget_push_device(user, tag, &found).await.unwrap(), "and once only");
    assert_eq!(app.number_of(EMAIL, "push_devices").await, 0);
}

#[tokio::test]
async fn what_fcm_does_not_take_now_is_tried_again_and_no_device_is_told_twice() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE, TABLET, WATCH]).await;
    for (round, failure) in [(1, Failure::Throttled), (2, Failure::ServerError)] {
        app.outbox.fail_next(Channel::Push, 1, failure);
        new_place(&app, EMAIL, round).await;
        app.deliver().await;
        assert_eq!(reached(&app).iter().sum::<usize>(), 3 * usize::from(round) - 1);
        later(&app, 30).await;
        assert_eq!(reached(&app).iter().sum::<usize>(), 3 * usize::from(round) - 1, "it is not due yet");
        later(&app, 31).await;
        assert_eq!(reached(&app), [usize::from(round); 3]);
    }
    later(&app, 3600).await;
    assert_eq!(reached(&app), [2; 3]);
}

#[tokio::test]
async fn what_fcm_refuses_for_good_is_final_and_the_device_stays() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE]).await;
    app.outbox.fail_next(Channel::Push, 1, Failure::Rejected);
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    later(&app, 61).await;
    assert_eq!(reached(&app), [0; 3]);
    assert_eq!(app.number_of(EMAIL, "push_devices").await, 1);
    assert!(app.logs().contains("400 INVALID_ARGUMENT"));
}

#[tokio::test]
async fn one_access_token_serves_until_its_end() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE, TABLET]).await;
    for (place, minutes, given) in [(1, 0, 1), (2, 54, 1), (3, 2, 2), (4, 1, 2)] {
        app.clock.advance_minutes(minutes);
        new_place(&app, EMAIL, place).await;
        app.deliver().await;
        assert_eq!(reached(&app), [usize::from(place), usize::from(place), 0]);
        assert_eq!(app.outbox.access_given(), given, "after {minutes} minutes more");
    }
}

#[tokio::test]
async fn an_access_token_that_is_refused_is_renewed_once() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE]).await;
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    app.outbox.revoke_access();
    new_place(&app, EMAIL, 2).await;
    app.deliver().await;
    assert_eq!((reached(&app), app.outbox.access_given()), ([2, 0, 0], 2));
    // Every access token is refused: each try asks for one more, and no more.
    app.outbox.refuse_access(true);
    new_place(&app, EMAIL, 3).await;
    app.deliver().await;
    assert_eq!((reached(&app), app.outbox.access_given()), ([2, 0, 0], 3));
    app.outbox.refuse_access(false);
    later(&app, 61).await;
    assert_eq!(reached(&app), [3, 0, 0]);
}

/// Its devices are gone with the account, before or after the notice was divided among them.
#[tokio::test]
async fn a_notice_of_an_account_that_is_gone_reaches_nobody_and_is_erased() {
    let app = TestApp::start().await;
    for (email, divided) in [("ada@example.com", false), ("ben@example.com", true)] {
        let caller = somebody(&app, email, &[PHONE, TABLET]).await;
        if divided {
            app.outbox.set_failure(Channel::Push, Some(Failure::Throttled));
        }
        new_place(&app, email, 1).await;
        if divided {
            app.deliver().await;
            assert_eq!(app.items_starting("NOTICE#", "NOTICE").await, 2);
            app.outbox.set_failure(Channel::Push, None);
        }
        drop(caller);
        app.remove_account(email).await;
        app.deliver().await;
        later(&app, 61).await;
        assert_eq!(app.items_starting("NOTICE#", "NOTICE").await, 0);
        assert!(pushed(&app).is_empty(), "{email}");
    }
}

/// Two people share a tablet: the notices of one are not shown to the other.
#[tokio::test]
async fn a_device_that_another_account_has_by_now_is_not_told() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE, TABLET]).await;
    app.outbox.set_failure(Channel::Push, Some(Failure::ServerError));
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    somebody(&app, "ben@example.com", &[TABLET]).await;
    app.outbox.set_failure(Channel::Push, None);
    later(&app, 61).await;
    assert_eq!(reached(&app), [1, 0, 0]);
    assert_eq!(app.number_of("ben@example.com", "push_devices").await, 1);
}

/// While Google does not answer it is asked once, so that nothing waits for it.
#[tokio::test]
async fn a_google_that_does_not_answer_holds_up_nothing() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE, TABLET, WATCH]).await;
    let (endpoint, calls) = hangs_up();
    let cut_off = app.another_instance_with(&[("LATCHKEY_FCM_ENDPOINT", &endpoint)]);
    new_place(&app, EMAIL, 1).await;
    cut_off.deliver().await;
    assert_eq!(app.messages_to(EMAIL).await.len(), 1);
    assert_eq!((reached(&app), calls.load(Ordering::SeqCst)), ([0; 3], 1));
    app.clock.advance_seconds(61);
    cut_off.drain().await;
    assert_eq!((reached(&app), calls.load(Ordering::SeqCst)), ([0; 3], 2));
    later(&app, 121).await;
    assert_eq!(reached(&app), [1; 3]);
}

/// The operator mends it while the notice waits.
#[tokio::test]
async fn a_secret_that_cannot_be_read_postpones_notices_and_loses_none() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE]).await;
    let elsewhere = app.variables()["LATCHKEY_SES_ENDPOINT"].clone();
    let unable = app.another_instance_with(&[("LATCHKEY_SECRETSMANAGER_ENDPOINT", &elsewhere)]);
    new_place(&app, EMAIL, 1).await;
    unable.deliver().await;
    assert_eq!(reached(&app), [0; 3]);
    assert!(app.logs().contains("the secret of the service account cannot be read"));
    later(&app, 61).await;
    assert_eq!(reached(&app), [1, 0, 0]);
}

/// T95: whatever becomes of a notice, no line has the token of a device.
#[tokio::test]
async fn no_line_has_a_registration_token() {
    let app = TestApp::start().await;
    somebody(&app, EMAIL, &[PHONE, TABLET, WATCH]).await;
    app.outbox.unregister(TABLET);
    app.outbox.fail_next(Channel::Push, 1, Failure::Throttled);
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    later(&app, 61).await;
    let logs = app.logs();
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let events: Vec<String> =
        lines.filter(|line| line["channel"] == "push").map(|line| line["event"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(["delivered", "delivery_postponed", "delivery_moot"].iter().all(|event| events.iter().any(|told| told == event)), "{events:?}");
    for token in [PHONE, TABLET, WATCH, "APA91b", "ya29."] {
        assert!(!logs.contains(token), "{token}");
    }
}

/// Whoever had a session and registered a device in it learns nothing more once that is ended; what ended it, it learns.
#[tokio::test]
async fn a_device_is_told_as_long_as_its_session_lasts() {
    let app = TestApp::start().await;
    let thief = somebody(&app, EMAIL, &[PHONE]).await;
    let login = app.login(EMAIL).await.assert_status(200);
    let owner = app.account().with_bearer(login.token());
    enlist(&owner, &[TABLET]).await;
    new_place(&app, EMAIL, 1).await;
    app.deliver().await;
    assert_eq!(reached(&app), [1, 1, 0]);

    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    owner.post("/v1/auth/change-password", change).await.assert_status(200);
    app.deliver().await;
    assert_eq!(reached(&app), [2, 2, 0], "what ended the session is told there once more");
    thief.get("/v1/users/me").await.assert_error(401, "unauthorized");
    let again = json!({ "email": EMAIL, "password": "difference engine no. 2" });
    app.account().from("198.51.100.2").post("/v1/auth/login", again.clone()).await.assert_status(200);
    app.deliver().await;
    assert_eq!(reached(&app), [2, 3, 0]);

    let signed_out = app.account().from("198.51.100.2").post("/v1/auth/login", again.clone()).await.assert_status(200);
    enlist(&app.account().with_bearer(signed_out.token()), &[WATCH]).await;
    app.account().with_bearer(signed_out.token()).post("/v1/auth/logout", json!(null)).await.assert_status(200);
    app.account().from("198.51.100.3").post("/v1/auth/login", again).await.assert_status(200);
    app.deliver().await;
    assert_eq!(reached(&app), [2, 4, 0], "nor is a device that has signed out");
}
