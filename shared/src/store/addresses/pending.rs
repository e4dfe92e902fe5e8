//! Who waits for the proof of an address.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::address::Address;
use crate::domain::session::{Session, SessionId};
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::claims::take;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::users;

const LIST: &str = "list who has an address pending";

/// An account that has an address pending.
#[derive(Debug, Clone, Deserialize)]
pub struct Pending {
    /// The account.
    #[serde(skip)]
    pub user: Option<UserId>,
    /// The small number under which it lists the address.
    pub number: u64,
    /// The address as it was added: where messages go, whatever spelling somebody else types.
    pub address: Address,
    /// The account's epoch when it was last asked for: what somebody added whose session has ended is never proved.
    pub epoch: u64,
    /// The session in which it was last asked for: without a session of one's own, it is proved only as long as that one stands.
    #[serde(default)]
    pub session: Option<SessionId>,
    ttl: i64,
}

impl Store {
    /// The accounts that have an address pending, at most two: with more than one, nobody can say whose a code is.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn pending(&self, address: &AddressTag, now: Timestamp) -> Result<Vec<Pending>, StoreError> {
        let request = self.client.query().table_name(&self.table).consistent_read(true).limit(2);
        let request = request
            .key_condition_expression("pk = :address")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":address", AttributeValue::S(keys::pending_partition(address)))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()));
        let mut found = Vec::new();
        let mut pages = request.into_paginator().items().send();
        while let Some(next) = pages.next().await {
            let item = next.map_err(|error| StoreError::of(LIST, error.into_service_error()))?;
            found.push(read_pending(item)?);
            if found.len() == 2 {
                break;
            }
        }
        Ok(found)
    }

    /// The mark that an account has an address pending.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn own_pending(&self, address: &AddressTag, user: UserId, now: Timestamp) -> Result<Option<Pending>, StoreError> {
        let pending: Option<Pending> = self.one(LIST, &keys::pending(address, user)).await?;
        Ok(pending.filter(|pending| now.as_second() < pending.ttl).map(|pending| Pending { user: Some(user), ..pending }))
    }

    /// An account, the mark that it has an address pending, and one of its sessions, in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn pending_of(
        &self,
        address: &AddressTag,
        user: UserId,
        session: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<(Option<Pending>, Option<User>, Option<Session>), StoreError> {
        let (mark, account, session) =
            (keys::pending(address, user), keys::user(user), session.map(|session| keys::session(user, session)));
        let wanted: Vec<ItemKey> = [&mark, &account].into_iter().chain(&session).cloned().collect();
        let mut found = self.read_together(LIST, &wanted).await?;
        let pending = take(&mut found, &mark).map(read_pending).transpose()?;
        let user = take(&mut found, &account).map(|item| users::read(LIST, item)).transpose()?.flatten();
        let session = session.and_then(|session| take(&mut found, &session)).map(|item| item::read(LIST, item)).transpose()?;
        Ok((pending.filter(|pending| now.as_second() < pending.ttl), user, session))
    }
}

fn read_pending(item: Item) -> Result<Pending, StoreError> {
    let user = item.get("sk").and_then(|sk| sk.as_s().ok()).and_then(|sk| UserId::parse_simple(sk));
    let pending: Pending = item::read(LIST, item)?;
    Ok(Pending { user, ..pending })
}
