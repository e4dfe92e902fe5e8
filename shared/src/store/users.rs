//! Accounts in the table: reading one, and the gate that passwords pass before they are hashed.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::lane::{Allowance, Lane};
use crate::domain::session::{Session, SessionId};
use crate::domain::user::{Status, User, UserId};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::{Change, Changed};
use crate::store::claims::take;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::lanes::{self, Counter, LAST_TRY};
use crate::store::write::Transaction;

const COUNT: &str = "count a password";
const READ: &str = "read an account";
const TELL: &str = "tell the audit of wrong passwords";
/// How long the gate of an address without an account outlives its window.
const GATE_KEPT: Duration = Duration::from_hours(1);

/// What the gate before a password says.
#[derive(Debug)]
pub enum Gate {
    /// Counted.
    Open {
        /// The account, if there is one.
        user: Option<Box<User>>,
        /// Whether it was the last one in this lane, and the audit is to be told if it was wrong.
        is_last: bool,
    },
    /// Too many wrong passwords: so many seconds to wait.
    Closed(u64),
}

/// A password about to be counted, at an account or, where there is none, at the gate that stands for the address: the same work.
#[derive(Debug, Clone, Copy)]
pub struct Knock<'a> {
    /// Where it is counted.
    pub at: Door<'a>,
    /// Whom it is laid to.
    pub lane: Lane,
    /// How many wrong ones there may be.
    pub passwords: Allowance,
    /// The present.
    pub now: Timestamp,
}

/// Where a password is counted.
#[derive(Debug, Clone, Copy)]
pub enum Door<'a> {
    /// At an account.
    Account(UserId),
    /// At the gate that stands for an address without an account.
    Nobodys(&'a AddressTag),
}

impl Knock<'_> {
    /// The item that it is counted in.
    #[must_use]
    pub fn key(&self) -> ItemKey {
        match self.at {
            Door::Account(user) => keys::user(user),
            Door::Nobodys(address) => keys::gate(address),
        }
    }
}

/// A change of an account as it was read: its sessions were not ended meanwhile, and it may be used.
pub(super) fn if_active(user: &User) -> Change {
    if_same_epoch(user).when("#status = :active").name("#status", "status").value(":active", item::value(Status::Active))
}

/// A change of an account as it was read: its sessions were not ended meanwhile, and whoever owns it is let in.
pub(super) fn if_admitted(user: &User) -> Change {
    if_same_epoch(user)
        .when("#status = :active OR #status = :leaving")
        .name("#status", "status")
        .value(":active", item::value(Status::Active))
        .value(":leaving", item::value(Status::PendingDeletion))
}

/// The condition that an account is there for others to see.
pub(super) fn if_there(user: UserId) -> Change {
    Change::of(keys::user(user))
        .when("attribute_exists(pk) AND #status <> :purging")
        .name("#status", "status")
        .value(":purging", item::value(Status::Purging))
}

/// An account as its item has it. One that is being deleted is none any more.
pub(super) fn read(operation: &'static str, item: Item) -> Result<Option<User>, StoreError> {
    let user: User = item::read(operation, item)?;
    Ok((user.status != Status::Purging).then_some(user))
}

fn if_same_epoch(user: &User) -> Change {
    Change::of(keys::user(user.id)).when("epoch = :epoch").value(":epoch", item::value(user.epoch))
}

impl Store {
    /// Counts a password.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn count_password(&self, knock: &Knock<'_>) -> Result<Gate, StoreError> {
        let Knock { at, lane, passwords, now } = *knock;
        let change = match at {
            Door::Account(_) => Change::of(knock.key()).when("attribute_exists(pk)"),
            Door::Nobodys(_) => Change::of(knock.key()).put("ttl", (now + passwords.window + GATE_KEPT).as_second()),
        };
        let change = lanes::count(change, Counter::Passwords, lane, passwords, now);
        match self.change_once(COUNT, change, LAST_TRY).await? {
            Changed::Done(item) => {
                let is_last = lanes::is_full_and_untold(&item, Counter::Passwords, lane, passwords, now);
                let user = if matches!(at, Door::Account(_)) { read(COUNT, item)?.map(Box::new) } else { None };
                Ok(Gate::Open { user, is_last })
            }
            // An account that was purged since its claim was read is an unknown one.
            Changed::Refused(None) => Ok(Gate::Open { user: None, is_last: false }),
            Changed::Refused(Some(item)) => Ok(Gate::Closed(lanes::wait(&item, Counter::Passwords, lane, passwords, now).unwrap_or(1))),
        }
    }

    /// Tells the audit that the wrong passwords of a lane are used up, once in a window.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn tell_refused_passwords(&self, knock: &Knock<'_>, audit: &AuditEvent) -> Result<(), StoreError> {
        let change = match knock.at {
            Door::Account(_) => Change::of(knock.key()).when("attribute_exists(pk)"),
            Door::Nobodys(_) => Change::of(knock.key()).put("ttl", (knock.now + knock.passwords.window + GATE_KEPT).as_second()),
        };
        let told = lanes::tell(change, Counter::Passwords, knock.lane, knock.passwords, knock.now);
        Transaction::new(self, TELL).change(&told)?.create(audit.item()?)?.commit().await.map(drop)
    }

    /// The lane of strangers at the gate of an address without an account. An account that is created for the address takes it over:
    /// otherwise a gate that was kept full would open in that moment, and tell.
    pub(super) async fn gate_lanes(&self, address: &AddressTag, passwords: Allowance) -> Result<Item, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(keys::gate(address).attributes())).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of("read a gate", error.into_service_error()))?;
        Ok(lanes::of(answer.item.unwrap_or_default(), Counter::Passwords, Lane::Stranger, passwords))
    }

    /// Notes that an account is in use.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn note_use(&self, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        let change = Change::of(keys::user(user)).when("attribute_exists(pk)").put("used_at", now.as_millisecond());
        self.change("note that an account is in use", &change).await.map(drop)
    }

    /// Reads an account, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.one_item(READ, &keys::user(user)).await?.map(|item| read(READ, item)).transpose()?.flatten())
    }

    /// Reads an account and one of its sessions in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn user_and_session(&self, user: UserId, session: &SessionId) -> Result<(Option<User>, Option<Session>), StoreError> {
        const OPERATION: &str = "read an account and its session";
        let (user_key, session_key) = (keys::user(user), keys::session(user, session));
        let mut found: Vec<Item> = self.read_together(OPERATION, &[user_key.clone(), session_key.clone()]).await?;
        let user = take(&mut found, &user_key).map(|item| read(OPERATION, item)).transpose()?.flatten();
        let session = take(&mut found, &session_key).map(|item| item::read(OPERATION, item)).transpose()?;
        Ok((user, session))
    }
}
