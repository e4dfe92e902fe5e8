//! A person's own sessions, and what happened to their account.

use futures_util::future::join_all;
use latchkey_tests::{Client, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

const SESSIONS: &str = "/v1/user/sessions";
const ACTIVITY: &str = "/v1/user/activity";
const ADA: &str = "ada@example.com";

fn caller(app: &TestApp, login: &Reply) -> Client {
    app.account().with_bearer(login.token())
}

async fn sessions(caller: &Client) -> Vec<Value> {
    caller.get(&format!("{SESSIONS}?per_page=100")).await.assert_status(200).body["data"].as_array().unwrap().clone()
}

async fn current(caller: &Client) -> String {
    let sessions = sessions(caller).await;
    let session = sessions.iter().find(|session| session["is_current"] == true).unwrap();
    session["id"].as_str().unwrap().to_owned()
}

async fn events(caller: &Client) -> Vec<String> {
    let page = caller.get(&format!("{ACTIVITY}?per_page=100")).await.assert_status(200).body;
    page["data"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn sessions_are_listed_with_their_device_and_times_the_one_used_last_first() {
    let app = TestApp::start().await;
    app.register(ADA).await;
    app.clock.advance_minutes(1);
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    let password = json!({ "email": ADA, "password": PASSWORD });
    let phone = app.account().header("user-agent", iphone).post("/v1/auth/login", password).await.assert_status(200);
    app.clock.advance_minutes(1);
    let login = app.login(ADA).await.assert_status(200);
    app.clock.advance_minutes(1);
    app.refresh(phone.refresh_token()).await.assert_status(200);

    let page = caller(&app, &login).get(SESSIONS).await.assert_status(200).body;
    assert_eq!(page["meta"], json!({ "page": 1, "per_page": 20, "total": 3 }));
    let [first, second, third] = page["data"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&first["device"], &first["is_current"]), (&json!("Safari on iPhone"), &json!(false)));
    assert_eq!((&first["created_at"], &first["last_used_at"]), (&json!("2026-01-01T00:01:00Z"), &json!("2026-01-01T00:03:00Z")));
    assert_eq!((&second["is_current"], &second["methods"]), (&json!(true), &json!(["pwd"])));
    assert_eq!((&third["created_at"], &third["is_current"]), (&json!("2026-01-01T00:00:00Z"), &json!(false)));
    assert!(first["expires_at"].as_str() > third["expires_at"].as_str());
    let page = caller(&app, &login).get(&format!("{SESSIONS}?page=2&per_page=2")).await.assert_status(200).body;
    assert_eq!((page["data"].as_array().map(Vec::len), &page["data"][0]["id"]), (Some(1), &third["id"]));
}

#[tokio::test]
async fn a_session_that_is_ended_is_over_at_once() {
    let app = TestApp::start().await;
    let (lost, login) = (app.register(ADA).await, app.login(ADA).await.assert_status(200));
    let (there, here) = (caller(&app, &lost), caller(&app, &login));
    let id = current(&there).await;
    app.clock.advance_seconds(1);
    here.delete(&format!("{SESSIONS}/{id}")).await.assert_status(200);
    there.get("/v1/users/me").await.assert_error(401, "unauthorized");
    app.refresh(lost.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    assert_eq!(sessions(&here).await.len(), 1);
    here.delete(&format!("{SESSIONS}/{id}")).await.assert_error(404, "not_found");
    assert_eq!(events(&here).await[0], "session_revoked");
    let own = current(&here).await;
    app.clock.advance_seconds(1);
    here.delete(&format!("{SESSIONS}/{own}")).await.assert_status(200);
    here.get(SESSIONS).await.assert_error(401, "unauthorized");
    app.clock.advance_seconds(1);
    let login = app.login(ADA).await.assert_status(200);
    assert_eq!(events(&caller(&app, &login)).await[..2], ["signed_in", "signed_out"]);
    app.assert_whole("after sessions ended").await;
}

/// The same answer for what never was, is somebody else's, is over, or is no id at all.
#[tokio::test]
async fn only_ones_own_living_sessions_are_there_to_be_ended() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.register(ADA).await, app.register("ben@example.com").await);
    let bens = current(&caller(&app, &ben)).await;
    let before = current(&caller(&app, &ada)).await;
    let change = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
    let other = app.login(ADA).await.assert_status(200);
    caller(&app, &other).post("/v1/auth/change-password", change).await.assert_status(200);
    let idle = current(&caller(&app, &other)).await;
    let answers = async |client: &Client, ids: &[&str]| {
        let mut answers = Vec::new();
        for id in ids {
            let answer = client.delete(&format!("{SESSIONS}/{id}")).await.assert_error(404, "not_found");
            answers.push(answer.comparable("-no-address-"));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    };
    let long = "x".repeat(5000);
    answers(&caller(&app, &other), &[&bens, &before, "AAAAAAAAAAAAAAAAAAAAAA", "x", "..%2f..%2f", "%00", &long]).await;
    caller(&app, &ben).get("/v1/users/me").await.assert_status(200);
    app.clock.advance_days(31);
    let again = json!({ "email": ADA, "password": "difference engine no. 2" });
    let login = app.account().post("/v1/auth/login", again).await.assert_status(200);
    answers(&caller(&app, &login), &[&idle]).await;
    assert_eq!(sessions(&caller(&app, &login)).await.len(), 1, "what is over is not listed");
}

#[tokio::test]
async fn all_other_sessions_end_together_and_this_one_goes_on() {
    let app = TestApp::start().await;
    let mut others = vec![app.register(ADA).await];
    for _ in 0..4 {
        others.push(app.login(ADA).await.assert_status(200));
    }
    let login = app.login(ADA).await.assert_status(200);
    let here = caller(&app, &login);
    app.clock.advance_seconds(1);
    here.delete(SESSIONS).await.assert_status(200);
    for other in &others {
        caller(&app, other).get("/v1/users/me").await.assert_error(401, "unauthorized");
        app.refresh(other.refresh_token()).await.assert_error(401, "invalid_refresh_token");
    }
    here.get("/v1/users/me").await.assert_status(200);
    assert_eq!(sessions(&here).await.len(), 1);
    assert_eq!(events(&here).await[0], "others_revoked");
    here.delete(SESSIONS).await.assert_status(200);
    app.refresh(login.refresh_token()).await.assert_status(200);
    app.assert_whole("after all others ended").await;
}

/// A code that a thief's session had asked for is of no use once that session is ended.
#[tokio::test]
async fn codes_from_before_end_with_the_other_sessions() {
    let app = TestApp::start().await;
    let (thief, login) = (app.register(ADA).await, app.login(ADA).await.assert_status(200));
    app.forget_messages().await;
    caller(&app, &thief).post("/v1/user/request-account-deletion", json!({})).await.assert_status(200);
    let code = app.code_for(ADA).await;
    app.clock.advance_seconds(1);
    caller(&app, &login).delete(SESSIONS).await.assert_status(200);
    let confirm = json!({ "otp": code });
    caller(&app, &login).post("/v1/user/confirm-account-deletion", confirm).await.assert_error(400, "invalid_otp");
}

/// However many end all others at the same time, one of them stays, and whoever signs in meanwhile is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sessions_that_end_each_other_one_stays() {
    let app = TestApp::start().await;
    app.register(ADA).await;
    let mut callers = Vec::new();
    for _ in 0..8 {
        callers.push(caller(&app, &app.login(ADA).await.assert_status(200)));
    }
    let answers = join_all(callers.iter().map(|caller| caller.delete(SESSIONS))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 401, 503].contains(&answer.status)));
    let me = join_all(callers.iter().map(|caller| caller.get("/v1/users/me"))).await;
    assert_eq!(me.iter().filter(|answer| answer.status == 200).count(), 1);
    app.assert_whole("in the end").await;
}

#[tokio::test]
async fn what_happened_is_told_newest_first_and_page_by_page() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    app.register("ben@example.com").await;
    let here = caller(&app, &login);
    for _ in 0..7 {
        app.clock.advance_seconds(1);
        app.login(ADA).await.assert_status(200);
    }
    let (mut pages, mut times, mut query) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = here.get(&format!("{ACTIVITY}?per_page=3{query}")).await.assert_status(200).body;
        let events = page["data"].as_array().unwrap();
        pages.push(events.len());
        times.extend(events.iter().map(|event| event["at"].as_str().unwrap().to_owned()));
        let Some(next) = page["meta"]["next"].as_str() else { break };
        query = format!("&before={next}");
    }
    assert_eq!(pages.iter().sum::<usize>(), times.len());
    assert!(pages.len() >= 3 && times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    assert_eq!(times.len(), events(&here).await.len(), "nothing is missed between two pages, or told twice");
    assert_eq!(events(&here).await.iter().filter(|event| *event == "registered").count(), 1, "nothing of anybody else");
    let beyond = here.get(&format!("{ACTIVITY}?before=2001-01-01T00:00:00Z")).await.assert_status(200).body;
    assert_eq!((&beyond["data"], &beyond["meta"]), (&json!([]), &json!({ "per_page": 20, "next": null })));
    for (query, field) in [
        ("before=yesterday", "before"),
        ("before=", "before"),
        ("before=2026-01-01T00:00:00%2B99:00", "before"),
        ("before=99999-01-01T00:00:00Z", "before"),
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("per_page=x", "per_page"),
    ] {
        let refused = here.get(&format!("{ACTIVITY}?{query}")).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"][0]["field"], field, "{query}");
    }
}

/// What an administrator did is told, who they are is not.
#[tokio::test]
async fn wrong_passwords_are_told_and_no_administrator_is() {
    let app = TestApp::start().await;
    let login = app.register(ADA).await;
    let stranger = app.account().from("198.51.100.7");
    for _ in 0..10 {
        stranger.post("/v1/auth/login", json!({ "email": ADA, "password": "a wrong password" })).await.assert_status(401);
    }
    let page = caller(&app, &login).get(ACTIVITY).await.assert_status(200).body;
    let refused = page["data"].as_array().unwrap().iter().find(|event| event["event"] == "passwords_refused").unwrap();
    assert_eq!((&refused["callers"], &refused["count"]), (&json!("stranger"), &json!(10)));
    assert!(page["data"].as_array().unwrap().iter().all(|event| event.get("by").is_none()));
}
