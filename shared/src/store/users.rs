//! Accounts in the table: reading one, and the gate that passwords pass before they are hashed.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::lane::{self, Lane};
use crate::domain::session::{Session, SessionId};
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::change::{Change, Changed};
use crate::store::claims::take;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag};
use crate::store::lanes::{self, Counter};

const COUNT: &str = "count a password";
const READ: &str = "read an account";
/// How long the gate of an address without an account outlives its window.
const GATE_KEPT: Duration = Duration::from_hours(1);

/// What the gate before a password says.
#[derive(Debug)]
pub enum Gate {
    /// Counted. With the account, if there is one.
    Open(Option<Box<User>>),
    /// Too many wrong passwords: so many seconds to wait.
    Closed(u64),
}

impl Store {
    /// Counts a password at the account `user`, or, where there is none, at the gate that stands for the address: the same work.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn count_password(&self, user: Option<UserId>, address: &AddressTag, lane: Lane, now: Timestamp) -> Result<Gate, StoreError> {
        let change = match user {
            Some(user) => Change::of(keys::user(user)).when("attribute_exists(pk)"),
            None => Change::of(keys::gate(address)).put("ttl", (now + GATE_KEPT).as_second()),
        };
        let change = lanes::count(change, Counter::Passwords, lane, lane::PASSWORDS, now);
        match self.change(COUNT, &change).await? {
            Changed::Done(item) if user.is_some() => Ok(Gate::Open(Some(item::read(COUNT, item)?))),
            // An account that was purged since its claim was read is an unknown one.
            Changed::Done(_) | Changed::Refused(None) => Ok(Gate::Open(None)),
            Changed::Refused(Some(item)) => {
                Ok(Gate::Closed(lanes::wait(&item, Counter::Passwords, lane, lane::PASSWORDS, now).unwrap_or(1)))
            }
        }
    }

    /// The lane of strangers at the gate of an address without an account. An account that is created for the address takes it over:
    /// otherwise a gate that was kept full would open in that moment, and tell.
    pub(super) async fn gate_lanes(&self, address: &AddressTag) -> Result<Item, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(keys::gate(address).attributes())).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of("read a gate", error.into_service_error()))?;
        Ok(lanes::of(answer.item.unwrap_or_default(), Counter::Passwords, Lane::Stranger, lane::PASSWORDS))
    }

    /// Reads an account, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(keys::user(user).attributes())).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of(READ, error.into_service_error()))?;
        answer.item.map(|item| item::read(READ, item)).transpose()
    }

    /// Reads an account and one of its sessions in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn user_and_session(&self, user: UserId, session: &SessionId) -> Result<(Option<User>, Option<Session>), StoreError> {
        const OPERATION: &str = "read an account and its session";
        let (user_key, session_key) = (keys::user(user), keys::session(user, session));
        let mut found: Vec<Item> = self.read_together(OPERATION, &[user_key.clone(), session_key.clone()]).await?;
        let user = take(&mut found, &user_key).map(|item| item::read(OPERATION, item)).transpose()?;
        let session = take(&mut found, &session_key).map(|item| item::read(OPERATION, item)).transpose()?;
        Ok((user, session))
    }
}
