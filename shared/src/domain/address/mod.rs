//! Addresses: mail addresses and phone numbers, parsed into types once.

mod email;
mod phone;

use serde::{Deserialize, Serialize};

pub use email::Email;
pub use phone::{CallingCode, Country, NotACallingCode, Phone};

/// Why a text is no address. The messages are for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("is required")]
    Missing,
    /// Not of the form of a mail address.
    #[error("must be a mail address such as name@example.com")]
    NotEmail,
    /// The part before the `@` has letters that mail services do not take.
    #[error("must have only unaccented letters, digits and .!#$%&'*+/=?^_`{{|}}~- before the @")]
    LocalPart,
    /// Not a number that exists in the international plan.
    #[error("must be a valid phone number in international form such as +4915112345678")]
    NotPhone,
    /// A number that takes no SMS, or that none are sent to.
    #[error("must be a mobile number in a country that messages are sent to")]
    NotReachable,
}

/// How a message reaches an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Mail, through SES.
    Email,
    /// SMS, through SNS.
    Phone,
}

impl Channel {
    /// Whether it is mail.
    #[must_use]
    pub fn is_email(self) -> bool {
        self == Self::Email
    }

    /// Its name in keys and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A mail address or a phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", content = "to", rename_all = "lowercase")]
pub enum Address {
    /// Mail.
    Email(Email),
    /// Phone.
    Phone(Phone),
}

impl Address {
    /// The channel that reaches it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Phone,
        }
    }

    /// The address as it was given: a mail address as typed, a number in E.164.
    #[must_use]
    pub fn as_given(&self) -> &str {
        match self {
            Self::Email(email) => email.typed(),
            Self::Phone(phone) => phone.e164(),
        }
    }

    /// The one text that equal addresses share.
    #[must_use]
    pub fn canonical(&self) -> &str {
        match self {
            Self::Email(email) => email.canonical(),
            Self::Phone(phone) => phone.e164(),
        }
    }
}

impl From<Email> for Address {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

impl From<Phone> for Address {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}
