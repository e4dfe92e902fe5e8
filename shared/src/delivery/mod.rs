//! Messages out: what they say, and the one place that calls SES, SNS and FCM.

mod google;
pub mod mail;
pub mod push;
pub mod sms;
mod templates;

use crate::domain::locale::Locale;
use crate::domain::message::Content;

/// In how many parts a message goes by SMS: each is paid for.
#[must_use]
pub fn sms_segments(content: &Content, locale: Locale) -> usize {
    templates::segments(&templates::sms(content, locale))
}

/// Why a service did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It never will.
    #[error("the message was refused for good: {0}")]
    Permanent(String),
    /// It may later.
    #[error("the message was not taken: {0}")]
    Transient(String),
    /// Nobody is there who could take it, and nobody will be.
    #[error("nobody is there: {0}")]
    Gone(String),
}
