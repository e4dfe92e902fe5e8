//! Push notices, as version 1 of the FCM API takes them: `POST /v1/projects/{project}/messages:send`. Like FCM, it refuses a message
//! with a field that it does not know.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::google::{PROJECT, respond};
use super::{Channel, Failure, Message, Outbox};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    message: Sent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    token: String,
    notification: Notification,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    android: Android,
    #[serde(default)]
    apns: Headers,
    #[serde(default)]
    webpush: Headers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notification {
    title: String,
    body: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Android {
    priority: Option<String>,
    ttl: Option<String>,
    notification: AndroidNotification,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AndroidNotification {
    tag: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Headers {
    headers: BTreeMap<String, String>,
}

/// An error as FCM tells it: the status, its name, and FCM's own code for it.
struct Refusal(StatusCode, &'static str, Option<&'static str>, String);

/// Answers one request.
pub(super) fn answer(outbox: &Outbox, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
    let sent = if request.method() == Method::POST && path == format!("/v1/projects/{PROJECT}/messages:send") {
        send(outbox, request)
    } else {
        Err(Refusal(StatusCode::NOT_FOUND, "NOT_FOUND", None, "only messages of the local project are sent here".to_owned()))
    };
    match sent {
        Ok(id) => respond(StatusCode::OK, &json!({ "name": format!("projects/{PROJECT}/messages/{id}") })),
        Err(Refusal(status, name, code, message)) => {
            let detail = |code| json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code });
            let details: Vec<Value> = code.into_iter().map(detail).collect();
            respond(status, &json!({ "error": { "code": status.as_u16(), "message": message, "status": name, "details": details } }))
        }
    }
}

fn send(outbox: &Outbox, request: &Request<Bytes>) -> Result<String, Refusal> {
    if !outbox.lets_in(request) {
        let message = "Request had invalid authentication credentials.".to_owned();
        return Err(Refusal(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", None, message));
    }
    if let Some(failure) = outbox.failure(Channel::Push) {
        return Err(told_to_fail(failure));
    }
    let Send { message } = serde_json::from_slice(request.body())
        .map_err(|error| Refusal(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", Some("INVALID_ARGUMENT"), error.to_string()))?;
    if outbox.kept().unregistered.contains(&message.token) {
        return Err(Refusal(StatusCode::NOT_FOUND, "NOT_FOUND", Some("UNREGISTERED"), "Requested entity was not found.".to_owned()));
    }
    let kept = outbox.keep(vec![as_kept(message, outbox)]);
    kept.map_err(|error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", Some("INTERNAL"), error.to_string()))?;
    Ok(outbox.message_id())
}

fn as_kept(message: Sent, outbox: &Outbox) -> Message {
    let Sent { token, notification, mut data, android, apns, webpush } = message;
    let android = [("priority", android.priority), ("ttl", android.ttl), ("tag", android.notification.tag)];
    let android = android.into_iter().filter_map(|(name, value)| Some((format!("android.{name}"), value?)));
    let headers = |service: &'static str, Headers { headers }: Headers| {
        headers.into_iter().map(move |(name, value)| (format!("{service}.{name}"), value))
    };
    Message {
        channel: Channel::Push,
        to: token,
        subject: Some(notification.title),
        text: notification.body,
        html: None,
        template: data.remove("template").unwrap_or_default(),
        attributes: android.chain(headers("apns", apns)).chain(headers("webpush", webpush)).collect(),
        sent_at: outbox.now(),
    }
}

fn told_to_fail(failure: Failure) -> Refusal {
    let (status, name, code) = match failure {
        Failure::Throttled => (StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
        Failure::ServerError => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "UNAVAILABLE"),
        Failure::Rejected => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    };
    Refusal(status, name, Some(code), "told to fail".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing;

    const PATH: &str = "/v1/projects/latchkey-local/messages:send";

    fn ask(outbox: &Outbox, path: &str, message: &Value) -> (u16, Value) {
        let token = outbox.give_access(testing::now() + std::time::Duration::from_mins(1));
        let body = Bytes::from(json!({ "message": message }).to_string());
        let request = Request::post("/").header("authorization", format!("Bearer {token}")).body(body).unwrap();
        let answer = outbox.handle_google("http://127.0.0.1:3000", path, &request);
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    fn notice() -> Value {
        json!({
            "token": "dQw4:APA91b",
            "notification": { "title": "New sign-in", "body": "Was it you?" },
            "data": { "template": "new_device" },
            "android": { "priority": "HIGH", "ttl": "60s" },
        })
    }

    #[test]
    fn a_notice_is_kept() {
        let outbox = testing::outbox();
        let (status, answer) = ask(&outbox, PATH, &notice());
        assert_eq!(status, 200, "{answer}");
        assert!(answer["name"].as_str().unwrap().starts_with("projects/latchkey-local/messages/"));
        let expected = Message {
            channel: Channel::Push,
            to: "dQw4:APA91b".to_owned(),
            subject: Some("New sign-in".to_owned()),
            text: "Was it you?".to_owned(),
            html: None,
            template: "new_device".to_owned(),
            attributes: [("android.priority", "HIGH"), ("android.ttl", "60s")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            sent_at: testing::now(),
        };
        assert_eq!(outbox.messages(None), [expected]);
    }

    #[test]
    fn failures_are_those_of_fcm() {
        let outbox = testing::outbox();
        let code = |answer: &Value| answer["error"]["details"][0]["errorCode"].as_str().map(str::to_owned);
        for (failure, status, expected) in [
            (Failure::Throttled, 429, "QUOTA_EXCEEDED"),
            (Failure::ServerError, 503, "UNAVAILABLE"),
            (Failure::Rejected, 400, "INVALID_ARGUMENT"),
        ] {
            outbox.fail_next(Channel::Push, 1, failure);
            let (told, answer) = ask(&outbox, PATH, &notice());
            assert_eq!((told, code(&answer).as_deref()), (status, Some(expected)));
        }
        outbox.unregister("dQw4:APA91b");
        let (status, answer) = ask(&outbox, PATH, &notice());
        assert_eq!((status, code(&answer).as_deref()), (404, Some("UNREGISTERED")));
        let mut strange = notice();
        strange["colour"] = "red".into();
        assert_eq!(ask(&outbox, PATH, &strange).0, 400);
        assert_eq!(ask(&outbox, "/v1/projects/another/messages:send", &notice()).0, 404);
        let without = Request::post("/").body(Bytes::from(json!({ "message": notice() }).to_string())).unwrap();
        assert_eq!(outbox.handle_google("http://127.0.0.1:3000", PATH, &without).status(), 401);
        assert!(outbox.messages(None).is_empty());
    }
}
