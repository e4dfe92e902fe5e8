//! Sending a code: the challenge with its message, the budgets that an SMS is paid from, and the address that it is to prove, in
//! one write.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::MicroDollars;
use crate::domain::challenge::{Challenge, Registration};
use crate::domain::code::Purpose;
use crate::domain::lane::{Allowance, Lane};
use crate::store::Store;
use crate::store::addresses::Addition;
use crate::store::audit::AuditEvent;
use crate::store::challenges::tried;
use crate::store::change::{Change, Changed};
use crate::store::data_exports::ExportRequest;
use crate::store::deletions::DeletionRequest;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, BlockTag, ItemKey, Limit, Purse, Subject};
use crate::store::lanes::{self, Counter};
use crate::store::outbox::{self, Envelope, Notice};
use crate::store::shares::Share;
use crate::store::write::{Part, Refused, Transaction};

const SEND: &str = "send a code";
const AMEND: &str = "amend a registration";
/// One item of the daily budget holds so much: a larger budget has several, so that no item is written too often.
const LARGEST_SHARE: MicroDollars = 250_000_000;
const MOST_SHARES: u64 = 16;

/// A code to be sent.
#[derive(Debug)]
pub struct Sending<'a> {
    /// To whom.
    pub address: &'a AddressTag,
    /// What for.
    pub purpose: Purpose,
    /// Whom the send is laid to.
    pub lane: Lane,
    /// How many sends there are.
    pub sends: Allowance,
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
    /// What it costs, if it goes by SMS.
    pub fare: Option<&'a Fare>,
    /// What all share whose challenges are about the address.
    pub share: Option<&'a Share>,
    /// What is written beside it, if anything is.
    pub beside: Option<Beside<'a>>,
    /// What the audit is told, if this is the last send in its lane.
    pub audit: Option<&'a AuditEvent>,
    /// The present.
    pub now: Timestamp,
}

/// What is written beside a code that is sent.
#[derive(Debug, Clone, Copy)]
pub enum Beside<'a> {
    /// The address that it is to prove.
    Addition(&'a Addition<'a>),
    /// The deletion that it is to confirm.
    Deletion(&'a DeletionRequest<'a>),
    /// The copy of the person's data that it is to confirm.
    Export(&'a ExportRequest<'a>),
}

/// Which sends a cooldown runs from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Any, also one that went to nobody.
    AnySend,
    /// One whose code is still waited for.
    WaitingCode,
}

/// What an SMS is counted and paid from.
#[derive(Debug, Clone)]
pub struct Fare {
    /// The block of numbers that it goes to.
    pub block: BlockTag,
    /// How many SMS may go there.
    pub sms_per_block: Allowance,
    /// Number and end of the window that it is counted in.
    pub window: (i64, Timestamp),
    /// Whose money it is.
    pub purse: Purse,
    /// What is in the purse each day.
    pub budget: MicroDollars,
    /// What it costs.
    pub price: MicroDollars,
    /// Number and end of the day.
    pub day: (i64, Timestamp),
    /// Nothing is really sent: the budgets are asked and not touched.
    pub phantom: bool,
}

/// What a notice by SMS costs.
#[derive(Debug)]
pub struct Toll {
    /// What it is counted and paid from.
    pub fare: Fare,
    /// Whether what it tells of is done only if it can be paid. Else it goes out whatever is left, and is counted all the same, so that
    /// codes after it see it.
    pub is_condition: bool,
}

/// Why a toll was not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpaid {
    /// Too many SMS to numbers like this one: so many seconds to wait.
    BlockFull(u64),
    /// The day's money is spent: so many seconds to wait.
    Spent(u64),
}

/// What the owner of an account is told.
#[derive(Debug, Default)]
pub struct Told {
    /// The notices.
    pub notices: Vec<Notice>,
    /// What one of them costs, if it goes by SMS.
    pub toll: Option<Toll>,
}

impl Told {
    /// The toll comes last: the block of numbers, then the purse.
    pub(super) fn add_to<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let transaction = transaction.notify(&self.notices, now)?;
        let Some(Toll { fare, is_condition }) = &self.toll else { return Ok(transaction) };
        let share = u64::from(transaction.rng().below(u32::try_from(fare.shares()).unwrap_or(1)));
        let (block, purse) = if *is_condition {
            (fare.block_change(), fare.purse_change(share))
        } else {
            (fare.counted(Change::of(fare.block_key())), fare.paid(Change::of(fare.purse_key(share))))
        };
        transaction.change(&block)?.change(&purse)
    }

    /// What kept the toll from being paid in a transaction that these were added to as its last parts, if that did.
    pub(super) fn unpaid(&self, refused: &Refused, now: Timestamp) -> Option<Unpaid> {
        let Toll { fare, .. } = self.toll.as_ref()?;
        let [block, purse] = [2, 1].map(|from_end| refused.failed(refused.count().saturating_sub(from_end)));
        let purse = purse.then(|| Unpaid::Spent(seconds_until(fare.day.1, now)));
        block.then(|| Unpaid::BlockFull(seconds_until(fare.window.1, now))).or(purse)
    }
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
    /// Too many SMS to numbers like this one: so many seconds to wait.
    BlockFull(u64),
    /// The day's money is spent: so many seconds to wait.
    Spent(u64),
    /// The account has as many addresses as it may have.
    TooManyAddresses,
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
    /// Replaces the code of a challenge, and puts the message into the outbox, in one conditional write: only if nobody changed
    /// the challenge meanwhile, the last send is long enough ago, the lane has sends left, and an SMS can be paid.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn send_code(&self, sending: &Sending<'_>) -> Result<Sent, StoreError> {
        let change = sending.change();
        if sending.fare.is_none() && sending.share.is_none() && sending.beside.is_none() && sending.audit.is_none() {
            return Ok(match self.change(SEND, &change).await? {
                Changed::Done(_) => Sent::Done,
                Changed::Refused(item) => sending.refused(item.as_ref()),
            });
        }
        if let Some(fare) = sending.fare.filter(|fare| fare.price > fare.share()) {
            return Ok(Sent::Spent(seconds_until(fare.day.1, sending.now)));
        }
        let shares = sending.fare.map_or(1, Fare::shares);
        let first = u64::from(self.rng.below(u32::try_from(shares).unwrap_or(1)));
        for share in (0..shares).map(|next| (first + next) % shares) {
            let Err(mut refused) = self.transaction(sending, &change, share)?.commit().await? else { return Ok(Sent::Done) };
            match sending.judge(&mut refused) {
                // Another share of the budget may have money left.
                Sent::Spent(_) => {}
                sent => return Ok(sent),
            }
        }
        Ok(Sent::Spent(sending.fare.map_or(1, |fare| seconds_until(fare.day.1, sending.now))))
    }

    /// Parts in the order that [`Sending::judge`] knows.
    fn transaction(&self, sending: &Sending<'_>, change: &Change, share: u64) -> Result<Transaction<'_>, StoreError> {
        let mut transaction = Transaction::new(self, SEND).change(change)?;
        if let Some(fare) = sending.fare {
            let (block, purse) = (fare.block_change(), fare.purse_change(share));
            transaction =
                if fare.phantom { transaction.check(&block)?.check(&purse)? } else { transaction.change(&block)?.change(&purse)? };
        }
        if let Some(share) = sending.share {
            let change = share.change(sending.address, sending.cooldown, sending.now);
            transaction = if share.phantom { transaction.check(&change)? } else { transaction.change(&change)? };
        }
        match sending.beside {
            Some(Beside::Addition(addition)) => transaction = addition.add_to(transaction, sending.now)?,
            Some(Beside::Deletion(request)) => transaction = request.add_to(transaction, sending.now)?,
            Some(Beside::Export(request)) => transaction = request.add_to(transaction, sending.now)?,
            None => {}
        }
        match sending.audit {
            // What is written beside it looks at the account itself.
            Some(audit) if sending.beside.is_some() => transaction.create(audit.item()?),
            Some(audit) => audit.alone(transaction),
            None => Ok(transaction),
        }
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
}

impl Sending<'_> {
    fn change(&self) -> Change {
        let Self { address, purpose, lane, sends, seen, challenge, envelope, cooldown, since, audit, now, .. } = *self;
        let change = unchanged(Change::of(keys::challenge(purpose, address)), seen)
            .put("id", &challenge.id)
            .put("revision", challenge.revision)
            .put_or_remove("code", challenge.code.as_ref())
            .put_or_remove("used", challenge.used.as_ref())
            .put_or_remove("request", challenge.request.as_ref())
            .put_or_remove("most_tries", challenge.most_tries)
            .put_or_remove("registration", challenge.registration.as_ref())
            .put_or_remove("user", challenge.user)
            .put("known", &challenge.known)
            .put_or_remove("asker", challenge.asker.as_ref())
            .put("sent_at", challenge.sent_at.as_millisecond())
            .put("expires_at", challenge.expires_at.as_millisecond())
            .put("kept_until", challenge.kept_until.as_millisecond())
            .put("ttl", challenge.kept_until.as_second())
            .when(match since {
                Since::AnySend => "attribute_not_exists(sent_at) OR sent_at <= :cooled",
                Since::WaitingCode => "attribute_not_exists(code) OR sent_at <= :cooled",
            })
            .value(":cooled", item::millis(now - cooldown));
        let change = [Lane::Known, Lane::Asker, Lane::Stranger].into_iter().fold(change, |change, lane| change.remove(&tried(lane)));
        // Without a message of its own it leaves the one that may still be waiting.
        let change = match envelope {
            Some(envelope) => outbox::attach(change, envelope, now),
            None => change,
        };
        let change = lanes::count(change, Counter::Sends, lane, sends, now);
        if audit.is_some() { lanes::tell(change, Counter::Sends, lane, sends, now) } else { change }
    }

    /// What a refusal of the challenge's part means.
    fn refused(&self, item: Option<&Item>) -> Sent {
        // Written already: the answer was lost, and the request came a second time.
        if item.and_then(|item| item.get("id")).and_then(|id| id.as_s().ok()) == Some(&self.challenge.id) {
            return Sent::Done;
        }
        if revision_of(item) != self.seen {
            return Sent::Overtaken;
        }
        Sent::TooSoon(item.map_or(1, |item| self.wait(item)))
    }

    fn judge(&self, refused: &mut Refused) -> Sent {
        match refused.part(0) {
            Part::Held => {}
            Part::Missing => return self.refused(None),
            Part::Contradicted(item) => return self.refused(Some(&item)),
        }
        let mut next = 1;
        if let Some(fare) = self.fare {
            if refused.failed(next) {
                return Sent::BlockFull(seconds_until(fare.window.1, self.now));
            }
            if refused.failed(next + 1) {
                return Sent::Spent(seconds_until(fare.day.1, self.now));
            }
            next += 2;
        }
        if let Some(share) = self.share {
            match refused.part(next) {
                Part::Held => {}
                Part::Missing => return Sent::TooSoon(1),
                Part::Contradicted(item) => return Sent::TooSoon(self.wait_for_share(share, &item)),
            }
            next += 1;
        }
        match self.beside {
            Some(Beside::Addition(addition)) if addition.is_one_too_many(refused, next) => Sent::TooManyAddresses,
            _ => Sent::Overtaken,
        }
    }

    fn wait_for_share(&self, share: &Share, item: &Item) -> u64 {
        self.cooling(item).max(share.wait(item, self.now).unwrap_or(0)).max(1)
    }

    /// Seconds until the cooldown is over.
    fn cooling(&self, item: &Item) -> u64 {
        let cooling = item::time(item, "sent_at").map(|sent| (sent + self.cooldown).as_millisecond() - self.now.as_millisecond());
        cooling.and_then(|millis| u64::try_from(millis).ok()).map_or(0, |millis| millis.div_ceil(1000))
    }

    fn wait(&self, item: &Item) -> u64 {
        let cooling = self.cooling(item);
        let full = lanes::wait(item, Counter::Sends, self.lane, self.sends, self.now).unwrap_or(0);
        cooling.max(full).max(1)
    }
}

fn seconds_until(end: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(end.as_second() - now.as_second()).unwrap_or(1).max(1)
}

/// In how many items a purse of so much a day is.
fn shares(budget: MicroDollars) -> u64 {
    (budget / LARGEST_SHARE).clamp(1, MOST_SHARES)
}

impl Fare {
    fn shares(&self) -> u64 {
        shares(self.budget)
    }

    fn share(&self) -> MicroDollars {
        self.budget / self.shares()
    }

    fn block_key(&self) -> ItemKey {
        keys::limit(Limit::Sms(self.purse), Subject::Block(&self.block), self.window.0)
    }

    fn purse_key(&self, share: u64) -> ItemKey {
        keys::purse(self.purse, share, self.day.0)
    }

    fn counted(&self, change: Change) -> Change {
        change.add("hits :one").value(":one", item::value(1)).put("ttl", self.window.1.as_second())
    }

    fn paid(&self, change: Change) -> Change {
        change.add("spent :price").value(":price", item::value(self.price)).put("ttl", self.day.1.as_second())
    }

    fn block_change(&self) -> Change {
        let change = Change::of(self.block_key())
            .when("attribute_not_exists(hits) OR hits < :most")
            .value(":most", item::value(self.sms_per_block.most));
        if self.phantom { change } else { self.counted(change) }
    }

    /// Takes the price out of a share of the purse, if it is there.
    fn purse_change(&self, share: u64) -> Change {
        let change = Change::of(self.purse_key(share))
            .when("attribute_not_exists(spent) OR spent <= :room")
            .value(":room", item::value(self.share().saturating_sub(self.price)));
        if self.phantom { change } else { self.paid(change) }
    }
}
