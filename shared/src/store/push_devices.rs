//! Devices that take push notices: each registration token has one owner, by a claim like that of an address.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::name::Name;
use crate::domain::push::{MOST_PUSH_DEVICES, Platform, PushTag, PushToken};
use crate::domain::session::SessionId;
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys;
use crate::store::partition::after;
use crate::store::users;
use crate::store::write::{Part, Transaction};

const LIST: &str = "list devices that take push notices";
const OWNER: &str = "read whose a registration token is";
const REGISTER: &str = "register a device for push notices";
const READ: &str = "read a device that takes push notices";
const FORGET: &str = "forget a device that takes push notices no more";
const UNREGISTER: &str = "unregister a device for push notices";
const ATTEMPTS: usize = 4;

/// A device that takes push notices.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushDevice {
    /// Its registration token.
    pub token: PushToken,
    /// What the app runs on.
    pub platform: Platform,
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The session that it was last registered in: it is told things as long as that lasts.
    pub session: SessionId,
    /// When the token was first registered for this account.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last registered.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct PushClaim {
    user: UserId,
}

impl Store {
    /// Registers a device of an account; whoever had its token before has it no longer. At the cap, the one registered longest ago gives
    /// way. `false`: the session ended meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached, an item cannot be read, or the account's devices change all the time.
    pub async fn register_push_device(&self, mut user: User, tag: PushTag, device: &PushDevice) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS {
            let claim: Option<PushClaim> = self.one(OWNER, &keys::push_claim(tag)).await?;
            let owner = claim.map(|claim| claim.user);
            let transaction = if owner == Some(user.id) {
                self.renewal(&user, tag, device)?
            } else {
                let leaving = if user.push_devices < MOST_PUSH_DEVICES { None } else { self.oldest_push_device(user.id).await? };
                self.registration(&user, tag, device, owner, leaving)?
            };
            let Err(mut refused) = transaction.commit().await? else { return Ok(true) };
            match refused.part(0) {
                Part::Held => {}
                Part::Missing => return Ok(false),
                Part::Contradicted(item) => {
                    let now_is: User = item::read(REGISTER, item)?;
                    if now_is.epoch != user.epoch || now_is.status != user.status {
                        return Ok(false);
                    }
                    user = now_is;
                }
            }
        }
        Err(StoreError::of(REGISTER, "the account's devices changed each time"))
    }

    /// The account is the first part, as in [`Store::registration`].
    fn renewal(&self, user: &User, tag: PushTag, device: &PushDevice) -> Result<Transaction<'_>, StoreError> {
        let again = Change::of(keys::push_device(user.id, tag))
            .when("attribute_exists(pk)")
            .put("platform", device.platform)
            .put_or_remove("name", device.name.as_ref())
            .put("session", &device.session)
            .put("updated_at", device.updated_at.as_millisecond());
        Transaction::new(self, REGISTER).check(&users::if_active(user))?.check(&own(tag, user.id))?.change(&again)
    }

    fn registration(
        &self,
        user: &User,
        tag: PushTag,
        device: &PushDevice,
        owner: Option<UserId>,
        leaving: Option<PushTag>,
    ) -> Result<Transaction<'_>, StoreError> {
        let claim = item::write(REGISTER, &keys::push_claim(tag), &PushClaim { user: user.id })?;
        let kept = item::write(REGISTER, &keys::push_device(user.id, tag), device)?;
        let added = i64::from(leaving.is_none());
        let account = users::if_active(user)
            .when("attribute_not_exists(push_devices) OR push_devices <= :most")
            .value(":most", item::value(i64::try_from(MOST_PUSH_DEVICES).unwrap_or(i64::MAX) - added))
            .add("push_devices :added")
            .value(":added", item::value(added));
        let transaction = Transaction::new(self, REGISTER).change(&account)?.put(kept)?;
        let transaction = match owner {
            None => transaction.create(claim)?,
            Some(former) => {
                transaction.replace(&own(tag, former), claim)?.discard(&keys::push_device(former, tag))?.change(&fewer(former))?
            }
        };
        match leaving {
            Some(leaving) => transaction.delete(&keys::push_device(user.id, leaving))?.discard_if(&own(leaving, user.id)),
            None => Ok(transaction),
        }
    }

    /// Forgets a device of an account, if it has it.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn unregister_push_device(&self, user: UserId, tag: PushTag) -> Result<(), StoreError> {
        let removal =
            Transaction::new(self, UNREGISTER).delete(&keys::push_device(user, tag))?.discard_if(&own(tag, user))?.change(&fewer(user))?;
        removal.commit().await.map(drop)
    }

    /// The devices of an account that take push notices.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn push_devices(&self, user: UserId) -> Result<Vec<PushDevice>, StoreError> {
        let items = self.listed(LIST, user, keys::PUSH_PREFIX).await?;
        items.into_iter().map(|item| item::read(LIST, item)).collect()
    }

    /// The tags of an account's devices that take push notices, each with the session that it was last registered in.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn push_addressees(&self, user: UserId) -> Result<Vec<(PushTag, SessionId)>, StoreError> {
        let items = self.listed(LIST, user, keys::PUSH_PREFIX).await?;
        let addressee = |item: Item| {
            let tag = tag_of(&item)?;
            Some(item::read::<PushDevice>(LIST, item).map(|device| (tag, device.session)))
        };
        items.into_iter().filter_map(addressee).collect()
    }

    /// A device of an account, if it still is one.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn push_device(&self, user: UserId, tag: PushTag) -> Result<Option<PushDevice>, StoreError> {
        self.one(READ, &keys::push_device(user, tag)).await
    }

    /// Forgets a device that nothing reaches any more, as it was when that was found out. `false`: it is not the account's any longer,
    /// or was registered again since.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn forget_push_device(&self, user: UserId, tag: PushTag, found: &PushDevice) -> Result<bool, StoreError> {
        let as_found = Change::of(keys::push_device(user, tag)).when("updated_at = :then").value(":then", item::millis(found.updated_at));
        let removal = Transaction::new(self, FORGET).discard_if(&as_found)?.discard_if(&own(tag, user))?.change(&fewer(user))?;
        Ok(removal.commit().await?.is_ok())
    }

    async fn oldest_push_device(&self, user: UserId) -> Result<Option<PushTag>, StoreError> {
        let items = self.listed(LIST, user, keys::PUSH_PREFIX).await?;
        let oldest = items.iter().min_by_key(|item| item::time(item, "updated_at"));
        Ok(oldest.and_then(tag_of))
    }
}

fn tag_of(item: &Item) -> Option<PushTag> {
    PushTag::parse(after(item, keys::PUSH_PREFIX)?)
}

/// A registration token, while it is this account's.
pub(super) fn own(tag: PushTag, user: UserId) -> Change {
    claims::of(keys::push_claim(tag), user)
}

fn fewer(user: UserId) -> Change {
    Change::of(keys::user(user)).when("attribute_exists(pk)").add("push_devices :less").value(":less", item::value(-1))
}
