//! The real binaries, under a Lambda Runtime API of the test's own.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use latchkey_tests::{RuntimeApi, TestApp, binary};
use serde_json::{Value, json};

fn event(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A process that ends with its test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).ok();
    }
}

fn start(name: &str, api: &RuntimeApi, app: &TestApp) -> Running {
    let mut command = Command::new(binary(name));
    command.env_clear().env("AWS_LAMBDA_RUNTIME_API", api.address().to_string()).stdout(Stdio::null());
    command.env("AWS_LAMBDA_FUNCTION_NAME", name).env("AWS_LAMBDA_FUNCTION_VERSION", "1").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
    command.env("AWS_LAMBDA_LOG_STREAM_NAME", "test").env("AWS_LAMBDA_LOG_GROUP_NAME", "test").envs(app.variables());
    Running(command.spawn().unwrap())
}

#[tokio::test]
async fn account_auth_answers_events_under_the_runtime_api() {
    let app = TestApp::start().await;
    let mut api = RuntimeApi::start().await;
    let _running = start("account-auth", &api, &app);
    let signup = api.invoke(event("account-auth/signup.json")).await.unwrap();
    assert_eq!(signup["statusCode"], 201, "{signup}");
    let bad = api.invoke(event("account-auth/signup-without-body.json")).await.unwrap();
    assert_eq!(bad["statusCode"], 400);
    let body: Value = serde_json::from_str(bad["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "invalid_request");
    let pending = api.invoke(event("account-auth/login.json")).await.unwrap();
    assert_eq!(pending["statusCode"], 403, "the code of the sign-up is still to be entered: {pending}");
    let none = api.invoke(json!({ "what": "no event of API Gateway's" })).await;
    assert!(none.is_err() || none.is_ok_and(|answer| answer["statusCode"] == 404));
    assert_eq!(api.invoke(event("account-auth/signup.json")).await.unwrap()["statusCode"], 201, "it goes on after that");
}

#[tokio::test]
async fn a_function_reads_its_keys_before_it_has_an_event() {
    let app = TestApp::with_cold_table();
    let api = RuntimeApi::start().await;
    let _running = start("account-profile", &api, &app);
    let made = async {
        while app.app.store.keys().await.unwrap().directory.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), made).await.expect("reading the keys makes them where there are none");
}

#[tokio::test]
async fn a_function_that_cannot_read_its_keys_starts_and_answers() {
    let app = TestApp::start().await;
    let mut api = RuntimeApi::start().await;
    let _running = start("account-profile", &api, &app.with_a_table_out_of_reach());
    assert_eq!(api.invoke(event("account-profile/me-without-token.json")).await.unwrap()["statusCode"], 401);
    let mut me = event("account-profile/me.json");
    me["headers"]["authorization"] = format!("Bearer {}", app.register("ada@example.com").await.token()).into();
    assert_eq!(api.invoke(me).await.unwrap()["statusCode"], 503);
}

#[tokio::test]
async fn deliver_sends_what_the_stream_brings_under_the_runtime_api() {
    let app = TestApp::start().await;
    app.clock.catch_up();
    app.sign_up("ada@example.com").await;
    let mut api = RuntimeApi::start().await;
    let _running = start("deliver", &api, &app);
    let batch = app.stream_events().await;
    assert_eq!(api.invoke(batch).await.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(app.outbox.messages(Some("ada@example.com")).len(), 1);
    assert_eq!(api.invoke(event("deliver/challenge.json")).await.unwrap(), json!({ "batchItemFailures": [] }));
    assert!(api.invoke(event("deliver/schedule.json")).await.is_ok());
    assert!(api.invoke(event("deliver/schedule-unknown.json")).await.is_err());
}

/// What a function says that cannot start.
fn refusal(command: &mut Command) -> Value {
    let Output { status, stdout, .. } = command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1").output().unwrap();
    assert!(!status.success());
    serde_json::from_slice(stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap()
}

#[test]
fn a_function_without_its_variables_ends_and_names_the_first() {
    let line = refusal(Command::new(binary("account-auth")).env_clear());
    assert_eq!(line["error"], "LATCHKEY_TABLE must be set");
}

#[tokio::test]
async fn deliver_does_not_start_without_a_sender() {
    let app = TestApp::start().await;
    let line = refusal(Command::new(binary("deliver")).env_clear().envs(app.variables()).env_remove("LATCHKEY_SENDER"));
    assert_eq!(line["error"], "LATCHKEY_SENDER must be set");
}
