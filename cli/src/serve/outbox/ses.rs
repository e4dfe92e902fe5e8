//! Mail, as version 2 of the SES API takes it: `POST /v2/email/outbound-emails`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Channel, Failure, Message, Outbox};

const PATH: &str = "/v2/email/outbound-emails";
const TEMPLATE_TAG: &str = "template";
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: String,
    destination: Destination,
    content: Content,
    #[serde(default)]
    email_tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Simple,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Part,
    body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    text: Option<Part>,
    html: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    name: String,
    value: String,
}

/// An error as SES tells it.
struct Refusal(StatusCode, &'static str, String);

/// Answers one request.
pub(super) fn answer(outbox: &Outbox, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
    let sent = if request.method() == Method::POST && path == PATH {
        send(outbox, request.body())
    } else {
        Err(Refusal(StatusCode::NOT_FOUND, "NotFoundException", "only SendEmail is known here".to_owned()))
    };
    match sent {
        Ok(message_id) => respond(StatusCode::OK, &json!({ "MessageId": message_id })),
        Err(Refusal(status, kind, message)) => {
            let mut response = respond(status, &json!({ "message": message }));
            response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
            response
        }
    }
}

fn send(outbox: &Outbox, body: &[u8]) -> Result<String, Refusal> {
    if let Some(failure) = outbox.failure(Channel::Mail) {
        return Err(told_to_fail(failure));
    }
    let bad = |message: String| Refusal(StatusCode::BAD_REQUEST, "BadRequestException", message);
    let mail: SendEmail = serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
    if mail.from_email_address.is_empty() || mail.destination.to_addresses.is_empty() {
        return Err(bad("a sender and at least one recipient are expected".to_owned()));
    }
    let messages = messages(mail, outbox);
    outbox.keep(messages).map_err(|error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", error.to_string()))?;
    Ok(outbox.message_id())
}

fn messages(mail: SendEmail, outbox: &Outbox) -> Vec<Message> {
    let template = mail.email_tags.into_iter().find(|tag| tag.name == TEMPLATE_TAG).map(|tag| tag.value).unwrap_or_default();
    let Simple { subject, body } = mail.content.simple;
    let text = body.text.map(|part| part.data).unwrap_or_default();
    let html = body.html.map(|part| part.data);
    let recipients = mail.destination.to_addresses.into_iter();
    let message = |to| Message {
        channel: Channel::Mail,
        to,
        subject: Some(subject.data.clone()),
        text: text.clone(),
        html: html.clone(),
        template: template.clone(),
        attributes: BTreeMap::new(),
        sent_at: outbox.now(),
    };
    recipients.map(message).collect()
}

fn told_to_fail(failure: Failure) -> Refusal {
    let (status, kind) = match failure {
        Failure::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        Failure::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceErrorException"),
        Failure::Rejected => (StatusCode::BAD_REQUEST, "BadRequestException"),
    };
    Refusal(status, kind, "told to fail".to_owned())
}

fn respond(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::Client;
    use aws_sdk_sesv2::error::ProvideErrorMetadata;
    use aws_sdk_sesv2::operation::send_email::SendEmailError;
    use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as SesMessage, MessageTag};

    use super::*;
    use crate::serve::testing;

    async fn send(client: &Client, to: &str) -> Result<String, SendEmailError> {
        let part = |text: &str| Content::builder().charset("UTF-8").data(text).build().unwrap();
        let body = Body::builder().text(part("Your code: 123456")).html(part("<p>Your code: 123456</p>")).build();
        let message = SesMessage::builder().subject(part("Your code – 1")).body(body).build();
        let sent = client
            .send_email()
            .from_email_address("Latchkey <latchkey@example.com>")
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(MessageTag::builder().name("template").value("signup-code").build().unwrap())
            .configuration_set_name("latchkey")
            .send()
            .await;
        sent.map(|sent| sent.message_id.unwrap()).map_err(aws_sdk_sesv2::error::SdkError::into_service_error)
    }

    #[tokio::test]
    async fn a_mail_sent_with_the_sdk_is_kept() {
        let outbox = testing::outbox();
        let client = testing::sesv2(&outbox).await;
        assert!(!send(&client, "ada@example.com").await.unwrap().is_empty());
        let kept = outbox.messages(Some("Ada@example.com"));
        let expected = Message {
            channel: Channel::Mail,
            to: "ada@example.com".to_owned(),
            subject: Some("Your code – 1".to_owned()),
            text: "Your code: 123456".to_owned(),
            html: Some("<p>Your code: 123456</p>".to_owned()),
            template: "signup-code".to_owned(),
            attributes: BTreeMap::new(),
            sent_at: testing::now(),
        };
        assert_eq!(kept, [expected]);
    }

    #[tokio::test]
    async fn failures_are_those_of_ses() {
        let outbox = testing::outbox();
        let client = testing::sesv2(&outbox).await;
        outbox.fail_next(Channel::Mail, 1, Failure::Rejected);
        assert!(matches!(send(&client, "ada@example.com").await, Err(SendEmailError::BadRequestException(_))));
        outbox.fail_next(Channel::Mail, 1, Failure::Throttled);
        assert!(matches!(send(&client, "ada@example.com").await, Err(SendEmailError::TooManyRequestsException(_))));
        outbox.set_failure(Channel::Mail, Some(Failure::ServerError));
        assert_eq!(send(&client, "ada@example.com").await.unwrap_err().code(), Some("InternalServiceErrorException"));
        outbox.set_failure(Channel::Mail, None);
        assert!(outbox.messages(None).is_empty());
        assert!(send(&client, "ada@example.com").await.is_ok());
    }

    #[tokio::test]
    async fn a_mail_that_makes_no_sense_is_refused() {
        let outbox = testing::outbox();
        let sent = testing::sesv2(&outbox).await.send_email().send().await;
        assert!(matches!(sent.unwrap_err().into_service_error(), SendEmailError::BadRequestException(_)));
        assert!(outbox.messages(None).is_empty());
    }
}
