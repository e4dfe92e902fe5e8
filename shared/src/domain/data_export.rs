//! The copy of all that is held about a person: asked for, confirmed by a code, made, and there to be fetched for a while.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rng::Rng;

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Asked for; a code was sent.
    PendingConfirmation,
    /// Confirmed; it waits for its worker.
    Queued,
    /// It is being made.
    Processing,
    /// It can be fetched.
    Completed,
    /// It could not be made.
    Failed,
    /// Its time is over, or it was never confirmed.
    Expired,
}

impl Stage {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingConfirmation => "pending_confirmation",
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// A copy, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataExport {
    /// The number under which the account lists it.
    pub number: u64,
    /// How far it has come, but for time.
    pub status: Stage,
    /// When it was asked for.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub requested_at: Timestamp,
    /// Until when its code is good.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub code_until: Timestamp,
    /// When it was confirmed.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// The file, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
}

/// The file of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name.
    pub name: FileName,
    /// The run that made it, under which its parts stand.
    pub run: String,
    /// How many bytes it has.
    pub size: u64,
    /// How many bytes its parts have, deflated.
    pub deflated: u64,
    /// CRC-32 of its bytes.
    pub crc: u32,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub completed_at: Timestamp,
    /// Until when it can be fetched.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
}

impl DataExport {
    /// How far it has come at that time. The table forgets late: time is asked wherever it matters.
    #[must_use]
    pub fn stage(&self, now: Timestamp) -> Stage {
        let over = match (self.status, &self.file) {
            (Stage::PendingConfirmation, _) => self.code_until <= now,
            (Stage::Completed, Some(file)) => file.expires_at <= now,
            _ => false,
        };
        if over { Stage::Expired } else { self.status }
    }

    /// Its file, as long as it can be fetched.
    #[must_use]
    pub fn file(&self, now: Timestamp) -> Option<&File> {
        self.file.as_ref().filter(|_| self.stage(now) == Stage::Completed)
    }
}

/// The name of a file: the number of its copy, and 128 random bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// Draws a name.
    #[must_use]
    pub fn draw(number: u64, rng: &dyn Rng) -> Self {
        Self(format!("export-{number}-{}.json", rng.token()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of the copy that a name speaks of.
    #[must_use]
    pub fn number_in(text: &str) -> Option<u64> {
        let (number, token) = text.strip_prefix("export-")?.strip_suffix(".json")?.split_once('-')?;
        let plain = token.len() == 22 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        number.parse().ok().filter(|parsed: &u64| plain && parsed.to_string() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn a_name_tells_its_number_and_nothing_else_is_a_name() {
        assert_eq!(FileName::number_in(FileName::draw(7, &SystemRng).as_str()), Some(7));
        for text in
            ["", "export-7.json", "export-07-aaaaaaaaaaaaaaaaaaaaaa.json", "../export-7-aaaaaaaaaaaaaaaaaaaaaa.json", "export-7-a/b.json"]
        {
            assert_eq!(FileName::number_in(text), None, "{text}");
        }
    }
}
