//! The local stack as a user starts it: the binary itself, on ports of its own.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::Method;
use latchkey_tests::{PASSWORD, binary, wire_http};
use serde_json::{Value, json};

/// A port that nobody listens on, below those that connections leave from: one of these could take it before it is listened on.
fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(97);
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports = (0..COUNT).map(|_| FIRST + begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT);
    ports.map(|port| u16::try_from(port).unwrap()).find(free).unwrap()
}

fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary("latchkey"));
    command.env_clear().arg("serve").args(arguments).stdin(Stdio::null());
    command
}

/// A running stack, killed hard when the test ends.
pub(crate) struct Stack {
    process: Child,
    api: SocketAddr,
    pub(crate) dynamodb: SocketAddr,
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

impl Stack {
    /// Starts the stack and waits for the last line of its banner.
    pub(crate) fn start(data: &Path) -> Self {
        let (port, dynamodb) = (free_port(), free_port());
        let arguments = ["--port", &port.to_string(), "--dynamodb-port", &dynamodb.to_string(), "--data", data.to_str().unwrap()];
        let mut process = serve(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let banner = lines.by_ref().find(|line| line.contains("ready"));
        println!("{}", banner.expect("the stack says when it is ready"));
        std::thread::spawn(move || lines.for_each(drop));
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        Self { process, api: local(port), dynamodb: local(dynamodb) }
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = wire_http::send(self.api, wire_http::request(self.api, Method::POST, path, Some(&body))).await.unwrap();
        (answer.status().as_u16(), wire_http::json(&answer))
    }

    async fn messages(&self, to: &str) -> Value {
        let path = format!("/_local/messages?to={to}");
        wire_http::json(&wire_http::send(self.api, wire_http::request(self.api, Method::GET, &path, None)).await.unwrap())
    }

    /// The newest message to an address, once there is one.
    async fn first_message(&self, to: &str) -> Value {
        let patience = Instant::now() + Duration::from_mins(3);
        while Instant::now() < patience {
            let messages = self.messages(to).await;
            if messages[0].is_object() {
                return messages[0].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no message arrived")
    }

    /// The code that an address was sent. What a killed stack did not send comes a minute later.
    async fn code_for(&self, email: &str) -> String {
        let patience = Instant::now() + Duration::from_mins(3);
        while Instant::now() < patience {
            let messages = self.messages(email).await;
            let text = messages[0]["text"].as_str().unwrap_or_default();
            if let Some(code) = text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())) {
                return code.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no code arrived")
    }
}

fn signup(email: &str) -> Value {
    json!({ "name": "Ada", "email": email, "password": PASSWORD })
}

#[tokio::test]
async fn the_first_journey_works_on_the_local_stack() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path());
    assert_eq!(stack.post("/v1/auth/signup", signup("ada@example.com")).await.0, 201);
    let code = stack.code_for("ada@example.com").await;
    let message = stack.messages("ada@example.com").await[0].clone();
    assert_eq!((&message["channel"], &message["template"]), (&json!("mail"), &json!("signup_code")));
    let (status, verified) = stack.post("/v1/auth/verify-signup-otp", json!({ "email": "ada@example.com", "otp": code })).await;
    assert_eq!(status, 200, "{verified}");
    let refresh = json!({ "refresh_token": verified["refresh_token"] });
    assert_eq!(stack.post("/v1/auth/refresh-token", refresh).await.0, 200);
    assert_eq!(stack.post("/v1/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD })).await.0, 200);
}

/// What a newcomer does first: the README's tour, as it stands there.
#[test]
fn the_readmes_tour_works_as_pasted() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path());
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let tour = readme.split("```sh\n").find(|block| block.starts_with("API=")).unwrap().split("```").next().unwrap();
    let tour = tour.replace("http://127.0.0.1:3000", &format!("http://{}", stack.api));
    let latchkey = format!("{} \"$@\" --endpoint http://{} --data {}", binary("latchkey").display(), stack.dynamodb, data.path().display());
    assert!(tour.contains(r#"cargo run -q -- "$@" --local"#));
    let tour = tour.replace(r#"cargo run -q -- "$@" --local"#, &latchkey);
    let Output { status, stdout, stderr } = Command::new("bash").args(["-euc", &tour]).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success() && stderr.is_empty(), "{stdout}{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    let says = [
        "requires_verification",
        "code: ",
        "Your account is ready.",
        "\"name\":\"Ada Lovelace\"",
        "Saved.",
        "The phone number is verified.",
        "Enter the code",
        "Signed in.",
        "\"token_type\":\"bearer\"",
        "is on its way",
        "Your password was set.",
        "\"unauthorized\"",
        "\"is_current\":true",
        "\"event\":\"signed_in\"",
        "All other sessions are ended.",
        "\"status\":\"pending_confirmation\"",
        "\"status\":\"queued\"",
        "manifest, account, ",
        "\"status\":\"pending_confirmation\"",
        "\"status\":\"scheduled\"",
        "\"account_inactive\"",
        "\"status\":\"cancelled\"",
        "Signed out.",
        "\"unauthorized\"",
        "\"status\":\"success\"",
        "\"user_id\"",
        "\"isNewUser\":false",
        "Users linked successfully",
        "Your account is deleted.",
        "\"invalid_credentials\"",
    ];
    assert_eq!(lines.len(), says.len(), "{stdout}");
    for (line, says) in lines.iter().zip(says) {
        assert!(line.contains(says), "{line}");
    }
}

/// What is pushed stays here, too: the whole way, from the service account to the device.
#[tokio::test]
async fn a_push_notice_is_shown_beside_mail_and_sms() {
    const DEVICE: &str = "cE8x0phone:APA91bGk2-phone_R7";
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path());
    assert_eq!(stack.post("/v1/auth/signup", signup("ada@example.com")).await.0, 201);
    let code = stack.code_for("ada@example.com").await;
    let (_, login) = stack.post("/v1/auth/verify-signup-otp", json!({ "email": "ada@example.com", "otp": code })).await;
    let bearer = format!("Bearer {}", login["access_token"].as_str().unwrap());
    for (path, body) in [
        ("/v1/account/fcm-tokens", json!({ "fcm_token": DEVICE, "platform": "android" })),
        ("/v1/auth/change-password", json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" })),
    ] {
        let mut request = wire_http::request(stack.api, Method::POST, path, Some(&body));
        request.headers_mut().insert("authorization", bearer.parse().unwrap());
        assert_eq!(wire_http::send(stack.api, request).await.unwrap().status(), 200, "{path}");
    }
    let pushed = stack.first_message(DEVICE).await;
    assert_eq!((pushed["channel"].as_str(), pushed["subject"].as_str()), (Some("push"), Some("Your password was changed")));
}

/// On a clock that runs, unlike in `races.rs`: the requests read the time before they meet in the table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_verifications_and_refreshes_hold_on_a_running_clock() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path());
    assert_eq!(stack.post("/v1/auth/signup", signup("ada@example.com")).await.0, 201);
    let code = stack.code_for("ada@example.com").await;
    let verify = json!({ "email": "ada@example.com", "otp": code });
    let answers = join_all((0..64).map(|_| stack.post("/v1/auth/verify-signup-otp", verify.clone()))).await;
    let right: Vec<&Value> = answers.iter().filter(|(status, _)| *status == 200).map(|(_, body)| body).collect();
    assert_eq!(right.len(), 1, "{:?}", answers.iter().map(|(status, _)| status).collect::<Vec<_>>());
    let mut token = right[0]["refresh_token"].clone();
    for _ in 0..3 {
        let refresh = json!({ "refresh_token": token });
        let answers = join_all((0..100).map(|_| stack.post("/v1/auth/refresh-token", refresh.clone()))).await;
        let successors: BTreeSet<String> = answers.iter().map(|(status, body)| format!("{status} {}", body["refresh_token"])).collect();
        assert_eq!(successors.len(), 1, "{successors:?}");
        assert_eq!(answers[0].0, 200);
        token = answers[0].1["refresh_token"].clone();
    }
}

/// Kills the stack hard in the middle of sign-ups: every account that was acknowledged is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hard_kill_loses_no_acknowledged_account() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path());
    let mut acknowledged = Vec::new();
    for number in 0..6 {
        let email = format!("person{number}@example.com");
        assert_eq!(stack.post("/v1/auth/signup", signup(&email)).await.0, 201);
        let code = stack.code_for(&email).await;
        assert_eq!(stack.post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": code })).await.0, 200);
        acknowledged.push(email);
    }
    let api = stack.api;
    let (sent, mut heard) = tokio::sync::mpsc::channel(1);
    let flood = tokio::spawn(async move {
        for number in 0.. {
            let body = signup(&format!("flood{number}@example.com"));
            let Ok(answer) = wire_http::send(api, wire_http::request(api, Method::POST, "/v1/auth/signup", Some(&body))).await else {
                break;
            };
            assert_eq!(answer.status(), 201);
            sent.send(()).await.ok();
        }
    });
    for _ in 0..5 {
        heard.recv().await;
    }
    drop(stack);
    drop(heard);
    flood.await.unwrap();
    let again = Stack::start(data.path());
    for email in acknowledged {
        let (status, body) = again.post("/v1/auth/login", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(status, 200, "{email}: {body}");
    }
    let code = again.code_for("flood0@example.com").await;
    let (status, body) = again.post("/v1/auth/verify-signup-otp", json!({ "email": "flood0@example.com", "otp": code })).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn no_web_page_elsewhere_can_read_the_outbox_or_the_table() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path());
    let with = |address: SocketAddr, path: &str, name: &'static str, value: &str| {
        let mut request = wire_http::request(address, Method::GET, path, None);
        request.headers_mut().insert(name, value.parse().unwrap());
        wire_http::send(address, request)
    };
    for (address, path) in [(stack.api, "/_local/messages"), (stack.dynamodb, "/")] {
        for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
            let refused = with(address, path, name, value).await.unwrap();
            assert!(refused.status().is_client_error(), "{path} with {name}: {}", refused.status());
            assert!(refused.headers().get("access-control-allow-origin").is_none());
        }
    }
    let page = with(stack.api, "/_local/", "accept", "text/html").await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers().contains_key("content-security-policy"));
}

#[test]
fn what_cannot_be_served_ends_with_one_clear_line_and_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (free, other) = (free_port().to_string(), free_port().to_string());
    let unreadable = file.join("folder");
    let foreign = data.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("table.db"), "no database").unwrap();
    let cases = [
        (serve(&["--memory", "--port", &port, "--dynamodb-port", &free]), port.as_str()),
        (serve(&["--memory", "--port", &free, "--dynamodb-port", &port]), port.as_str()),
        (serve(&["--port", &free, "--dynamodb-port", &other, "--data", unreadable.to_str().unwrap()]), "folder"),
        (serve(&["--port", &free, "--dynamodb-port", &other, "--data", foreign.to_str().unwrap()]), "table.db is no table of Latchkey"),
        {
            let mut command = serve(&["--memory", "--port", &free, "--dynamodb-port", &other]);
            command.env("LATCHKEY_PASSWORD_MIN", "3");
            (command, "LATCHKEY_PASSWORD_MIN")
        },
    ];
    for (mut command, named) in cases {
        let Output { status, stderr, .. } = command.output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
        assert!(stderr.contains(named), "{stderr}");
    }
}

/// State is kept under the secret it was made with: another one is told before anything is answered.
#[test]
fn another_secret_than_the_states_is_refused() {
    let data = tempfile::tempdir().unwrap();
    drop(Stack::start(data.path()));
    let (port, dynamodb) = (free_port().to_string(), free_port().to_string());
    let mut command = serve(&["--port", &port, "--dynamodb-port", &dynamodb, "--data", data.path().to_str().unwrap()]);
    let Output { status, stderr, stdout } = command.env("LATCHKEY_SECRET", "another secret of 32 bytes or more").output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("LATCHKEY_SECRET") && stderr.trim_end().lines().count() == 1, "{stderr}");
    assert!(!String::from_utf8(stdout).unwrap().contains("is ready"));
}

#[tokio::test]
async fn an_interrupt_ends_the_stack_cleanly() {
    let data = tempfile::tempdir().unwrap();
    let mut stack = Stack::start(data.path());
    let interrupted = Command::new("kill").args(["-INT", &stack.process.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(stack.process.wait().unwrap().code(), Some(0));
}
