//! The outbox: what is written is delivered, once, and nothing is lost.

use latchkey_tests::{Channel, Failure, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_message_leaves_the_table_once_it_is_delivered() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    assert!(app.dump().await.contains("outbox"));
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1);
    let dump = app.dump().await;
    assert!(!dump.contains("outbox") && !dump.contains("due_pk"), "{dump}");
    app.drain().await;
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1, "and it is not delivered again");
}

#[tokio::test]
async fn a_request_never_waits_for_mail() {
    let app = TestApp::start().await;
    app.outbox.set_failure(Channel::Mail, Some(Failure::ServerError));
    app.sign_up("ada@example.com").await;
}

#[tokio::test]
async fn a_transient_refusal_is_tried_again_until_the_message_arrives() {
    let app = TestApp::start().await;
    app.outbox.set_failure(Channel::Mail, Some(Failure::Throttled));
    app.sign_up("ada@example.com").await;
    assert!(app.messages_to("ada@example.com").await.is_empty());
    app.drain().await;
    assert!(app.messages_to("ada@example.com").await.is_empty(), "it is not due yet");
    app.outbox.set_failure(Channel::Mail, None);
    app.clock.advance_seconds(61);
    app.drain().await;
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_given_up_and_told() {
    let app = TestApp::start().await;
    app.outbox.set_failure(Channel::Mail, Some(Failure::Throttled));
    app.sign_up("ada@example.com").await;
    app.deliver().await;
    app.clock.advance_minutes(11);
    app.drain().await;
    app.outbox.set_failure(Channel::Mail, None);
    app.clock.advance_minutes(11);
    app.drain().await;
    assert!(app.messages_to("ada@example.com").await.is_empty());
    assert!(app.logs().contains("delivery_expired"));
    assert!(!app.dump().await.contains("outbox"));
}

#[tokio::test]
async fn a_permanent_refusal_is_final_and_holds_up_nobody() {
    let app = TestApp::start().await;
    app.outbox.set_failure(Channel::Mail, Some(Failure::Rejected));
    app.sign_up("ada@example.com").await;
    app.deliver().await;
    app.outbox.set_failure(Channel::Mail, None);
    app.sign_up("ben@example.com").await;
    assert_eq!(app.messages_to("ben@example.com").await.len(), 1);
    app.clock.advance_minutes(2);
    app.drain().await;
    assert!(app.messages_to("ada@example.com").await.is_empty());
    assert!(app.logs().contains("delivery_refused"));
}

/// The warning to the owner waits on, whatever else is asked for meanwhile.
#[tokio::test]
async fn a_resend_does_not_erase_a_warning_that_waits() {
    let app = TestApp::start().await;
    app.register("owner@example.com").await;
    app.clock.advance_minutes(1);
    app.forget_messages().await;
    app.sign_up("owner@example.com").await;
    app.clock.advance_seconds(31);
    app.account().post("/v1/otp/resend/email", json!({ "email": "owner@example.com" })).await.assert_status(200);
    let told = app.messages_to("owner@example.com").await;
    assert_eq!(told.iter().map(|message| message.template.as_str()).collect::<Vec<_>>(), ["already_registered"]);
}

/// Whatever becomes of the stream, the index brings the message.
#[tokio::test]
async fn a_message_that_the_stream_lost_is_delivered_by_the_schedule() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.lose_stream().await;
    app.drain().await;
    assert!(app.outbox.messages(Some("ada@example.com")).is_empty(), "the stream has a minute's lead");
    app.clock.advance_seconds(61);
    app.drain().await;
    assert_eq!(app.outbox.messages(Some("ada@example.com")).len(), 1);
}

#[tokio::test]
async fn a_deliverer_that_vanishes_loses_nothing() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.take_and_vanish("ada@example.com").await;
    app.deliver().await;
    assert!(app.outbox.messages(Some("ada@example.com")).is_empty(), "somebody else seems to have it");
    app.clock.advance_seconds(61);
    app.drain().await;
    assert_eq!(app.outbox.messages(Some("ada@example.com")).len(), 1);
}

#[tokio::test]
async fn only_the_last_code_is_delivered_when_several_wait() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.clock.advance_seconds(31);
    app.account().post("/v1/otp/resend/email", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let messages = app.messages_to("ada@example.com").await;
    assert_eq!(messages.len(), 1);
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);
}

#[tokio::test]
async fn mail_is_sent_as_text_and_html_from_the_sender_to_the_address_as_typed() {
    let app = TestApp::start().await;
    app.sign_up("Ada.L@example.com").await;
    let message = app.messages_to("Ada.L@example.com").await.remove(0);
    let code = app.code_for("Ada.L@example.com").await;
    assert_eq!(message.to, "Ada.L@example.com");
    assert_eq!(message.template, "signup_code");
    assert!(message.subject.is_some_and(|subject| !subject.contains(&code)), "a code in a subject is read over shoulders");
    assert!(message.text.contains(&code));
    assert!(message.html.is_some_and(|html| html.contains(&code)));
    assert!(!message.text.contains("Lovelace"), "no text of a user's goes to an address that is not proved");
}

#[tokio::test]
async fn an_sms_goes_out_through_sns_to_allowed_countries_only() {
    let app = TestApp::with(&[("LATCHKEY_SMS_COUNTRIES", "DE")]).await;
    app.send_sms_notice("+4915112345678").await;
    app.send_sms_notice("+14155552671").await;
    app.deliver().await;
    assert_eq!(app.outbox.messages(Some("+4915112345678")).len(), 1);
    assert!(app.outbox.messages(Some("+14155552671")).is_empty());
    assert!(app.logs().contains("the country is not allowed"));
}
