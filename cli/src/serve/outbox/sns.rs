//! SMS, as the query protocol of SNS takes it: a form with `Action=Publish`, answered in XML.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use super::xml::escape;
use super::{Channel, Failure, Message, Outbox};

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
const TEMPLATE_ATTRIBUTE: &str = "template";

/// A form's fields.
type Form = BTreeMap<String, String>;

/// An error as SNS tells it.
struct Refusal(StatusCode, &'static str, String);

/// Answers one request.
pub(super) fn answer(outbox: &Outbox, request: &Request<Bytes>) -> Response<Bytes> {
    let form: Form = form_urlencoded::parse(request.body()).into_owned().collect();
    let is_publish = request.method() == Method::POST && form.get("Action").is_some_and(|action| action == "Publish");
    let sent = if is_publish {
        publish(outbox, &form)
    } else {
        Err(Refusal(StatusCode::BAD_REQUEST, "InvalidAction", "only Publish is known here".to_owned()))
    };
    let request_id = outbox.message_id();
    match sent {
        Ok(message_id) => respond(
            StatusCode::OK,
            format!(
                r#"<PublishResponse xmlns="{NAMESPACE}"><PublishResult><MessageId>{message_id}</MessageId></PublishResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></PublishResponse>"#
            ),
        ),
        Err(Refusal(status, code, message)) => {
            let (side, message) = (if status.is_server_error() { "Receiver" } else { "Sender" }, escape(&message));
            respond(
                status,
                format!(
                    r#"<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"#
                ),
            )
        }
    }
}

fn publish(outbox: &Outbox, form: &Form) -> Result<String, Refusal> {
    if let Some(failure) = outbox.failure(Channel::Sms) {
        return Err(told_to_fail(failure));
    }
    let field = |name: &str| form.get(name).filter(|value| !value.is_empty()).cloned();
    let invalid = |what: &str| Refusal(StatusCode::BAD_REQUEST, "InvalidParameter", format!("Invalid parameter: {what}"));
    let mut attributes = attributes(form);
    let message = Message {
        channel: Channel::Sms,
        to: field("PhoneNumber").ok_or_else(|| invalid("PhoneNumber"))?,
        subject: None,
        text: field("Message").ok_or_else(|| invalid("Message"))?,
        html: None,
        template: attributes.remove(TEMPLATE_ATTRIBUTE).unwrap_or_default(),
        attributes,
        sent_at: outbox.now(),
    };
    outbox.keep(vec![message]).map_err(|error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", error.to_string()))?;
    Ok(outbox.message_id())
}

/// The message attributes by name. In the form they are numbered: `MessageAttributes.entry.1.Name` and `….1.Value.StringValue`.
fn attributes(form: &Form) -> BTreeMap<String, String> {
    let attribute = |(key, name): (&String, &String)| {
        let number = key.strip_prefix("MessageAttributes.entry.")?.strip_suffix(".Name")?;
        let value = form.get(&format!("MessageAttributes.entry.{number}.Value.StringValue"))?;
        Some((name.clone(), value.clone()))
    };
    form.iter().filter_map(attribute).collect()
}

fn told_to_fail(failure: Failure) -> Refusal {
    let (status, code) = match failure {
        Failure::Throttled => (StatusCode::BAD_REQUEST, "Throttling"),
        Failure::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Failure::Rejected => (StatusCode::BAD_REQUEST, "InvalidParameter"),
    };
    Refusal(status, code, "told to fail".to_owned())
}

fn respond(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::Client;
    use aws_sdk_sns::error::ProvideErrorMetadata;
    use aws_sdk_sns::operation::publish::PublishError;
    use aws_sdk_sns::types::MessageAttributeValue;

    use super::*;
    use crate::serve::testing;

    async fn send(client: &Client, to: &str) -> Result<String, PublishError> {
        let attribute = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap();
        let sent = client
            .publish()
            .phone_number(to)
            .message("Your code: 123456 & <more> ü")
            .message_attributes("AWS.SNS.SMS.SMSType", attribute("Transactional"))
            .message_attributes("template", attribute("login-code"))
            .send()
            .await;
        sent.map(|sent| sent.message_id.unwrap()).map_err(aws_sdk_sns::error::SdkError::into_service_error)
    }

    #[tokio::test]
    async fn an_sms_sent_with_the_sdk_is_kept() {
        let outbox = testing::outbox();
        let client = testing::sns(&outbox).await;
        assert!(!send(&client, "+15550001").await.unwrap().is_empty());
        let expected = Message {
            channel: Channel::Sms,
            to: "+15550001".to_owned(),
            subject: None,
            text: "Your code: 123456 & <more> ü".to_owned(),
            html: None,
            template: "login-code".to_owned(),
            attributes: BTreeMap::from([("AWS.SNS.SMS.SMSType".to_owned(), "Transactional".to_owned())]),
            sent_at: testing::now(),
        };
        assert_eq!(outbox.messages(Some("+15550001")), [expected]);
    }

    #[tokio::test]
    async fn failures_are_those_of_sns() {
        let outbox = testing::outbox();
        let client = testing::sns(&outbox).await;
        outbox.set_failure(Channel::Mail, Some(Failure::Throttled));
        assert!(send(&client, "+15550001").await.is_ok());
        outbox.fail_next(Channel::Sms, 1, Failure::Rejected);
        assert!(matches!(send(&client, "+15550001").await, Err(PublishError::InvalidParameterException(_))));
        outbox.fail_next(Channel::Sms, 1, Failure::Throttled);
        assert_eq!(send(&client, "+15550001").await.unwrap_err().code(), Some("Throttling"));
        outbox.fail_next(Channel::Sms, 1, Failure::ServerError);
        assert!(matches!(send(&client, "+15550001").await, Err(PublishError::InternalErrorException(_))));
        assert!(send(&client, "+15550001").await.is_ok());
    }

    #[tokio::test]
    async fn an_sms_without_a_number_is_refused() {
        let outbox = testing::outbox();
        let sent = testing::sns(&outbox).await.publish().message("text").send().await;
        assert!(matches!(sent.unwrap_err().into_service_error(), PublishError::InvalidParameterException(_)));
    }
}
