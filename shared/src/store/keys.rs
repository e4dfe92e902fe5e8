//! Every item's key. No other file builds one; what comes from outside enters a key only as an HMAC, an id that was parsed, or
//! a number.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::domain::address::Channel;
use crate::domain::code::Purpose;
use crate::domain::familiar::NetworkTag;
use crate::domain::favourite::ProductId;
use crate::domain::limit::CallerLimit;
use crate::domain::link::LinkTag;
use crate::domain::partner::PartnerId;
use crate::domain::push::PushTag;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;

/// An address in keys: its channel and an HMAC under a key that the table does not hold in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressTag {
    channel: Channel,
    mac: String,
}

impl AddressTag {
    /// A tag from the address's channel and its HMAC in base64url.
    #[must_use]
    pub fn new(channel: Channel, mac: String) -> Self {
        Self { channel, mac }
    }

    /// The first 22 characters of its HMAC, which is 132 bits: enough to tell millions of tags apart, in little memory.
    #[must_use]
    pub fn prefix(&self) -> [u8; 22] {
        let mut prefix = [0; 22];
        prefix.iter_mut().zip(self.mac.bytes()).for_each(|(to, from)| *to = from);
        prefix
    }

    fn text(&self) -> String {
        format!("{}#{}", self.channel.name(), self.mac)
    }
}

/// A block of phone numbers in keys: an HMAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTag(String);

impl BlockTag {
    /// A tag from the block's HMAC in base64url.
    #[must_use]
    pub fn new(mac: String) -> Self {
        Self(mac)
    }
}

/// What the requests of a network, or of all networks about a block of numbers, are limited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// What callers are limited in.
    Callers(CallerLimit),
    /// Sending SMS, paid from a purse.
    Sms(Purse),
}

impl Limit {
    fn name(self) -> &'static str {
        match self {
            Self::Callers(CallerLimit::AskCode) => "ask-code",
            Self::Callers(CallerLimit::VerifyCode) => "verify-code",
            Self::Callers(CallerLimit::SignIn) => "sign-in",
            Self::Callers(CallerLimit::LookUp) => "look-up",
            Self::Sms(Purse::Proven) => "sms-proven",
            Self::Sms(Purse::Others) => "sms-others",
        }
    }
}

/// Whose requests a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Those of one network.
    Network(&'a NetworkTag),
    /// Those about one block of numbers, whoever asks.
    Block(&'a BlockTag),
}

/// Whose challenges about one address share their counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Those of accounts that add it.
    Verify,
    /// Those of users of partners that link themselves with it.
    Link,
}

/// The part of the daily budget that an SMS is paid from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purse {
    /// For numbers that were proved here.
    Proven,
    /// For all others.
    Others,
}

impl Purse {
    fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Others => "others",
        }
    }
}

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemKey {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl ItemKey {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// A key as a stream record or the index gives it.
    #[must_use]
    pub fn from_table(pk: &str, sk: &str) -> Self {
        Self::new(pk, sk)
    }

    /// Whose copy of their data the item is, and its number, if it is one.
    #[must_use]
    pub fn data_export(&self) -> Option<(UserId, u64)> {
        let user = UserId::parse_simple(self.pk.strip_prefix(USER_PREFIX)?)?;
        Some((user, self.sk.strip_prefix(EXPORT_PREFIX)?.parse().ok()?))
    }

    /// How many write units its deletion takes, at most: a part of a copy of somebody's data is large, all else of a person's is small.
    #[must_use]
    pub fn units(&self) -> usize {
        if self.sk.starts_with(PARTS_PREFIX) { 250 } else { 1 }
    }

    /// The key of an item.
    pub(super) fn of(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        Some(Self::from_table(item.get("pk")?.as_s().ok()?, item.get("sk")?.as_s().ok()?))
    }

    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let attribute = |text: &str| AttributeValue::S(text.to_owned());
        HashMap::from([("pk".to_owned(), attribute(&self.pk)), ("sk".to_owned(), attribute(&self.sk))])
    }

    /// Whether the item is a notice, which is nothing but its message.
    pub(super) fn is_notice(&self) -> bool {
        self.pk.starts_with(NOTICE)
    }
}

const CLAIM: &str = "CLAIM";
const CODE: &str = "CODE";
const NOTICE: &str = "NOTICE#";
pub(super) const EMAIL_PREFIX: &str = "EMAIL#";
pub(super) const PHONE_PREFIX: &str = "PHONE#";
pub(super) const USER_PREFIX: &str = "USER#";
pub(super) const USER: &str = "USER";
pub(super) const AUDIT_PREFIX: &str = "AUDIT#";
pub(super) const SESSION_PREFIX: &str = "SESSION#";
pub(super) const PARTNERS: &str = "PARTNERS";
pub(super) const LINK_PREFIX: &str = "LINK#";
pub(super) const PRIVACY_PREFIX: &str = "PRIVACY#";
pub(super) const EXPORT_PREFIX: &str = "PRIVACY#EXPORT#";
/// Parts of copies of people's data.
const PARTS_PREFIX: &str = "FILE#";
pub(super) const FAVOURITE_PREFIX: &str = "FAVOURITE#";
pub(super) const PUSH_PREFIX: &str = "PUSH#";
pub(super) const KEYS: &str = "KEYS";
pub(super) const SIGNING_PREFIX: &str = "SIGNING#";
pub(super) const DIRECTORY: &str = "DIRECTORY";

pub(super) fn user_partition(user: UserId) -> String {
    format!("{USER_PREFIX}{}", user.simple())
}

pub(super) fn user(user: UserId) -> ItemKey {
    ItemKey::new(user_partition(user), USER)
}

pub(super) fn email(user: UserId, number: u64) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{EMAIL_PREFIX}{number}"))
}

pub(super) fn phone(user: UserId, number: u64) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{PHONE_PREFIX}{number}"))
}

pub(super) fn session(user: UserId, session: &SessionId) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{SESSION_PREFIX}{}", session.as_str()))
}

pub(super) fn deletion(user: UserId) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{PRIVACY_PREFIX}DELETION"))
}

/// Copies in the order of their numbers.
pub(super) fn data_export(user: UserId, number: u64) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{EXPORT_PREFIX}{number:019}"))
}

/// What the parts of a copy's file have in common.
pub(super) fn export_parts(number: u64) -> String {
    format!("{PARTS_PREFIX}{number}#")
}

/// What the parts have in common that one run has made.
pub(super) fn export_run(number: u64, run: &str) -> String {
    format!("{}{run}#", export_parts(number))
}

pub(super) fn export_part(user: UserId, number: u64, run: &str, part: u64) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{}{part:06}", export_run(number, run)))
}

/// What is left of a deleted account.
pub(super) fn tombstone(account: &str) -> ItemKey {
    ItemKey::new(format!("TOMBSTONE#{account}"), "TOMBSTONE")
}

/// Favourites in the order of their numbers.
pub(super) fn favourite(user: UserId, number: u64) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{FAVOURITE_PREFIX}{number:019}"))
}

/// The mark that an account has a product among its favourites.
pub(super) fn product(user: UserId, product: ProductId) -> ItemKey {
    ItemKey::new(user_partition(user), format!("PRODUCT#{}", product.number()))
}

pub(super) fn push_device(user: UserId, token: PushTag) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{PUSH_PREFIX}{token}"))
}

pub(super) fn push_claim(token: PushTag) -> ItemKey {
    ItemKey::new(format!("{CLAIM}#push#{token}"), CLAIM)
}

/// An audit event stands in the partition of what it is about.
pub(super) fn audit(partition: &str, at: Timestamp, id: &str) -> ItemKey {
    ItemKey::new(partition, format!("{AUDIT_PREFIX}{:015}#{id}", at.as_millisecond()))
}

/// Before the audit events of a time and later ones; without a time, after all of them.
pub(super) fn audit_before(time: Option<Timestamp>) -> String {
    time.map_or_else(|| format!("{AUDIT_PREFIX}~"), |time| format!("{AUDIT_PREFIX}{:015}", time.as_millisecond()))
}

pub(super) fn claim(address: &AddressTag) -> ItemKey {
    ItemKey::new(format!("{CLAIM}#{}", address.text()), CLAIM)
}

pub(super) fn link_claim(link: LinkTag) -> ItemKey {
    ItemKey::new(format!("{CLAIM}#partner#{link}"), CLAIM)
}

pub(super) fn link(user: UserId, link: LinkTag) -> ItemKey {
    ItemKey::new(user_partition(user), format!("{LINK_PREFIX}{link}"))
}

pub(super) fn partner(id: &PartnerId) -> ItemKey {
    ItemKey::new(PARTNERS, id.as_str())
}

pub(super) fn pending(address: &AddressTag, user: UserId) -> ItemKey {
    ItemKey::new(pending_partition(address), user.simple())
}

pub(super) fn pending_partition(address: &AddressTag) -> String {
    format!("PENDING#{}", address.text())
}

pub(super) fn challenge(purpose: Purpose, address: &AddressTag) -> ItemKey {
    let partition = match purpose {
        Purpose::Verify(user) => format!("{CODE}#{}#{}#{}", purpose.name(), user.simple(), address.text()),
        Purpose::Partner(link) => format!("{CODE}#{}#{link}#{}", purpose.name(), address.text()),
        Purpose::Signup | Purpose::SignIn | Purpose::Reset | Purpose::StandAlone | Purpose::Delete | Purpose::Export => {
            format!("{CODE}#{}#{}", purpose.name(), address.text())
        }
    };
    ItemKey::new(partition, CODE)
}

pub(super) fn gate(address: &AddressTag) -> ItemKey {
    ItemKey::new(format!("GATE#{}", address.text()), "GATE")
}

pub(super) fn limit(limit: Limit, subject: Subject<'_>, window: i64) -> ItemKey {
    let subject = match subject {
        Subject::Network(tag) => tag.as_str().to_owned(),
        Subject::Block(tag) => format!("block#{}", tag.0),
    };
    ItemKey::new(format!("LIMIT#{}#{subject}", limit.name()), window.to_string())
}

/// The counts that challenges about one address share.
pub(super) fn shared(sharing: Sharing, address: &AddressTag) -> ItemKey {
    let text = address.text();
    let partition = match sharing {
        Sharing::Verify => format!("LIMIT#verify#{text}"),
        Sharing::Link => format!("LIMIT#link#{text}"),
    };
    ItemKey::new(partition, "COUNTS")
}

pub(super) fn purse(purse: Purse, shard: u64, day: i64) -> ItemKey {
    ItemKey::new(format!("LIMIT#spend#{}#{shard}", purse.name()), day.to_string())
}

pub(super) fn notice(id: &str) -> ItemKey {
    ItemKey::new(format!("{NOTICE}{id}"), "NOTICE")
}

pub(super) fn signing_key(generation: u32) -> ItemKey {
    ItemKey::new(KEYS, format!("{SIGNING_PREFIX}{generation:08}"))
}

pub(super) fn directory_key() -> ItemKey {
    ItemKey::new(KEYS, DIRECTORY)
}

/// The place that an item's sealed values are bound to.
#[must_use]
pub fn seal_place(key: &ItemKey, what: &str) -> String {
    format!("{what}:{}:{}", key.pk, key.sk)
}
