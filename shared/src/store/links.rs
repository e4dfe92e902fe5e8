//! Links between partners' users and accounts: one person for each of a partner's users, by a claim like that of an address.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::link::{Link, LinkTag, MOST_LINKS};
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::addresses;
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims::{self, Claim, take};
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag};
use crate::store::outbox::Notice;
use crate::store::sending::Told;
use crate::store::users;
use crate::store::write::Transaction;

const READ: &str = "read a link and an address's claim";
const LIST: &str = "list the links of an account";
const LINK: &str = "link a partner's user";

#[derive(Serialize, Deserialize)]
struct LinkClaim {
    user: UserId,
}

/// A link about to be made, in the transaction of the proof.
#[derive(Debug)]
pub struct Linking<'a> {
    /// The partner's user.
    pub tag: LinkTag,
    /// What is kept.
    pub link: &'a Link,
    /// Whom they are linked to so far.
    pub before: Before<'a>,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
}

/// Whom a partner's user was linked to before.
#[derive(Debug, Clone, Copy)]
pub enum Before<'a> {
    /// Nobody.
    Nobody,
    /// The same person.
    Same,
    /// Another person, who is told.
    Another(&'a Parting),
}

/// The account that a link leaves.
#[derive(Debug)]
pub struct Parting {
    /// The account.
    pub user: UserId,
    /// What its audit says; nothing, if the account is gone.
    pub audit: Option<AuditEvent>,
    /// Whether its links are counted elsewhere in the transaction.
    pub counted: bool,
    /// What its owner is told.
    pub told: Told,
}

impl Linking<'_> {
    pub(super) fn add_to<'s>(&self, transaction: Transaction<'s>, user: UserId, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let Self { tag, link, before, audit, notices } = self;
        let claim = item::write(LINK, &keys::link_claim(*tag), &LinkClaim { user })?;
        let kept = item::write(LINK, &keys::link(user, *tag), link)?;
        let transaction = match before {
            Before::Nobody => transaction.create(claim)?.put(kept)?,
            Before::Same => transaction.check(&own(*tag, user))?.change(&renewed(user, *tag, link))?,
            Before::Another(parting) => {
                let Parting { user: former, audit, counted, told } = parting;
                let moved = transaction.replace(&own(*tag, *former), claim)?.put(kept)?.discard(&keys::link(*former, *tag))?;
                let told = told.add_to(moved, now)?;
                match audit {
                    Some(audit) if *counted => told.create(audit.item()?)?,
                    Some(audit) => told.create(audit.item()?)?.change(&fewer(*former))?,
                    None => told,
                }
            }
        };
        transaction.create(audit.item()?)?.notify(notices, now)
    }
}

/// A partner's user, while they are linked to this account.
pub(super) fn own(tag: LinkTag, user: UserId) -> Change {
    claims::of(keys::link_claim(tag), user)
}

/// An account that a link leaves.
fn fewer(user: UserId) -> Change {
    Change::of(keys::user(user)).when("attribute_exists(pk)").add("links :less").value(":less", item::value(-1))
}

fn renewed(user: UserId, tag: LinkTag, link: &Link) -> Change {
    Change::of(keys::link(user, tag))
        .when("attribute_exists(pk)")
        .put("verified_at", link.verified_at.as_millisecond())
        .put_or_remove("wallet_address", link.wallet_address.as_ref())
}

/// A partner's user about to be linked to the account that has proved a number.
#[derive(Debug)]
pub struct Linked<'a> {
    /// The number's tag.
    pub address: &'a AddressTag,
    /// What the code was sent for.
    pub purpose: Purpose,
    /// The challenge.
    pub challenge: &'a Challenge,
    /// The account, as it was read.
    pub user: &'a User,
    /// The small number under which it lists the phone number.
    pub number: u64,
    /// The link.
    pub linking: &'a Linking<'a>,
    /// The present.
    pub now: Timestamp,
}

impl Store {
    /// The users of partners that an account is linked with.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn links(&self, user: UserId) -> Result<Vec<Link>, StoreError> {
        self.listed(LIST, user, keys::LINK_PREFIX).await?.into_iter().map(|item| item::read(LIST, item)).collect()
    }

    /// Whom a partner's user is linked to, and whose the number is, in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn link_and_claim(&self, tag: LinkTag, address: &AddressTag) -> Result<(Option<UserId>, Option<Claim>), StoreError> {
        let (link_key, claim_key) = (keys::link_claim(tag), keys::claim(address));
        let mut found: Vec<Item> = self.read_together(READ, &[link_key.clone(), claim_key.clone()]).await?;
        let link: Option<LinkClaim> = take(&mut found, &link_key).map(|item| item::read(READ, item)).transpose()?;
        let claim = take(&mut found, &claim_key).map(|item| item::read(READ, item)).transpose()?;
        Ok((link.map(|link| link.user), claim))
    }

    /// Links a partner's user to the account that has proved a number: the code is used up, the number's proof renewed, the link written
    /// or moved, all or nothing. `false`: the code was used, or one of the accounts, the number or the link changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn link(&self, linked: &Linked<'_>) -> Result<bool, StoreError> {
        let Linked { address, purpose, challenge, user, number, linking, now } = *linked;
        let account = users::if_active(user).put("used_at", now.as_millisecond());
        let account = if matches!(linking.before, Before::Same) {
            account
        } else {
            account
                .when("attribute_not_exists(links) OR links < :most")
                .value(":most", item::value(MOST_LINKS))
                .add("links :one")
                .value(":one", item::value(1))
        };
        let transaction = Transaction::new(self, LINK)
            .change(&self.redemption(address, purpose, challenge))?
            .change(&account)?
            .check(&claims::own(address, user.id))?
            .change(&addresses::renewal(user.id, number, now))?;
        Ok(linking.add_to(transaction, user.id, now)?.commit().await?.is_ok())
    }
}
