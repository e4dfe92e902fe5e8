//! Messages to people: what they say, to whom, and until when they make sense.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::Address;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Content {
    /// The code that completes a sign-up.
    SignupCode {
        /// The digits.
        code: String,
        /// For how many minutes the code is good.
        minutes: u64,
    },
    /// Somebody tried to sign up with the address of an account.
    AlreadyRegistered,
    /// An account was created without a password, since two people had asked for it.
    PasswordWanted,
    /// A session was ended because its refresh token was in two hands.
    RefreshReuse {
        /// The device that the session was on.
        device: String,
    },
}

impl Content {
    /// The template's name, for logs and tags.
    #[must_use]
    pub fn template(&self) -> &'static str {
        match self {
            Self::SignupCode { .. } => "signup_code",
            Self::AlreadyRegistered => "already_registered",
            Self::PasswordWanted => "password_wanted",
            Self::RefreshReuse { .. } => "refresh_reuse",
        }
    }
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who gets it.
    pub to: Address,
    /// What it says.
    pub content: Content,
    /// The origin that its links lead to.
    pub base_url: String,
    /// Until when it makes sense.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub not_after: Timestamp,
}
