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
    let country = to.sms_country().filter(|country| config.sms.may_go_to(country));
    let Some(country) = country else { return Err(DeliveryError::Permanent("the country is not allowed".to_owned())) };
    let template = message.content.template();
    let route = config.sms.route(&country);
    let of_route = [
        ("AWS.SNS.SMS.SenderID", route.and_then(|route| route.sender_id.as_deref())),
        ("AWS.MM.SMS.OriginationNumber", route.and_then(|route| route.origination_number.as_deref())),
        ("AWS.MM.SMS.EntityId", route.and_then(|route| route.entity_id.as_deref())),
        ("AWS.MM.SMS.TemplateId", route.and_then(|route| route.templates.get(template).map(String::as_str))),
    ];
    let mut request = client.publish().phone_number(to.e164()).message(templates::sms(&message.content, message.locale));
    let ours = [("AWS.SNS.SMS.SMSType", Some("Transactional")), ("template", Some(template))];
    for (name, value) in ours.into_iter().chain(of_route).filter_map(|(name, value)| Some((name, value?))) {
        let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        request = request.message_attributes(name, attribute.map_err(|error| DeliveryError::Permanent(error.to_string()))?);
    }
    request.send().await.map(drop).map_err(|error| judge(&error.into_service_error()))
}

/// Only what speaks of this very message is final.
fn judge(error: &PublishError) -> DeliveryError {
    let kind = error.meta().code().unwrap_or("no answer").to_owned();
    match error {
        PublishError::InvalidParameterException(_) | PublishError::InvalidParameterValueException(_) => DeliveryError::Permanent(kind),
        _ => DeliveryError::Transient(kind),
    }
}
