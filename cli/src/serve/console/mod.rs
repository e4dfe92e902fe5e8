//! What is under `/_local/`: pages that show the messages and the API's reference, and the endpoints that messages are sent to.
//!
//! - `assets`: the files that the pages are made of
//! - `live`: what was sent since a page last asked
//! - `surfaces`: which references there are
//!
//! The pages are plain HTML, CSS and JavaScript modules. Scripts set text and never markup: the policy that comes with each page
//! refuses anything inline, anything from elsewhere, and any text that would become markup.

mod assets;
mod live;
mod surfaces;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use self::live::Live;
use self::surfaces::{Surface, surfaces};
use super::outbox::Outbox;
use super::shutdown::Shutdown;
use super::template::Route;

/// Where the console is.
pub const BASE: &str = "/_local/";
/// Path of the SES endpoint.
pub const SES: &str = "/_local/ses";
/// Path of the SNS endpoint.
pub const SNS: &str = "/_local/sns";
/// Path of the Secrets Manager endpoint.
pub const SECRETSMANAGER: &str = "/_local/secretsmanager";
/// Path of Google: its access tokens, and FCM.
pub const GOOGLE: &str = "/_local/google";

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/// A mail's HTML is a stranger's: it runs nothing, loads nothing, sends nothing and reads nothing of the console.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'self'";
const DNS_PREFETCH: HeaderName = HeaderName::from_static("x-dns-prefetch-control");

/// The console. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    outbox: Outbox,
    live: Live,
    surfaces: Arc<[Surface]>,
}

impl Console {
    /// The console of an outbox and of the API with these routes. `run` is a name that no other run of the stack has.
    #[must_use]
    pub fn new(outbox: Outbox, routes: &[Route], run: String, shutdown: Shutdown) -> Self {
        let live = Live::new(outbox.clone(), run, shutdown, live::WAIT);
        Self { outbox, live, surfaces: surfaces(routes).into() }
    }

    /// Answers a request under `/_local/`.
    pub async fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path();
        if let Some(path) = path.strip_prefix(SES).filter(|path| path.starts_with('/')) {
            return self.outbox.handle_ses(path, request);
        }
        if path == SNS || path.strip_prefix(SNS) == Some("/") {
            return self.outbox.handle_sns(request);
        }
        if path == SECRETSMANAGER || path.strip_prefix(SECRETSMANAGER) == Some("/") {
            return self.outbox.handle_secretsmanager(&google(request), request);
        }
        if let Some(path) = path.strip_prefix(GOOGLE).filter(|path| path.starts_with('/')) {
            return self.outbox.handle_google(&google(request), path, request);
        }
        let mut response = match *request.method() {
            Method::GET | Method::HEAD => self.find(path, request).await.unwrap_or_else(nothing),
            _ => only_get(),
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(DNS_PREFETCH, HeaderValue::from_static("off"));
        response
    }

    async fn find(&self, path: &str, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        match path.strip_prefix(BASE)? {
            "" => Some(respond(assets::HTML, assets::MESSAGES)),
            "messages" => Some(json(&self.outbox.messages(asked(request, "to").as_deref()))),
            "live" => Some(json(&self.live.since(asked(request, "after").as_deref()).await)),
            "surfaces" => Some(json(&self.surfaces)),
            path => match path.split_once('/')? {
                ("mail", number) => self.mail(number.parse().ok()?),
                ("reference", name) => self.reference(name),
                ("assets", name) => assets::asset(name).map(|asset| respond(asset.kind, asset.text)),
                _ => None,
            },
        }
    }

    /// The page of a surface; the surface itself is told by the address.
    fn reference(&self, name: &str) -> Option<Response<Bytes>> {
        self.surfaces.iter().any(|surface| surface.name == name).then(|| respond(assets::HTML, assets::REFERENCE))
    }

    /// The HTML of a mail.
    fn mail(&self, number: usize) -> Option<Response<Bytes>> {
        let mut response = respond(assets::HTML, self.outbox.message(number)?.html?);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAIL_POLICY));
        Some(response)
    }
}

/// Where Google is, as whoever asks calls this stack.
fn google(request: &Request<Bytes>) -> String {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("http://{host}{GOOGLE}")
}

/// What the query says. A `+` there is a phone number's, not a space.
fn asked(request: &Request<Bytes>, wanted: &str) -> Option<String> {
    let query = request.uri().query()?.replace('+', "%2B");
    let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn respond(kind: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn json<T: Serialize + ?Sized>(value: &T) -> Response<Bytes> {
    let written = serde_json::to_vec(value).map(|json| respond("application/json", json));
    written.unwrap_or_else(|_| refuse(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written"))
}

fn refuse(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = respond("application/json", json!({ "message": message }).to_string());
    *response.status_mut() = status;
    response
}

fn nothing() -> Response<Bytes> {
    refuse(StatusCode::NOT_FOUND, "there is nothing here; the console is at /_local/")
}

fn only_get() -> Response<Bytes> {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET is known here");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing;

    const SEND_MAIL: &str = "/_local/ses/v2/email/outbound-emails";
    const MAIL: &str = r#"{"FromEmailAddress":"a@example.com","Destination":{"ToAddresses":["<b>@example.com"]},
        "Content":{"Simple":{"Subject":{"Data":"<script>alert(1)</script>"},
        "Body":{"Text":{"Data":"1 < 2 & \"3\""},"Html":{"Data":"<script>alert(1)</script>"}}}}}"#;
    const SMS: &str = "Action=Publish&PhoneNumber=%2B15550001&Message=hi";

    async fn ask(outbox: &Outbox, method: &str, uri: &str, body: &str) -> (u16, String, http::HeaderMap) {
        let request = Request::builder().method(method).uri(uri).body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let (console, _trigger) = testing::console(outbox);
        let response = console.answer(&request).await;
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        (response.status().as_u16(), text, response.headers().clone())
    }

    #[tokio::test]
    async fn messages_are_told_by_address() {
        let outbox = testing::outbox();
        assert_eq!(ask(&outbox, "POST", SEND_MAIL, MAIL).await.0, 200);
        assert_eq!(ask(&outbox, "POST", "/_local/sns/", SMS).await.0, 200);
        for to in ["+15550001", "%2B15550001"] {
            let (status, json, _) = ask(&outbox, "GET", &format!("/_local/messages?to={to}"), "").await;
            assert_eq!(status, 200);
            assert!(json.starts_with(r#"[{"channel":"sms","to":"+15550001","text":"hi","template":"","sent_at":""#), "{json}");
        }
        assert_eq!(ask(&outbox, "GET", "/_local/messages?to=nobody", "").await.1, "[]");
        let all = ask(&outbox, "GET", "/_local/messages", "").await.1;
        assert!(all.find("sms").unwrap() < all.find("mail").unwrap());
        let live = ask(&outbox, "GET", "/_local/live", "").await.1;
        assert!(live.starts_with(r#"{"cursor":"run.2","anew":true,"count":2,"messages":[{"number":2,"channel":"sms","#), "{live}");
    }

    #[tokio::test]
    async fn the_html_of_a_mail_is_shut_in() {
        let outbox = testing::outbox();
        ask(&outbox, "POST", SEND_MAIL, MAIL).await;
        let (status, html, headers) = ask(&outbox, "GET", "/_local/mail/1", "").await;
        assert_eq!((status, html.as_str()), (200, "<script>alert(1)</script>"));
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("sandbox; default-src 'none'; "));
        ask(&outbox, "POST", "/_local/sns", SMS).await;
        for nothing in ["0", "2", "3", "one", ""] {
            assert_eq!(ask(&outbox, "GET", &format!("/_local/mail/{nothing}"), "").await.0, 404, "{nothing}");
        }
    }

    #[tokio::test]
    async fn pages_take_nothing_from_elsewhere_and_can_be_read_by_nobody_else() {
        for path in
            ["/_local/", "/_local/reference/account", "/_local/assets/base.css", "/_local/live", "/_local/surfaces", "/_local/nothing"]
        {
            let (_, _, headers) = ask(&testing::outbox(), "GET", path, "").await;
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["cache-control"], "no-store");
            assert!(!headers.contains_key("access-control-allow-origin"));
        }
    }

    #[tokio::test]
    async fn elsewhere_is_nothing() {
        let outbox = testing::outbox();
        for (method, uri, status) in [
            ("GET", "/_local/nothing", 404),
            ("GET", "/_local/assets/nothing.js", 404),
            ("GET", "/_local/assets/messages.html", 404),
            ("GET", "/_local/reference/nothing", 404),
            ("GET", "/_local/messages/", 404),
            ("POST", "/_local/messages", 405),
            ("POST", "/_local/", 405),
            ("GET", SEND_MAIL, 404),
            ("GET", "/_local/sns/", 400),
        ] {
            assert_eq!(ask(&outbox, method, uri, "").await.0, status, "{method} {uri}");
        }
        let surfaces = ask(&outbox, "GET", "/_local/surfaces", "").await.1;
        assert!(surfaces.contains(r#"{"name":"account","document":"/openapi/account.json"}"#), "{surfaces}");
    }
}
