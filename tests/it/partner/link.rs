//! Links: one person for each of a partner's users, moved only by proof, and told.

use futures_util::future::join;
use latchkey_tests::{Message, PASSWORD, TestApp};
use serde_json::json;

const PHONE: &str = "+919876543210";
const OTHER: &str = "+919876543211";

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

#[tokio::test]
async fn whoever_is_new_gets_an_account_with_the_number_and_no_session() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let linked = app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
    assert_eq!(linked.body, json!({ "message": "Users linked successfully" }));
    assert!(linked.header("set-cookie").is_none());
    assert_eq!((app.items_starting("USER#", "USER").await, app.items_starting("USER#", "SESSION#").await), (1, 0));
    let dump = app.dump().await;
    assert!(
        dump.contains("0x7889FdF548FC1713c611FB52eA64ACCbff1b0322") && dump.contains("registered") && dump.contains("linked"),
        "{dump}"
    );
    app.assert_whole("a link with a new person").await;
    // The same person signs in with a code.
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    app.account().post("/api/v1/auth/login/send-otp", json!({ "phone": PHONE })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let signed_in =
        app.account().post("/api/v1/auth/login/verify-otp", json!({ "phone": PHONE, "otp_code": code })).await.assert_status(200);
    assert_eq!(signed_in.body["phone_number"], PHONE);
}

#[tokio::test]
async fn who_has_the_number_is_linked_and_told_by_mail() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let login = app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
    assert_eq!(app.items_starting("USER#", "USER").await, 1);
    let told = app.messages_to("ada@example.com").await;
    assert_eq!(told[0].subject.as_deref(), Some("Your account was linked"));
    assert!(told[0].text.contains("linked with one at Ludo"), "{}", told[0].text);
    assert_eq!(app.times_told("linked").await, 1);
    // Sessions go on: nothing was taken over.
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    // Again is harmless, and tells nobody.
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
    assert!(app.messages_to("ada@example.com").await.is_empty());
    assert_eq!(app.items_starting("USER#", "LINK#").await, 1);
    app.assert_whole("a link twice").await;
}

#[tokio::test]
async fn a_person_has_links_with_several_partners_and_users() {
    let app = TestApp::start().await;
    let (ludo, chess) = (app.partner("ludo", "Ludo").await, app.partner("chess", "Chess").await);
    for user in [app.partner_user(&ludo, "ada"), app.partner_user(&chess, "ada"), app.partner_user(&ludo, "ada again")] {
        user.link(&app, PHONE).await.assert_status(200);
        app.clock.advance_minutes(2);
    }
    assert_eq!((app.items_starting("USER#", "USER").await, app.items_starting("USER#", "LINK#").await), (1, 3));
    app.assert_whole("three links").await;
}

#[tokio::test]
async fn a_user_who_proves_another_number_is_moved_and_both_are_told() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.register_with_phone("ben@example.com", OTHER).await;
    app.clock.advance_minutes(2);
    let user = app.partner_user(&partner, "somebody");
    user.link(&app, PHONE).await.assert_status(200);
    user.link(&app, OTHER).await.assert_status(200);
    let subject = async |email: &str| app.messages_to(email).await.into_iter().map(|message| message.subject.unwrap()).collect::<Vec<_>>();
    assert_eq!(subject("ada@example.com").await, ["An account is no longer linked with yours"]);
    assert_eq!(subject("ben@example.com").await, ["Your account was linked"]);
    assert!(app.audit_of("ada@example.com").await.contains(&"link_moved".to_owned()));
    assert!(app.audit_of("ben@example.com").await.contains(&"linked".to_owned()));
    assert_eq!(app.items_starting("USER#", "LINK#").await, 1);
    app.assert_whole("a link that moved").await;
}

#[tokio::test]
async fn who_has_no_mail_address_is_told_by_sms_that_a_link_is_gone() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "somebody");
    user.link(&app, PHONE).await.assert_status(200);
    user.link(&app, OTHER).await.assert_status(200);
    let told = app.messages_to(PHONE).await;
    assert_eq!(texts(&told), ["Your account is no longer linked with one at Ludo. If it was not you, tell us."]);
    assert_eq!((app.items_starting("USER#", "USER").await, app.items_starting("USER#", "LINK#").await), (2, 1));
    // It is paid from the day's money: two codes and this.
    assert_eq!(app.spent().await, 300_000);
    app.assert_whole("a link that moved to somebody new").await;
}

/// The number is a new person's by now, or the very one that was proved: nobody there is told of a link that is gone.
#[tokio::test]
async fn a_number_that_may_have_another_owner_is_told_nothing() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "somebody");
    user.link(&app, PHONE).await.assert_status(200);
    app.clock.advance_days(91);
    let user = app.partner_user(&partner, "somebody");
    user.link(&app, PHONE).await.assert_status(200);
    assert_eq!(texts(&app.messages_to(PHONE).await).iter().filter(|text| text.contains("no longer")).count(), 0);
    app.clock.advance_days(91);
    let user = app.partner_user(&partner, "somebody");
    user.link(&app, OTHER).await.assert_status(200);
    assert!(app.messages_to(PHONE).await.is_empty());
    assert_eq!(app.times_told("link_moved").await, 2);
    app.assert_whole("links that left stale accounts").await;
}

#[tokio::test]
async fn a_person_has_no_more_links_than_they_may_have() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "first").link(&app, PHONE).await.assert_status(200);
    app.set_number("ada@example.com", "links", 100).await;
    app.clock.advance_minutes(2);
    let full = app.partner_user(&partner, "one too many").link(&app, PHONE).await.assert_status(400);
    assert_eq!(full.body["message"], "phone_number belongs to somebody who is linked with as many users as one may be");
    // Who is linked already is so again; and a link that moves away makes room.
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "first").link(&app, PHONE).await.assert_status(200);
    app.partner_user(&partner, "first").link(&app, OTHER).await.assert_status(200);
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "one more").link(&app, PHONE).await.assert_status(200);
}

#[tokio::test]
async fn a_closed_account_is_linked_with_nobody() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.register_with_phone("ada@example.com", PHONE).await;
    for status in ["disabled", "pending_deletion"] {
        app.clock.advance_minutes(2);
        app.set_status("ada@example.com", status).await;
        let refused = app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(401);
        assert_eq!(refused.body, json!({ "status_code": "UN_AUTHORIZED", "message": "UN_AUTHORIZED" }));
    }
    assert_eq!(app.items_starting("USER#", "LINK#").await, 0);
}

/// As wherever a number opens something: after a long time it may have another owner.
#[tokio::test]
async fn the_number_of_an_account_that_was_not_used_for_long_is_a_new_persons() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(91 * 24 * 60);
    let user = app.partner_user(&partner, "ben");
    app.forget_messages().await;
    let asked = user.register(PHONE).await.assert_status(200);
    assert_eq!(asked.body["isNewUser"], true);
    let code = app.code_for(PHONE).await;
    user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(200);
    assert_eq!(app.items_starting("USER#", "USER").await, 2);
    let told = app.messages_to("ada@example.com").await;
    assert_eq!(told[0].subject.as_deref(), Some("A phone number left your account"));
    app.login("ada@example.com").await.assert_status(200);
    app.assert_whole("a number that moved").await;
}

/// A link renews what is known of the number: the account is in use.
#[tokio::test]
async fn a_link_is_a_use_of_the_account() {
    let app = TestApp::start().await;
    let (ludo, chess) = (app.partner("ludo", "Ludo").await, app.partner("chess", "Chess").await);
    for partner in [&ludo, &chess, &ludo] {
        app.partner_user(partner, "ada").link(&app, PHONE).await.assert_status(200);
        app.clock.advance_minutes(60 * 24 * 60);
    }
    assert_eq!((app.items_starting("USER#", "USER").await, app.items_starting("USER#", "LINK#").await), (1, 2));
}

#[tokio::test]
async fn a_user_who_proves_two_numbers_at_once_is_linked_to_one_person() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    for round in 0..10 {
        let phones = [format!("+919876543{round}10"), format!("+919876543{round}11")];
        let user = app.partner_user(&partner, &format!("user {round}"));
        let mut proofs = Vec::new();
        for phone in &phones {
            let asked = user.register(phone).await.assert_status(200);
            proofs.push((phone.clone(), asked.body["authCode"].clone(), app.code_for(phone).await));
        }
        let verify = |place: usize| {
            let (phone, auth_code, code) = proofs[place].clone();
            let user = user.clone();
            async move { user.verify(&phone, &auth_code, &code).await }
        };
        let (one, other) = join(verify(0), verify(1)).await;
        assert!([one.status, other.status].iter().all(|status| [200, 503].contains(status)), "{} {}", one.body, other.body);
        assert!(one.status == 200 || other.status == 200);
        app.assert_whole("two numbers at once").await;
    }
    assert_eq!(app.items_starting("USER#", "LINK#").await, 10);
}

/// A code outlives no change that ended all sessions.
#[tokio::test]
async fn a_code_from_before_a_new_password_links_nobody() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let login = app.sign_up_by_phone(PHONE).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    let user = app.partner_user(&partner, "ada");
    let asked = user.register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    app.clock.advance_seconds(1);
    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    app.account().with_bearer(login.token()).post("/api/v1/auth/change-password", change).await.assert_status(200);
    user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(401);
    assert_eq!(app.items_starting("USER#", "LINK#").await, 0);
}
