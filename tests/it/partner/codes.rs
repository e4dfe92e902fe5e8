//! Codes that partners' users ask for: what they say, how often, and what takes them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use latchkey_tests::TestApp;
use serde_json::{Value, json};

const PHONE: &str = "+919876543210";
const OTHER: &str = "+919876543211";

#[track_caller]
fn refused(reply: &latchkey_tests::Reply) {
    assert_eq!(reply.status, 401, "{}", reply.body);
    assert_eq!(reply.body, json!({ "status_code": "UN_AUTHORIZED", "message": "UN_AUTHORIZED" }));
}

/// A code that is not this one.
fn wrong(code: &str) -> String {
    let digit = if code.starts_with('9') { "0" } else { "9" };
    format!("{digit}{}", &code[1..])
}

#[tokio::test]
async fn a_code_names_the_partner_and_says_that_it_links() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo & Co").await;
    let asked = app.partner_user(&partner, "ada").register(PHONE).await.assert_status(200);
    assert_eq!(asked.body.as_object().unwrap().keys().collect::<Vec<_>>(), ["authCode", "isNewUser"]);
    let auth_code = asked.body["authCode"].as_str().unwrap();
    assert!(auth_code.len() == 4 && auth_code.bytes().all(|byte| byte.is_ascii_digit()), "{auth_code}");
    assert_eq!(asked.body["isNewUser"], true);
    assert!(asked.header("x-ratelimit-remaining").is_some());
    let messages = app.messages_to(PHONE).await;
    let code = app.code_for(PHONE).await;
    let expected = format!("{code} is your code to link your account with Ludo & Co. It is good for 5 minutes. Never share it.");
    assert_eq!(messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), [expected]);
    assert!(!messages[0].text.contains(auth_code), "what binds the code to its request is not sent with it");
}

#[tokio::test]
async fn a_resend_keeps_the_companion_and_replaces_the_code() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    let first = user.register(PHONE).await.assert_status(200);
    let old = app.code_for(PHONE).await;
    user.resend(PHONE).await.assert_status(429);
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    let second = user.resend(PHONE).await.assert_status(200);
    assert_eq!(first.body, second.body);
    let new = app.code_for(PHONE).await;
    assert_ne!(old, new);
    refused(&user.verify(PHONE, &first.body["authCode"], &old).await);
    let linked = user.verify(PHONE, &second.body["authCode"], &new).await.assert_status(200);
    assert_eq!(linked.body, json!({ "message": "Users linked successfully" }));
    // With nothing waiting it is another request.
    let mut companions = BTreeSet::new();
    for _ in 0..3 {
        app.clock.advance_minutes(6);
        companions.insert(user.resend(PHONE).await.assert_status(200).body["authCode"].to_string());
    }
    assert!(companions.len() > 1, "{companions:?}");
}

#[tokio::test]
async fn a_code_and_its_companion_are_taken_as_texts_and_as_numbers() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let mut leading_zeros = (false, false);
    for round in 0.. {
        app.forget_messages().await;
        let user = app.partner_user(&partner, &format!("user {round}"));
        let asked = user.register(PHONE).await.assert_status(200);
        let (auth_code, code) = (asked.body["authCode"].as_str().unwrap(), app.code_for(PHONE).await);
        let mut body = json!({ "phone_number": PHONE, "countryCode": "91" });
        body["authCode"] = json!(auth_code.parse::<u64>().unwrap());
        body["otp"] = json!(code.parse::<u64>().unwrap());
        user.client.post("/fe/users/auth/otp/verify", body).await.assert_status(200);
        leading_zeros.0 |= auth_code.starts_with('0');
        leading_zeros.1 |= code.starts_with('0');
        if leading_zeros == (true, true) {
            break;
        }
        app.clock.advance_minutes(61);
    }
}

#[tokio::test]
async fn a_wrong_companion_is_a_wrong_try() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    let asked = user.register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let auth_code: u16 = asked.body["authCode"].as_str().unwrap().parse().unwrap();
    for step in 1..=5 {
        refused(&user.verify(PHONE, &format!("{:04}", (auth_code + step) % 10_000).into(), &code).await);
    }
    let over = user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(429);
    assert_eq!(over.body["status_code"], "TOO_MANY_REQUESTS");
    assert!(over.header("retry-after").is_some());
    assert_eq!(app.audit_of_nobody("codes_refused").await, 1);
}

#[tokio::test]
async fn a_code_works_once_and_for_five_minutes() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    let asked = user.register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(200);
    refused(&user.verify(PHONE, &asked.body["authCode"], &code).await);
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    let asked = user.register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    app.clock.advance_minutes(5);
    refused(&user.verify(PHONE, &asked.body["authCode"], &code).await);
}

/// T13, on this surface: tries are counted across codes.
#[tokio::test]
async fn new_codes_give_no_new_tries() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    let asked = user.register(PHONE).await.assert_status(200);
    for _ in 0..5 {
        let code = app.code_for(PHONE).await;
        refused(&user.verify(PHONE, &asked.body["authCode"], &wrong(&code)).await);
    }
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    user.resend(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(429);
}

/// Whoever can make users of a partner's has no more tries at a number than anybody else.
#[tokio::test]
async fn tries_are_counted_for_the_number_over_all_users_and_partners() {
    let app = TestApp::with(&[("LATCHKEY_CODE_SENDS", "20"), ("LATCHKEY_PARTNER_COOLDOWN", "0")]).await;
    let partners = [app.partner("ludo", "Ludo").await, app.partner("chess", "Chess").await];
    let mut refusals = 0;
    for round in 0..4 {
        let user = app.partner_user(&partners[round % 2], &format!("user {round}"));
        app.forget_messages().await;
        let asked = user.register(PHONE).await.assert_status(200);
        let code = app.code_for(PHONE).await;
        for _ in 0..4 {
            let tried = user.verify(PHONE, &asked.body["authCode"], &wrong(&code)).await;
            assert!([401, 429].contains(&tried.status), "{}", tried.body);
            refusals += usize::from(tried.status == 401);
        }
        if round == 3 {
            user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(429);
        }
    }
    assert_eq!(refusals, 10);
    // Another number is untouched, and so is this one an hour later.
    let user = app.partner_user(&partners[0], "ada");
    user.link(&app, OTHER).await.assert_status(200);
    app.clock.advance_minutes(61);
    let user = app.partner_user(&partners[0], "ada");
    user.link(&app, PHONE).await.assert_status(200);
}

/// The owner of a number, from where their account knows them, is held up neither by the codes that others ask for nor by their tries.
#[tokio::test]
async fn strangers_leave_the_owner_their_codes_and_their_tries() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.sign_up_by_phone(PHONE).await;
    let mut sent = 0;
    for round in 0..8 {
        let thief = app.partner_user(&partner, &format!("thief {round}")).from("198.51.100.7");
        app.clock.advance_seconds(31);
        app.forget_messages().await;
        let asked = thief.register(PHONE).await;
        if asked.status == 429 {
            continue;
        }
        sent += 1;
        let code = app.code_for(PHONE).await;
        for _ in 0..5 {
            thief.verify(PHONE, &asked.body["authCode"], &wrong(&code)).await;
        }
    }
    assert_eq!(sent, 5);
    app.clock.advance_seconds(31);
    app.partner_user(&partner, "ada").link(&app, PHONE).await.assert_status(200);
}

#[tokio::test]
async fn tries_that_are_spread_over_many_users_are_told_to_the_audit() {
    let app = TestApp::with(&[("LATCHKEY_PARTNER_COOLDOWN", "0")]).await;
    let partner = app.partner("ludo", "Ludo").await;
    for round in 0..4 {
        let user = app.partner_user(&partner, &format!("user {round}"));
        app.forget_messages().await;
        let asked = user.register(PHONE).await.assert_status(200);
        let code = app.code_for(PHONE).await;
        for _ in 0..4 {
            user.verify(PHONE, &asked.body["authCode"], &wrong(&code)).await;
        }
    }
    assert_eq!(app.audit_of_nobody("codes_refused").await, 1);
}

/// Windows slide: the turn of an hour opens nothing.
#[tokio::test]
async fn the_cooldown_of_a_number_outlasts_the_hour() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.clock.advance_seconds(3600 - 1);
    app.partner_user(&partner, "ada").register(PHONE).await.assert_status(200);
    app.clock.advance_seconds(2);
    app.partner_user(&partner, "ben").register(PHONE).await.assert_status(429);
    app.clock.advance_seconds(28);
    app.partner_user(&partner, "ben").register(PHONE).await.assert_status(200);
}

/// T15, on this surface: however many try one code at once, it links once.
#[tokio::test]
async fn parallel_tries_link_once() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    let asked = user.register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let tried = join_all((0..50).map(|_| user.verify(PHONE, &asked.body["authCode"], &code))).await;
    assert_eq!(tried.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(tried.iter().all(|reply| [200, 401, 429].contains(&reply.status)));
    assert_eq!((app.items_starting("USER#", "USER").await, app.items_starting("USER#", "LINK#").await), (1, 1));
    app.assert_whole("parallel links").await;
}

/// T17, on this surface: a code serves the purpose, the user and the number that it was asked for, and nothing else.
#[tokio::test]
async fn a_code_serves_nothing_else() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let (ada, ben) = (app.partner_user(&partner, "ada"), app.partner_user(&partner, "ben"));
    app.sign_up_by_phone(PHONE).await;
    app.forget_messages().await;
    let asked = ada.register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let auth_code = &asked.body["authCode"];
    refused(&ben.verify(PHONE, auth_code, &code).await);
    refused(&ada.verify(OTHER, auth_code, &code).await);
    let phone = app.account();
    for (path, field) in [("/api/v1/auth/login/verify-otp", "otp_code"), ("/v1/otp/verify", "code")] {
        let refused = phone.post(path, json!({ "phone": PHONE, field: code, "purpose": "login" })).await;
        assert_eq!(refused.status, 400, "{path} {}", refused.body);
    }
    ada.verify(PHONE, auth_code, &code).await.assert_status(200);
    // And the other way round: a code to sign in links nobody.
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    phone.post("/api/v1/auth/login/send-otp", json!({ "phone": PHONE })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    refused(&ben.verify(PHONE, auth_code, &code).await);
    phone.post("/api/v1/auth/login/verify-otp", json!({ "phone": PHONE, "otp_code": code })).await.assert_status(200);
}

/// T78, on this surface: resends before the cooldown and resends at once come to one code.
#[tokio::test]
async fn resends_at_once_are_one() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    user.register(PHONE).await.assert_status(200);
    app.clock.advance_seconds(29);
    let early = user.resend(PHONE).await.assert_status(429);
    assert_eq!((early.header("retry-after"), &early.body["message"]), (Some("1"), &json!("Too many codes for this number")));
    // The cooldown is the number's, whoever asks.
    app.partner_user(&partner, "ben").register(PHONE).await.assert_status(429);
    app.clock.advance_seconds(1);
    app.forget_messages().await;
    let sent = join_all((0..10).map(|_| user.resend(PHONE))).await;
    assert_eq!(sent.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(app.messages_to(PHONE).await.len(), 1);
}

/// T76, T79, on this surface: budgets for a block of numbers and for the day.
#[tokio::test]
async fn codes_end_with_the_budgets_of_their_block_and_of_the_day() {
    let app = TestApp::with(&[("LATCHKEY_SMS_PER_PREFIX", "3")]).await;
    let partner = app.partner("ludo", "Ludo").await;
    for (place, last) in (0..3).enumerate() {
        let user = app.partner_user(&partner, "ada").from(&format!("203.0.113.{place}"));
        user.register(&format!("+91987654321{last}")).await.assert_status(200);
    }
    let user = app.partner_user(&partner, "ada");
    let full = user.register("+919876543219").await.assert_status(429);
    assert_eq!(full.body["message"], "Too many requests for numbers like this one");
    user.register("+919876500000").await.assert_status(200);
    assert!(app.messages_to("+919876543219").await.is_empty());

    let app = TestApp::with(&[("LATCHKEY_SMS_BUDGET", "1"), ("LATCHKEY_SMS_PROVEN_SHARE", "50")]).await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    for last in 0..5 {
        user.register(&format!("+91987654321{last}")).await.assert_status(200);
    }
    let spent = user.register("+919876543219").await.assert_status(429);
    assert_eq!(spent.body["message"], "No more SMS can be sent today");
    assert!(app.messages_to("+919876543219").await.is_empty());
    // Mail goes on.
    app.register("ada@example.com").await;
}

/// T04, T05, on this surface: whether a number's person is new is told only where that is published, and never without an SMS that a
/// budget has paid.
#[tokio::test]
async fn whether_somebody_is_new_is_told_where_that_is_published() {
    for (disclosure, told) in [("published", false), ("uniform", true)] {
        let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", disclosure)]).await;
        let partner = app.partner("ludo", "Ludo").await;
        app.sign_up_by_phone(PHONE).await;
        let user = app.partner_user(&partner, "ada");
        let (known, unknown) = (user.register(PHONE).await.assert_status(200), user.register(OTHER).await.assert_status(200));
        assert_eq!((&known.body["isNewUser"], &unknown.body["isNewUser"]), (&Value::Bool(told), &Value::Bool(true)), "{disclosure}");
        if disclosure == "uniform" {
            let [known, unknown] = [known, unknown].map(|mut reply| {
                reply.body["authCode"] = "0000".into();
                reply.comparable("-")
            });
            assert_eq!(known, unknown);
        }
    }
}
