//! Signing up and verifying, and what strangers can make of it.

use latchkey_tests::{HOME, PASSWORD, TestApp};
use serde_json::json;

#[tokio::test]
async fn signing_up_sends_a_code_that_creates_the_account_and_signs_in() {
    let app = TestApp::start().await;
    let account = app.account();
    let signup = json!({ "name": "Ada Lovelace", "email": "Ada@Büro.example", "phone": "+49 151 12345678", "password": PASSWORD });
    let answer = account.post("/v1/auth/signup", signup).await.assert_status(201);
    assert_eq!(answer.body["email"], "Ada@Büro.example");
    assert_eq!(answer.body["requires_verification"], true);

    let code = app.code_for("Ada@xn--bro-hoa.example").await;
    let verified = account.post("/v1/auth/verify-signup-otp", json!({ "email": "ada@BÜRO.example", "otp": code })).await.assert_status(200);
    assert_eq!(verified.body["success"], true);
    assert_eq!(verified.body["token_type"], "Bearer");
    assert_eq!(verified.body["expires_in"], 900);
    assert_eq!(verified.body["token"], verified.body["access_token"]);
    assert!(verified.body.get("password_required").is_none());
    let user = &verified.body["user"];
    assert_eq!(user["name"], "Ada Lovelace");
    assert_eq!(user["email"], "Ada@Büro.example");
    assert_eq!(user["email_verified"], true);
    assert_eq!(user["phone"], "+4915112345678");
    assert_eq!(user["phone_verified"], false);
    account.with_bearer(verified.token()).get("/v1/users/me").await.assert_status(200);
}

#[tokio::test]
async fn a_code_works_once() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let verify = json!({ "email": "ada@example.com", "otp": code });
    app.account().post("/v1/auth/verify-signup-otp", verify.clone()).await.assert_status(200);
    app.account().post("/v1/auth/verify-signup-otp", verify).await.assert_error(400, "invalid_otp");
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_five_of_them_close_the_lane_for_an_hour() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        app.verify("ada@example.com", wrong).await.assert_error(400, "invalid_otp");
    }
    let refused = app.verify("ada@example.com", &code).await.assert_error(429, "too_many_attempts");
    assert_eq!(refused.header("retry-after"), Some("3600"));

    app.clock.advance_minutes(2);
    app.account().post("/v1/otp/resend/email", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let fresh = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &fresh).await.assert_error(429, "too_many_attempts");
    app.clock.advance_minutes(59);
    app.account().post("/v1/otp/resend/email", json!({ "email": "ada@example.com" })).await.assert_status(200);
    app.verify("ada@example.com", &fresh).await.assert_error(400, "invalid_otp");
}

#[tokio::test]
async fn strangers_who_guess_do_not_lock_out_the_one_who_asked() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for guess in 0..6 {
        let stranger = app.account().from("198.51.100.7");
        let answer = stranger.post("/v1/auth/verify-signup-otp", json!({ "email": "ada@example.com", "otp": wrong })).await;
        answer.assert_status(if guess < 5 { 400 } else { 429 });
    }
    app.verify("ada@example.com", &code).await.assert_status(200);
}

/// T18: the table's own expiry is late, so the item is still there.
#[tokio::test]
async fn an_expired_code_is_refused_before_the_table_forgets_it() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    app.clock.advance_minutes(10);
    app.verify("ada@example.com", &code).await.assert_error(400, "otp_expired");
    app.account()
        .post("/v1/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD }))
        .await
        .assert_error(401, "invalid_credentials");
}

/// T03: the answers are the same to the byte, the owner is told, and no code of it opens or changes the account.
#[tokio::test]
async fn signing_up_with_an_address_that_has_an_account_looks_like_any_sign_up() {
    let app = TestApp::start().await;
    app.register("owner@example.com").await;
    app.clock.advance_minutes(1);
    app.forget_messages().await;

    let attacker = app.account().from("198.51.100.7");
    let signup = |email: &str| json!({ "name": "Mallory", "email": email, "password": "another long password" });
    let taken = attacker.post("/v1/auth/signup", signup("owner@example.com")).await;
    let free = attacker.post("/v1/auth/signup", signup("other@example.com")).await;
    assert_eq!(taken.comparable("owner@example.com"), free.comparable("other@example.com"));

    let told = app.messages_to("owner@example.com").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].template, "already_registered");
    assert!(!told[0].text.chars().any(|c| c.is_ascii_digit() && told[0].text.contains("code is")), "{}", told[0].text);
    for guess in ["000000", "123456"] {
        let verify = json!({ "email": "owner@example.com", "otp": guess });
        attacker.post("/v1/auth/verify-signup-otp", verify).await.assert_error(400, "invalid_otp");
    }
    let login = json!({ "email": "owner@example.com", "password": "another long password" });
    attacker.post("/v1/auth/login", login.clone()).await.assert_error(403, "email_not_verified");
    app.clock.advance_minutes(11);
    attacker.post("/v1/auth/login", login).await.assert_error(401, "invalid_credentials");
    app.login("owner@example.com").await.assert_status(200);
}

/// The sequences of requests in which a decoy could give itself away.
#[tokio::test]
async fn no_sequence_of_sign_up_resend_and_verify_tells_a_taken_address_from_a_free_one() {
    let sequences: &[&[(&str, i64)]] = &[
        &[("signup", 0), ("signup", 0), ("resend", 0), ("verify", 0), ("resend", 31), ("signup", 0), ("verify", 0)],
        &[("resend", 0), ("signup", 0), ("signup", 31), ("resend", 31), ("verify", 700), ("signup", 0), ("verify", 0)],
        &[("verify", 0), ("signup", 0), ("verify", 601), ("resend", 0), ("verify", 0), ("signup", 31), ("resend", 0)],
        &[("signup", 0), ("resend", 31), ("resend", 31), ("signup", 31), ("signup", 31), ("signup", 31), ("signup", 31)],
        &[("signup", 0), ("login", 0), ("login other", 0), ("login", 31), ("resend", 0), ("login", 31), ("login", 601), ("signup", 0)],
        &[("signup", 0), ("signup other", 0), ("login", 0), ("login other", 0), ("verify", 0), ("signup", 31), ("login", 0)],
        &[("verify", 0), ("verify", 0), ("verify", 0), ("verify", 0), ("verify", 0), ("verify", 0), ("signup", 0), ("verify", 0)],
        &[("signup", 0), ("login", 601), ("signup other", 0), ("login", 0), ("login other", 0), ("verify", 0)],
        &[("signup", 0), ("login", 31), ("login", 31), ("login", 31), ("signup", 31), ("resend", 31), ("login", 31)],
    ];
    // From a network that the owner uses too, and from another.
    for (sequence, network) in sequences.iter().flat_map(|sequence| [(sequence, "198.51.100.7"), (sequence, HOME)]) {
        let app = TestApp::start().await;
        app.register("taken@example.com").await;
        app.clock.advance_minutes(120);
        let client = app.account().from(network);
        for (step, seconds) in *sequence {
            app.clock.advance_seconds(*seconds);
            let mut answers = Vec::new();
            for email in ["taken@example.com", "fresh@example.com"] {
                let password = if step.ends_with("other") { "a third long password" } else { "another long password" };
                let answer = match step.split(' ').next() {
                    Some("signup") => client.post("/v1/auth/signup", json!({ "name": "M", "email": email, "password": password })).await,
                    Some("login") => client.post("/v1/auth/login", json!({ "email": email, "password": password })).await,
                    Some("resend") => client.post("/v1/otp/resend/email", json!({ "email": email })).await,
                    Some("verify") => client.post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": "424242" })).await,
                    other => unreachable!("{other:?}"),
                };
                answers.push(answer.comparable(email));
            }
            assert_eq!(answers[0], answers[1], "{step} in {sequence:?} from {network}");
        }
    }
}

/// A stranger who fills the lane of strangers and then asks for a code takes nobody's place.
#[tokio::test]
async fn a_stranger_who_asks_later_does_not_make_the_first_a_stranger() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let attacker = app.account().from("198.51.100.7");
    let code = app.code_for("ada@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        attacker.post("/v1/auth/verify-signup-otp", json!({ "email": "ada@example.com", "otp": wrong })).await.assert_status(400);
    }
    for status in [200, 200, 429] {
        app.clock.advance_seconds(31);
        attacker.post("/v1/otp/resend/email", json!({ "email": "ada@example.com" })).await.assert_status(status);
    }
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);

    app.sign_up("ben@example.com").await;
    app.clock.advance_minutes(11);
    attacker.post("/v1/otp/resend/email", json!({ "email": "ben@example.com" })).await.assert_status(200);
    app.clock.advance_seconds(31);
    app.sign_up("ben@example.com").await;
    let code = app.code_for("ben@example.com").await;
    app.verify("ben@example.com", &code).await.assert_status(200);
}

/// Somebody who watches an address cannot tell when its code is used: not from the code, and not from the gate.
#[tokio::test]
async fn the_moment_in_which_a_registration_becomes_an_account_does_not_show() {
    let app = TestApp::start().await;
    let watcher = app.account().from("198.51.100.7");
    let login = |email: &str| json!({ "email": email, "password": "a wrong password" });
    for email in ["used@example.com", "unused@example.com"] {
        for _ in 0..10 {
            watcher.post("/v1/auth/login", login(email)).await.assert_status(401);
        }
        app.sign_up(email).await;
    }
    let code = app.code_for("used@example.com").await;
    app.verify("used@example.com", &code).await.assert_status(200);
    for seconds in [0, 601, 60] {
        app.clock.advance_seconds(seconds);
        let mut answers = Vec::new();
        for email in ["used@example.com", "unused@example.com"] {
            let gate = watcher.post("/v1/auth/login", login(email)).await.comparable(email);
            let code = watcher.post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": "424242" })).await.comparable(email);
            answers.push(format!("{gate}\n{code}"));
        }
        assert_eq!(answers[0], answers[1], "after {seconds} s");
    }
}

/// T48b, in every order: the attacker's password never opens the account.
#[tokio::test]
async fn an_attackers_sign_up_never_opens_the_victims_account() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Step {
        Attacker,
        Victim,
        Verify,
    }
    use Step::{Attacker, Verify, Victim};
    for order in [[Attacker, Victim, Verify], [Victim, Attacker, Verify], [Victim, Verify, Attacker]] {
        for pause in [0, 31, 601] {
            let app = TestApp::start().await;
            let victim = app.account().from("192.0.2.50");
            let attacker = app.account().from("198.51.100.7");
            let mut password_required = false;
            for step in order {
                match step {
                    Attacker => {
                        let signup = json!({ "name": "Mallory", "email": "victim@example.com", "phone": "+4915199999999", "password": "attackers own password" });
                        attacker.post("/v1/auth/signup", signup).await.assert_status(201);
                    }
                    Victim => {
                        let signup = json!({ "name": "Victoria", "email": "victim@example.com", "password": PASSWORD });
                        victim.post("/v1/auth/signup", signup).await.assert_status(201);
                    }
                    Verify => {
                        if pause > 600 {
                            // The code has expired: the victim begins again, and is not asked to know why.
                            let signup = json!({ "name": "Victoria", "email": "victim@example.com", "password": PASSWORD });
                            victim.post("/v1/auth/signup", signup).await.assert_status(201);
                        }
                        let code = app.code_for("victim@example.com").await;
                        let verify = json!({ "email": "victim@example.com", "otp": code });
                        let verified = victim.post("/v1/auth/verify-signup-otp", verify).await.assert_status(200);
                        password_required = verified.body["password_required"] == true;
                        assert_ne!(verified.body["user"]["name"], "Mallory", "{order:?}");
                        assert!(verified.body["user"]["phone"].is_null(), "{order:?}");
                    }
                }
                app.clock.advance_seconds(pause);
            }
            let login = |password| json!({ "email": "victim@example.com", "password": password });
            // As long as the sign-up for a taken address lives, it looks like one that waits for its code.
            let pretended = attacker.post("/v1/auth/login", login("attackers own password")).await;
            pretended.assert_status(if order[2] == Attacker && pause < 600 { 403 } else { 401 });
            let contested = order[2] == Verify;
            assert_eq!(password_required, contested, "{order:?}");
            let expected = if contested { 401 } else { 200 };
            victim.post("/v1/auth/login", login(PASSWORD)).await.assert_status(expected);
            app.clock.advance_minutes(11);
            attacker.post("/v1/auth/login", login("attackers own password")).await.assert_error(401, "invalid_credentials");
            let notices = app.messages_to("victim@example.com").await;
            assert_eq!(notices.iter().any(|message| message.template == "password_wanted"), contested, "{order:?}");
        }
    }
}

#[tokio::test]
async fn signing_up_again_with_the_same_password_keeps_it() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.clock.advance_seconds(31);
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let verified = app.verify("ada@example.com", &code).await.assert_status(200);
    assert!(verified.body.get("password_required").is_none());
    app.login("ada@example.com").await.assert_status(200);
}

/// Whoever asked first may type the code that a later sign-up sends: an expired registration still contests.
#[tokio::test]
async fn an_expired_registration_contests_the_next_until_its_counts_are_forgotten() {
    for (minutes, contested) in [(11, true), (71, false)] {
        let app = TestApp::start().await;
        let attacker = app.account().from("198.51.100.7");
        let signup = json!({ "name": "Mallory", "email": "victim@example.com", "password": "attackers own password" });
        attacker.post("/v1/auth/signup", signup).await.assert_status(201);
        app.clock.advance_minutes(minutes);
        app.sign_up("victim@example.com").await;
        let code = app.code_for("victim@example.com").await;
        let verified = app.verify("victim@example.com", &code).await.assert_status(200);
        assert_eq!(verified.body["password_required"] == true, contested);
        app.login("victim@example.com").await.assert_status(if contested { 401 } else { 200 });
    }
}

/// A stranger's tries are counted and answered alike, whether a code waits or not.
#[tokio::test]
async fn a_strangers_tries_do_not_tell_whether_a_code_waits() {
    let app = TestApp::start().await;
    app.sign_up("waiting@example.com").await;
    let stranger = app.account().from("198.51.100.7");
    for (attempt, seconds) in [0, 0, 0, 601, 0, 0, 0].into_iter().enumerate() {
        app.clock.advance_seconds(seconds);
        let mut answers = Vec::new();
        for email in ["waiting@example.com", "nobody@example.com"] {
            answers.push(stranger.post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": "424242" })).await.comparable(email));
        }
        assert_eq!(answers[0], answers[1], "attempt {attempt}");
        assert!(answers[0].starts_with(if attempt < 5 { "400" } else { "429" }), "{}", answers[0]);
    }
}

/// T70, at sign-up.
#[tokio::test]
async fn passwords_are_refused_or_taken_whole() {
    let app = TestApp::start().await;
    let signup = |password: &str| json!({ "name": "Ada", "email": "ada@example.com", "password": password });
    for (password, code) in [
        ("short".to_owned(), "weak_password"),
        ("password123".to_owned(), "weak_password"),
        ("ada@example.com".to_owned(), "weak_password"),
        ("x".repeat(129), "invalid_request"),
        ("ü".repeat(30_000), "invalid_request"),
        (String::new(), "invalid_request"),
    ] {
        let refused = app.account().post("/v1/auth/signup", signup(&password)).await.assert_error(400, code);
        assert_eq!(refused.body["error"]["details"][0]["field"], "password");
    }
    let (long, other) = (format!("{}a", "x\u{0}y ".repeat(25)), format!("{}b", "x\u{0}y ".repeat(25)));
    app.account().post("/v1/auth/signup", signup(&long)).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);
    let login = |password: &str| json!({ "email": "ada@example.com", "password": password });
    app.account().post("/v1/auth/login", login(&other)).await.assert_error(401, "invalid_credentials");
    app.account().post("/v1/auth/login", login(&long)).await.assert_status(200);
}

/// T28: what the table holds neither is a code nor an address, name or password.
#[tokio::test]
async fn the_table_holds_no_code_and_no_address_of_people_who_never_registered() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.account().post("/v1/otp/resend/email", json!({ "email": "nobody@example.com" })).await.assert_status(200);
    app.account().post("/v1/auth/login", json!({ "email": "stranger@example.com", "password": "whatever it is" })).await.assert_status(401);
    let code = app.code_for("ada@example.com").await;
    let dump = app.dump().await;
    assert!(!dump.contains(&code), "the code is in the table");
    assert!(!dump.contains(PASSWORD), "the password is in the table");
    for address in ["nobody@example.com", "stranger@example.com"] {
        assert!(!dump.contains(address), "{address} is in the table");
    }
}
