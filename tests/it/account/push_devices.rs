//! Devices that take push notices.

use futures_util::future::join_all;
use latchkey_tests::{Client, TestApp};
use serde_json::json;

const PATH: &str = "/v1/account/fcm-tokens";

async fn somebody(app: &TestApp, email: &str) -> Client {
    let login = app.register(email).await;
    app.account().with_bearer(login.token())
}

async fn register(caller: &Client, token: &str) {
    let device = json!({ "fcm_token": token, "platform": "android", "device_name": "Ada's phone" });
    let answer = caller.post(PATH, device).await.assert_status(200);
    assert_eq!(answer.body, json!({ "success": true }));
}

#[tokio::test]
async fn a_device_is_registered_once_and_forgotten() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    for _ in 0..2 {
        register(&caller, "dQw4:APA91b_x-y").await;
    }
    assert_eq!(app.items_starting("USER#", "PUSH#").await, 1);
    assert_eq!(app.number_of("ada@example.com", "push_devices").await, 1);
    for _ in 0..2 {
        let answer = caller.delete(&format!("{PATH}/dQw4%3AAPA91b_x-y")).await.assert_status(200);
        assert_eq!(answer.body, json!({ "success": true }));
    }
    assert_eq!(app.items_starting("USER#", "PUSH#").await, 0);
    assert_eq!(app.items_starting("CLAIM#push#", "CLAIM").await, 0);
    assert_eq!(app.number_of("ada@example.com", "push_devices").await, 0);
}

#[tokio::test]
async fn a_token_belongs_to_whoever_registered_it_last() {
    let app = TestApp::start().await;
    let (ada, ben) = (somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await);
    register(&ada, "shared-tablet").await;
    register(&ben, "shared-tablet").await;
    assert_eq!(app.items_starting("USER#", "PUSH#").await, 1);
    assert_eq!((app.number_of("ada@example.com", "push_devices").await, app.number_of("ben@example.com", "push_devices").await), (0, 1));
    // What is another's is as good as absent, and stays theirs.
    ada.delete(&format!("{PATH}/shared-tablet")).await.assert_status(200);
    assert_eq!(app.number_of("ben@example.com", "push_devices").await, 1);
}

/// T74.
#[tokio::test]
async fn of_more_than_twenty_devices_the_one_registered_longest_ago_is_forgotten() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    for number in 0..20 {
        app.clock.advance_seconds(1);
        register(&caller, &format!("token-{number}")).await;
    }
    app.clock.advance_seconds(1);
    register(&caller, "token-0").await;
    app.clock.advance_seconds(1);
    register(&caller, "token-20").await;
    assert_eq!(app.items_starting("USER#", "PUSH#").await, 20);
    assert_eq!(app.items_starting("CLAIM#push#", "CLAIM").await, 20);
    assert_eq!(app.number_of("ada@example.com", "push_devices").await, 20);
    let kept = app.dump().await;
    assert!(kept.contains("\"token-0\"") && kept.contains("\"token-20\"") && !kept.contains("\"token-1\""));
}

#[tokio::test]
async fn what_is_no_device_is_told_field_by_field() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let long = "a".repeat(5000);
    for (body, fields) in [
        (json!({}), vec!["fcm_token", "platform"]),
        (json!({ "fcm_token": long, "platform": "android" }), vec!["fcm_token"]),
        (json!({ "fcm_token": "a b", "platform": "windows" }), vec!["fcm_token", "platform"]),
        // What could not be forgotten again, by its path, is not registered.
        (json!({ "fcm_token": "a/b", "platform": "ios" }), vec!["fcm_token"]),
        (json!({ "fcm_token": "a%2Fb", "platform": "ios" }), vec!["fcm_token"]),
        (json!({ "fcm_token": "..", "platform": "ios" }), vec!["fcm_token"]),
        (json!({ "fcm_token": "a", "platform": "ios", "device_name": "x".repeat(101) }), vec!["device_name"]),
    ] {
        let refused = caller.post(PATH, body).await.assert_error(400, "invalid_request");
        let details = refused.body["error"]["details"].as_array().unwrap();
        assert_eq!(details.iter().map(|detail| detail["field"].as_str().unwrap()).collect::<Vec<_>>(), fields);
    }
    caller.delete(&format!("{PATH}/{long}")).await.assert_status(200);
    assert_eq!(app.items_starting("USER#", "PUSH#").await, 0);
}

/// Two people register one token at the same moment: one of them has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_registered_twice_at_once_has_one_owner() {
    let app = TestApp::start().await;
    let callers = [somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await];
    let device = json!({ "fcm_token": "token", "platform": "web" });
    for _ in 0..5 {
        let answers = join_all(callers.iter().flat_map(|caller| (0..3).map(|_| caller.post(PATH, device.clone())))).await;
        assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status)));
        assert_eq!(app.items_starting("USER#", "PUSH#").await, 1);
        let counted = app.number_of("ada@example.com", "push_devices").await + app.number_of("ben@example.com", "push_devices").await;
        assert_eq!(counted, 1);
    }
}
