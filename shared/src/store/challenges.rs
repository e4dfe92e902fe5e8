//! Challenges in the table: sending, counting and using codes. A challenge's counts outlive its codes.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::domain::challenge::{Challenge, Registration, kept_until};
use crate::domain::code::Purpose;
use crate::domain::lane::{self, Lane};
use crate::store::Store;
use crate::store::change::{Change, Changed};
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey, NetworkTag};
use crate::store::lanes::{self, Counter};
use crate::store::outbox::{self, Envelope};

const SEND: &str = "send a code";
const AMEND: &str = "amend a registration";
const COUNT: &str = "count a try at a code";

/// A code to be sent.
#[derive(Debug)]
pub struct Sending<'a> {
    /// To whom.
    pub address: &'a AddressTag,
    /// What for.
    pub purpose: Purpose,
    /// Whom the send is laid to.
    pub lane: Lane,
    /// The revision that the decision to send was made on; none: there was no challenge.
    pub seen: Option<u64>,
    /// The challenge as it shall be.
    pub challenge: &'a Challenge,
    /// The message; none for somebody who gets none.
    pub envelope: Option<&'a Envelope>,
    /// The least time between two sends.
    pub cooldown: Duration,
    /// Since which sends it runs.
    pub since: Since,
    /// The present.
    pub now: Timestamp,
}

/// Which sends a cooldown runs from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Any, also one that went to nobody.
    AnySend,
    /// One whose code is still waited for.
    WaitingCode,
}

/// What a send came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Done.
    Done,
    /// Somebody else changed the challenge meanwhile; look again.
    Overtaken,
    /// Too soon, or too often: so many seconds to wait.
    TooSoon(u64),
}

/// What counting a try came to.
#[derive(Debug)]
pub enum Counted {
    /// Counted; the challenge as it stands.
    Counted(Box<Challenge>),
    /// No tries left for so many seconds.
    Full(u64),
    /// There was a code, but its time is over. Only who asked for it is told.
    Expired,
    /// No code can be right here.
    Nothing,
}

fn unchanged(change: Change, seen: Option<u64>) -> Change {
    match seen {
        Some(revision) => change.when("revision = :seen").value(":seen", item::value(revision)),
        None => change.when("attribute_not_exists(revision)"),
    }
}

fn revision_of(item: Option<&Item>) -> Option<u64> {
    item?.get("revision")?.as_n().ok()?.parse().ok()
}

impl Store {
    /// The item of a challenge, which carries the message with its code.
    #[must_use]
    pub fn challenge_key(&self, address: &AddressTag, purpose: Purpose) -> ItemKey {
        keys::challenge(purpose, address)
    }

    /// Replaces the code of a challenge, and puts the message into the outbox, in one conditional write: only if nobody changed
    /// the challenge meanwhile, the last send is long enough ago, and the lane has sends left.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn send_code(&self, sending: &Sending<'_>) -> Result<Sent, StoreError> {
        let Sending { address, purpose, lane, seen, challenge, envelope, cooldown, since, now } = *sending;
        let change = unchanged(Change::of(keys::challenge(purpose, address)), seen)
            .put("id", &challenge.id)
            .put("revision", challenge.revision)
            .put_or_remove("code", challenge.code.as_ref())
            .put_or_remove("registration", challenge.registration.as_ref())
            .put("networks", &challenge.networks)
            .put("sent_at", challenge.sent_at.as_millisecond())
            .put("expires_at", challenge.expires_at.as_millisecond())
            .put("ttl", challenge.kept_until().as_second())
            .when(match since {
                Since::AnySend => "attribute_not_exists(sent_at) OR sent_at <= :cooled",
                Since::WaitingCode => "attribute_not_exists(code) OR sent_at <= :cooled",
            })
            .value(":cooled", item::millis(now - cooldown));
        // Without a message of its own it leaves the one that may still be waiting.
        let change = match envelope {
            Some(envelope) => outbox::attach(change, envelope, now),
            None => change,
        };
        let change = lanes::count(change, Counter::Sends, lane, lane::sends(lane), now);
        Ok(match self.change(SEND, &change).await? {
            Changed::Done(_) => Sent::Done,
            Changed::Refused(item) if revision_of(item.as_ref()) != seen => Sent::Overtaken,
            Changed::Refused(item) => Sent::TooSoon(item.map_or(1, |item| wait_to_send(&item, lane, cooldown, now))),
        })
    }

    /// Changes the registration that waits for a code, without a new code. `false`: somebody else changed the challenge
    /// meanwhile, or its time is over.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn amend_registration(
        &self,
        address: &AddressTag,
        seen: u64,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = unchanged(Change::of(keys::challenge(Purpose::Signup, address)), Some(seen))
            .put("revision", seen + 1)
            .put("registration", registration)
            .when("expires_at > :now")
            .value(":now", item::millis(now));
        Ok(matches!(self.change(AMEND, &change).await?, Changed::Done(_)))
    }

    /// Counts one try in the caller's lane and returns the challenge as it stands afterwards, if one is alive and has tries left.
    /// Counting comes before comparing: guesses sent in parallel cannot share a try.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn count_try(
        &self,
        address: &AddressTag,
        purpose: Purpose,
        network: &NetworkTag,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let key = keys::challenge(purpose, address);
        let as_known = lanes::count(Change::of(key.clone()), Counter::Tries, Lane::Known, lane::TRIES, now)
            .when("expires_at > :now AND contains(networks, :network)")
            .value(":now", item::millis(now))
            .value(":network", item::value(network.as_str()));
        match self.change(COUNT, &as_known).await? {
            Changed::Done(item) => Ok(Counted::Counted(Box::new(item::read(COUNT, item)?))),
            Changed::Refused(Some(item)) if knows(&item, network, now) => {
                let end = item::time(&item, "expires_at").unwrap_or(Timestamp::MIN);
                Ok(match lanes::wait(&item, Counter::Tries, Lane::Known, lane::TRIES, now) {
                    _ if end <= now && item.contains_key("code") => Counted::Expired,
                    Some(wait) if now < end => Counted::Full(wait),
                    _ => Counted::Nothing,
                })
            }
            Changed::Refused(_) => self.count_strangers_try(&key, now).await,
        }
    }

    /// Strangers are counted at every address, whether a code was sent there or not, and learn nothing about it but whether theirs
    /// fits.
    async fn count_strangers_try(&self, key: &ItemKey, now: Timestamp) -> Result<Counted, StoreError> {
        let change = Change::of(key.clone())
            .set("#ttl = if_not_exists(#ttl, :kept)")
            .name("#ttl", "ttl")
            .value(":kept", item::value((now + lane::TRIES.window).as_second()));
        match self.change(COUNT, &lanes::count(change, Counter::Tries, Lane::Stranger, lane::TRIES, now)).await? {
            Changed::Done(item) if item.contains_key("id") => {
                let challenge: Challenge = item::read(COUNT, item)?;
                Ok(if challenge.is_alive(now) { Counted::Counted(Box::new(challenge)) } else { Counted::Nothing })
            }
            Changed::Done(_) => Ok(Counted::Nothing),
            Changed::Refused(item) => {
                let wait = item.and_then(|item| lanes::wait(&item, Counter::Tries, Lane::Stranger, lane::TRIES, now));
                Ok(Counted::Full(wait.unwrap_or(1)))
            }
        }
    }
}

/// Whether the challenge knows the network. The table forgets late: what should be gone knows nobody.
fn knows(item: &Item, network: &NetworkTag, now: Timestamp) -> bool {
    let matters = item::time(item, "expires_at").is_some_and(|end| now < kept_until(end));
    let known = item.get("networks").and_then(|networks| networks.as_l().ok());
    matters && known.is_some_and(|networks| networks.contains(&AttributeValue::S(network.as_str().to_owned())))
}

fn wait_to_send(item: &Item, lane: Lane, cooldown: Duration, now: Timestamp) -> u64 {
    let cooling = item::time(item, "sent_at").map(|sent| (sent + cooldown).as_millisecond() - now.as_millisecond());
    let cooling = cooling.and_then(|millis| u64::try_from(millis).ok()).map_or(0, |millis| millis.div_ceil(1000));
    let full = lanes::wait(item, Counter::Sends, lane, lane::sends(lane), now).unwrap_or(0);
    cooling.max(full).max(1)
}

/// Uses up the code of a challenge, in the transaction of what it proves: only if it is still the challenge that was compared.
/// What takes the code's place, `spent`, fits no code: a challenge that was used looks like one whose code nobody knows.
pub(super) fn redemption(address: &AddressTag, purpose: Purpose, challenge: &Challenge, spent: &str) -> Change {
    let change = Change::of(keys::challenge(purpose, address))
        .when("revision = :seen")
        .value(":seen", item::value(challenge.revision))
        .put("revision", challenge.revision + 1)
        .put("code", spent)
        .remove("registration");
    outbox::detach(change)
}
