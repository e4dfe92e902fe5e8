//! Challenges: codes that were sent, with the registration that waits for them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::{Email, Phone};
use crate::domain::code::OtpCode;
use crate::domain::hash::StoredHash;
use crate::domain::name::Name;
use crate::domain::user::UserId;
use crate::secret::{self, Key};

/// A sign-up that waits for its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registration {
    /// The address as typed.
    pub email: Email,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Phone number, which this proves nothing about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The password's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<StoredHash>,
    /// The address has an account already: this one behaves like any other, and never becomes an account.
    #[serde(default)]
    pub decoy: bool,
}

impl Registration {
    /// What is left when two people ask for one address: the address alone. Whoever proves the mailbox gets the account, and
    /// nothing that the other one typed.
    #[must_use]
    pub fn contest(self) -> Self {
        Self { name: None, phone: None, password: None, ..self }
    }

    /// Whether two people asked for it. Only a contested one has no password.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.password.is_none()
    }
}

/// A challenge as it stands in the table. Where nobody gets a code, a challenge stands all the same and counts like any other: with
/// a code that nobody knows, where a sign-up was asked for; without a code, where none was waiting.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Challenge {
    /// Changes with every code.
    pub id: String,
    /// Changes with every change but a count.
    pub revision: u64,
    /// What is kept instead of the code; something that fits no code once it was used, nothing where none was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What was kept instead of a code that was used, so that whoever used it is told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// What the request for a code is known by that has a companion; the same for every code that is sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// How many tries at this one code there are in each lane; none: as many as the window has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_tries: Option<usize>,
    /// The registration that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// The account that it was sent to the owner of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Networks and devices that count as known, as HMACs: those that the account knows; without an account, the network that asked
    /// first.
    #[serde(default)]
    pub known: Vec<String>,
    /// Where there may be an account: the first network that asked without being known to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<String>,
    /// When the code was sent.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub sent_at: Timestamp,
    /// Until when it is good.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
    /// Until when it matters: its code may be tried until it expires, and what was counted stands for a window after that.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub kept_until: Timestamp,
}

/// Why a code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not the one that was sent last.
    #[error("the code does not fit")]
    Mismatch,
    /// It was right once.
    #[error("the code was used")]
    Used,
    /// It was tried too often, and is good no longer.
    #[error("the code was tried too often")]
    Exhausted,
    /// Its time is over.
    #[error("the code has expired")]
    Expired,
}

impl Challenge {
    /// Whether it is still good at `now`. The table's own expiry is late, so the time is compared wherever it matters.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The registration that waits, or seems to, if its time is not over.
    #[must_use]
    pub fn pending(&self, now: Timestamp) -> Option<&Registration> {
        self.registration.as_ref().filter(|_| self.is_alive(now))
    }

    /// Whether a code waits to be typed.
    #[must_use]
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.is_alive(now) && self.code.is_some() && self.used.is_none()
    }

    /// Whether `code` is the one that was sent. The try must have been counted before.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn judge(&self, code: &OtpCode, key: &Key, now: Timestamp) -> Result<(), Refusal> {
        let given = code.mac(key, &self.id);
        let is = |kept: &Option<String>| kept.as_ref().is_some_and(|kept| secret::equal(given.as_bytes(), kept.as_bytes()));
        match (is(&self.code), is(&self.used)) {
            _ if !self.is_alive(now) => Err(Refusal::Expired),
            (true, _) => Ok(()),
            (false, true) => Err(Refusal::Used),
            (false, false) => Err(Refusal::Mismatch),
        }
    }
}
