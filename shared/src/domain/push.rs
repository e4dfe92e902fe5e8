//! Devices that take push notices: where Firebase Cloud Messaging (FCM) reaches an app.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// The most devices of an account that take push notices; one more takes the place of the one registered longest ago.
pub const MOST_PUSH_DEVICES: u64 = 20;
const LONGEST: usize = 4096;
const TAG: usize = 16;

/// A text that is no registration token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a registration token of at most {LONGEST} characters")]
pub struct NotAToken;

/// A registration token, as FCM gave it to the app. Whoever has it cannot send to it without the project's service account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PushToken(String);

impl fmt::Debug for PushToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PushToken(…)")
    }
}

impl PushToken {
    /// Takes at most 4,096 letters and digits of ASCII and `-_:.~=+`, which are what they are in a path, too; not `.` and `..`.
    ///
    /// # Errors
    /// [`NotAToken`].
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let fits =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.~=+".contains(&byte));
        (fits && text != "." && text != "..").then(|| Self(text.to_owned())).ok_or(NotAToken)
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A registration token in keys: an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PushTag([u8; TAG]);

/// A text that is no tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a tag as it is shown")]
pub struct NotATag;

impl From<PushTag> for String {
    fn from(tag: PushTag) -> Self {
        tag.to_string()
    }
}

impl TryFrom<String> for PushTag {
    type Error = NotATag;
    fn try_from(text: String) -> Result<Self, NotATag> {
        Self::parse(&text).ok_or(NotATag)
    }
}

impl PushTag {
    /// A tag from the first bytes of an HMAC.
    #[must_use]
    pub fn new(mac: &[u8; 32]) -> Self {
        let mut bytes = [0; TAG];
        bytes.copy_from_slice(&mac[..TAG]);
        Self(bytes)
    }

    /// Reads what [`PushTag`] shows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for PushTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

/// What an app runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// A browser.
    Web,
}

/// A text that names no platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be android, ios or web")]
pub struct NotAPlatform;

impl Platform {
    /// Parses its name.
    ///
    /// # Errors
    /// [`NotAPlatform`].
    pub fn parse(text: &str) -> Result<Self, NotAPlatform> {
        match text.trim() {
            "android" => Ok(Self::Android),
            "ios" => Ok(Self::Ios),
            "web" => Ok(Self::Web),
            _ => Err(NotAPlatform),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_visible_and_bounded() {
        assert!(PushToken::parse("dQw4w9WgXcQ:APA91bH_x-y").is_ok());
        assert!(PushToken::parse(&"a".repeat(4096)).is_ok());
        for text in ["", " ", "a b", "a\n", "é", &"a".repeat(4097)] {
            assert_eq!(PushToken::parse(text), Err(NotAToken));
        }
    }

    #[test]
    fn a_tag_is_read_as_it_is_shown() {
        let tag = PushTag::new(&[7; 32]);
        assert_eq!(PushTag::parse(&tag.to_string()), Some(tag));
        assert_eq!(PushTag::parse("short"), None);
    }
}
