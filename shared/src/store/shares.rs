//! Counts that challenges share which are about one address: those of all accounts that add it, and those of all users of partners that
//! link themselves with it.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::lane::{Allowance, Lane};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::{Change, Changed};
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, Sharing};
use crate::store::lanes::{self, Counter, LAST_TRY};
use crate::store::write::Transaction;

/// Sends to one address that several challenges are about.
#[derive(Debug, Clone)]
pub struct Share {
    /// Who shares.
    pub sharing: Sharing,
    /// Whom this send is laid to.
    pub lane: Lane,
    /// How many there may be.
    pub sends: Allowance,
    /// Nothing is really sent: the count is asked and not touched.
    pub phantom: bool,
}

impl Share {
    pub(super) fn change(&self, address: &AddressTag, cooldown: Duration, now: Timestamp) -> Change {
        let Self { sharing, lane, sends, phantom } = *self;
        let change = Change::of(keys::shared(sharing, address))
            .when("attribute_not_exists(sent_at) OR sent_at <= :cooled")
            .value(":cooled", item::millis(now - cooldown));
        if phantom {
            return lanes::permit(change, Counter::Sends, lane, sends, now);
        }
        let change = change.put("sent_at", now.as_millisecond()).put("ttl", (now + sends.window).as_second());
        lanes::count(change, Counter::Sends, lane, sends, now)
    }

    /// Seconds until the lane takes another send, if it is full.
    pub(super) fn wait(&self, item: &Item, now: Timestamp) -> Option<u64> {
        lanes::wait(item, Counter::Sends, self.lane, self.sends, now)
    }
}

/// A try at one of the codes that were sent to a number for users of partners.
#[derive(Debug, Clone, Copy)]
pub struct LinkTry<'a> {
    /// The number.
    pub address: &'a AddressTag,
    /// Whom it is laid to.
    pub lane: Lane,
    /// How many there may be.
    pub tries: Allowance,
    /// The present.
    pub now: Timestamp,
}

/// What counting a try for its number came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedLinkTry {
    /// Counted.
    Counted {
        /// Whether it was the last one in its lane, and the audit is to be told if it was wrong.
        is_last: bool,
    },
    /// No tries left for so many seconds.
    Full(u64),
}

impl LinkTry<'_> {
    fn change(&self) -> Change {
        Change::of(keys::shared(Sharing::Link, self.address)).put("ttl", (self.now + self.tries.window).as_second())
    }
}

impl Store {
    /// Counts a try for its number, whichever partner's user makes it.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn count_link_try(&self, trying: &LinkTry<'_>) -> Result<CountedLinkTry, StoreError> {
        let LinkTry { lane, tries, now, .. } = *trying;
        let change = lanes::count(trying.change(), Counter::Tries, lane, tries, now);
        Ok(match self.change_once("count a try for its number", change, LAST_TRY).await? {
            Changed::Done(item) => CountedLinkTry::Counted { is_last: lanes::is_full_and_untold(&item, Counter::Tries, lane, tries, now) },
            Changed::Refused(item) => {
                CountedLinkTry::Full(item.and_then(|item| lanes::wait(&item, Counter::Tries, lane, tries, now)).unwrap_or(1))
            }
        })
    }

    /// Tells the audit that the tries of a lane are used up at a number, once in a window.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn tell_refused_links(&self, trying: &LinkTry<'_>, audit: &AuditEvent) -> Result<(), StoreError> {
        let told = lanes::tell(trying.change(), Counter::Tries, trying.lane, trying.tries, trying.now);
        audit.alone(Transaction::new(self, "tell the audit of refused links").change(&told)?)?.commit().await.map(drop)
    }
}
