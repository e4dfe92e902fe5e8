//! Challenges in the table: counting and using codes. A challenge's counts outlive its codes.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::familiar::{DeviceTag, Origin};
use crate::domain::lane::{Allowance, Lane};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::{Change, Changed};
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::lanes::{self, Counter, LAST_TRY};
use crate::store::outbox;
use crate::store::write::Transaction;

const COUNT: &str = "count a try at a code";
const TELL: &str = "tell the audit of refused codes";

/// One try at a code, as it was counted.
#[derive(Debug)]
pub struct Try {
    /// What it came to.
    pub outcome: Counted,
    /// In which lane it was counted.
    pub lane: Lane,
    /// Whether it was the last one in this lane, and the audit is to be told if it was wrong.
    pub is_last: bool,
}

/// What a code came to that does something to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    /// It is used up, and that is done.
    Done,
    /// The account changed meanwhile; look again.
    Overtaken,
    /// The code was used or replaced meanwhile.
    Refused,
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
    /// There is a code, but it was tried too often.
    Exhausted,
    /// No code can be right here.
    Nothing,
}

/// The challenge that tries are counted at, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Trying<'a> {
    /// To whom the code was sent.
    pub address: &'a AddressTag,
    /// What for.
    pub purpose: Purpose,
    /// Where the try comes from.
    pub origin: &'a Origin,
    /// It is the owner who tries, with a session: they are known, wherever they are.
    pub by_owner: bool,
    /// How many tries there are.
    pub tries: Allowance,
    /// The present.
    pub now: Timestamp,
}

impl Store {
    /// The item of a challenge, which carries the message with its code.
    #[must_use]
    pub fn challenge_key(&self, address: &AddressTag, purpose: Purpose) -> ItemKey {
        keys::challenge(purpose, address)
    }

    /// Counts one try in the caller's lane and returns the challenge as it stands afterwards, if one is alive and has tries left.
    /// Counting comes before comparing: guesses sent in parallel cannot share a try.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn count_try(&self, trying: &Trying<'_>) -> Result<Try, StoreError> {
        if trying.by_owner {
            return match self.change_once(COUNT, trying.while_alive(trying.count(Lane::Known)), LAST_TRY).await? {
                Changed::Done(item) => trying.counted(item, Lane::Known),
                Changed::Refused(item) => Ok(trying.refused(&item.unwrap_or_default(), Lane::Known)),
            };
        }
        let known = "contains(known, :network)".to_owned();
        let change = trying.count(Lane::Known).value(":network", item::value(trying.origin.network.as_str()));
        let change = match &trying.origin.device {
            Some(device) => change.when(format!("{known} OR contains(known, :device)")).value(":device", item::value(device.as_str())),
            None => change.when(known),
        };
        match self.change_once(COUNT, trying.while_alive(change), LAST_TRY).await? {
            Changed::Done(item) => trying.counted(item, Lane::Known),
            Changed::Refused(Some(item)) => match trying.lane_at(&item) {
                Lane::Known => Ok(trying.refused(&item, Lane::Known)),
                Lane::Asker => self.count_askers_try(trying).await,
                Lane::Stranger => self.count_strangers_try(trying).await,
            },
            Changed::Refused(None) => self.count_strangers_try(trying).await,
        }
    }

    async fn count_askers_try(&self, trying: &Trying<'_>) -> Result<Try, StoreError> {
        let change = trying.count(Lane::Asker).when("asker = :asker").value(":asker", item::value(trying.origin.network.as_str()));
        match self.change_once(COUNT, trying.while_alive(change), LAST_TRY).await? {
            Changed::Done(item) => trying.counted(item, Lane::Asker),
            Changed::Refused(Some(item)) => Ok(trying.refused(&item, Lane::Asker)),
            Changed::Refused(None) => self.count_strangers_try(trying).await,
        }
    }

    /// Strangers are counted at every address, whether a code was sent there or not, and learn nothing about it but whether theirs
    /// fits.
    async fn count_strangers_try(&self, trying: &Trying<'_>) -> Result<Try, StoreError> {
        let Trying { tries, now, .. } = *trying;
        let change = trying
            .count(Lane::Stranger)
            .set("#ttl = if_not_exists(#ttl, :kept)")
            .name("#ttl", "ttl")
            .value(":kept", item::value((now + tries.window).as_second()));
        match self.change_once(COUNT, change, LAST_TRY).await? {
            Changed::Done(item) => {
                let is_last = lanes::is_full_and_untold(&item, Counter::Tries, Lane::Stranger, tries, now);
                let challenge: Option<Challenge> = if item.contains_key("id") { Some(item::read(COUNT, item)?) } else { None };
                let alive = challenge.filter(|challenge| challenge.is_alive(now));
                let outcome = alive.map_or(Counted::Nothing, |challenge| Counted::Counted(Box::new(challenge)));
                Ok(Try { outcome, lane: Lane::Stranger, is_last })
            }
            Changed::Refused(item) => {
                let wait = item.as_ref().and_then(|item| lanes::wait(item, Counter::Tries, Lane::Stranger, tries, now));
                let is_exhausted = item.is_some_and(|item| is_exhausted(&item, Lane::Stranger));
                let outcome = if wait.is_none() && is_exhausted { Counted::Exhausted } else { Counted::Full(wait.unwrap_or(1)) };
                Ok(Try { outcome, lane: Lane::Stranger, is_last: false })
            }
        }
    }

    /// Tells the audit that the tries of a lane are used up, once in a window.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn tell_refused_codes(&self, trying: &Trying<'_>, lane: Lane, audit: &AuditEvent) -> Result<(), StoreError> {
        let kept = item::value((trying.now + trying.tries.window).as_second());
        let change = Change::of(trying.key()).set("#ttl = if_not_exists(#ttl, :kept)").name("#ttl", "ttl").value(":kept", kept);
        let told = lanes::tell(change, Counter::Tries, lane, trying.tries, trying.now);
        audit.alone(Transaction::new(self, TELL).change(&told)?)?.commit().await.map(drop)
    }

    /// Uses up a code that proves nothing but itself. `false`: it was used or replaced meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn use_code(&self, address: &AddressTag, purpose: Purpose, challenge: &Challenge) -> Result<bool, StoreError> {
        let spent = self.rng.token();
        match self.change("use a code", &redemption(address, purpose, challenge, &spent)).await? {
            Changed::Done(_) => Ok(true),
            // Used up by this very request: the answer was lost, and it came a second time.
            Changed::Refused(item) => Ok(item.and_then(|mut item| item.remove("code")) == Some(AttributeValue::S(spent))),
        }
    }

    /// Uses up the code of a challenge, in the transaction of what it proves: only if it is still the challenge that was compared.
    pub(super) fn redemption(&self, address: &AddressTag, purpose: Purpose, challenge: &Challenge) -> Change {
        redemption(address, purpose, challenge, &self.rng.token())
    }
}

/// What takes the code's place, `spent`, fits no code: a challenge that was used looks like one whose code nobody knows.
fn redemption(address: &AddressTag, purpose: Purpose, challenge: &Challenge, spent: &str) -> Change {
    let change = Change::of(keys::challenge(purpose, address))
        .when("revision = :seen")
        .value(":seen", item::value(challenge.revision))
        .put("revision", challenge.revision + 1)
        .put("code", spent)
        .put_or_remove("used", challenge.code.as_ref())
        .remove("registration");
    outbox::detach(change)
}

/// Counts the tries at one code in a lane; a new code begins anew.
pub(super) fn tried(lane: Lane) -> String {
    format!("tried_{}", lane.name())
}

fn is_exhausted(item: &Item, lane: Lane) -> bool {
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse::<usize>().ok());
    number("most_tries").is_some_and(|most| number(&tried(lane)).is_some_and(|tried| tried >= most))
}

impl Trying<'_> {
    fn key(&self) -> ItemKey {
        keys::challenge(self.purpose, self.address)
    }

    fn count(&self, lane: Lane) -> Change {
        let tried = tried(lane);
        lanes::count(Change::of(self.key()), Counter::Tries, lane, self.tries, self.now)
            .when(format!("attribute_not_exists(most_tries) OR attribute_not_exists({tried}) OR {tried} < most_tries"))
            .add(&format!("{tried} :one"))
            .value(":one", item::value(1))
    }

    fn while_alive(&self, change: Change) -> Change {
        change.when("expires_at > :now").value(":now", item::millis(self.now))
    }

    fn counted(&self, item: Item, lane: Lane) -> Result<Try, StoreError> {
        let is_last = lanes::is_full_and_untold(&item, Counter::Tries, lane, self.tries, self.now);
        Ok(Try { outcome: Counted::Counted(Box::new(item::read(COUNT, item)?)), lane, is_last })
    }

    fn refused(&self, item: &Item, lane: Lane) -> Try {
        let end = item::time(item, "expires_at").unwrap_or(Timestamp::MIN);
        let outcome = match lanes::wait(item, Counter::Tries, lane, self.tries, self.now) {
            _ if end <= self.now && item.contains_key("code") => Counted::Expired,
            Some(wait) if self.now < end => Counted::Full(wait),
            None if self.now < end && is_exhausted(item, lane) => Counted::Exhausted,
            _ => Counted::Nothing,
        };
        Try { outcome, lane, is_last: false }
    }

    /// What the caller is to the challenge. The table forgets late: what should be gone knows nobody.
    fn lane_at(&self, item: &Item) -> Lane {
        let matters = item::time(item, "kept_until").is_some_and(|end| self.now < end);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let network = text(self.origin.network.as_str());
        let device = self.origin.device.as_ref().map(DeviceTag::as_str).map(text);
        let known = item.get("known").and_then(|known| known.as_l().ok());
        let is_known = known.is_some_and(|known| known.contains(&network) || device.is_some_and(|device| known.contains(&device)));
        match (matters, is_known) {
            (true, true) => Lane::Known,
            (true, false) if item.get("asker") == Some(&network) => Lane::Asker,
            _ => Lane::Stranger,
        }
    }
}
