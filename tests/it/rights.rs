//! Least privilege, from both sides: what each function does to the table, against what the template lets it do.

use std::collections::{BTreeMap, BTreeSet};

use latchkey_tests::{PASSWORD, TestApp, Touch};
use serde_json::{Value, json};

use crate::template::functions;

/// One thing that a function may do: an action on partitions that begin so, in the table or an index of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    action: String,
    partition: String,
    index: Option<String>,
    in_transaction: bool,
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// A statement that a condition of the template decides on, as one that is there.
fn given(statement: &Value) -> &Value {
    statement.as_array().map_or(statement, |decided| &decided[1])
}

/// The rights on the table that a function's policies give.
fn rights(function: &Value) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    let policies = function["Properties"]["Policies"].as_array().unwrap().iter();
    let statements = policies.flat_map(|policy| policy["Statement"].as_array().unwrap()).map(given);
    for statement in statements.filter(|statement| statement["Effect"] == "Allow") {
        let index = statement["Resource"].to_string().contains("index/due").then(|| "due".to_owned());
        let condition = statement["Condition"].as_object();
        let patterns = condition.into_iter().flat_map(|tests| tests.iter().filter(|(test, _)| test.starts_with("ForAllValues")));
        let keys: Vec<String> = patterns.flat_map(|(_, test)| texts(&test["dynamodb:LeadingKeys"])).collect();
        for action in texts(&statement["Action"]).iter().filter_map(|action| action.strip_prefix("dynamodb:")) {
            let keys = if keys.is_empty() && index.is_some() { vec!["*".to_owned()] } else { keys.clone() };
            let in_transaction = statement["Condition"].to_string().contains("dynamodb:EnclosingOperation");
            let right = |partition| Right { action: action.to_owned(), partition, index: index.clone(), in_transaction };
            rights.extend(keys.into_iter().map(right));
        }
    }
    rights
}

fn covers(right: &Right, touch: &Touch) -> bool {
    let partition = match right.partition.strip_suffix('*') {
        Some(prefix) => touch.partition.starts_with(prefix),
        None => touch.partition == right.partition,
    };
    partition && right.action == touch.action && right.index == touch.index && right.in_transaction == touch.in_transaction
}

/// Everything that the functions do: first use, both ends of a registration, sign-ins of all kinds, reuse, the cap on sessions,
/// delivery by stream and by schedule, rotation and removal of keys.
async fn live(app: &TestApp) {
    app.account().get("/healthz").await.assert_status(200);
    let signup = |password: &str| json!({ "name": "Ada", "email": "ada@example.com", "phone": "+4915112345678", "password": password });
    app.account().post("/v1/auth/signup", signup(PASSWORD)).await.assert_status(201);
    app.login("ada@example.com").await.assert_status(403);
    let code = app.code_for("ada@example.com").await;
    let first = app.verify("ada@example.com", &code).await.assert_status(200);
    app.account().post("/v1/auth/signup", signup(PASSWORD)).await.assert_status(201);
    app.sign_up("ben@example.com").await;
    app.account()
        .post("/v1/auth/signup", json!({ "name": "B", "email": "ben@example.com", "password": "another long password" }))
        .await
        .assert_status(201);
    app.clock.advance_seconds(31);
    app.account().post("/v1/otp/resend/email", json!({ "email": "ben@example.com" })).await.assert_status(200);
    let code = app.code_for("ben@example.com").await;
    assert_eq!(app.verify("ben@example.com", &code).await.assert_status(200).body["password_required"], true);
    app.account().post("/v1/auth/login", json!({ "email": "nobody@example.com", "password": "whatever it is" })).await.assert_status(401);
    app.account()
        .from("198.51.100.7")
        .post("/v1/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD }))
        .await
        .assert_status(200);
    for _ in 0..50 {
        app.clock.advance_seconds(1);
        app.login("ada@example.com").await.assert_status(200);
    }
    let last = app.login("ada@example.com").await.assert_status(200);
    app.account().with_bearer(last.token()).get("/v1/users/me").await.assert_status(200);
    app.refresh(first.refresh_token()).await.assert_status(401);
    let next = app.refresh(last.refresh_token()).await.assert_status(200);
    app.refresh(next.refresh_token()).await.assert_status(200);
    app.refresh(last.refresh_token()).await.assert_status(401);
    let login = app.login("ada@example.com").await.assert_status(200);
    app.account().with_bearer(login.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    recover(app).await;
    own_addresses(app).await;
    own_data(app).await;
    to_devices(app).await;
    contacts(app).await;
    copies(app).await;
    deletions(app).await;
    by_phone(app).await;
    by_partner(app).await;
    wrong_all_around(app).await;
    app.sign_up("cyd@example.com").await;
    app.clock.advance_minutes(16);
    let from_elsewhere = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.account().from("203.0.113.40").post("/v1/auth/login", from_elsewhere).await.assert_status(200);
    app.lose_stream().await;
    app.clock.advance_seconds(61);
    app.drain().await;
    app.clock.advance_days(29);
    app.rotate_keys().await;
    app.clock.advance_days(95);
    app.rotate_keys().await;
    for path in ["/.well-known/jwks.json", "/.well-known/openid-configuration"] {
        app.account().get(path).await.assert_status(200);
    }
}

/// A password changed, reset, and asked for where there is no account.
async fn recover(app: &TestApp) {
    let login = app.login("ada@example.com").await.assert_status(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    app.account().with_bearer(login.token()).post("/v1/auth/change-password", change).await.assert_status(200);
    app.forget_messages().await;
    for email in ["ada@example.com", "nobody@example.com"] {
        app.account().post("/v1/auth/forgot-password", json!({ "email": email })).await.assert_status(200);
    }
    let code = app.code_for("ada@example.com").await;
    let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": PASSWORD });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
}

/// Addresses added, asked for again, proved and put back; a number signed in with and looked up.
async fn own_addresses(app: &TestApp) {
    const PHONE: &str = "+4915112345678";
    let login = app.login("ada@example.com").await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    app.add_email(&login, "ada@example.org").await;
    caller.put("/v1/profile/update", json!({ "email": "ada@example.com", "locale": "de" })).await.assert_status(200);
    caller.put("/v1/profile/update", json!({ "phone": "+4915112345600" })).await.assert_status(200);
    caller.put("/v1/profile/update", json!({ "phone": "+4915112345601" })).await.assert_status(200);
    caller.post("/v1/otp/send", json!({ "phone": PHONE, "purpose": "verification" })).await.assert_status(200);
    app.clock.advance_minutes(2);
    caller.post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    app.clock.advance_minutes(2);
    app.account().post("/v1/otp/resend/mobile", json!({ "phone": PHONE })).await.assert_status(200);
    app.account().post("/v1/otp/resend/mobile", json!({ "phone": "+4915112345602" })).await.assert_status(200);
    let code = app.code_for(PHONE).await;
    app.account().post("/v1/otp/verify/mobile", json!({ "phone": PHONE, "otp": code })).await.assert_status(200);
    app.clock.advance_minutes(2);
    app.set_session_count("ada@example.com", 50).await;
    for purpose in ["login", "verification"] {
        app.forget_messages().await;
        app.account().post("/v1/otp/send", json!({ "phone": PHONE, "purpose": purpose })).await.assert_status(200);
        let code = app.code_for(PHONE).await;
        let body = json!({ "phone": PHONE, "code": code, "purpose": purpose });
        app.account().from("203.0.113.20").post("/v1/otp/verify", body).await.assert_status(200);
    }
    app.account().get("/v1/verify/phone?phone=%2B4915112345678").await.assert_status(200);
}

/// Favourites marked, listed and removed; devices registered up to the one that gives way, moved and forgotten.
async fn own_data(app: &TestApp) {
    const DEVICES: &str = "/v1/account/fcm-tokens";
    let (ada, ben) = (app.login("ada@example.com").await.assert_status(200), app.register("fay@example.com").await);
    let (ada, ben) = (app.account().with_bearer(ada.token()), app.account().with_bearer(ben.token()));
    ada.post("/v1/favourites", json!({ "product_id": 7 })).await.assert_status(200);
    ada.get("/v1/favourites").await.assert_status(200);
    ada.delete("/v1/favourites/1").await.assert_status(200);
    for number in 0..21 {
        ada.post(DEVICES, json!({ "fcm_token": format!("token-{number}"), "platform": "ios" })).await.assert_status(200);
    }
    ben.post(DEVICES, json!({ "fcm_token": "token-20", "platform": "ios" })).await.assert_status(200);
    ben.delete(&format!("{DEVICES}/token-20")).await.assert_status(200);
    app.login("fay@example.com").await.assert_status(200);
    let sessions = ben.get("/v1/user/sessions").await.assert_status(200).body;
    let other = sessions["data"].as_array().unwrap().iter().find(|session| session["is_current"] == false).unwrap();
    ben.delete(&format!("/v1/user/sessions/{}", other["id"].as_str().unwrap())).await.assert_status(200);
    ben.delete("/v1/user/sessions").await.assert_status(200);
    ben.get("/v1/user/activity").await.assert_status(200);
}

/// A notice pushed to two devices, one of which is gone.
async fn to_devices(app: &TestApp) {
    let login = app.register("pia@example.com").await;
    let caller = app.account().with_bearer(login.token());
    for token in ["here", "gone"] {
        caller.post("/v1/account/fcm-tokens", json!({ "fcm_token": token, "platform": "web" })).await.assert_status(200);
    }
    app.outbox.unregister("gone");
    let from_elsewhere = json!({ "email": "pia@example.com", "password": PASSWORD });
    app.account().from("203.0.113.60").post("/v1/auth/login", from_elsewhere).await.assert_status(200);
    assert_eq!(app.messages_to("here").await.len(), 1);
}

/// Addresses added, verified, made the primary ones, taken back and removed, somebody else's and one's own.
async fn contacts(app: &TestApp) {
    const EMAILS: &str = "/v1/user/emails";
    let login = app.register("gus@example.com").await;
    let caller = app.account().with_bearer(login.token());
    for address in ["gus@example.org", "ada@example.com", "gus@example.net"] {
        caller.post(EMAILS, json!({ "email": address })).await.assert_status(201);
    }
    app.clock.advance_seconds(31);
    caller.post(EMAILS, json!({ "email": "gus@example.net" })).await.assert_status(201);
    let code = app.code_for("gus@example.org").await;
    for _ in 0..4 {
        caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": "000000" })).await.assert_status(400);
    }
    caller.post(&format!("{EMAILS}/2/verify"), json!({ "token": code })).await.assert_status(200);
    caller.get(EMAILS).await.assert_status(200);
    caller.get(&format!("{EMAILS}/3")).await.assert_status(200);
    caller.delete(&format!("{EMAILS}/3")).await.assert_status(200);
    caller.post("/v1/user/phones", json!({ "phone_number": "+4915112345699" })).await.assert_status(201);
    caller.put(&format!("{EMAILS}/2/make-default"), Value::Null).await.assert_status(200);
    let token = app.revert_token("gus@example.com").await;
    app.account().post("/v1/user/emails/revert", json!({ "token": token })).await.assert_status(200);
}

/// Copies of somebody's data asked for twice, made, fetched, and made after a run that broke off.
async fn copies(app: &TestApp) {
    let login = app.register("kim@example.com").await;
    let caller = app.account().with_bearer(login.token());
    app.clock.advance_minutes(2);
    for again in [false, true] {
        app.clock.advance_minutes(2);
        app.forget_messages().await;
        caller.post("/v1/user/request-data-export", json!({})).await.assert_status(200);
        if again {
            let code = app.code_for("kim@example.com").await;
            caller.post("/v1/user/confirm-data-export", json!({ "otp": code })).await.assert_status(200);
        }
    }
    app.export().await;
    let file = caller.get("/v1/user/gdpr-status").await.body["export_requests"][0]["filename"].as_str().unwrap().to_owned();
    assert_eq!(caller.fetch(&format!("/v1/user/download-export/{file}")).await.0, 200);
    // A run that broke off has left parts, which the next one removes.
    app.forget_messages().await;
    app.clock.advance_minutes(2);
    caller.post("/v1/user/request-data-export", json!({})).await.assert_status(200);
    let code = app.code_for("kim@example.com").await;
    caller.post("/v1/user/confirm-data-export", json!({ "otp": code })).await.assert_status(200);
    app.leave_a_part("kim@example.com", 2).await;
    app.clock.advance_minutes(2);
    app.export_due().await;
}

/// Deletions asked for, cancelled, done at once with a password and with a code, and purged with all that points at the person.
async fn deletions(app: &TestApp) {
    const DEVICES: &str = "/v1/account/fcm-tokens";
    const NUMBER: &str = "+4915112345690";
    // Somebody tried to sign in before there was an account, and to guess a code that was not there: what is left of that goes with it.
    let stranger = app.account().from("198.51.100.40");
    for guess in 0..10 {
        stranger.post("/v1/auth/login", json!({ "email": "ivy@example.com", "password": PASSWORD })).await.assert_status(401);
        let reset = json!({ "email": "ivy@example.com", "otp": format!("{guess:06}"), "new_password": "difference engine no. 2" });
        stranger.post("/v1/auth/reset-password-otp", reset).await;
    }
    let login = app.register_with_phone("ivy@example.com", NUMBER).await;
    let caller = app.account().with_bearer(login.token());
    let asked = async |caller: &latchkey_tests::Client, address: &str| {
        app.clock.advance_minutes(2);
        app.forget_messages().await;
        caller.post("/v1/user/request-account-deletion", json!({})).await.assert_status(200);
        app.code_for(address).await
    };
    asked(&caller, "ivy@example.com").await;
    caller.post("/v1/user/cancel-account-deletion", Value::Null).await.assert_status(200);
    let code = asked(&caller, "ivy@example.com").await;
    caller.post("/v1/user/confirm-account-deletion", json!({ "otp": code })).await.assert_status(200);
    caller.post("/v1/user/cancel-account-deletion", Value::Null).await.assert_status(200);
    caller.post(DEVICES, json!({ "fcm_token": "ivys-token", "platform": "ios" })).await.assert_status(200);
    caller.post("/v1/user/emails", json!({ "email": "ivy@example.org" })).await.assert_status(201);
    let partner = app.partner("chess", "Chess").await;
    app.clock.advance_minutes(2);
    app.partner_user(&partner, "ivy").link(app, NUMBER).await.assert_status(200);
    for _ in 0..4 {
        caller.post("/v1/user/confirm-account-deletion", json!({ "otp": "000000" })).await.assert_status(400);
    }
    caller.post("/v1/account/delete", json!({ "password": PASSWORD })).await.assert_status(200);

    app.partner_user(&partner, "jon").link(app, "+4915112345691").await.assert_status(200);
    app.clock.advance_minutes(2);
    app.forget_messages().await;
    app.account().post("/v1/otp/send", json!({ "phone": "+4915112345691", "purpose": "login" })).await.assert_status(200);
    let body = json!({ "phone": "+4915112345691", "code": app.code_for("+4915112345691").await, "purpose": "login" });
    let login = app.account().post("/v1/otp/verify", body).await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    caller.post("/v1/user/request-data-export", json!({})).await.assert_status(200);
    let code = json!({ "otp": app.code_for("+4915112345691").await });
    caller.post("/v1/user/confirm-data-export", code).await.assert_status(200);
    app.export().await;
    app.clock.advance_minutes(2);
    let code = asked(&caller, "+4915112345691").await;
    caller.post("/v1/account/delete", json!({ "otp": code })).await.assert_status(200);
    app.purge().await;
}

/// The same on the Phone API, with a number that goes to another account and a password that an administrator sets.
async fn by_phone(app: &TestApp) {
    const NUMBER: &str = "+4915112345610";
    let at = |path: &str| format!("/api/v1/auth/{path}");
    let send = async |path: &str| {
        app.clock.advance_minutes(2);
        app.forget_messages().await;
        app.account().post(&at(path), json!({ "phone_number": NUMBER })).await.assert_status(200);
        app.code_for(NUMBER).await
    };
    app.register_with_phone("former@example.com", NUMBER).await;
    app.clock.advance_days(91);
    let code = send("signup/send-otp").await;
    let who = json!({ "phone_number": NUMBER, "otp_code": code, "name": "Grace", "email": "grace@example.com", "password": PASSWORD,
        "has_given_consent": true });
    app.account().post(&at("signup/verify-otp"), who).await.assert_status(200);
    for _ in 0..10 {
        let wrong = json!({ "phone": "+4915112345611", "password": "whatever it is" });
        app.account().post(&at("login"), wrong).await.assert_status(401);
    }
    let login =
        app.account().from("203.0.113.50").post(&at("login"), json!({ "phone": NUMBER, "password": PASSWORD })).await.assert_status(200);
    let caller = app.account().with_bearer(login.token());
    caller.get(&at("me")).await.assert_status(200);
    caller.post(&at("reset-password"), json!({ "phone": NUMBER, "new_password": "a password for a day" })).await.assert_status(403);
    app.give_role("grace@example.com", "admin").await;
    caller.post(&at("reset-password"), json!({ "phone": NUMBER, "new_password": "a password for a day" })).await.assert_status(200);
    let code = send("forgot-password/init").await;
    let new = json!({ "phone_number": NUMBER, "otp_code": code, "new_password": PASSWORD, "confirm_password": PASSWORD });
    app.account().post(&at("forgot-password/confirm"), new).await.assert_status(200);
    let code = send("login/send-otp").await;
    app.account().post(&at("login/verify-otp"), json!({ "phone_number": NUMBER, "otp_code": code })).await.assert_status(200);
    app.account().post(&at("login/send-otp"), json!({ "phone_number": "+4915112345611" })).await.assert_status(200);
}

/// Partners' users linked to somebody new, to somebody known, and moved; tries and codes up to what the audit is told of.
async fn by_partner(app: &TestApp) {
    const NUMBERS: [&str; 2] = ["+919876543210", "+919876543211"];
    let partner = app.partner("ludo", "Ludo").await;
    app.register_with_phone("linked@example.com", NUMBERS[1]).await;
    let user = app.partner_user(&partner, "ada");
    for number in [NUMBERS[0], NUMBERS[1], NUMBERS[1], NUMBERS[0]] {
        app.clock.advance_minutes(2);
        user.link(app, number).await.assert_status(200);
    }
    app.clock.advance_minutes(61);
    let user = app.partner_user(&partner, "ben");
    for _ in 0..5 {
        app.clock.advance_minutes(1);
        user.resend(NUMBERS[0]).await.assert_status(200);
    }
    for _ in 0..5 {
        user.verify(NUMBERS[0], &"0000".into(), "000000").await.assert_status(401);
    }
}

/// As many wrong passwords and codes, and codes asked for, as the audit is told of.
async fn wrong_all_around(app: &TestApp) {
    let stranger = app.account().from("203.0.113.30");
    for email in ["ada@example.com", "unknown@example.com"] {
        for _ in 0..10 {
            stranger.post("/v1/auth/login", json!({ "email": email, "password": "a wrong password" })).await.assert_status(401);
        }
        for _ in 0..5 {
            let reset = json!({ "email": email, "otp": "000000", "new_password": PASSWORD });
            stranger.post("/v1/auth/reset-password-otp", reset).await.assert_status(400);
            stranger.post("/v1/otp/verify/email", json!({ "email": email, "otp": "000000" })).await.assert_status(400);
        }
    }
    for _ in 0..2 {
        app.clock.advance_minutes(2);
        stranger.post("/v1/otp/resend/email", json!({ "email": "somebody@example.com" })).await.assert_status(200);
    }
}

#[tokio::test]
async fn every_function_may_do_what_it_does_and_has_no_right_that_it_does_not_use() {
    let fresh = TestApp::with_cold_table();
    let (app, instances) = fresh.function_by_function();
    live(&app).await;
    let mut unused = BTreeMap::new();
    for (name, template) in functions() {
        let (rights, touched) = (rights(&template), instances[name.as_str()].touched());
        assert!(!touched.is_empty(), "{name} did nothing");
        for touch in &touched {
            assert!(rights.iter().any(|right| covers(right, touch)), "{name} may not do what it does: {touch:?}");
        }
        // A transaction's parts share one list of partitions, whichever of its actions writes to which.
        let used = |right: &Right| {
            let action = |touch: &Touch| if right.in_transaction { touch.action.clone() } else { right.action.clone() };
            touched.iter().any(|touch| covers(&Right { action: action(touch), ..right.clone() }, touch))
        };
        let idle: Vec<Right> = rights.into_iter().filter(|right| !used(right)).collect();
        unused.insert(name, idle);
    }
    // Whichever function comes first after a deployment makes the keys; here it was one of them.
    for idle in unused.values_mut() {
        idle.retain(|right| !(right.action == "PutItem" && right.partition == "KEYS"));
    }
    unused.retain(|_, idle| !idle.is_empty());
    assert!(unused.is_empty(), "rights that nothing uses: {unused:#?}");
}
