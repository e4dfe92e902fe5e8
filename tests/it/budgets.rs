//! How many requests each flow makes, counted where the SDK sends them. The keys are in memory, as in a warm function.

use latchkey_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

const BATCH: &str = "BatchGetItem";
const QUERY: &str = "Query";
const READ: &str = "GetItem";
const TRANSACTION: &str = "TransactWriteItems";
const WRITE: &str = "UpdateItem";

#[tokio::test]
async fn a_refresh_is_one_write_and_one_read() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let requests = app.count(async || app.refresh(login.refresh_token()).await.assert_status(200));
    assert_eq!(requests.await, [READ, WRITE]);
}

#[tokio::test]
async fn an_authenticated_read_is_one_batch() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let requests = app.count(async || app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200));
    assert_eq!(requests.await, [BATCH]);
}

#[tokio::test]
async fn reads_that_come_together_to_a_cold_instance_read_its_keys_once() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let cold = app.another_instance();
    let read = async || cold.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
    let requests = cold.count(async || tokio::join!(read(), read(), read()));
    assert_eq!(requests.await, [BATCH, BATCH, BATCH, QUERY]);
}

#[tokio::test]
async fn a_sign_in_is_four_requests_a_wrong_one_three_and_a_refused_one_three() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let right = app.count(async || app.login("ada@example.com").await.assert_status(200));
    assert_eq!(right.await, [BATCH, TRANSACTION, WRITE, WRITE]);
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let unknown = json!({ "email": "unknown@example.com", "password": "a wrong password" });
    for count in 1..=10 {
        for login in [&wrong, &unknown] {
            let requests = app.count(async || app.account().post("/v1/auth/login", login.clone()).await.assert_status(401));
            // The one that fills the lane tells the audit, whether or not there is an account.
            let told = [BATCH, TRANSACTION, WRITE, WRITE];
            assert_eq!(requests.await, if count < 10 { vec![BATCH, WRITE, WRITE] } else { told.to_vec() });
        }
    }
    for login in [&wrong, &unknown] {
        let refused = app.count(async || app.account().post("/v1/auth/login", login.clone()).await.assert_status(429));
        assert_eq!(refused.await, [BATCH, WRITE, WRITE]);
    }
}

#[tokio::test]
async fn a_code_is_sent_with_three_requests_to_whomever() {
    let app = TestApp::start().await;
    app.register("owner@example.com").await;
    app.clock.advance_minutes(61);
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    for email in ["new@example.com", "owner@example.com"] {
        let signup = json!({ "name": "A", "email": email, "password": "another long password" });
        let requests = app.count(async || app.account().post("/v1/auth/signup", signup).await.assert_status(201));
        assert_eq!(requests.await, [BATCH, WRITE, WRITE], "{email}");
    }
    app.clock.advance_seconds(31);
    for email in ["new@example.com", "owner@example.com", "nobody@example.com"] {
        // Three more, for whoever may have the address pending: the same is written, whether or not somebody has.
        let requests = app.count(async || app.account().post("/v1/otp/resend/email", json!({ "email": email })).await.assert_status(200));
        assert_eq!(requests.await, [BATCH, BATCH, QUERY, TRANSACTION, WRITE, WRITE], "{email}");
    }
}

#[tokio::test]
async fn a_code_is_verified_with_two_requests_when_wrong_and_four_when_it_opens_an_account() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let code = app.code_for("ada@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let requests = app.count(async || app.verify("ada@example.com", wrong).await.assert_status(400));
    assert_eq!(requests.await, [WRITE, WRITE]);
    let requests = app.count(async || app.verify("ada@example.com", &code).await.assert_status(200));
    assert_eq!(requests.await, [READ, TRANSACTION, WRITE, WRITE]);
}

#[tokio::test]
async fn a_sign_out_is_a_read_and_a_transaction() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let requests =
        app.count(async || app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200));
    assert_eq!(requests.await, [READ, TRANSACTION]);
}

#[tokio::test]
async fn a_cold_start_adds_one_read_of_the_keys() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let cold = app.another_instance();
    let requests = cold.count(async || cold.refresh(login.refresh_token()).await.assert_status(200));
    assert_eq!(requests.await, [READ, QUERY, WRITE]);
}

#[tokio::test]
async fn a_reset_is_asked_for_with_three_requests_by_whomever_and_done_with_six() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.clock.advance_minutes(75);
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    app.forget_messages().await;
    for email in ["ada@example.com", "nobody@example.com"] {
        let forgot = app.count(async || app.account().post("/v1/auth/forgot-password", json!({ "email": email })).await.assert_status(200));
        assert_eq!(forgot.await, [BATCH, WRITE, WRITE], "{email}");
    }
    let code = app.code_for("ada@example.com").await;
    let body = |code: &str| json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let requests = app.count(async || app.account().post("/v1/auth/reset-password-otp", body(wrong)).await.assert_status(400));
    assert_eq!(requests.await, [WRITE, WRITE]);
    let requests = app.count(async || app.account().post("/v1/auth/reset-password-otp", body(&code)).await.assert_status(200));
    // Two for all addresses of the account, whose claims forget other places, too.
    assert_eq!(requests.await, [READ, QUERY, QUERY, TRANSACTION, WRITE, WRITE]);
}

#[tokio::test]
async fn a_password_is_changed_with_six_requests() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    let requests = app.count(async || caller.post("/v1/auth/change-password", change).await.assert_status(200));
    // Two for all addresses of the account, whose claims forget other places.
    assert_eq!(requests.await, [BATCH, QUERY, QUERY, TRANSACTION, WRITE, WRITE]);
}

/// The budgets of an SMS ride in the transaction that sends it.
#[tokio::test]
async fn an_sms_is_sent_with_three_requests_and_verified_with_two_three_or_four() {
    const PHONE: &str = "+4915112345678";
    let app = TestApp::start().await;
    app.register_with_phone("ada@example.com", PHONE).await;
    app.clock.advance_minutes(75);
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    let send = |purpose: &str| json!({ "phone": PHONE, "purpose": purpose });
    let verify = |code: &str, purpose: &str| json!({ "phone": PHONE, "code": code, "purpose": purpose });
    // Where it is told whether a number is registered, the account is read for it.
    for (purpose, sends, verifies) in [
        ("login", vec![BATCH, READ, TRANSACTION, WRITE], vec![BATCH, TRANSACTION, WRITE, WRITE]),
        ("verification", vec![BATCH, TRANSACTION, WRITE], vec![WRITE, WRITE, WRITE]),
    ] {
        app.forget_messages().await;
        let requests = app.count(async || app.account().post("/v1/otp/send", send(purpose)).await.assert_status(200));
        assert_eq!(requests.await, sends, "{purpose}");
        let code = app.code_for(PHONE).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let requests = app.count(async || app.account().post("/v1/otp/verify", verify(wrong, purpose)).await.assert_status(400));
        assert_eq!(requests.await, [WRITE, WRITE], "{purpose}");
        let requests = app.count(async || app.account().post("/v1/otp/verify", verify(&code, purpose)).await.assert_status(200));
        assert_eq!(requests.await, verifies, "{purpose}");
    }
}

#[tokio::test]
async fn a_profile_is_changed_with_two_requests_and_an_address_added_and_proved_with_a_few_more() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let plain = app.count(async || caller.put("/v1/profile/update", json!({ "name": "Ada King" })).await.assert_status(200));
    assert_eq!(plain.await, [BATCH, TRANSACTION]);
    let added = app.count(async || caller.put("/v1/profile/update", json!({ "email": "ada@example.org" })).await.assert_status(200));
    assert_eq!(added.await, [BATCH, BATCH, READ, QUERY, TRANSACTION, WRITE]);
    let code = app.code_for("ada@example.org").await;
    let verify = json!({ "email": "ada@example.org", "otp": code });
    let proved = app.count(async || caller.post("/v1/otp/verify/email", verify).await.assert_status(200));
    assert_eq!(proved.await, [BATCH, BATCH, TRANSACTION, WRITE, WRITE]);
}

#[tokio::test]
async fn a_look_up_is_two_counts_and_one_read() {
    let app = TestApp::start().await;
    let requests = app.count(async || app.account().get("/v1/verify/phone?phone=%2B4915112345678").await.assert_status(200));
    assert_eq!(requests.await, [READ, WRITE, WRITE]);
}

/// The flows are the same ones; signing up by phone asks who has the number, once more.
#[tokio::test]
async fn the_phone_api_costs_what_the_account_api_does() {
    const PHONE: &str = "+4915112345678";
    const NEW: &str = "difference engine no. 2";
    let app = TestApp::start().await;
    app.account().get("/.well-known/jwks.json").await.assert_status(200);
    let post = async |path: &str, body: serde_json::Value| {
        let requests = app.count(async || app.account().post(&format!("/api/v1/auth/{path}"), body).await.assert_status(200));
        requests.await
    };
    let number = || json!({ "phone_number": PHONE });
    assert_eq!(post("signup/send-otp", number()).await, [BATCH, READ, TRANSACTION, WRITE]);
    let who = json!({ "phone_number": PHONE, "otp_code": app.code_for(PHONE).await, "name": "Grace", "password": PASSWORD,
        "has_given_consent": true });
    assert_eq!(post("signup/verify-otp", who).await, [BATCH, READ, READ, TRANSACTION, WRITE, WRITE]);
    let login = json!({ "phone": PHONE, "password": PASSWORD });
    assert_eq!(post("login", login).await, [BATCH, TRANSACTION, WRITE, WRITE]);
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    assert_eq!(post("login/send-otp", number()).await, [BATCH, READ, TRANSACTION, WRITE]);
    let verify = json!({ "phone_number": PHONE, "otp_code": app.code_for(PHONE).await });
    assert_eq!(post("login/verify-otp", verify).await, [BATCH, TRANSACTION, WRITE, WRITE]);
    app.forget_messages().await;
    assert_eq!(post("forgot-password/init", number()).await, [BATCH, TRANSACTION, WRITE]);
    let new = json!({ "phone_number": PHONE, "otp_code": app.code_for(PHONE).await, "new_password": NEW, "confirm_password": NEW });
    assert_eq!(post("forgot-password/confirm", new).await, [READ, QUERY, QUERY, TRANSACTION, WRITE, WRITE]);
}

/// The partner is read before anything else, and a code of its user's costs as one of a number's owner does; whose a number is, is one
/// read more, where that is told.
#[tokio::test]
async fn a_partners_flows() {
    const PHONE: &str = "+919876543210";
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let user = app.partner_user(&partner, "ada");
    let requests = app.count(async || user.register(PHONE).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, READ, TRANSACTION, WRITE]);
    let requests = app.count(async || user.verify(PHONE, &"0000".into(), "000000").await.assert_status(401));
    assert_eq!(requests.await, [READ, WRITE, WRITE, WRITE, WRITE]);
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    let asked = user.resend(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let new = app.count(async || user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(200));
    assert_eq!(new.await, [BATCH, READ, READ, TRANSACTION, WRITE, WRITE, WRITE, WRITE]);
    app.clock.advance_seconds(31);
    app.forget_messages().await;
    let asked = app.partner_user(&partner, "ada").register(PHONE).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    let known = app.count(async || user.verify(PHONE, &asked.body["authCode"], &code).await.assert_status(200));
    assert_eq!(known.await, [BATCH, READ, READ, TRANSACTION, WRITE, WRITE, WRITE, WRITE]);

    let app = TestApp::with(&[("LATCHKEY_DISCLOSURE", "uniform")]).await;
    let partner = app.partner("ludo", "Ludo").await;
    let requests = app.count(async || app.partner_user(&partner, "ada").register(PHONE).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, TRANSACTION, WRITE]);
}

/// Which address is the primary one is told by the account, which was read with the session.
#[tokio::test]
async fn an_accounts_addresses() {
    const EMAILS: &str = "/v1/user/emails";
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    let requests = app.count(async || caller.get(EMAILS).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY]);
    let requests = app.count(async || caller.get(&format!("{EMAILS}/1")).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ]);
    let requests = app.count(async || caller.post(EMAILS, json!({ "email": "ada@example.org" })).await.assert_status(201));
    assert_eq!(requests.await, [BATCH, BATCH, QUERY, TRANSACTION, WRITE]);
    let code = app.code_for("ada@example.org").await;
    let requests = app.count(async || caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": code })).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, BATCH, READ, TRANSACTION, WRITE, WRITE]);
    let requests = app.count(async || caller.put(&format!("{EMAILS}/2/make-default"), Value::Null).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, TRANSACTION]);
    caller.post("/v1/user/emails", json!({ "email": "ada@example.net" })).await.assert_status(201);
    let requests = app.count(async || caller.delete(&format!("{EMAILS}/3")).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY, QUERY, TRANSACTION]);
    let token = app.revert_token("ada@example.com").await;
    let requests = app.count(async || app.account().post("/v1/user/emails/revert", json!({ "token": token })).await.assert_status(200));
    // With those of the reset that follows.
    assert_eq!(requests.await, [BATCH, READ, QUERY, QUERY, TRANSACTION, WRITE, WRITE, WRITE]);
}

#[tokio::test]
async fn any_page_of_favourites_is_one_query_and_a_change_one_transaction() {
    const FAVOURITES: &str = "/v1/favourites";
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    for product in 1..=3 {
        let requests = app.count(async || caller.post(FAVOURITES, json!({ "product_id": product })).await.assert_status(200));
        assert_eq!(requests.await, [BATCH, TRANSACTION]);
    }
    for page in 1..=3 {
        let requests = app.count(async || caller.get(&format!("{FAVOURITES}?page={page}&per_page=1")).await.assert_status(200));
        assert_eq!(requests.await, [BATCH, QUERY], "page {page}");
    }
    let requests = app.count(async || caller.get(&format!("{FAVOURITES}?page=4&per_page=1")).await.assert_status(200));
    assert_eq!(requests.await, [BATCH], "beyond the end nothing is asked");
    let requests = app.count(async || caller.delete(&format!("{FAVOURITES}/2")).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, TRANSACTION]);
    let device = json!({ "fcm_token": "token", "platform": "web" });
    let requests = app.count(async || caller.post("/v1/account/fcm-tokens", device).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, TRANSACTION]);
    let requests = app.count(async || caller.delete("/v1/account/fcm-tokens/token").await.assert_status(200));
    assert_eq!(requests.await, [BATCH, TRANSACTION]);
    let requests = app.count(async || caller.get("/v1/user/profile-validation").await.assert_status(200));
    assert_eq!(requests.await, [BATCH]);
}

#[tokio::test]
async fn sessions_and_activity_are_one_query_and_an_end_one_transaction() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    app.login("ada@example.com").await.assert_status(200);
    let requests = app.count(async || caller.get("/v1/user/activity").await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY]);
    let page = caller.get("/v1/user/sessions").await.assert_status(200).body;
    let other = page["data"].as_array().unwrap().iter().find(|session| session["is_current"] == false).unwrap();
    let other = format!("/v1/user/sessions/{}", other["id"].as_str().unwrap());
    let requests = app.count(async || caller.get("/v1/user/sessions").await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY]);
    let requests = app.count(async || caller.delete(&other).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, TRANSACTION]);
    let requests = app.count(async || caller.delete(&other).await.assert_status(404));
    assert_eq!(requests.await, [BATCH, READ]);
    let requests = app.count(async || caller.delete("/v1/user/sessions").await.assert_status(200));
    assert_eq!(requests.await, [BATCH, TRANSACTION]);
}

#[tokio::test]
async fn a_deletion_is_asked_for_confirmed_cancelled_and_done() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    app.forget_messages().await;
    let requests = app.count(async || caller.post("/v1/user/request-account-deletion", json!({})).await.assert_status(200));
    // Which address is old enough for the code is asked of both kinds.
    assert_eq!(requests.await, [BATCH, BATCH, QUERY, QUERY, TRANSACTION, WRITE]);
    let otp = json!({ "otp": app.code_for("ada@example.com").await });
    let requests = app.count(async || caller.post("/v1/user/confirm-account-deletion", otp).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, QUERY, QUERY, TRANSACTION, WRITE, WRITE]);
    let requests = app.count(async || caller.post("/v1/user/cancel-account-deletion", Value::Null).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, READ, TRANSACTION]);
    let requests = app.count(async || caller.post("/v1/account/delete", json!({ "password": PASSWORD })).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY, QUERY, TRANSACTION, WRITE, WRITE]);
    // Four shards of the index; the deletion; four kinds of what others point at; what points at them by one address, here the claim, a
    // code, and a registration that turns out to be none of theirs; what was told of six kinds of codes there and of its gate; the walk,
    // before and after the account itself goes.
    let requests = app.count(async || app.purge().await);
    let indexed = [QUERY; 4];
    let mut expected = vec![READ, BATCH, "DeleteItem", "DeleteItem", "DeleteItem", "DeleteItem", "BatchWriteItem", TRANSACTION];
    expected.extend(indexed.iter().chain(&[QUERY; 4 + 7 + 2]));
    expected.sort_unstable();
    assert_eq!(requests.await, expected);
}

/// The parts of a file are read together.
#[tokio::test]
async fn a_copy_is_asked_for_made_and_fetched() {
    const BATCH_WRITE: &str = "BatchWriteItem";
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let caller = app.account().with_bearer(login.token());
    app.forget_messages().await;
    let requests = app.count(async || caller.post("/v1/user/request-data-export", json!({})).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, BATCH, QUERY, QUERY, QUERY, TRANSACTION, WRITE]);
    let otp = json!({ "otp": app.code_for("ada@example.com").await });
    let requests = app.count(async || caller.post("/v1/user/confirm-data-export", otp).await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY, QUERY, QUERY, TRANSACTION, WRITE, WRITE]);
    // The lease and the account; what another run has left; nine kinds of items; one part; the end.
    let requests = app.count(async || app.export().await);
    let made = requests.await;
    assert!(!made.contains(&BATCH_WRITE));
    assert_eq!(made, [vec![READ], vec![QUERY; 10 - 1], vec![TRANSACTION; 2], vec![WRITE]].concat());
    let requests = app.count(async || caller.get("/v1/user/gdpr-status").await.assert_status(200));
    assert_eq!(requests.await, [BATCH, QUERY]);
    let name = caller.get("/v1/user/gdpr-status").await.body["export_requests"][0]["filename"].as_str().unwrap().to_owned();
    let requests = app.count(async || caller.fetch(&format!("/v1/user/download-export/{name}")).await);
    assert_eq!(requests.await, [BATCH, BATCH, READ]);
}
