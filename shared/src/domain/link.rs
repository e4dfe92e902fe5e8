//! Links: a partner's user, and the person here that they are.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::partner::PartnerId;
use crate::secret::Key;

/// The most of partners' users that one person is.
pub const MOST_LINKS: u64 = 100;
const BYTES: usize = 16;
const AUTH_CODES: u16 = 10_000;

/// A partner's user in keys: an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkTag([u8; BYTES]);

impl LinkTag {
    /// A tag from the first bytes of an HMAC.
    #[must_use]
    pub fn new(mac: &[u8; 32]) -> Self {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&mac[..BYTES]);
        Self(bytes)
    }
}

impl LinkTag {
    /// Reads what [`LinkTag`] shows.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for LinkTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

/// What is kept of a link, in the person's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The partner.
    pub partner: PartnerId,
    /// The partner's user, as the partner names them.
    pub partner_user: String,
    /// The address of a wallet, as the partner told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet_address: Option<String>,
    /// When they were linked to this person.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When that was last proved.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub verified_at: Timestamp,
}

/// The companion of a code by SMS: four digits that whoever asked for the code is answered, and gives back with it. They bind the code
/// to that request; they are no secret from anybody but those who did not ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthCode(String);

/// A text that is no such companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the 4 digits that the request for the code was answered")]
pub struct NotAnAuthCode;

impl AuthCode {
    /// How many digits it has.
    pub const DIGITS: usize = 4;

    /// The companion of the codes of one request: the same for every code that is sent again.
    #[must_use]
    pub fn of(request: &str, key: &Key) -> Self {
        let mac = key.sub_key("auth-code").mac(&[request.as_bytes()]);
        let drawn = u32::from_be_bytes([mac[0], mac[1], mac[2], mac[3]]) % u32::from(AUTH_CODES);
        Self(format!("{drawn:0width$}", width = Self::DIGITS))
    }

    /// Parses four ASCII digits.
    ///
    /// # Errors
    /// [`NotAnAuthCode`].
    pub fn parse(text: &str) -> Result<Self, NotAnAuthCode> {
        let text = text.trim();
        let digits = text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned())).ok_or(NotAnAuthCode)
    }

    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_one_companion_and_another_one_another() {
        let key = Key::derive(b"material", "code");
        let of = |request| AuthCode::of(request, &key);
        assert_eq!(of("one"), of("one"));
        assert_ne!(of("one"), of("two"));
        for number in 0..200 {
            let code = AuthCode::of(&number.to_string(), &key);
            assert_eq!(AuthCode::parse(code.digits()), Ok(code));
        }
        for text in ["", "123", "12345", "12a4", "١٢٣٤"] {
            assert_eq!(AuthCode::parse(text), Err(NotAnAuthCode), "{text}");
        }
    }
}
