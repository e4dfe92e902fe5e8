//! Sessions: one per sign-in, and the rules by which a refresh token continues one.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::user::UserId;
use crate::rng::Rng;

/// The most sessions that an account has at a time.
pub const MOST_SESSIONS: u64 = 50;

const ID_LENGTH: usize = 22;

/// A session's id: 128 random bits in base64url.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// Draws an id.
    #[must_use]
    pub fn draw(rng: &dyn Rng) -> Self {
        Self(rng.token())
    }

    /// Parses an id from a token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let base64url = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (text.len() == ID_LENGTH && base64url).then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A session as it stands in the table.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// How often its refresh token has been rotated.
    pub counter: u64,
    /// Random bytes, in base64url, without which no refresh token of this session can be made.
    pub inner_key: String,
    /// Name of the device.
    pub device: String,
    /// What it was opened through.
    pub client: String,
    /// The audience of its access tokens; its refresh tokens are good only where these are.
    pub audience: String,
    /// How its owner proved who they are (RFC 8176).
    pub amr: Vec<String>,
    /// The account's epoch when it was opened.
    pub epoch: u64,
    /// The device that the last rotation was bound to, on surfaces that name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
    /// Id of the root secret that the present refresh token was made under.
    pub key_id: String,
    /// When it was opened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When its refresh token was last rotated.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub rotated_at: Timestamp,
    /// When it ends unless it is refreshed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub idle_end: Timestamp,
    /// When it ends in any case.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub absolute_end: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

/// What a refresh token is to its session when the plain rotation was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The one just replaced, presented again within the grace by the same device: its successor is given again.
    Repeated,
    /// An older one, or out of grace, or from another device: two parties hold it.
    Reused,
    /// Newer than any that was given out: made with a leaked key.
    Ahead,
    /// The session is over.
    Ended,
}

impl Session {
    /// Whether it is over by its own times.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.idle_end <= now || self.absolute_end <= now
    }

    /// Whether it stands: not over, and opened since all sessions of its account, whose epoch this is, were last ended.
    #[must_use]
    pub fn is_living(&self, epoch: u64, now: Timestamp) -> bool {
        self.epoch == epoch && !self.is_over(now)
    }

    /// When it ends unless it is refreshed.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.idle_end.min(self.absolute_end)
    }

    /// What the refresh token with the counter `presented` is to this session.
    #[must_use]
    pub fn standing(&self, presented: u64, binding: Option<&str>, now: Timestamp, grace: Duration) -> Standing {
        if self.is_over(now) {
            return Standing::Ended;
        }
        if presented > self.counter {
            return Standing::Ahead;
        }
        // Requests that run in parallel read the time before they meet in the table, and instances' clocks differ: the rotation may
        // lie a little ahead.
        let from_rotation = now.as_millisecond().abs_diff(self.rotated_at.as_millisecond());
        let in_grace = u128::from(from_rotation) <= grace.as_millis();
        let same_device = self.binding.as_deref() == binding;
        if presented + 1 == self.counter && in_grace && same_device { Standing::Repeated } else { Standing::Reused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    const GRACE: Duration = Duration::from_mins(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn session() -> Session {
        Session {
            id: SessionId::draw(&SystemRng),
            user: UserId::new(at(0), &SystemRng),
            counter: 5,
            inner_key: String::new(),
            device: String::new(),
            client: String::new(),
            audience: String::new(),
            amr: Vec::new(),
            epoch: 1,
            binding: Some("phone".to_owned()),
            key_id: String::new(),
            created_at: at(0),
            rotated_at: at(1000),
            idle_end: at(5000),
            absolute_end: at(9000),
        }
    }

    #[test]
    fn the_parent_is_repeated_only_in_grace_and_on_its_device() {
        let standing = |counter, device, second| session().standing(counter, device, at(second), GRACE);
        assert_eq!(standing(4, Some("phone"), 1060), Standing::Repeated);
        assert_eq!(standing(4, Some("phone"), 1061), Standing::Reused);
        assert_eq!(standing(4, Some("other"), 1001), Standing::Reused);
        assert_eq!(standing(4, None, 1001), Standing::Reused);
        assert_eq!(standing(3, Some("phone"), 1001), Standing::Reused);
        assert_eq!(standing(6, Some("phone"), 1001), Standing::Ahead);
        assert_eq!(standing(4, Some("phone"), 999), Standing::Repeated, "requests in parallel and clocks that differ are no thieves");
        assert_eq!(standing(4, Some("phone"), 939), Standing::Reused, "a clock that went far back gives no grace");
        assert_eq!(standing(5, Some("phone"), 5000), Standing::Ended);
    }

    #[test]
    fn ids_are_parsed_strictly() {
        let id = SessionId::draw(&SystemRng);
        assert_eq!(SessionId::parse(id.as_str()), Some(id));
        for text in ["", "short", "0123456789012345678901x", "0123456789#12345678901"] {
            assert_eq!(SessionId::parse(text), None);
        }
    }
}
