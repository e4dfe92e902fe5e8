//! SMS, through SNS.

use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;

use crate::config::Config;
use crate::delivery::{DeliveryError, templates};
use crate::domain::address::Phone;
use crate::domain::message::Message;

/// Sends a message by SMS, to countries that are allowed.
///
/// # Errors
/// [`DeliveryError`].
pub async fn send(client: &aws_sdk_sns::Client, config: &Config, to: &Phone, message: &Message) -> Result<(), DeliveryError> {
    let allowed = to.country().is_some_and(|country| config.sms_countries.allow(&country));
    if !allowed {
        return Err(DeliveryError::Permanent("the country is not allowed".to_owned()));
    }
    let attribute = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
    let kind = attribute("Transactional").map_err(|error| DeliveryError::Permanent(error.to_string()))?;
    let template = attribute(message.content.template()).map_err(|error| DeliveryError::Permanent(error.to_string()))?;
    let sent = client
        .publish()
        .phone_number(to.e164())
        .message(templates::sms(&message.content))
        .message_attributes("AWS.SNS.SMS.SMSType", kind)
        .message_attributes("template", template)
        .send()
        .await;
    sent.map(drop).map_err(|error| judge(&error.into_service_error()))
}

/// Only what speaks of this very message is final.
fn judge(error: &PublishError) -> DeliveryError {
    let kind = error.meta().code().unwrap_or("no answer").to_owned();
    match error {
        PublishError::InvalidParameterException(_) | PublishError::InvalidParameterValueException(_) => DeliveryError::Permanent(kind),
        _ => DeliveryError::Transient(kind),
    }
}
