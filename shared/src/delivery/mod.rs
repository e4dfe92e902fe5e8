//! Messages out: what they say, and the one place that calls SES and SNS.

pub mod mail;
pub mod sms;
mod templates;

/// Why a service did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It never will.
    #[error("the message was refused for good: {0}")]
    Permanent(String),
    /// It may later.
    #[error("the message was not taken: {0}")]
    Transient(String),
}
