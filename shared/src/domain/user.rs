//! A person's account.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::address::{Channel, Email, Phone};
use crate::domain::familiar::Familiar;
use crate::domain::hash::StoredHash;
use crate::domain::locale::Locale;
use crate::domain::primary::{Awaited, Former, Line, Place, Primary, Remembered, Succession, Turn};
use crate::domain::profile::Profile;
use crate::rng::Rng;

/// An account's id: a UUIDv7 (RFC 9562), so that ids sort by creation. An account that was imported keeps the UUID that it had.
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

    /// An id that no account has: what is written where there is no account, and that shall not show.
    #[must_use]
    pub fn nobody() -> Self {
        Self(Uuid::nil())
    }

    /// Parses the 32 hexadecimal digits of a key or token, lower-case and without hyphens; nothing else.
    #[must_use]
    pub fn parse_simple(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.simple() == text).then_some(id)
    }

    /// Its 16 bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The id with these bytes.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
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

/// The most addresses of a kind that an account has.
pub const MOST_ADDRESSES: u64 = 10;

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
    /// It is being deleted: nobody is shown it any more.
    Purging,
}

impl Status {
    /// Whether its owner can sign in, refresh and sign out. In the grace before a deletion they can, to cancel it.
    #[must_use]
    pub fn admits(self) -> bool {
        match self {
            Self::Active | Self::PendingDeletion => true,
            Self::Disabled | Self::Purging => false,
        }
    }
}

/// What the owner of an account has still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outstanding {
    /// To tell a name.
    Name,
    /// To prove the primary mail address.
    EmailProof,
    /// To prove the primary phone number.
    PhoneProof,
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

    /// What lets somebody set other people's passwords.
    #[must_use]
    pub fn admin() -> Self {
        Self("admin".to_owned())
    }

    /// Parses a role's name.
    ///
    /// # Errors
    /// [`NotARole`].
    pub fn parse(text: &str) -> Result<Self, NotARole> {
        ROLES.contains(&text).then(|| Self(text.to_owned())).ok_or(NotARole)
    }

    /// The role's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const ROLES: [&str; 4] = ["admin", "reviewer", "user", "system"];

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be admin, reviewer, user or system")]
pub struct NotARole;

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
    /// The password was set by an administrator: it is good for choosing another one, and for nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password_temporary: bool,
    /// When its owner consented to its being kept, where they were asked.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub consent_at: Option<Timestamp>,
    /// Primary mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Primary<Email>>,
    /// Primary phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Primary<Phone>>,
    /// The mail address that becomes the primary one when it is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited_email: Option<Awaited<Email>>,
    /// The phone number that becomes the primary one when it is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited_phone: Option<Awaited<Phone>>,
    /// The mail addresses that were the primary one until lately.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_emails: Vec<Former<Email>>,
    /// The phone numbers that were the primary one until lately.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_phones: Vec<Former<Phone>>,
    /// Number for the next mail address.
    pub next_email: u64,
    /// Number for the next phone number.
    pub next_phone: u64,
    /// How many mail addresses it has, proved or not.
    pub emails: u64,
    /// How many phone numbers it has, proved or not.
    pub phones: u64,
    /// Grows with every address that is proved or becomes the primary one.
    pub proofs: u64,
    /// Sessions opened and not ended; those that ran out are counted until room is made.
    pub sessions: u64,
    /// How many of partners' users it is linked with.
    #[serde(default)]
    pub links: u64,
    /// How many favourites it has.
    #[serde(default)]
    pub favourites: u64,
    /// Number for the next favourite.
    #[serde(default = "first")]
    pub next_favourite: u64,
    /// Number for the next copy of the person's data.
    #[serde(default = "first")]
    pub next_export: u64,
    /// How many of its devices take push notices.
    #[serde(default)]
    pub push_devices: u64,
    /// Whether the person is shown as present.
    pub is_online: bool,
    /// Where it signed in from lately.
    #[serde(flatten)]
    pub familiar: Familiar,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When its profile last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// When it last signed in.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// When it was last used, to the day.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// When all its sessions were last ended: codes that were sent before are good no longer.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub epoch_at: Option<Timestamp>,
}

/// The number of the first of a list.
fn first() -> u64 {
    1
}

impl User {
    /// The language of messages to its owner, if they have chosen one of ours.
    #[must_use]
    pub fn locale(&self) -> Option<Locale> {
        self.profile.locale.as_ref().and_then(|tag| Locale::of_tag(tag.as_str()))
    }

    /// The mail address that its owner is told things at.
    #[must_use]
    pub fn verified_email(&self) -> Option<&Email> {
        self.email.as_ref().filter(|email| email.verified).map(|email| &email.address)
    }

    /// The number that its owner is told things at.
    #[must_use]
    pub fn verified_phone(&self) -> Option<&Phone> {
        self.phone.as_ref().filter(|phone| phone.verified).map(|phone| &phone.address)
    }

    /// The mail addresses that its owner is told things at: the primary one, and those that were it until lately.
    #[must_use]
    pub fn told_at(&self, now: Timestamp) -> Vec<&Email> {
        let formers = self.former_emails.iter().filter(|former| former.is_remembered(now)).map(|former| &former.address);
        self.verified_email().into_iter().chain(formers).collect()
    }

    /// The number that its owner is told things at by SMS: where no mail address gets them, or only such as joined lately, and then one
    /// that did not.
    #[must_use]
    pub fn told_by_sms(&self, now: Timestamp) -> Option<&Phone> {
        let primary = self.email.as_ref().filter(|email| email.verified).map(|email| email.is_young(now));
        let formers = self.former_emails.iter().filter(|former| former.is_remembered(now)).map(|former| former.is_young(now));
        let mut mails = primary.into_iter().chain(formers).peekable();
        let by_mail = mails.peek().is_some();
        if mails.any(|is_young| !is_young) {
            return None;
        }
        let old = self.phone.as_ref().filter(|phone| phone.verified && !phone.is_young(now)).map(|phone| &phone.address);
        let formers = self.former_phones.iter().rev().filter(|former| former.is_remembered(now) && !former.is_young(now));
        old.or_else(|| formers.map(|former| &former.address).next()).or_else(|| self.verified_phone().filter(|_| !by_mail))
    }

    /// The fields that say nothing of those that most services ask for.
    #[must_use]
    pub fn missing_fields(&self) -> Vec<&'static str> {
        let given = [
            ("name", self.profile.name.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("gender", self.profile.gender.is_some()),
            ("date_of_birth", self.profile.date_of_birth.is_some()),
        ];
        given.into_iter().filter(|(_, given)| !given).map(|(field, _)| field).collect()
    }

    /// What its owner has still to do.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Outstanding> {
        let name = self.profile.name.is_none().then_some(Outstanding::Name);
        let email = self.email.as_ref().filter(|email| !email.verified).map(|_| Outstanding::EmailProof);
        let phone = self.phone.as_ref().filter(|phone| !phone.verified).map(|_| Outstanding::PhoneProof);
        [name, email, phone].into_iter().flatten().collect()
    }

    /// Its addresses without those of some numbers, of either kind.
    #[must_use]
    pub fn without(&self, emails: &[u64], phones: &[u64]) -> (Line<Email>, Line<Phone>) {
        let emails = Line::new(self.email.as_ref(), &self.former_emails).without(emails);
        (emails, Line::new(self.phone.as_ref(), &self.former_phones).without(phones))
    }

    /// The number of its primary address of a kind.
    #[must_use]
    pub fn primary_number(&self, channel: Channel) -> Option<u64> {
        match channel {
            Channel::Email => self.email.as_ref().map(|email| email.id),
            Channel::Phone => self.phone.as_ref().map(|phone| phone.id),
        }
    }

    /// The number of the address of a kind that becomes the primary one when it is proved.
    #[must_use]
    pub fn awaited_number(&self, channel: Channel) -> Option<u64> {
        match channel {
            Channel::Email => self.awaited_email.as_ref().map(|awaited| awaited.id),
            Channel::Phone => self.awaited_phone.as_ref().map(|awaited| awaited.id),
        }
    }

    /// The addresses of a kind that were the primary one until lately.
    #[must_use]
    pub fn remembered(&self, channel: Channel) -> Remembered {
        match channel {
            Channel::Email => Remembered::Emails(self.former_emails.clone()),
            Channel::Phone => Remembered::Phones(self.former_phones.clone()),
        }
    }

    /// Until when the address of that number is remembered as a former primary one.
    #[must_use]
    pub fn former_until(&self, channel: Channel, number: u64) -> Option<Timestamp> {
        match channel {
            Channel::Email => Former::until(&self.former_emails, number),
            Channel::Phone => Former::until(&self.former_phones, number),
        }
    }

    /// What happens when a proved address takes the primary one's place.
    #[must_use]
    pub fn succession(&self, channel: Channel, number: u64, turn: &Turn) -> Succession {
        let remembered = match channel {
            Channel::Email => Remembered::Emails(Former::after(&self.former_emails, self.email.as_ref(), number, turn)),
            Channel::Phone => Remembered::Phones(Former::after(&self.former_phones, self.phone.as_ref(), number, turn)),
        };
        Succession { gives_way: self.primary_number(channel), young_until: turn.young_until, remembered }
    }

    /// Whether it has a primary address of a kind that is proved. One that is not gives way to the first that is: the owner is told
    /// nothing at it, and nothing would be older than the next one.
    #[must_use]
    pub fn is_primary_proved(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.verified_email().is_some(),
            Channel::Phone => self.verified_phone().is_some(),
        }
    }

    /// What proving the address with that number makes of it.
    #[must_use]
    pub fn place_of(&self, channel: Channel, number: u64, turn: &Turn) -> Place {
        match (self.primary_number(channel), self.awaited_number(channel)) {
            (Some(primary), _) if primary == number => Place::AlreadyPrimary,
            (_, Some(awaited)) if awaited == number => Place::BecomesPrimary(self.succession(channel, number, turn)),
            _ if !self.is_primary_proved(channel) => Place::BecomesPrimary(self.succession(channel, number, turn)),
            _ => Place::Another,
        }
    }

    /// When it was last used: a sign-in or a refresh, to the day.
    #[must_use]
    pub fn last_used_at(&self) -> Timestamp {
        self.last_login_at.max(self.used_at).unwrap_or(self.created_at)
    }

    /// Whether a code that was sent then is still good: not across a change that ended all sessions.
    #[must_use]
    pub fn takes_codes_of(&self, sent_at: Timestamp) -> bool {
        self.epoch_at.is_none_or(|ended| ended <= sent_at)
    }
}
