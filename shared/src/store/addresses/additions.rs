//! An address that an account adds: listed with its mark, and counted.

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::primary::Awaited;
use crate::domain::session::SessionId;
use crate::domain::user::{MOST_ADDRESSES, User};
use crate::store::addresses::{added_item, attributes, key_of, pending_item};
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::users;
use crate::store::write::{Part, Refused, Transaction};

/// What an account knows of an address that it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Nothing: it becomes the primary one once it is proved.
    New,
    /// Nothing: it becomes one more.
    Another,
    /// It is listed and not proved, and becomes the primary one once it is.
    Listed,
    /// It is listed and not proved, and stays what it is.
    Awaited,
}

/// An address that an account adds, or waits for again.
#[derive(Debug)]
pub struct Addition<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The session that asks for it. None: nobody can undo it by ending a session, as what came with a sign-up.
    pub session: Option<&'a SessionId>,
    /// The address.
    pub address: &'a Address,
    /// Its tag.
    pub tag: &'a AddressTag,
    /// The number under which it is listed.
    pub number: u64,
    /// What the account knows of it.
    pub listing: Listing,
    /// Number and tag of the address that was awaited so far, and is no longer.
    pub replaced: Option<(u64, &'a AddressTag)>,
}

impl Addition<'_> {
    /// The account comes first; see [`Addition::is_one_too_many`].
    pub(in crate::store) fn add_to<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let (user, channel, at) = (self.user.id, self.address.channel(), now.as_millisecond());
        let key = key_of(user, channel, self.number);
        let mark = pending_item(self.tag, self.user, (self.number, self.address), self.session, now)?;
        let unproved = || Change::of(key.clone()).when("verified = :no").value(":no", item::value(false));
        let mut transaction = match self.listing {
            Listing::Awaited => return transaction.check(&users::if_active(self.user))?.check(&unproved())?.put(mark),
            Listing::Listed => transaction.change(&self.user_change(at))?.check(&unproved())?,
            Listing::New | Listing::Another => transaction.change(&self.user_change(at))?.create(added_item(&key, self.address, at)?)?,
        };
        transaction = transaction.put(mark)?;
        if let Some((number, tag)) = self.replaced {
            transaction = transaction.discard_if(&unproved_or_gone(key_of(user, channel, number)))?.discard(&keys::pending(tag, user))?;
        }
        Ok(transaction)
    }

    fn user_change(&self, at: i64) -> Change {
        let names = attributes(self.address.channel());
        let change = users::if_active(self.user).put("updated_at", at);
        let change = if self.listing == Listing::Another { change } else { self.awaited(change, names.awaited) };
        // What is replaced makes room for what is new.
        let added = i64::from(self.is_new()) - i64::from(self.replaced.is_some());
        let change = match added {
            0 => change,
            _ if added > 0 => change.when(format!("{} < :most", names.count)).value(":most", item::value(MOST_ADDRESSES)),
            _ => change,
        };
        let change = if added == 0 { change } else { change.add(&format!("{} :added", names.count)).value(":added", item::value(added)) };
        if !self.is_new() {
            return change;
        }
        change
            .when(format!("{} = :number", names.next))
            .value(":number", item::value(self.number))
            .set(format!("{} = :next", names.next))
            .value(":next", item::value(self.number + 1))
    }

    fn awaited(&self, change: Change, awaited: &str) -> Change {
        let change = match self.address {
            Address::Email(address) => change.put(awaited, Awaited { id: self.number, address }),
            Address::Phone(address) => change.put(awaited, Awaited { id: self.number, address }),
        };
        match self.replaced {
            Some((number, _)) => change.when(format!("{awaited}.id = :replaced")).value(":replaced", item::value(number)),
            None => change.when(format!("attribute_not_exists({awaited})")),
        }
    }

    fn is_new(&self) -> bool {
        matches!(self.listing, Listing::New | Listing::Another)
    }

    /// Whether the account has as many addresses as it may have, given what became of its part of the transaction.
    pub(in crate::store) fn is_one_too_many(&self, refused: &mut Refused, part: usize) -> bool {
        let Part::Contradicted(item) = refused.part(part) else { return false };
        let count = item.get(attributes(self.address.channel()).count);
        let count: Option<u64> = count.and_then(|count| count.as_n().ok()).and_then(|count| count.parse().ok());
        self.replaced.is_none() && self.is_new() && count.is_some_and(|count| count >= MOST_ADDRESSES)
    }
}

fn unproved_or_gone(key: ItemKey) -> Change {
    Change::of(key).when("attribute_not_exists(pk) OR verified = :no").value(":no", item::value(false))
}
