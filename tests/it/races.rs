//! What must hold when many do the same thing at the same moment.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::join_all;
use latchkey_tests::{Fate, PASSWORD, Reply, Slots, TestApp};
use serde_json::json;

/// T15.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_parallel_verifications_of_one_code_make_one_account_and_one_session() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let answers = join_all((0..64).map(|_| app.verify("ada@example.com", &code))).await;
    let right: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(right.len(), 1);
    assert!(
        answers.iter().all(|answer| [200, 400, 429].contains(&answer.status)),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(app.items_starting("USER#", "USER").await, 1);
    assert_eq!(app.items_starting("USER#", "SESSION#").await, 1);
    assert_eq!(app.items_starting("CLAIM#", "CLAIM").await, 1);
}

/// Lets the only act that is under way make so many requests. Whether it is under way still.
async fn advance(slots: &mut Slots<(), Reply>, requests: usize) -> bool {
    for _ in 0..requests {
        slots.step(0, 0, Fate::Done).await;
    }
    slots.ended(0).await.is_none()
}

/// Lets the only act that is under way end.
async fn finish(slots: &mut Slots<(), Reply>) -> Reply {
    loop {
        match slots.ended(0).await {
            Some(((), reply)) => return reply,
            None => drop(slots.step(0, 0, Fate::Done).await),
        }
    }
}

/// The claims of an account's addresses copy the places that it knows: none may be missed, and none in the way keeps the password.
#[tokio::test]
async fn a_password_is_changed_whatever_becomes_of_an_address_meanwhile() {
    for (removed, after) in [false, true].into_iter().flat_map(|removed| (1..=5).map(move |after| (removed, after))) {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let login = app.register("ada@example.com").await;
        let caller = app.account().with_bearer(login.token());
        app.clock.advance_seconds(31);
        caller.post("/v1/user/emails", json!({ "email": "ada@example.org" })).await.assert_status(201);
        let proof = json!({ "token": app.code_for("ada@example.org").await });
        if removed {
            caller.post("/v1/user/emails/2/verify", proof.clone()).await.assert_status(200);
        }
        let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
        let token = login.token().to_owned();
        let changing = async move |app: Arc<TestApp>| {
            app.account().from("198.51.100.7").with_bearer(&token).post("/v1/auth/change-password", change).await
        };
        slots.start((), changing).await;
        assert!(advance(&mut slots, after).await, "it is under way");
        let beside = if removed { caller.delete("/v1/user/emails/2").await } else { caller.post("/v1/user/emails/2/verify", proof).await };
        beside.assert_status(200);
        finish(&mut slots).await.assert_status(200);
        app.assert_whole("after a change of the password").await;
        let items = app.items().await;
        let known = |prefix: &str, sk: &str| {
            let begins = |item: &&serde_json::Value| item["pk"].as_str().unwrap().starts_with(prefix) && item["sk"] == sk;
            items.iter().filter(begins).map(|item| item["networks"].clone()).collect::<std::collections::HashSet<_>>()
        };
        assert_eq!(known("CLAIM#email#", "CLAIM"), known("USER#", "USER"), "removed: {removed}, after {after}");
    }
}

/// T20.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_parallel_refreshes_of_one_token_have_one_successor() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let answers = join_all((0..100).map(|_| app.refresh(login.refresh_token()))).await;
    let successors: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.assert_ok().refresh_token().to_owned()).collect();
    assert_eq!(successors.len(), 1);
    let successor = successors.into_iter().next().unwrap();
    assert_eq!(successor.split('.').nth(4), Some("1"), "the counter moved by one");
    app.refresh(&successor).await.assert_status(200);
}

/// T10: in both lanes, at most ten passwords are compared, however many come at once. The right one among those refused is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_parallel_wrong_passwords_ten_are_compared() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let stranger = app.account().from("198.51.100.7");
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let requests = futures_util::stream::iter((0..1000).map(|_| stranger.post("/v1/auth/login", wrong.clone())));
    let answers: Vec<_> = requests.buffer_unordered(200).collect().await;
    let compared = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(compared, 10);
    assert!(answers.iter().all(|answer| answer.status == 401 || answer.status == 429));
    stranger
        .post("/v1/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD }))
        .await
        .assert_error(429, "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_guesses_of_a_code_share_no_try() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let guesses = (0..200).map(|guess| format!("{guess:06}")).filter(|guess| *guess != code);
    let answers = join_all(guesses.map(async |guess| app.verify("ada@example.com", &guess).await)).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_resends_send_once() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.deliver().await;
    app.clock.advance_seconds(31);
    let resend = json!({ "email": "ada@example.com" });
    let client = app.account();
    let answers = join_all((0..32).map(|_| client.post("/v1/otp/resend/email", resend.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(app.messages_to("ada@example.com").await.len(), 2);
}

/// Two people sign up with one address at the very same moment: nobody's password survives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ups_with_different_passwords_at_one_moment_are_contested() {
    let app = TestApp::start().await;
    let signup = |number: usize| json!({ "name": "A", "email": "ada@example.com", "password": format!("password of person {number}") });
    let client = app.account();
    let answers = join_all((0..4).map(|number| client.post("/v1/auth/signup", signup(number)))).await;
    assert!(
        answers.iter().all(|answer| answer.status == 201 || answer.status == 503),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    let code = app.code_for("ada@example.com").await;
    let verified = app.verify("ada@example.com", &code).await.assert_status(200);
    assert_eq!(verified.body["password_required"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_sign_ins_never_pass_the_cap_of_fifty_sessions() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    for _ in 0..45 {
        app.clock.advance_seconds(20);
        app.login("ada@example.com").await.assert_status(200);
    }
    let answers = join_all((0..12).map(|_| app.login("ada@example.com"))).await;
    assert!(
        answers.iter().all(|answer| [200, 429, 503].contains(&answer.status)),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert!(app.items_starting("USER#", "SESSION#").await <= 50);
    app.login("ada@example.com").await.assert_status(200);
    assert_eq!(app.items_starting("USER#", "SESSION#").await, 50);
}

/// A ban beside a sign-in: either the sign-in comes too late, or its session ends with the ban.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_slips_past_a_ban() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let (answers, ()) = tokio::join!(join_all((0..8).map(|_| app.login("ada@example.com"))), app.set_status("ada@example.com", "disabled"));
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        app.account().with_bearer(answer.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
        app.refresh(answer.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_uses_at_one_moment_make_one_signing_key() {
    let app = TestApp::start().await;
    let instances: Vec<_> = (0..8).map(|_| app.another_instance()).collect();
    let answers = join_all(instances.iter().map(|instance| async { instance.account().get("/.well-known/jwks.json").await })).await;
    let keys: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.assert_ok().body.to_string()).collect();
    assert_eq!(keys.len(), 1);
    let rotations = async || join_all(instances.iter().map(TestApp::rotate_keys)).await;
    app.clock.advance_days(29);
    rotations().await;
    app.clock.advance_minutes(6);
    assert_eq!(app.account().get("/.well-known/jwks.json").await.body["keys"].as_array().map(Vec::len), Some(2));
}

/// DynamoDB cancels one of two transactions that touch the same item; the engine here never does, so it is made to.
#[tokio::test]
async fn a_transaction_conflict_is_waited_out() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.conflict_transactions(3);
    app.login("ada@example.com").await.assert_status(200);
    app.conflict_transactions(5);
    let refused = app.login("ada@example.com").await.assert_error(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    app.conflict_transactions(0);
    app.login("ada@example.com").await.assert_status(200);
}

#[tokio::test]
async fn a_conflict_of_a_single_write_with_a_transaction_is_waited_out() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.conflict_updates(3);
    app.refresh(login.refresh_token()).await.assert_status(200);
}

/// Two accounts wait for one number, and both type the code that they were sent at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_prove_one_address_at_once_one_gets_it() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    let mut proofs = Vec::new();
    for email in ["ada@example.com", "ben@example.com"] {
        let login = app.register(email).await;
        let caller = app.account().with_bearer(login.token());
        app.forget_messages().await;
        app.clock.advance_seconds(61);
        caller.put("/v1/profile/update", json!({ "phone": PHONE })).await.assert_status(200);
        let code = app.code_for(PHONE).await;
        proofs.push((caller, json!({ "phone": PHONE, "otp": code })));
    }
    let answers = join_all(proofs.iter().map(|(caller, proof)| caller.post("/v1/otp/verify/mobile", proof.clone()))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(app.items_starting("CLAIM#phone#", "CLAIM").await, 1);
}

/// T15, for a code by SMS.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_parallel_sign_ins_with_one_code_open_one_session() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "login" })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let verify = json!({ "phone": PHONE, "code": code, "purpose": "login" });
    let client = app.account();
    let answers = join_all((0..50).map(|_| client.post("/v1/otp/verify", verify.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 400, 429].contains(&answer.status)));
    assert_eq!(app.items_starting("USER#", "SESSION#").await, 2, "that of the sign-up and this one");
}

/// T78.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_parallel_requests_for_a_code_one_sends_it() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    let ask = json!({ "phone": PHONE, "purpose": "verification" });
    let client = app.account();
    let answers = join_all((0..50).map(|_| client.post("/v1/otp/send", ask.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 429, 503].contains(&answer.status)));
    assert_eq!(app.messages_to(PHONE).await.len(), 1);
}

/// T25: whichever comes first, no session of the old password is alive afterwards but the one that changed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_opened_beside_a_change_of_the_password_does_not_survive_it() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let email = format!("ada{round}@example.com");
        let own = app.register(&email).await;
        let caller = app.account().with_bearer(own.token());
        let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
        let (changed, opened) = tokio::join!(caller.post("/v1/auth/change-password", change), join_all((0..8).map(|_| app.login(&email))));
        changed.assert_status(200);
        for login in opened.iter().filter(|login| login.status == 200) {
            app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_error(401, "unauthorized");
            app.refresh(login.refresh_token()).await.assert_error(401, "invalid_refresh_token");
        }
        caller.get("/v1/users/me").await.assert_status(200);
        app.refresh(own.refresh_token()).await.assert_status(200);
    }
}

/// A refresh beside the change that leaves its session alive is answered, not refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_session_that_changes_the_password_can_be_refreshed_meanwhile() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let email = format!("ada{round}@example.com");
        let own = app.register(&email).await;
        let caller = app.account().with_bearer(own.token());
        let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
        let (changed, refreshed) =
            tokio::join!(caller.post("/v1/auth/change-password", change), join_all((0..4).map(|_| app.refresh(own.refresh_token()))));
        changed.assert_status(200);
        for answer in refreshed {
            answer.assert_status(200);
        }
    }
}

/// T13, at once: tries are counted before they are compared, whichever code they are for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_parallel_guesses_at_a_reset_code_five_are_compared() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let guess =
        |number: u32| json!({ "email": "ada@example.com", "otp": format!("{number:06}"), "new_password": "difference engine no. 2" });
    let client = app.account();
    let answers = join_all((0..100).map(|number| client.post("/v1/auth/reset-password-otp", guess(number)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status != 429).count(), 5);
}

/// The day's money is never overspent, however many ask at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_sms_spend_no_more_than_the_days_money() {
    let app = TestApp::with(&[("LATCHKEY_SMS_BUDGET", "2"), ("LATCHKEY_SMS_PRICES", "*=0.10"), ("LATCHKEY_SMS_PROVEN_SHARE", "50")]).await;
    let ask = |number: u32| json!({ "phone": format!("+49151{number:03}45678"), "purpose": "verification" });
    let client = app.account();
    let answers = join_all((100..140).map(|number| client.post("/v1/otp/send", ask(number)))).await;
    let sent = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(sent, 10, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

/// One address is proved while another takes the place of the primary one: never two of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_has_one_primary_address_whatever_happens_at_once() {
    for round in 0..8 {
        let app = TestApp::start().await;
        let email = format!("a{round}@example.com");
        let login = app.register(&email).await;
        app.add_email(&login, "c@example.com").await;
        let caller = app.account().with_bearer(login.token());
        caller.put("/v1/profile/update", json!({ "email": "b@example.com" })).await.assert_status(200);
        let code = app.code_for("b@example.com").await;
        let (proved, put_back) = tokio::join!(
            caller.post("/v1/otp/verify/email", json!({ "email": "b@example.com", "otp": code })),
            caller.put("/v1/profile/update", json!({ "email": email })),
        );
        assert!([200, 400].contains(&proved.status) && [200, 503].contains(&put_back.status), "{} {}", proved.body, put_back.body);
        app.assert_whole("after the race").await;
    }
}

/// An address that is proved in the middle of a reset is as new as one that was proved before: it does not survive it.
#[tokio::test]
async fn no_address_is_proved_past_a_reset() {
    for which in 0..2 {
        for point in 2..6 {
            let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
            let app = slots.app.clone();
            let login = app.register("ada@example.com").await;
            let thief = app.account().with_bearer(login.token());
            let id = thief.post("/v1/user/emails", json!({ "email": "thief@example.com" })).await.assert_status(201).body["id"].clone();
            let proof = json!({ "token": app.code_for("thief@example.com").await });
            app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
            let code = app.code_for("ada@example.com").await;
            let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
            slots.start((), async move |app| app.account().post("/v1/auth/reset-password-otp", reset).await).await;
            for _ in 0..point {
                slots.step(0, which, Fate::Done).await;
            }
            let proved = thief.post(&format!("/v1/user/emails/{id}/verify"), proof).await;
            let reset = finish(&mut slots).await;
            let by_thief = json!({ "email": "thief@example.com", "password": "difference engine no. 2" });
            let let_in = app.account().post("/v1/auth/login", by_thief).await;
            assert_eq!(let_in.status, 401, "{which} {point}: proved {}, reset {}", proved.status, reset.status);
        }
    }
}

/// Whose sessions end while an address is added may be told anything but that it was not, where it was.
#[tokio::test]
async fn an_address_that_was_added_is_not_denied_when_all_sessions_end_meanwhile() {
    let mut answers = std::collections::BTreeSet::new();
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let login = app.register("ada@example.com").await;
        let token = login.token().to_owned();
        let wanting = async move |app: Arc<TestApp>| {
            let update = json!({ "email": "ada@example.org", "name": "Ada King" });
            app.account().with_bearer(&token).put("/v1/profile/update", update).await
        };
        slots.start((), wanting).await;
        if !advance(&mut slots, point).await {
            break;
        }
        let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
        app.account().with_bearer(login.token()).post("/v1/auth/change-password", change).await.assert_status(200);
        let status = finish(&mut slots).await.status;
        let is_added = app.items_starting("USER#", "EMAIL#").await == 2;
        assert!(matches!((status, is_added), (200, true) | (401, false) | (503, _)), "after {point}: {status}, added: {is_added}");
        answers.insert((status, is_added));
    }
    assert!(answers.contains(&(503, true)), "{answers:?}");
}

/// Who keeps an account that is deleted all the same in that moment is not told that there was nothing to cancel.
#[tokio::test]
async fn a_deletion_that_was_cancelled_is_not_denied_when_the_account_is_gone_since() {
    let mut answers = Vec::new();
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let login = app.register("ada@example.com").await;
        let caller = app.account().with_bearer(login.token());
        caller.post("/v1/user/request-account-deletion", json!({})).await.assert_status(200);
        let staying = caller.clone();
        let keeping = async move |app: Arc<TestApp>| staying.at(&app).post("/v1/user/cancel-account-deletion", json!({})).await;
        slots.start((), keeping).await;
        if !advance(&mut slots, point).await {
            break;
        }
        caller.post("/v1/account/delete", json!({ "password": PASSWORD })).await.assert_status(200);
        app.purge().await;
        answers.push(finish(&mut slots).await.status);
    }
    assert_eq!(answers, [400, 503]);
}

/// Whoever cancels what is confirmed in that moment is not told that no deletion waits.
#[tokio::test]
async fn a_deletion_that_was_confirmed_beside_its_cancelling_is_not_denied() {
    let mut answers = Vec::new();
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let caller = app.account().with_bearer(app.register("ada@example.com").await.token());
        app.forget_messages().await;
        caller.post("/v1/user/request-account-deletion", json!({})).await.assert_status(200);
        let code = json!({ "otp": app.code_for("ada@example.com").await });
        let staying = caller.clone();
        let keeping = async move |app: Arc<TestApp>| staying.at(&app).post("/v1/user/cancel-account-deletion", json!({})).await;
        slots.start((), keeping).await;
        if !advance(&mut slots, point).await {
            break;
        }
        let confirmed = caller.post("/v1/user/confirm-account-deletion", code).await.status;
        let cancelled = finish(&mut slots).await.status;
        let status = caller.get("/v1/user/gdpr-status").await.assert_status(200).body["deletion_request"]["status"].clone();
        answers.push((confirmed, cancelled, status));
    }
    assert_eq!(answers, [(200, 503, json!("scheduled")), (400, 200, json!("cancelled"))]);
}

/// A session that its owner ends with all others, while it is about to end the owner's, is too late for that.
#[tokio::test]
async fn a_session_that_is_over_ends_no_other_one() {
    let mut answers = Vec::new();
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let owner = app.account().with_bearer(app.register("ada@example.com").await.token());
        let thief = app.account().with_bearer(app.login("ada@example.com").await.token());
        let sessions = owner.get("/v1/user/sessions").await.assert_status(200).body["data"].clone();
        let id = sessions.as_array().unwrap().iter().find(|session| session["is_current"] == true).unwrap()["id"].clone();
        let ending = async move |app: Arc<TestApp>| thief.at(&app).delete(&format!("/v1/user/sessions/{}", id.as_str().unwrap())).await;
        slots.start((), ending).await;
        if !advance(&mut slots, point).await {
            break;
        }
        owner.delete("/v1/user/sessions").await.assert_status(200);
        answers.push(finish(&mut slots).await.status);
        owner.get("/v1/users/me").await.assert_status(200);
    }
    assert_eq!(answers, [404, 503]);
}

/// A sign-out beside a change of the password, which takes its session along, ends it all the same, and counts it.
#[tokio::test]
async fn whoever_signs_out_is_out_whatever_takes_the_session_along() {
    let mut points = 0;
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let caller = app.account().with_bearer(app.register("ada@example.com").await.token());
        let leaving = caller.clone();
        slots.start((), async move |app: Arc<TestApp>| leaving.at(&app).post("/v1/auth/logout", json!({})).await).await;
        if !advance(&mut slots, point).await {
            break;
        }
        let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
        caller.post("/v1/auth/change-password", change).await.assert_status(200);
        finish(&mut slots).await.assert_status(200);
        caller.get("/v1/users/me").await.assert_status(401);
        let items = app.items().await;
        let user = items.iter().find(|item| item["sk"] == "USER").unwrap();
        assert_eq!((&user["sessions"], &user["is_online"]), (&json!(0), &json!(false)), "after {point}");
        points = point;
    }
    assert_eq!(points, 1);
}

/// Whoever has a session cannot keep the owner from a new password by what they do to the addresses in that moment.
#[tokio::test]
async fn a_password_is_reset_whatever_becomes_of_an_address_meanwhile() {
    let mut points = 0;
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let thief = app.account().with_bearer(app.register("ada@example.com").await.token());
        thief.post("/v1/user/emails", json!({ "email": "thief@example.com" })).await.assert_status(201);
        app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
        let code = app.code_for("ada@example.com").await;
        let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
        slots.start((), async move |app: Arc<TestApp>| app.account().post("/v1/auth/reset-password-otp", reset).await).await;
        if !advance(&mut slots, point).await {
            break;
        }
        thief.delete("/v1/user/emails/2").await.assert_status(200);
        finish(&mut slots).await.assert_status(200);
        thief.get("/v1/users/me").await.assert_status(401);
        app.assert_whole("after the reset").await;
        points = point;
    }
    assert!(points > 4, "{points}");
}

/// The right password is not called wrong because the owner has ended other sessions in that moment.
#[tokio::test]
async fn the_right_password_is_not_denied_when_sessions_end_meanwhile() {
    let mut answers = std::collections::BTreeSet::new();
    for point in 1.. {
        let mut slots: Slots<(), Reply> = Slots::with(&[]).await;
        let app = Arc::clone(&slots.app);
        let owner = app.account().with_bearer(app.register("ada@example.com").await.token());
        slots.start((), async move |app: Arc<TestApp>| app.login("ada@example.com").await).await;
        if !advance(&mut slots, point).await {
            break;
        }
        owner.delete("/v1/user/sessions").await.assert_status(200);
        answers.insert(finish(&mut slots).await.status);
    }
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), [200, 503]);
}
