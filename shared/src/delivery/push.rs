//! Push notices, through version 1 of Firebase Cloud Messaging's HTTP API.

use aws_smithy_http_client::Connector;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::google::{Answer, Google};
use crate::delivery::{DeliveryError, templates};
use crate::domain::message::Message;
use crate::domain::push::PushToken;

/// Firebase Cloud Messaging, as one service account.
pub struct Fcm {
    google: Google,
    endpoint: String,
}

impl Fcm {
    /// FCM at `endpoint`, reached by `way`, as the service account that is kept in `secret`. No request is made.
    #[must_use]
    pub fn new(secrets: aws_sdk_secretsmanager::Client, secret: String, way: Connector, endpoint: String) -> Self {
        Self { google: Google::new(secrets, secret, way), endpoint }
    }

    async fn ask(&self, body: &[u8], now: Timestamp) -> Result<Answer, DeliveryError> {
        let url = |project: &str| format!("{}/v1/projects/{project}/messages:send", self.endpoint);
        self.google.post(url, body, now).await.map_err(|silence| DeliveryError::Transient(silence.to_string()))
    }
}

/// Sends a message, whose id is `id`, to a device.
///
/// # Errors
/// [`DeliveryError`]; it is [`DeliveryError::Gone`] if nothing reaches the device by this token any more.
pub async fn send(fcm: &Fcm, to: &PushToken, id: &str, message: &Message, now: Timestamp) -> Result<(), DeliveryError> {
    let body = body(to, id, message, now).to_string();
    let answer = fcm.ask(body.as_bytes(), now).await?;
    if !is_unauthenticated(&answer) {
        return judge(&answer);
    }
    fcm.google.forget_access().await;
    judge(&fcm.ask(body.as_bytes(), now).await?)
}

/// What FCM is asked for. A device that was off for long gets the notice as long as it makes sense. Its id lets a device show a notice
/// once that came twice.
fn body(to: &PushToken, id: &str, message: &Message, now: Timestamp) -> Value {
    let (title, text) = templates::push(&message.content, message.locale);
    let ends = message.not_after.as_second();
    let life = (ends - now.as_second()).max(0);
    json!({
        "message": {
            "token": to.as_str(),
            "notification": { "title": title, "body": text },
            "data": { "template": message.content.template() },
            "android": { "priority": "HIGH", "ttl": format!("{life}s"), "notification": { "tag": id } },
            "apns": { "headers": { "apns-priority": "10", "apns-expiration": ends.to_string(), "apns-collapse-id": id } },
            "webpush": { "headers": { "Urgency": "high", "TTL": life.to_string() } },
        }
    })
}

/// Why FCM refuses, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Code {
    InvalidArgument,
    Unregistered,
    SenderIdMismatch,
    QuotaExceeded,
    Unavailable,
    Internal,
    ThirdPartyAuthError,
    #[serde(other)]
    Another,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::Unregistered => "UNREGISTERED",
            Self::SenderIdMismatch => "SENDER_ID_MISMATCH",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::ThirdPartyAuthError => "THIRD_PARTY_AUTH_ERROR",
            Self::Another => "another error",
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Problem,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    message: String,
    details: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    error_code: Option<Code>,
    #[serde(default)]
    field_violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    #[serde(default)]
    field: String,
}

impl Problem {
    fn of(answer: &Answer) -> Self {
        serde_json::from_slice::<Refusal>(&answer.body).unwrap_or_default().error
    }

    fn code(&self) -> Option<Code> {
        self.details.iter().find_map(|detail| detail.error_code)
    }

    /// An argument that is invalid may be any. That it is the token, FCM says by naming the field, or in words only.
    fn blames_token(&self) -> bool {
        let mut fields = self.details.iter().flat_map(|detail| &detail.field_violations);
        fields.any(|violation| violation.field == "message.token") || self.message.contains("not a valid FCM registration token")
    }
}

/// Whether the access token was refused, and not what FCM itself signs in with at Apple or at a browser's vendor.
fn is_unauthenticated(answer: &Answer) -> bool {
    answer.status == StatusCode::UNAUTHORIZED && Problem::of(answer).code() != Some(Code::ThirdPartyAuthError)
}

/// What is wrong with this very message is final; all else the operator or Google may mend while it waits. A token of another project
/// (`SENDER_ID_MISMATCH`) is refused and not given up: with the wrong service account, every token is one.
fn judge(answer: &Answer) -> Result<(), DeliveryError> {
    if answer.status.is_success() {
        return Ok(());
    }
    let (status, problem) = (answer.status.as_u16(), Problem::of(answer));
    let code = problem.code();
    let reason = code.map_or_else(|| status.to_string(), |code| format!("{status} {}", code.name()));
    Err(match (status, code) {
        (404, Some(Code::Unregistered)) => DeliveryError::Gone(reason),
        (400, Some(Code::InvalidArgument)) if problem.blames_token() => DeliveryError::Gone(reason),
        (400, _) | (403, Some(Code::SenderIdMismatch)) => DeliveryError::Permanent(reason),
        _ => DeliveryError::Transient(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locale::Locale;
    use crate::domain::message::{Content, Destination, Devices};
    use crate::domain::user::UserId;

    fn judged(status: u16, body: &Value) -> Result<(), DeliveryError> {
        judge(&Answer { status: StatusCode::from_u16(status).unwrap(), body: body.to_string().into_bytes() })
    }

    fn refusal(code: &str) -> Value {
        let detail = json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code });
        json!({ "error": { "code": 0, "message": "Request contains an invalid argument.", "status": "X", "details": [detail] } })
    }

    #[test]
    fn only_a_token_that_is_blamed_by_name_is_given_up() {
        let blamed = |field: &str| {
            let mut refusal = refusal("INVALID_ARGUMENT");
            let violations = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{ "field": field }] });
            refusal["error"]["details"].as_array_mut().unwrap().push(violations);
            refusal
        };
        let mut in_words = refusal("INVALID_ARGUMENT");
        in_words["error"]["message"] = "The registration token is not a valid FCM registration token".into();
        for (status, body) in [(404, refusal("UNREGISTERED")), (400, blamed("message.token")), (400, in_words)] {
            assert!(matches!(judged(status, &body), Err(DeliveryError::Gone(_))), "{status} {body}");
        }
        for (status, body) in [
            (400, refusal("INVALID_ARGUMENT")),
            (400, blamed("message.android.ttl")),
            (400, json!("no object")),
            (403, refusal("SENDER_ID_MISMATCH")),
        ] {
            assert!(matches!(judged(status, &body), Err(DeliveryError::Permanent(_))), "{status} {body}");
        }
        for (status, body) in [
            (302, json!({})),
            (401, refusal("THIRD_PARTY_AUTH_ERROR")),
            (403, refusal("PERMISSION_DENIED")),
            (404, json!("<html>Not Found")),
            (429, refusal("QUOTA_EXCEEDED")),
            (500, refusal("INTERNAL")),
            (503, refusal("UNAVAILABLE")),
        ] {
            assert!(matches!(judged(status, &body), Err(DeliveryError::Transient(_))), "{status} {body}");
        }
        assert!(judged(200, &json!({ "name": "projects/a/messages/1" })).is_ok());
    }

    #[test]
    fn a_reason_repeats_nothing_that_was_sent() {
        let mut refusal = refusal("UNREGISTERED dQw4:APA91b");
        refusal["error"]["message"] = "no such token: dQw4:APA91b".into();
        assert_eq!(judged(404, &refusal).unwrap_err().to_string(), "the message was not taken: 404 another error");
    }

    #[test]
    fn a_notice_ends_when_it_makes_no_sense_any_more() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let message = Message {
            to: Destination::Devices(Devices { user: UserId::nobody(), epoch: 1 }),
            content: Content::NewDevice { device: "Firefox on Linux".to_owned() },
            locale: Locale::De,
            base_url: "https://a.example".to_owned(),
            not_after: now + std::time::Duration::from_mins(2),
        };
        let body = body(&PushToken::parse("dQw4:APA91b").unwrap(), "one", &message, now);
        let sent = &body["message"];
        assert_eq!(sent["android"]["ttl"], "120s");
        assert_eq!(sent["apns"]["headers"]["apns-expiration"], (now.as_second() + 120).to_string());
        assert_eq!(sent["webpush"]["headers"]["TTL"], "120");
        assert_eq!(sent["data"], json!({ "template": "new_device" }));
        assert!(!body.to_string().contains("Firefox") && !body.to_string().contains("a.example"), "{body}");
    }
}
