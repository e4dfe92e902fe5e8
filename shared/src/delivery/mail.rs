//! Mail, through SES.

use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as SesMessage, MessageTag};

use crate::config::Config;
use crate::delivery::{DeliveryError, templates};
use crate::domain::address::Email;
use crate::domain::message::Message;

/// Sends a message by mail.
///
/// # Errors
/// [`DeliveryError`].
pub async fn send(client: &aws_sdk_sesv2::Client, config: &Config, to: &Email, message: &Message) -> Result<(), DeliveryError> {
    let sender = config.sender().map_err(|error| DeliveryError::Transient(error.to_string()))?;
    let content = content(message).map_err(|error| DeliveryError::Permanent(error.to_string()))?;
    let tag = MessageTag::builder().name("template").value(message.content.template()).build();
    let tag = tag.map_err(|error| DeliveryError::Permanent(error.to_string()))?;
    let sent = client
        .send_email()
        .from_email_address(sender.deliverable())
        .destination(Destination::builder().to_addresses(to.deliverable()).build())
        .content(content)
        .email_tags(tag)
        .set_configuration_set_name(config.ses_configuration_set.clone())
        .send()
        .await;
    sent.map(drop).map_err(|error| judge(&error.into_service_error()))
}

fn content(message: &Message) -> Result<EmailContent, aws_sdk_sesv2::error::BuildError> {
    let mail = templates::mail(&message.content, message.locale, &message.base_url);
    let part = |text: String| Content::builder().charset("UTF-8").data(text).build();
    let body = Body::builder().text(part(mail.text)?).html(part(mail.html)?).build();
    Ok(EmailContent::builder().simple(SesMessage::builder().subject(part(mail.subject)?).body(body).build()).build())
}

/// Only what is wrong with this very message is final. `MessageRejected` is not: SES says so too when the sender's verification has
/// lapsed, or in the sandbox, which the operator mends while the message waits.
fn judge(error: &SendEmailError) -> DeliveryError {
    // SES's own text may repeat the address: only the kind goes on.
    let kind = error.meta().code().unwrap_or("no answer").to_owned();
    match error {
        SendEmailError::BadRequestException(_) => DeliveryError::Permanent(kind),
        _ => DeliveryError::Transient(kind),
    }
}
