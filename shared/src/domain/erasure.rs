//! The deletion of an account: asked for, confirmed by a code, waiting for a while in which it can be cancelled, and done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const LONGEST_REASON: usize = 500;

/// How far a deletion has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Asked for; a code was sent.
    PendingConfirmation,
    /// Confirmed; it will be done when its time has come.
    Scheduled,
    /// Cancelled by the owner.
    Cancelled,
    /// It is being done, and cannot be cancelled any more.
    Purging,
}

impl Stage {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingConfirmation => "pending_confirmation",
            Self::Scheduled => "scheduled",
            Self::Cancelled => "cancelled",
            Self::Purging => "purging",
        }
    }
}

/// The deletion of an account, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// How far it has come.
    pub status: Stage,
    /// Changes with every change.
    pub version: u64,
    /// When it was asked for.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub requested_at: Timestamp,
    /// Until when the code is good that confirms it.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub code_until: Option<Timestamp>,
    /// Why, if the owner has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was confirmed.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// When it will be done.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
}

impl Deletion {
    /// Whether it was asked for and not confirmed in time: it is as if it had not been asked for.
    #[must_use]
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.status == Stage::PendingConfirmation && self.code_until.is_some_and(|until| until <= now)
    }

    /// Whether it waits, for its code or for its time.
    #[must_use]
    pub fn is_cancellable(&self, now: Timestamp) -> bool {
        matches!(self.status, Stage::PendingConfirmation | Stage::Scheduled) && !self.has_lapsed(now)
    }
}

/// Why somebody leaves, in their words: at most 500 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

/// A text that is too long for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most {LONGEST_REASON} characters")]
pub struct TooLong;

impl Reason {
    /// Takes a text; spaces at both ends are dropped.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn parse(text: &str) -> Result<Self, TooLong> {
        let text = text.trim();
        if text.chars().count() > LONGEST_REASON { Err(TooLong) } else { Ok(Self(text.to_owned())) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
