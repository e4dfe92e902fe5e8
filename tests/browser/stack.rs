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

    async fn post(&self, path: &str, body: &Value) {
        let answer = wire_http::send(self.address(), wire_http::request(self.address(), Method::POST, path, Some(body))).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }

    fn address(&self) -> SocketAddr {
        self.origin.strip_prefix("http://").unwrap().parse().unwrap()
    }
}
