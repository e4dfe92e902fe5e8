//! Setting a new password with a code.

use latchkey_tests::{Client, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

const NEW: &str = "difference engine no. 2";
const ELSEWHERE: &str = "198.51.100.7";

async fn forgot(app: &TestApp, from: &str, email: &str) -> Reply {
    app.account().from(from).post("/v1/auth/forgot-password", json!({ "email": email })).await
}

async fn reset(app: &TestApp, from: &str, email: &str, code: &str) -> Reply {
    let body = json!({ "email": email, "otp": code, "new_password": NEW });
    app.account().from(from).post("/v1/auth/reset-password-otp", body).await
}

async fn sign_in(app: &TestApp, from: &str, email: &str, password: &str) -> Reply {
    app.account().from(from).post("/v1/auth/login", json!({ "email": email, "password": password })).await
}

#[tokio::test]
async fn a_code_sets_a_new_password_once_and_ends_every_session() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.forget_messages().await;
    let answer = forgot(&app, ELSEWHERE, "ada@example.com").await.assert_status(200);
    assert_eq!(answer.body["email_verification_required"], false);
    let code = app.code_for("ada@example.com").await;
    let answer = reset(&app, ELSEWHERE, "ada@example.com", &code).await.assert_status(200);
    assert!(answer.body.get("access_token").is_none(), "a reset signs nobody in");

    app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
    sign_in(&app, ELSEWHERE, "ada@example.com", PASSWORD).await.assert_error(401, "invalid_credentials");
    sign_in(&app, ELSEWHERE, "ada@example.com", NEW).await.assert_status(200);
    reset(&app, ELSEWHERE, "ada@example.com", &code).await.assert_error(400, "invalid_otp");
    assert!(app.messages_to("ada@example.com").await.iter().any(|message| message.template == "password_changed"));
    assert!(app.audit_of("ada@example.com").await.contains(&"password_reset".to_owned()));
}

/// T02.
#[tokio::test]
async fn an_unknown_address_is_answered_like_a_known_one_and_gets_no_mail() {
    let app = TestApp::start().await;
    app.register("known@example.com").await;
    app.forget_messages().await;
    for (from, minutes) in [(ELSEWHERE, 0), (ELSEWHERE, 1), (ELSEWHERE, 2), (ELSEWHERE, 61), ("203.0.113.9", 62)] {
        let mut answers = Vec::new();
        for email in ["known@example.com", "unknown@example.com"] {
            let requests = app.count(async || answers.push(forgot(&app, from, email).await.comparable(email))).await;
            assert!(["BatchGetItem", "UpdateItem"].iter().all(|request| requests.contains(request)), "{requests:?}");
        }
        assert_eq!(answers[0], answers[1]);
        let mut tries = Vec::new();
        for email in ["known@example.com", "unknown@example.com"] {
            tries.push(reset(&app, from, email, "000000").await.comparable(email));
        }
        assert_eq!(tries[0], tries[1], "after {minutes} minutes");
        app.clock.advance_minutes(if minutes == 2 { 59 } else { 1 });
    }
    assert!(!app.messages_to("known@example.com").await.is_empty());
    assert!(app.messages_to("unknown@example.com").await.is_empty());
}

/// A sign-up for an address with an account and one for a free address cannot be told apart by asking for a new password.
#[tokio::test]
async fn asking_for_a_new_password_does_not_tell_a_decoy_from_a_registration() {
    let app = TestApp::start().await;
    app.register("taken@example.com").await;
    app.clock.advance_minutes(75);
    for seconds in [0, 20, 31, 700] {
        let mut answers = Vec::new();
        for email in ["taken@example.com", "free@example.com"] {
            if seconds == 0 {
                let signup = json!({ "name": "M", "email": email, "password": "the attacker's own" });
                app.account().from(ELSEWHERE).post("/v1/auth/signup", signup).await.assert_status(201);
            }
            answers.push(forgot(&app, ELSEWHERE, email).await.comparable(email));
            answers.push(forgot(&app, "203.0.113.9", email).await.comparable(email));
        }
        assert_eq!(answers[..2], answers[2..], "after {seconds} s");
        app.clock.advance_seconds(seconds);
    }
}

#[tokio::test]
async fn whoever_registers_gets_the_code_of_the_registration_again() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.forget_messages().await;
    app.clock.advance_seconds(31);
    let answer = app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    assert_eq!(answer.body["email_verification_required"], true);
    let sent = app.messages_to("ada@example.com").await;
    assert_eq!((sent.len(), sent[0].template.as_str()), (1, "signup_code"));
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);
}

#[tokio::test]
async fn with_uniform_disclosure_a_registration_is_not_told() {
    let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", "uniform")]).await;
    app.sign_up("ada@example.com").await;
    let answer = app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    assert_eq!(answer.body["email_verification_required"], false);
}

/// The owner of a contested registration gets a password this way.
#[tokio::test]
async fn an_account_without_a_password_gets_one_by_a_reset() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let other = json!({ "name": "M", "email": "ada@example.com", "password": "the attacker's own" });
    app.account().from(ELSEWHERE).post("/v1/auth/signup", other).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    assert_eq!(app.verify("ada@example.com", &code).await.assert_status(200).body["password_required"], true);
    app.forget_messages().await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    reset(&app, "192.0.2.10", "ada@example.com", &code).await.assert_status(200);
    sign_in(&app, "192.0.2.10", "ada@example.com", NEW).await.assert_status(200);
}

/// T12: strangers fill the gate; the owner, who is a stranger here too, gets in by a reset asked and finished from one place.
#[tokio::test]
async fn a_finished_reset_makes_its_caller_known_and_opens_the_gate() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    for _ in 0..10 {
        sign_in(&app, ELSEWHERE, "ada@example.com", "a wrong password").await.assert_error(401, "invalid_credentials");
    }
    let hotel = "203.0.113.9";
    sign_in(&app, hotel, "ada@example.com", PASSWORD).await.assert_error(429, "too_many_attempts");
    forgot(&app, hotel, "ada@example.com").await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    // Strangers guess at the code, too: who asked for it has tries of its own.
    for _ in 0..5 {
        reset(&app, ELSEWHERE, "ada@example.com", "000000").await.assert_error(400, "invalid_otp");
    }
    reset(&app, ELSEWHERE, "ada@example.com", &code).await.assert_error(429, "too_many_attempts");
    reset(&app, hotel, "ada@example.com", &code).await.assert_status(200);
    for _ in 0..10 {
        sign_in(&app, ELSEWHERE, "ada@example.com", "a wrong password").await.assert_error(401, "invalid_credentials");
    }
    sign_in(&app, ELSEWHERE, "ada@example.com", NEW).await.assert_error(429, "too_many_attempts");
    sign_in(&app, hotel, "ada@example.com", NEW).await.assert_status(200);
}

/// Whoever asks for somebody's reset and guesses uses up tries of their own only.
#[tokio::test]
async fn who_asks_for_anothers_reset_cannot_use_up_the_owners_tries() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    forgot(&app, ELSEWHERE, "ada@example.com").await.assert_status(200);
    for _ in 0..5 {
        reset(&app, ELSEWHERE, "ada@example.com", "000000").await.assert_error(400, "invalid_otp");
    }
    reset(&app, ELSEWHERE, "ada@example.com", "000000").await.assert_error(429, "too_many_attempts");
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    reset(&app, "192.0.2.10", "ada@example.com", &code).await.assert_status(200);
}

/// T13: tries and sends are counted for the address, not for each code.
#[tokio::test]
async fn a_new_code_gives_no_new_tries() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let home = "192.0.2.10";
    for sends in 1..=5 {
        forgot(&app, home, "ada@example.com").await.assert_status(200);
        reset(&app, home, "ada@example.com", "000000").await.assert_error(400, "invalid_otp");
        app.clock.advance_seconds(31);
        assert!(sends <= 5);
    }
    forgot(&app, home, "ada@example.com").await.assert_error(429, "rate_limited");
    let code = app.code_for("ada@example.com").await;
    reset(&app, home, "ada@example.com", &code).await.assert_error(429, "too_many_attempts");
    let told = app.audit_of("ada@example.com").await;
    assert!(told.contains(&"codes_refused".to_owned()) && told.contains(&"codes_asked".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_refused_password_leaves_the_code_good() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    forgot(&app, "192.0.2.10", "ada@example.com").await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    for weak in ["password1", "ada@example.com", "Ada Lovelace"] {
        let body = json!({ "email": "ada@example.com", "otp": code, "password": weak });
        app.account().post("/v1/auth/reset-password-otp", body).await.assert_error(400, "weak_password");
    }
    reset(&app, "192.0.2.10", "ada@example.com", &code).await.assert_status(200);
}

#[tokio::test]
async fn an_expired_code_and_a_closed_account_are_told_to_whoever_asked() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    forgot(&app, "192.0.2.10", "ada@example.com").await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    app.clock.advance_minutes(11);
    reset(&app, "192.0.2.10", "ada@example.com", &code).await.assert_error(400, "otp_expired");
    forgot(&app, "192.0.2.10", "ada@example.com").await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    app.set_status("ada@example.com", "disabled").await;
    reset(&app, "192.0.2.10", "ada@example.com", "000000").await.assert_error(400, "invalid_otp");
    reset(&app, "192.0.2.10", "ada@example.com", &code).await.assert_error(403, "account_inactive");
}

/// T17: a code proves one thing to one account.
#[tokio::test]
async fn a_code_serves_its_own_purpose_and_person_only() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    app.register("ben@example.com").await;
    forgot(&app, "192.0.2.10", "ada@example.com").await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    reset(&app, "192.0.2.10", "ben@example.com", &code).await.assert_error(400, "invalid_otp");
    app.verify("ada@example.com", &code).await.assert_error(400, "invalid_otp");
    let caller = app.account().with_bearer(ada.token());
    caller.post("/v1/otp/verify/email", json!({ "email": "ada@example.com", "otp": code })).await.assert_error(400, "invalid_otp");
    reset(&app, "192.0.2.10", "ada@example.com", &code).await.assert_status(200);
}

/// T17: the code of an added address proves that address for that account, and does nothing else; whoever tries does not use it up.
#[tokio::test]
async fn the_code_of_an_added_address_serves_nothing_else_and_stays_good() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    let (ada, ben) = (app.register("ada@example.com").await, app.register("ben@example.com").await);
    let (ada, ben, nobody) = (app.account().with_bearer(ada.token()), app.account().with_bearer(ben.token()), app.account());
    ada.put("/v1/profile/update", json!({ "email": "ada@example.org", "phone": PHONE })).await.assert_status(200);
    let (mailed, texted) = (app.code_for("ada@example.org").await, app.code_for(PHONE).await);

    let by_mail = json!({ "email": "ada@example.org", "otp": mailed });
    let by_phone = json!({ "phone": PHONE, "code": texted });
    let refused = async |client: &Client, path: &str, body: Value| client.post(path, body).await.assert_error(400, "invalid_otp");
    // Another account, which waits for no proof of the address.
    refused(&ben, "/v1/otp/verify/email", by_mail.clone()).await;
    refused(&ben, "/v1/otp/verify/mobile", by_phone.clone()).await;
    reset(&app, "192.0.2.10", "ada@example.org", &mailed).await.assert_error(400, "invalid_otp");
    reset(&app, "192.0.2.10", "ada@example.com", &mailed).await.assert_error(400, "invalid_otp");
    refused(&nobody, "/v1/auth/verify-signup-otp", by_mail.clone()).await;
    for purpose in ["login", "verification"] {
        refused(&nobody, "/v1/otp/verify", json!({ "phone": PHONE, "code": texted, "purpose": purpose })).await;
    }
    // Another account that waits for one, too: the code is not its own.
    app.clock.advance_seconds(61);
    ben.put("/v1/profile/update", json!({ "email": "ada@example.org", "phone": PHONE })).await.assert_status(200);
    assert!(app.code_for("ada@example.org").await != mailed && app.code_for(PHONE).await != texted);
    refused(&ben, "/v1/otp/verify/email", by_mail.clone()).await;
    refused(&ben, "/v1/otp/verify/mobile", by_phone.clone()).await;

    ada.post("/v1/otp/verify/email", by_mail).await.assert_status(200);
    ada.post("/v1/otp/verify/mobile", by_phone).await.assert_status(200);
}

/// T55: links and names in messages come from the configuration, never from a header.
#[tokio::test]
async fn no_header_changes_what_a_message_points_to() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.forget_messages().await;
    let caller = app
        .account()
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("origin", "https://evil.example")
        .header("referer", "https://evil.example/");
    caller.post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let message = app.messages_to("ada@example.com").await.remove(0);
    for text in [message.text, message.html.unwrap()] {
        assert!(text.contains("https://accounts.example.com") && !text.contains("evil"), "{text}");
    }
}
