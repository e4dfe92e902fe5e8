//! Addresses that an account adds.

use latchkey_tests::{PASSWORD, Reply, TestApp};
use serde_json::json;

const PHONE: &str = "+4915112345678";

#[tokio::test]
async fn an_added_address_becomes_the_primary_one_when_it_is_verified() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let saved = caller.put("/v1/profile/update", json!({ "email": "ada@example.org" })).await.assert_status(200);
    assert_eq!(saved.body["user"]["email"], "ada@example.com");
    let code = app.code_for("ada@example.org").await;
    app.forget_messages().await;
    caller.post("/v1/otp/verify/email", json!({ "email": "ada@example.org", "otp": code })).await.assert_status(200);
    let me = caller.get("/v1/users/me").await;
    assert_eq!((&me.body["email"], &me.body["email_verified"]), (&json!("ada@example.org"), &json!(true)));
    assert_eq!(app.messages_to("ada@example.com").await[0].template, "primary_changed", "the former address is told");
    for email in ["ada@example.com", "ada@example.org"] {
        app.login(email).await.assert_status(200);
    }
    assert!(app.audit_of("ada@example.org").await.contains(&"address_verified".to_owned()));
}

#[tokio::test]
async fn a_verified_address_takes_its_place_back_without_a_code() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.add_email(&login, "ada@example.org").await;
    app.forget_messages().await;
    let caller = app.account().with_bearer(login.token());
    let saved = caller.put("/v1/profile/update", json!({ "email": "ada@example.com" })).await.assert_status(200);
    assert_eq!(saved.body["user"]["email"], "ada@example.com");
    assert_eq!(app.messages_to("ada@example.org").await[0].template, "address_added");
    assert!(app.audit_of("ada@example.com").await.contains(&"primary_changed".to_owned()));
}

/// On some hosts `Ada@` and `ada@` are two mailboxes: whoever has the other one gets nothing.
#[tokio::test]
async fn messages_go_to_the_spelling_that_the_owner_typed() {
    let app = TestApp::start().await;
    let login = app.register("Ada@example.com").await;
    let (owner, other) = (app.account().with_bearer(login.token()), app.account().from("198.51.100.7"));
    app.forget_messages().await;
    app.clock.advance_seconds(31);
    let signup = json!({ "name": "Mallory", "email": "ada@example.com", "password": PASSWORD });
    other.post("/v1/auth/signup", signup).await.assert_status(201);
    other.post("/v1/auth/forgot-password", json!({ "email": "aDA@example.com" })).await.assert_status(200);
    owner.put("/v1/profile/update", json!({ "email": "Grace@example.com" })).await.assert_status(200);
    app.clock.advance_seconds(31);
    other.post("/v1/otp/resend/email", json!({ "email": "grace@example.com" })).await.assert_status(200);
    app.clock.advance_seconds(31);
    owner.put("/v1/profile/update", json!({ "email": "gRACE@example.com" })).await.assert_status(200);
    for stranger in ["ada@example.com", "aDA@example.com", "grace@example.com", "gRACE@example.com"] {
        assert!(app.messages_to(stranger).await.is_empty(), "{stranger}");
    }
    let told: Vec<String> = app.messages_to("Ada@example.com").await.into_iter().map(|message| message.template).collect();
    assert_eq!(told, ["reset_code", "already_registered"]);
    let code = app.code_for("Grace@example.com").await;
    owner.post("/v1/otp/verify/email", json!({ "email": "grace@example.com", "otp": code })).await.assert_status(200);
    assert_eq!(owner.get("/v1/users/me").await.body["email"], "Grace@example.com");
    let back = owner.put("/v1/profile/update", json!({ "email": "ADA@example.com" })).await.assert_status(200);
    assert_eq!(back.body["user"]["email"], "Ada@example.com");
}

/// T07, as far as the profile goes.
#[tokio::test]
async fn an_address_of_another_account_looks_added_is_never_verified_and_its_owner_is_told() {
    let app = TestApp::start().await;
    app.register("owner@example.com").await;
    let login = app.register("mallory@example.com").await;
    app.forget_messages().await;
    let caller = app.account().with_bearer(login.token());
    let mut answers = Vec::new();
    for email in ["owner@example.com", "free@example.com"] {
        let answer = caller.put("/v1/profile/update", json!({ "email": email })).await;
        let mut answer = answer.assert_status(200);
        answer.body["user"]["updated_at"] = json!(null);
        answers.push(answer.comparable(email));
        for code in ["000000", "000001"] {
            answers.push(caller.post("/v1/otp/verify/email", json!({ "email": email, "otp": code })).await.comparable(email));
        }
        app.clock.advance_seconds(31);
        answers.push(caller.post("/v1/otp/resend/email", json!({ "email": email })).await.comparable(email));
    }
    assert_eq!(answers[..4], answers[4..]);
    let told: Vec<_> = app.messages_to("owner@example.com").await.into_iter().map(|message| message.template).collect();
    assert_eq!(told, ["address_taken"]);
}

/// An address that several accounts wait for is nobody's without a session.
#[tokio::test]
async fn without_a_session_an_address_is_verified_only_if_one_account_waits_for_it() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.register("ada@example.com").await, app.register("ben@example.com").await);
    let (ada, ben) = (app.account().with_bearer(ada.token()), app.account().with_bearer(ben.token()));
    ada.put("/v1/profile/update", json!({ "phone": PHONE })).await.assert_status(200);
    app.clock.advance_seconds(61);
    app.account().post("/v1/otp/resend/mobile", json!({ "mobile": PHONE })).await.assert_status(200);
    let adas = app.code_for(PHONE).await;
    app.clock.advance_seconds(61);
    ben.put("/v1/profile/update", json!({ "phone": PHONE })).await.assert_status(200);
    let bens = app.code_for(PHONE).await;
    for code in [&adas, &bens] {
        app.account().post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": code })).await.assert_error(400, "invalid_otp");
    }
    if adas != bens {
        ada.post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": bens })).await.assert_error(400, "invalid_otp");
    }
    ben.post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": bens })).await.assert_status(200);
    // The other one has lost the race, and its code proves nothing any more.
    ada.post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": adas })).await.assert_error(400, "invalid_otp");
    assert_eq!(app.items_starting("CLAIM#phone#", "CLAIM").await, 1);
    assert_eq!(ben.get("/v1/users/me").await.body["phone_verified"], true);
    assert_eq!(ada.get("/v1/users/me").await.body["phone_verified"], false);
}

#[tokio::test]
async fn a_number_from_the_sign_up_is_verified_without_a_session_while_it_is_one_accounts() {
    let app = TestApp::start().await;
    let signup = json!({ "name": "Ada", "email": "ada@example.com", "phone": PHONE, "password": PASSWORD });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    let login = app.verify("ada@example.com", &code).await.assert_status(200);
    assert_eq!(login.body["user"]["phone_verified"], false);
    app.account().post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    app.account().post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": code })).await.assert_status(200);
    let me = app.account().with_bearer(login.token()).get("/v1/users/me").await;
    assert_eq!((&me.body["phone"], &me.body["phone_verified"]), (&json!(PHONE), &json!(true)));
}

/// An address that joined lately cannot take over the account.
#[tokio::test]
async fn a_young_address_resets_no_password() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.add_email(&login, "ada@example.org").await;
    app.forget_messages().await;
    let forgot = async |email: &str| app.account().post("/v1/auth/forgot-password", json!({ "email": email })).await.assert_status(200);
    forgot("ada@example.org").await;
    assert!(app.messages_to("ada@example.org").await.is_empty());
    forgot("ada@example.com").await;
    assert_eq!(app.messages_to("ada@example.com").await.len(), 1);
    app.clock.advance_days(3);
    forgot("ada@example.org").await;
    assert_eq!(app.messages_to("ada@example.org").await.len(), 1);
}

#[tokio::test]
async fn one_that_is_replaced_before_it_is_verified_is_forgotten() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    for number in 0..12 {
        caller.put("/v1/profile/update", json!({ "email": format!("new{number}@example.com") })).await.assert_status(200);
    }
    assert_eq!(app.items_starting("USER#", "EMAIL#").await, 2);
    assert_eq!(app.items_starting("PENDING#", "").await, 1);
    let code = app.code_for("new0@example.com").await;
    caller.post("/v1/otp/verify/email", json!({ "email": "new0@example.com", "otp": code })).await.assert_error(400, "invalid_otp");
    let code = app.code_for("new11@example.com").await;
    caller.post("/v1/otp/verify/email", json!({ "email": "new11@example.com", "otp": code })).await.assert_status(200);
}

#[tokio::test]
async fn an_account_has_ten_addresses_of_a_kind_at_most() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    for number in 1..10 {
        app.add_email(&login, &format!("ada{number}@example.com")).await;
    }
    let caller = app.account().with_bearer(login.token());
    let refused = caller.put("/v1/profile/update", json!({ "email": "one@more.example" })).await.assert_error(400, "invalid_request");
    assert_eq!(refused.body["error"]["details"][0]["field"], "email");
    assert!(app.messages_to("one@more.example").await.is_empty());
}

#[tokio::test]
async fn asking_twice_for_the_same_address_sends_one_code() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    for _ in 0..3 {
        caller.put("/v1/profile/update", json!({ "phone": PHONE, "name": "Ada King" })).await.assert_status(200);
    }
    assert_eq!(app.messages_to(PHONE).await.len(), 1);
    assert_eq!(caller.get("/v1/users/me").await.body["name"], "Ada King");
}

/// An account whose number was given with the sign-up and is not proved.
async fn register_giving(app: &TestApp, email: &str, phone: &str) -> Reply {
    let signup = json!({ "name": "Ada", "email": email, "phone": phone, "password": PASSWORD });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    app.verify(email, &app.code_for(email).await).await.assert_status(200)
}

/// Without a session nobody learns who adds which address: not by answers, not by requests, and not by asking again and again.
#[tokio::test]
async fn a_resend_to_nobody_looks_like_one_to_somebody() {
    const GIVEN: &str = "+4915112345670";
    let app = TestApp::start().await;
    let login = register_giving(&app, "ada@example.com", GIVEN).await;
    let update = json!({ "phone": PHONE, "email": "ada@example.org" });
    app.account().with_bearer(login.token()).put("/v1/profile/update", update).await.assert_status(200);
    for (hours, waiting, nobodys) in [
        (0, PHONE, "+4915112345679"),
        (0, GIVEN, "+4915112345671"),
        (0, "ada@example.org", "nobody@example.org"),
        (4, "ada@example.org", "nobody@example.org"),
    ] {
        app.clock.advance_minutes(2 + 60 * hours);
        let (kind, field) = if waiting.contains('@') { ("email", "email") } else { ("mobile", "phone") };
        for _ in 0..5 {
            app.account().get("/.well-known/jwks.json").await.assert_status(200);
            let mut answers = Vec::new();
            for address in [waiting, nobodys] {
                let stranger = app.account().from("198.51.100.7");
                let resend = async || stranger.post(&format!("/v1/otp/resend/{kind}"), json!({ field: address })).await.comparable(address);
                let mut answer = String::new();
                let requests = app.count(async || answer = resend().await).await;
                let tried = stranger.post(&format!("/v1/otp/verify/{kind}"), json!({ field: address, "otp": "000000" })).await;
                answers.push(format!("{answer} {requests:?} {}", tried.comparable(address)));
            }
            assert_eq!(answers[0], answers[1], "{waiting}");
            app.clock.advance_minutes(11);
        }
        assert!(app.messages_to(nobodys).await.is_empty());
    }
}

/// Whoever asks for the codes of somebody's address does not take the owner's place.
#[tokio::test]
async fn an_owner_with_a_session_is_known_wherever_they_are() {
    let app = TestApp::start().await;
    let login = register_giving(&app, "ada@example.com", PHONE).await;
    for _ in 0..2 {
        app.clock.advance_seconds(61);
        app.account().from("198.51.100.7").post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    }
    for code in ["000000", "000001", "000002", "000003", "000004"] {
        app.account().from("198.51.100.7").post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": code })).await.assert_status(400);
    }
    app.clock.advance_seconds(61);
    let owner = app.account().from("203.0.113.9").with_bearer(login.token());
    owner.post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let elsewhere = app.account().from("192.0.2.99").with_bearer(login.token());
    elsewhere.post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": code })).await.assert_status(200);
}

/// What a thief has begun with somebody's session ends with it.
#[tokio::test]
async fn an_address_added_before_a_new_password_is_not_proved_after_it() {
    const NEW: &str = "difference engine no. 2";
    for by_reset in [true, false] {
        let app = TestApp::start().await;
        let stolen = app.register("ada@example.com").await;
        let thief = app.account().from("198.51.100.7");
        let update = json!({ "email": "thief@example.com", "phone": PHONE });
        thief.with_bearer(stolen.token()).put("/v1/profile/update", update).await.assert_status(200);
        let codes = (app.code_for("thief@example.com").await, app.code_for(PHONE).await);
        if by_reset {
            app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
            let code = app.code_for("ada@example.com").await;
            let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": NEW });
            app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
        } else {
            let own = app.login("ada@example.com").await;
            let change = json!({ "current_password": PASSWORD, "new_password": NEW });
            app.account().with_bearer(own.token()).post("/v1/auth/change-password", change).await.assert_status(200);
        }
        thief.post("/v1/otp/verify/email", json!({ "email": "thief@example.com", "otp": codes.0 })).await.assert_error(400, "invalid_otp");
        thief.post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": codes.1 })).await.assert_error(400, "invalid_otp");
        app.clock.advance_minutes(2);
        app.forget_messages().await;
        thief.post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
        assert!(app.messages_to(PHONE).await.is_empty(), "nobody waits for it any more");
        thief.post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_error(404, "not_found");
        assert_eq!(app.items_starting("CLAIM#", "CLAIM").await, 1);
        // The owner may still want the number.
        let own = app.account().post("/v1/auth/login", json!({ "email": "ada@example.com", "password": NEW })).await.assert_status(200);
        app.clock.advance_minutes(2);
        app.add_phone(&own, PHONE).await;
    }
}

/// T78, across accounts: each has a challenge of its own, the address has one cooldown and one budget.
#[tokio::test]
async fn one_address_gets_no_more_codes_because_many_accounts_add_it() {
    let app = TestApp::start().await;
    let mut sent = 0;
    for number in 0..10 {
        let login = app.register(&format!("mallory{number}@example.com")).await;
        let answer = app.account().with_bearer(login.token()).put("/v1/profile/update", json!({ "phone": PHONE })).await;
        sent += usize::from(answer.status == 200);
        if number < 3 {
            assert_eq!(answer.status, if number == 0 { 200 } else { 429 });
        } else {
            app.clock.advance_seconds(61);
        }
        app.deliver().await;
    }
    assert_eq!(sent, 7);
    assert_eq!(app.messages_to(PHONE).await.len(), 7);
}

/// A profile that is sent back as it was read changes nothing.
#[tokio::test]
async fn addresses_that_did_not_change_cause_no_code_and_no_limit() {
    let app = TestApp::with(&[("LATCHKEY_CALLER_LIMIT_SCALE", "1")]).await;
    let signup = json!({ "name": "Ada", "email": "ada@example.com", "phone": PHONE, "password": PASSWORD });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    let login = app.verify("ada@example.com", &code).await.assert_status(200);
    app.forget_messages().await;
    let caller = app.account().with_bearer(login.token());
    for _ in 0..30 {
        let same = json!({ "email": "ADA@example.com", "phone": "+49 151 12345678", "name": "Ada King" });
        caller.put("/v1/profile/update", same).await.assert_status(200);
    }
    assert!(app.messages_to(PHONE).await.is_empty() && app.messages_to("ada@example.com").await.is_empty());
}

/// Where SMS are closed, nothing of a request with a new number is done.
#[tokio::test]
async fn an_update_with_a_number_that_gets_no_sms_changes_nothing() {
    let app = TestApp::with(&[("LATCHKEY_SMS_COUNTRIES", "US")]).await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let update = json!({ "email": "ada@example.org", "phone": PHONE, "name": "Ada King" });
    caller.put("/v1/profile/update", update).await.assert_error(400, "invalid_request");
    assert!(app.messages_to("ada@example.org").await.is_empty());
    assert_eq!(caller.get("/v1/users/me").await.body["name"], "Ada Lovelace");
}

/// The mark of a number from the sign-up is forgotten after a week; its owner can still ask.
#[tokio::test]
async fn an_unverified_number_can_be_asked_for_however_old_it_is() {
    let app = TestApp::start().await;
    let signup = json!({ "name": "Ada", "email": "ada@example.com", "phone": PHONE, "password": PASSWORD });
    app.account().post("/v1/auth/signup", signup).await.assert_status(201);
    let code = app.code_for("ada@example.com").await;
    app.verify("ada@example.com", &code).await.assert_status(200);
    app.clock.advance_days(10);
    let login = app.login("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    caller.post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "verification" })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    caller.post("/v1/otp/verify", json!({ "phone": PHONE, "code": code, "purpose": "verification" })).await.assert_status(200);
    assert_eq!(caller.get("/v1/users/me").await.body["phone_verified"], true);
}

/// T65: whoever ends a session ends what was begun in it, though its address still waits for its proof.
#[tokio::test]
async fn without_a_session_nothing_is_proved_that_an_ended_one_has_added() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let thief = app.login("ada@example.com").await.assert_status(200);
    let caller = app.account().with_bearer(thief.token());
    caller.put("/v1/profile/update", json!({ "email": "thief@example.com" })).await.assert_status(200);
    let code = app.code_for("thief@example.com").await;
    let owner = app.account().with_bearer(login.token());
    let sessions = owner.get("/v1/user/sessions").await.assert_status(200).body;
    let other = sessions["data"].as_array().unwrap().iter().find(|session| session["is_current"] == false).unwrap();
    owner.delete(&format!("/v1/user/sessions/{}", other["id"].as_str().unwrap())).await.assert_status(200);
    let proof = json!({ "email": "thief@example.com", "otp": code });
    app.account().post("/v1/otp/verify/email", proof.clone()).await.assert_error(400, "invalid_otp");
    app.forget_messages().await;
    app.clock.advance_seconds(31);
    app.account().post("/v1/otp/resend/email", json!({ "email": "thief@example.com" })).await.assert_status(200);
    assert!(app.messages_to("thief@example.com").await.is_empty());
    assert_eq!(owner.get("/v1/users/me").await.assert_status(200).body["email"], "ada@example.com");

    // Asked for again in a session that stands, it is that one's.
    app.clock.advance_seconds(31);
    owner.put("/v1/profile/update", json!({ "email": "thief@example.com" })).await.assert_status(200);
    let proof = json!({ "email": "thief@example.com", "otp": app.code_for("thief@example.com").await });
    app.account().post("/v1/otp/verify/email", proof).await.assert_status(200);
    app.assert_whole("after a proof without a session").await;
}

/// T05: nor whether somebody waits for a code just now.
#[tokio::test]
async fn without_a_session_a_resend_to_a_number_tells_nothing() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.account().with_bearer(login.token()).put("/v1/profile/update", json!({ "phone": PHONE })).await.assert_status(200);
    for number in [PHONE, "+4915112345699"] {
        for _ in 0..2 {
            app.account().post("/v1/otp/resend/mobile", json!({ "phone": number })).await.assert_status(200);
        }
    }
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    app.account().post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    assert_eq!(app.messages_to(PHONE).await.len(), 1);
}
