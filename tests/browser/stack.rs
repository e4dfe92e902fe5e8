//! A local stack in this process, that keeps nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use http::Method;
use latchkey_cli::args::ServeOptions;
use latchkey_cli::serve::shutdown::{self, Trigger};
use latchkey_cli::serve::stack::{Running, Stack};
use latchkey_tests::wire_http;
use serde_json::{Value, json};

/// A stack that runs.
pub(crate) struct LocalStack {
    /// Its origin: `http://127.0.0.1:<port>`.
    pub(crate) origin: String,
    trigger: Trigger,
    running: Running,
}

impl LocalStack {
    /// Starts one on free ports.
    pub(crate) async fn start() -> Self {
        Self::start_on(0).await
    }

    async fn start_on(port: u16) -> Self {
        let bind = Ipv4Addr::LOCALHOST.into();
        let stack = Stack::open(&ServeOptions { port, dynamodb_port: 0, data: PathBuf::new(), memory: true, bind }).await.unwrap();
        let origin = stack.banner().addresses.api;
        let (trigger, waiting) = shutdown::pair();
        let running = stack.start(&waiting);
        running.check().await.unwrap();
        Self { origin, trigger, running }
    }

    /// Ends it, and starts another one in its place.
    pub(crate) async fn restart(self) -> Self {
        let port = self.address().port();
        self.end().await;
        Self::start_on(port).await
    }

    /// Ends it: open pages do not hold it up.
    pub(crate) async fn end(self) {
        self.trigger.pull();
        tokio::time::timeout(Duration::from_secs(3), self.running.finish()).await.expect("the stack ends at once");
    }

    /// Sends a mail to its SES endpoint.
    pub(crate) async fn mail(&self, to: &str, subject: &str, text: &str, html: Option<&str>) {
        let part = |text: &str| json!({ "Data": text });
        let body = html.map_or_else(|| json!({ "Text": part(text) }), |html| json!({ "Text": part(text), "Html": part(html) }));
        let simple = json!({ "Simple": { "Subject": part(subject), "Body": body } });
        let mail = json!({ "FromEmailAddress": "a@example.com", "Destination": { "ToAddresses": [to] }, "Content": simple });
        self.post("/_local/ses/v2/email/outbound-emails", &mail).await;
    }

    /// Begins a registration.
    pub(crate) async fn sign_up(&self, email: &str) {
        self.post("/v1/auth/signup", &json!({ "name": "Ada", "email": email, "password": latchkey_tests::PASSWORD })).await;
    }

    /// Lets somebody with this device change their password, which is pushed.
    pub(crate) async fn push(&self, email: &str, token: &str) {
        self.sign_up(email).await;
        let code = loop {
            let messages = self.ask(Method::GET, &format!("/_local/messages?to={email}"), None, "").await;
            let text = messages[0]["text"].as_str().unwrap_or_default().to_owned();
            if let Some(code) = text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())) {
                break code.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let verify = json!({ "email": email, "otp": code });
        let login = self.ask(Method::POST, "/v1/auth/verify-signup-otp", Some(&verify), "").await;
        let bearer = login["access_token"].as_str().unwrap();
        let device = json!({ "fcm_token": token, "platform": "android" });
        self.ask(Method::POST, "/v1/account/fcm-tokens", Some(&device), bearer).await;
        let change = json!({ "current_password": latchkey_tests::PASSWORD, "new_password": "difference engine no. 2" });
        self.ask(Method::POST, "/v1/auth/change-password", Some(&change), bearer).await;
    }

    async fn post(&self, path: &str, body: &Value) {
        self.ask(Method::POST, path, Some(body), "").await;
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>, bearer: &str) -> Value {
        let mut request = wire_http::request(self.address(), method, path, body);
        request.headers_mut().insert("authorization", format!("Bearer {bearer}").parse().unwrap());
        let answer = wire_http::send(self.address(), request).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        wire_http::json(&answer)
    }

    fn address(&self) -> SocketAddr {
        self.origin.strip_prefix("http://").unwrap().parse().unwrap()
    }
}
