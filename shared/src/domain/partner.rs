//! Partners: other services whose users link themselves to a person here.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::signing::PublicKey;
use crate::domain::user::UserId;
use crate::rng::Rng;

const LONGEST_ID: usize = 64;
/// In an SMS beside a code, more would be a second part.
const LONGEST_NAME: usize = 20;
/// Each is a try at every token.
const MOST_FORMERS: usize = 3;
/// A key for HMAC-SHA-256 that is shorter than its output is easier to guess than the code (RFC 7518 section 3.2), in bytes.
pub const SHORTEST_SECRET: usize = 32;
/// The longest secret that is taken, in bytes.
pub const LONGEST_SECRET: usize = 512;

/// A partner's id: the `iss` of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartnerId(String);

/// A text that is no partner's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {LONGEST_ID} letters, digits, hyphens or underscores")]
pub struct NotAPartnerId;

impl PartnerId {
    /// Makes an id for a partner registered `now`.
    #[must_use]
    pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
        Self(UserId::new(now, rng).to_string())
    }

    /// Takes letters, digits, hyphens and underscores: whoever writes a token chooses what is looked up.
    ///
    /// # Errors
    /// [`NotAPartnerId`].
    pub fn parse(text: &str) -> Result<Self, NotAPartnerId> {
        let usual = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        ((1..=LONGEST_ID).contains(&text.len()) && usual).then(|| Self(text.to_owned())).ok_or(NotAPartnerId)
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PartnerId {
    type Error = NotAPartnerId;
    fn try_from(text: String) -> Result<Self, NotAPartnerId> {
        Self::parse(&text)
    }
}

impl From<PartnerId> for String {
    fn from(id: PartnerId) -> Self {
        id.0
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a partner is called in messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartnerName(String);

/// A text that a partner cannot be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {LONGEST_NAME} letters, digits, single spaces, hyphens or ampersands")]
pub struct NotAPartnerName;

impl PartnerName {
    /// Takes what an SMS carries in plain letters. Neither dots nor slashes: a phone would make a link of `example.com`.
    ///
    /// # Errors
    /// [`NotAPartnerName`].
    pub fn parse(text: &str) -> Result<Self, NotAPartnerName> {
        let text = text.trim();
        let usual = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -&".contains(&byte));
        let fits = (1..=LONGEST_NAME).contains(&text.len()) && usual && !text.contains("  ");
        fits.then(|| Self(text.to_owned())).ok_or(NotAPartnerName)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PartnerName {
    type Error = NotAPartnerName;
    fn try_from(text: String) -> Result<Self, NotAPartnerName> {
        Self::parse(&text)
    }
}

impl From<PartnerName> for String {
    fn from(name: PartnerName) -> Self {
        name.0
    }
}

/// How a partner signs: the one algorithm that its tokens may name (RFC 7518 section 3.1, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartnerAlgorithm {
    /// HMAC with SHA-256 under a shared secret.
    HS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl PartnerAlgorithm {
    /// The algorithm that goes with a public key, if partners may sign so.
    #[must_use]
    pub fn of_key(key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Ec { .. } => Some(Self::ES256),
            PublicKey::Okp { .. } => Some(Self::EdDsa),
            PublicKey::Rsa { .. } => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::ES256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl From<PartnerAlgorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: PartnerAlgorithm) -> Self {
        match algorithm {
            PartnerAlgorithm::HS256 => Self::HS256,
            PartnerAlgorithm::ES256 => Self::ES256,
            PartnerAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

/// What a partner's tokens are verified with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMaterial {
    /// A shared secret, sealed.
    Sealed(String),
    /// A public key.
    Public(PublicKey),
}

/// A partner's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerKey {
    /// Names it here; tokens do not.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub material: KeyMaterial,
    /// Since when it is good.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub added_at: Timestamp,
}

/// A key that another one has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerKey {
    /// The key.
    #[serde(flatten)]
    pub key: PartnerKey,
    /// Until when it is good.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}

/// A partner as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Id.
    pub id: PartnerId,
    /// Name, for messages.
    pub name: PartnerName,
    /// How it signs.
    pub algorithm: PartnerAlgorithm,
    /// Whether its tokens are taken.
    pub enabled: bool,
    /// The key that it signs with.
    pub present: PartnerKey,
    /// The keys that it signed with before, newest first.
    #[serde(default)]
    pub formers: Vec<FormerKey>,
    /// When it was registered.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// Changes with every change.
    pub revision: u64,
}

impl Partner {
    /// The keys that are good: the present one, and for a while those before it.
    pub fn keys(&self, now: Timestamp) -> impl Iterator<Item = &PartnerKey> {
        let formers = self.formers.iter().filter(move |former| now < former.until).map(|former| &former.key);
        std::iter::once(&self.present).chain(formers)
    }

    /// The same partner with another key; the one before it stays good until then. A time that is over refuses all keys before it at
    /// once; otherwise each keeps what it was given, as long as they are not too many.
    #[must_use]
    pub fn rotated(self, key: PartnerKey, until: Timestamp) -> Self {
        let now = key.added_at;
        let mut formers = Vec::new();
        if now < until {
            formers.push(FormerKey { key: self.present, until });
            formers.extend(self.formers.into_iter().filter(|former| now < former.until));
            formers.truncate(MOST_FORMERS);
        }
        Self { present: key, formers, updated_at: now, revision: self.revision + 1, ..self }
    }

    /// The same partner, whose tokens are taken from now on, or not.
    #[must_use]
    pub fn switched(self, enabled: bool, now: Timestamp) -> Self {
        Self { enabled, updated_at: now, revision: self.revision + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_names_make_no_links() {
        for text in ["d5b2e760-1b6c-4296-a89f-1da0ffe8c414", "ludo", "a_B-9"] {
            assert_eq!(PartnerId::parse(text).map(|id| id.as_str().to_owned()), Ok(text.to_owned()));
        }
        for text in ["", "a b", "../ludo", "a#b", "é", &"x".repeat(65)] {
            assert_eq!(PartnerId::parse(text), Err(NotAPartnerId), "{text}");
        }
        assert_eq!(PartnerName::parse(" Ludo & Co ").map(|name| name.as_str().to_owned()), Ok("Ludo & Co".to_owned()));
        for text in ["", "ludo.example", "a/b", "Ludo  Two", "Lüdo", "a name that is far too long"] {
            assert_eq!(PartnerName::parse(text), Err(NotAPartnerName), "{text}");
        }
    }
}
