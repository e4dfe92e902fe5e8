//! What is under `/_local/`: the messages that were sent, and the endpoints that they are sent to.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use super::html::escape;
use super::outbox::{Channel, Message, Outbox};

/// Where the local pages are.
pub const BASE: &str = "/_local/";
/// Path of the SES endpoint.
pub const SES: &str = "/_local/ses";
/// Path of the SNS endpoint.
pub const SNS: &str = "/_local/sns";

const MESSAGES: &str = "/_local/messages";
const STYLE: &str = "/_local/style.css";
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Most messages on the page.
const SHOWN: usize = 200;

/// Answers a request under `/_local/`.
#[must_use]
pub fn answer(outbox: &Outbox, request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path();
    if let Some(path) = path.strip_prefix(SES).filter(|path| path.starts_with('/')) {
        return outbox.handle_ses(path, request);
    }
    if path == SNS || path.strip_prefix(SNS) == Some("/") {
        return outbox.handle_sns(request);
    }
    let to = to(request);
    let mut response = match (request.method(), path) {
        (&Method::GET | &Method::HEAD, BASE) => respond("text/html; charset=utf-8", page(outbox, to.as_deref())),
        (&Method::GET | &Method::HEAD, STYLE) => respond("text/css; charset=utf-8", include_str!("pages.css").to_owned()),
        (&Method::GET | &Method::HEAD, MESSAGES) => messages(outbox, to.as_deref()),
        (_, BASE | STYLE | MESSAGES) => refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET is known here"),
        _ => refuse(StatusCode::NOT_FOUND, "there is nothing here; /_local/ shows the messages that were sent"),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The address that is asked for. A `+` there is a phone number's, not a space.
fn to(request: &Request<Bytes>) -> Option<String> {
    let query = request.uri().query()?.replace('+', "%2B");
    let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
    found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn messages(outbox: &Outbox, to: Option<&str>) -> Response<Bytes> {
    serde_json::to_string(&outbox.messages(to)).map_or_else(
        |_| refuse(StatusCode::INTERNAL_SERVER_ERROR, "the messages cannot be written"),
        |json| respond("application/json", json),
    )
}

fn respond(kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn refuse(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = respond("application/json", serde_json::json!({ "message": message }).to_string());
    *response.status_mut() = status;
    response
}

fn page(outbox: &Outbox, to: Option<&str>) -> String {
    let messages = outbox.messages(to);
    let list: String = messages.iter().take(SHOWN).map(article).collect();
    let (asked, reload) = match to {
        Some(to) => (escape(to), format!(r#"<a href="{BASE}">Show all</a>"#)),
        None => (String::new(), format!(r#"<a href="{BASE}">Reload</a>"#)),
    };
    let summary = match (messages.len(), to) {
        (0, None) => "Nothing was sent yet. Sign someone up, and the code is here.".to_owned(),
        (0, Some(_)) => "Nothing was sent to this address.".to_owned(),
        (1, _) => "1 message.".to_owned(),
        (count, _) if count > SHOWN => format!("{count} messages; the newest {SHOWN} are shown."),
        (count, _) => format!("{count} messages, the newest first."),
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Messages – Latchkey</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<main>
<h1>Messages</h1>
<p>Mail and SMS of the local stack. They were kept here and sent to nobody.</p>
<form action="{BASE}" role="search"><label for="to">Sent to</label> <input id="to" name="to" value="{asked}" autocomplete="off"> <button>Find</button> {reload}</form>
<p role="status">{summary}</p>
{list}</main>
</body>
</html>
"#
    )
}

fn article(message: &Message) -> String {
    let channel = match message.channel {
        Channel::Mail => "Mail",
        Channel::Sms => "SMS",
    };
    let title = message.subject.as_deref().map_or_else(|| format!("{channel} to {}", message.to), str::to_owned);
    let template = if message.template.is_empty() { String::new() } else { format!(", template {}", escape(&message.template)) };
    let sent_at = message.sent_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    format!(
        "<article>\n<h2>{}</h2>\n<p>{channel} to <strong>{}</strong>, <time datetime=\"{}\">{sent_at}</time>{template}</p>\n<pre>{}</pre>\n</article>\n",
        escape(&title),
        escape(&message.to),
        message.sent_at,
        escape(&message.text),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing;

    const MAIL: &str = r#"{"FromEmailAddress":"a@example.com","Destination":{"ToAddresses":["<b>@example.com"]},
        "Content":{"Simple":{"Subject":{"Data":"<script>alert(1)</script>"},"Body":{"Text":{"Data":"1 < 2 & \"3\""}}}}}"#;

    fn ask(outbox: &Outbox, method: &str, uri: &str, body: &str) -> (u16, String, http::HeaderMap) {
        let request = Request::builder().method(method).uri(uri).body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let response = answer(outbox, &request);
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        (response.status().as_u16(), text, response.headers().clone())
    }

    #[test]
    fn messages_are_told_by_address() {
        let outbox = testing::outbox();
        assert_eq!(ask(&outbox, "POST", "/_local/ses/v2/email/outbound-emails", MAIL).0, 200);
        let form = "Action=Publish&PhoneNumber=%2B15550001&Message=hi";
        assert_eq!(ask(&outbox, "POST", "/_local/sns/", form).0, 200);
        for to in ["+15550001", "%2B15550001"] {
            let (status, json, _) = ask(&outbox, "GET", &format!("/_local/messages?to={to}"), "");
            assert_eq!(status, 200);
            assert!(json.starts_with(r#"[{"channel":"sms","to":"+15550001","text":"hi","template":"","sent_at":""#), "{json}");
        }
        assert_eq!(ask(&outbox, "GET", "/_local/messages?to=nobody", "").1, "[]");
        let all = ask(&outbox, "GET", "/_local/messages", "").1;
        assert!(all.find("sms").unwrap() < all.find("mail").unwrap());
    }

    #[test]
    fn the_page_shows_messages_as_text() {
        let outbox = testing::outbox();
        ask(&outbox, "POST", "/_local/ses/v2/email/outbound-emails", MAIL);
        let (status, html, headers) = ask(&outbox, "GET", "/_local/?to=%22%3E%3Cb%3E@example.com", "");
        assert_eq!(status, 200);
        assert!(html.contains("Nothing was sent to this address") && !html.contains("\"><b>"), "{html}");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert!(!headers.contains_key("access-control-allow-origin"));
        let html = ask(&outbox, "GET", "/_local/", "").1;
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
        assert!(html.contains("1 &lt; 2 &amp; &quot;3&quot;"), "{html}");
    }

    #[test]
    fn elsewhere_is_nothing() {
        let outbox = testing::outbox();
        for (method, uri, status) in [
            ("GET", "/_local/nothing", 404),
            ("POST", "/_local/messages", 405),
            ("GET", "/_local/ses/v2/email/outbound-emails", 404),
            ("GET", "/_local/sns/", 400),
            ("GET", "/_local/style.css", 200),
        ] {
            assert_eq!(ask(&outbox, method, uri, "").0, status, "{method} {uri}");
        }
    }
}
