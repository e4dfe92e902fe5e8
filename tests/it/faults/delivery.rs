//! The delivery of messages.

use latchkey_tests::{Channel, Failure, Fault, PASSWORD, TestApp};
use serde_json::json;

use super::{MOST_REQUESTS, NEW};

/// Delivery goes wrong at each of its requests: what was not delivered is so later, and nothing twice but after a crash between
/// sending and erasing.
#[tokio::test]
async fn a_delivery_survives() {
    let app = TestApp::start().await;
    let mut case = 0;
    for fault in Fault::ALL {
        for first in 0..MOST_REQUESTS {
            case += 1;
            let email = format!("ada{case}@example.com");
            app.sign_up(&email).await;
            app.disturb(fault, first, true);
            app.deliver().await;
            let reached = app.heal();
            app.clock.advance_seconds(61);
            app.drain().await;
            let sent = app.messages_to(&email).await.len();
            assert!((1..=2).contains(&sent), "{fault:?} at request {first}: {sent}");
            if !reached {
                assert_eq!(sent, 1);
                break;
            }
        }
    }
    assert!(!app.dump().await.contains("due_pk"));
}

/// A notice is divided among devices and pushed to each, and goes wrong at each of its requests: the device is told, and not twice
/// but after a crash between sending and erasing. One that is gone is removed whole or not at all.
#[tokio::test]
async fn a_push_survives() {
    const DEVICES: [&str; 2] = ["here:APA91b", "gone:APA91b"];
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let mut caller = app.account().with_bearer(login.token());
    app.outbox.unregister(DEVICES[1]);
    app.forget_messages().await;
    let mut case = 0;
    for fault in Fault::ALL {
        for first in 0.. {
            case += 1;
            let what = format!("{fault:?} at request {first}");
            for token in DEVICES {
                let device = json!({ "fcm_token": token, "platform": "ios" });
                caller.post("/v1/account/fcm-tokens", device).await.assert_status(200);
            }
            let from_elsewhere = json!({ "email": "ada@example.com", "password": PASSWORD });
            let elsewhere = app.account().from(&format!("198.51.{}.{}", case / 200, case % 200));
            let login = elsewhere.post("/v1/auth/login", from_elsewhere).await.assert_status(200);
            caller = app.account().with_bearer(login.token());
            app.disturb(fault, first, true);
            app.deliver().await;
            let reached = app.heal();
            for _ in 0..2 {
                app.clock.advance_seconds(61);
                app.drain().await;
                app.deliver().await;
            }
            let sent = app.messages_to(DEVICES[0]).await.len();
            assert!((1..=2).contains(&sent) && (reached || sent == 1), "{what}: {sent}");
            assert_eq!(app.number_of("ada@example.com", "push_devices").await, 1, "{what}");
            assert_eq!(app.items_starting("USER#", "PUSH#").await, 1, "{what}");
            assert_eq!(app.items_starting("CLAIM#push#", "CLAIM").await, 1, "{what}");
            app.forget_messages().await;
            if !reached {
                break;
            }
        }
    }
    assert!(!app.dump().await.contains("due_pk"));
}

/// Mail and SMS fail for ten minutes of the clock, now one, now the other, in every way: what is still valid arrives once.
#[tokio::test]
async fn messages_outlive_ten_minutes_without_mail_and_sms() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    let login = app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    app.outbox.set_failure(Channel::Mail, Some(Failure::ServerError));
    app.outbox.set_failure(Channel::Sms, Some(Failure::Throttled));
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    app.account().with_bearer(login.token()).post("/v1/auth/change-password", change).await.assert_status(200);
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    app.sign_up("ben@example.com").await;
    for minute in 1..=10 {
        let (mail, sms) =
            if minute % 2 == 0 { (Failure::ServerError, Failure::Throttled) } else { (Failure::Throttled, Failure::ServerError) };
        app.outbox.set_failure(Channel::Mail, Some(mail));
        app.outbox.set_failure(Channel::Sms, Some(sms));
        app.deliver().await;
        app.clock.advance_minutes(1);
        app.drain().await;
        if minute == 5 {
            app.sign_up("cyd@example.com").await;
        }
    }
    assert!(app.outbox.messages(None).iter().all(|message| message.template != "password_changed"));
    app.outbox.set_failure(Channel::Mail, None);
    app.outbox.set_failure(Channel::Sms, None);
    for _ in 0..20 {
        app.clock.advance_minutes(1);
        app.deliver().await;
        app.drain().await;
    }
    let templates = async |to: &str| app.messages_to(to).await.into_iter().map(|message| message.template).collect::<Vec<_>>();
    assert_eq!(templates("ada@example.com").await, ["password_changed"], "a notice is worth delivering for two days");
    assert_eq!(templates("cyd@example.com").await, ["signup_code"], "a code that is still good arrives");
    assert!(templates("ben@example.com").await.is_empty() && templates(PHONE).await.is_empty(), "codes that are over do not");
    assert!(!app.dump().await.contains("due_pk"), "nothing waits any more");
}

/// Wrong codes change the item that carries the message, and cause no second one.
#[tokio::test]
async fn five_wrong_codes_before_the_delivery_cause_one_message() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    for _ in 0..5 {
        app.verify("ada@example.com", "000000").await.assert_status(400);
    }
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1);
    app.clock.advance_seconds(61);
    app.drain().await;
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1);
}
