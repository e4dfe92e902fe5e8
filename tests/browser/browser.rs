//! Chromium, driven through chromedriver as the `WebDriver` protocol says: each command is a request with JSON.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use data_encoding::BASE64;
use futures_util::FutureExt;
use http::Method;
use latchkey_tests::wire_http;
use serde_json::{Value, json};

const NEEDED: &str = "chromium and chromedriver are needed; on Debian: apt-get install chromium chromium-driver";
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];
/// The key under which `WebDriver` tells an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How often, and how long between, a page is asked whether it is as it should be.
const TRIES: (usize, Duration) = (400, Duration::from_millis(25));

/// Keys that are no letters.
pub(crate) const TAB: &str = "\u{E004}";
pub(crate) const ENTER: &str = "\u{E007}";
pub(crate) const CONTROL: &str = "\u{E009}";

/// A browser with one session.
pub(crate) struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.driver.kill().and_then(|()| self.driver.wait()).ok();
    }
}

/// Runs a test with a browser, which ends with it, however it does.
pub(crate) async fn with_browser(test: impl AsyncFnOnce(&Browser)) {
    let profile = tempfile::tempdir().unwrap();
    let browser = Browser::start(profile.path()).await;
    let outcome = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    browser.end().await;
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

impl Browser {
    async fn start(profile: &Path) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver does not start ({error}): {NEEDED}"));
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.rsplit_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok());
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("chromedriver tells its port")));
        std::thread::spawn(move || lines.for_each(drop));
        let mut browser = Self { driver, address, session: String::new() };
        browser.session = browser.open_session(profile).await;
        browser.look(1200, "light").await;
        browser
    }

    async fn open_session(&self, profile: &Path) -> String {
        let arguments = ARGUMENTS.map(str::to_owned).into_iter().chain([format!("--user-data-dir={}", profile.display())]);
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments.collect::<Vec<_>>() },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let made = self.request(Method::POST, "/session", Some(&json!({ "capabilities": { "alwaysMatch": wanted } }))).await;
        let made = made.unwrap_or_else(|error| panic!("Chromium does not start ({error}): {NEEDED}"));
        format!("/session/{}", made["sessionId"].as_str().unwrap())
    }

    async fn end(self) {
        let _ = self.request(Method::DELETE, &self.session, None).await;
    }

    async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let answer = wire_http::send(self.address, wire_http::request(self.address, method, path, body)).await;
        let mut answer = wire_http::json(&answer.map_err(|error| error.to_string())?);
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    async fn post(&self, command: &str, body: Value) -> Value {
        let path = format!("{}{command}", self.session);
        self.request(Method::POST, &path, Some(&body)).await.unwrap_or_else(|error| panic!("{command} {body}: {error}"))
    }

    async fn get(&self, command: &str) -> Value {
        let path = format!("{}{command}", self.session);
        self.request(Method::GET, &path, None).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Loads a page anew, and waits until it is connected to the stack.
    pub(crate) async fn open(&self, url: &str) {
        self.show("about:blank").await;
        self.show(url).await;
        self.wait_for("document.querySelector('#connection')?.dataset.connected === 'true'").await;
    }

    /// Goes to an address.
    pub(crate) async fn show(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// What an expression of JavaScript gives.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        self.post("/execute/sync", json!({ "script": format!("return {expression}"), "args": [] })).await
    }

    /// What an expression gives as text.
    pub(crate) async fn text(&self, expression: &str) -> String {
        self.value(expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression holds.
    pub(crate) async fn wait_for(&self, expression: &str) {
        for _ in 0..TRIES.0 {
            if self.value(&format!("Boolean({expression})")).await == true {
                return;
            }
            tokio::time::sleep(TRIES.1).await;
        }
        panic!("never: {expression}\n{}", self.text("document.body.innerText").await);
    }

    /// Clicks where a person would: an element that is hidden or covered fails.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Types a text in place of what is there.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/clear"), json!({})).await;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    /// The texts that can hardly be read.
    pub(crate) async fn poor_contrast(&self) -> String {
        self.text(&format!("({})()", include_str!("contrast.js"))).await
    }

    /// Fails if one of these elements has no name for those who do not see it.
    pub(crate) async fn names_all(&self, selector: &str) {
        let found = self.post("/elements", json!({ "using": "css selector", "value": selector })).await;
        for element in found.as_array().unwrap() {
            let id = element[ELEMENT].as_str().unwrap();
            if self.get(&format!("/element/{id}/displayed")).await == true {
                let label = self.get(&format!("/element/{id}/computedlabel")).await;
                assert!(
                    label.as_str().is_some_and(|label| !label.is_empty()),
                    "{}",
                    self.get(&format!("/element/{id}/property/outerHTML")).await
                );
            }
        }
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.post("/element", json!({ "using": "css selector", "value": selector })).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Presses keys, and lets them go in the opposite order.
    pub(crate) async fn press(&self, keys: &[&str]) {
        let press = |kind: &str, key: &&str| json!({ "type": kind, "value": key });
        let actions: Vec<Value> =
            keys.iter().map(|key| press("keyDown", key)).chain(keys.iter().rev().map(|key| press("keyUp", key))).collect();
        self.post("/actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] })).await;
    }

    /// The window that commands go to.
    pub(crate) async fn window(&self) -> String {
        self.get("/window").await.as_str().unwrap().to_owned()
    }

    /// Opens another window, and goes to it.
    pub(crate) async fn open_window(&self) -> String {
        let made = self.post("/window/new", json!({ "type": "window" })).await;
        let handle = made["handle"].as_str().unwrap().to_owned();
        self.go_to_window(&handle).await;
        handle
    }

    /// Goes to a window.
    pub(crate) async fn go_to_window(&self, handle: &str) {
        self.post("/window", json!({ "handle": handle })).await;
    }

    /// Looks as on a screen of this width, to someone who prefers light or dark.
    pub(crate) async fn look(&self, width: u32, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let height = if width < 500 { 740 } else { 820 };
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    /// Leaves a picture of what is seen in `target/tmp/`.
    pub(crate) async fn screenshot(&self, name: &str) {
        let picture = BASE64.decode(self.get("/screenshot").await.as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("console-{name}.png")), picture).unwrap();
    }

    /// What the browser complained about since this was asked the last time: errors of scripts, what the policy refused.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" })).await;
        log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE").map(|entry| entry["message"].to_string()).collect()
    }

    /// The addresses that the page has loaded something from.
    pub(crate) async fn loaded(&self) -> Vec<String> {
        let names = self.value("performance.getEntries().map(({ name }) => name).filter((name) => name.includes(':'))").await;
        names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }
}
