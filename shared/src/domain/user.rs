//! A person's account.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::address::{Email, Phone};
use crate::domain::hash::StoredHash;
use crate::domain::name::Name;
use crate::rng::Rng;

/// An account's id: a UUIDv7 (RFC 9562), so that ids sort by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(Uuid);

impl UserId {
    /// Makes an id for an account created `now`.
    #[must_use]
    pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &rng.bytes()).into_uuid())
    }

    /// Parses the 32 hexadecimal digits of a key or token, lower-case and without hyphens; nothing else.
    #[must_use]
    pub fn parse_simple(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.simple() == text).then_some(id)
    }

    /// Parses the hyphenated form, as tokens' `sub` has it; nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.to_string() == text).then_some(id)
    }

    /// 32 hexadecimal digits without hyphens.
    #[must_use]
    pub fn simple(self) -> String {
        self.0.as_simple().to_string()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(formatter)
    }
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    Active,
    /// Closed by an administrator.
    Disabled,
    /// Its owner asked for deletion and can still cancel.
    PendingDeletion,
}

impl Status {
    /// Whether its owner can sign in, refresh and sign out. In the grace before a deletion they can, to cancel it.
    #[must_use]
    pub fn admits(self) -> bool {
        match self {
            Self::Active | Self::PendingDeletion => true,
            Self::Disabled => false,
        }
    }
}

/// What a person may do beyond their own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Role(String);

impl Role {
    /// What every new account has.
    #[must_use]
    pub fn user() -> Self {
        Self("user".to_owned())
    }

    /// The role's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address of a kind that an account is known by; other addresses have items of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primary<A> {
    /// The small number under which the address is listed.
    pub id: u64,
    /// The address.
    pub address: A,
    /// Whether its owner has proved it.
    pub verified: bool,
}

/// What a person says about themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// `male`, `female`, `other` or `prefer_not_to_say`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// ISO 8601 date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// Where they live, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where their picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_url: Option<String>,
}

/// An account. The counters of its lanes are not here: only the writes that count look at them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// Whether it can be used.
    pub status: Status,
    /// Grows with every change that ends all sessions; a session of another epoch is over.
    pub epoch: u64,
    /// What the person says about themselves.
    #[serde(default)]
    pub profile: Profile,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The password's hash; none: the account has other ways in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<StoredHash>,
    /// Primary mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Primary<Email>>,
    /// Primary phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Primary<Phone>>,
    /// Number for the next mail address.
    pub next_email: u64,
    /// Number for the next phone number.
    pub next_phone: u64,
    /// Sessions opened and not ended; those that ran out are counted until room is made.
    pub sessions: u64,
    /// Whether the person is shown as present.
    pub is_online: bool,
    /// The last networks that the account signed in from, newest first, as HMACs.
    #[serde(default)]
    pub networks: Vec<String>,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When its profile last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// When it last signed in.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
}

/// How many networks an account remembers.
const NETWORKS: usize = 5;

/// The list of networks with `network` put first.
#[must_use]
pub fn remember(networks: &[String], network: &str) -> Vec<String> {
    let others = networks.iter().filter(|known| *known != network).cloned();
    std::iter::once(network.to_owned()).chain(others).take(NETWORKS).collect()
}
