//! Addresses of accounts: added, waiting for their proof, and proved.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::address::{Address, Channel, Email, Phone};
use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::user::{Awaited, Former, MOST_ADDRESSES, Primary, User, UserId};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims::{Claim, take};
use crate::store::error::StoreError;
use crate::store::imports::ImportedAddress;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::outbox::Notice;
use crate::store::partition::number_after;
use crate::store::users;
use crate::store::write::{Part, Refused, Transaction};

const ADD: &str = "add an address";
const LIST: &str = "list who has an address pending";
const PROVE: &str = "prove an address";
const OF_ACCOUNT: &str = "list an account's addresses";

/// Who does not prove an address within this time waits for it no longer; a code asked for anew begins it anew.
const PENDING_KEPT: Duration = Duration::from_hours(7 * 24);

#[derive(Serialize)]
struct AddressItem<'a, A: ?Sized> {
    address: &'a A,
    verified: bool,
    primary: bool,
    created_at: i64,
    updated_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    young_until: Option<i64>,
}

#[derive(Serialize)]
struct PendingItem<'a> {
    number: u64,
    address: &'a Address,
    epoch: u64,
    created_at: i64,
    ttl: i64,
}

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
    ttl: i64,
}

pub(super) fn address_key(user: UserId, channel: Channel, number: u64) -> ItemKey {
    match channel {
        Channel::Email => keys::email(user, number),
        Channel::Phone => keys::phone(user, number),
    }
}

/// The item of an account's primary address.
pub(super) fn primary_item<A: Serialize>(key: &ItemKey, primary: &Primary<A>, now: Timestamp) -> Result<Item, StoreError> {
    let at = now.as_millisecond();
    let (address, verified) = (&primary.address, primary.verified);
    let verified_at = verified.then_some(at);
    let content = AddressItem { address, verified, primary: true, created_at: at, updated_at: at, verified_at, young_until: None };
    item::write(ADD, key, &content)
}

/// The item of an address of an account that is imported.
pub(super) fn imported_item(user: &User, imported: &ImportedAddress) -> Result<Item, StoreError> {
    let ImportedAddress { number, ref address, verified, primary, added_at, verified_at, young_until, .. } = *imported;
    let content = AddressItem {
        address: address.as_given(),
        verified,
        primary,
        created_at: added_at.as_millisecond(),
        updated_at: user.updated_at.as_millisecond(),
        verified_at: verified_at.map(Timestamp::as_millisecond),
        young_until: young_until.map(Timestamp::as_millisecond),
    };
    item::write(ADD, &address_key(user.id, address.channel(), number), &content)
}

/// The mark that an account has an address pending.
pub(super) fn pending_item(tag: &AddressTag, user: &User, number: u64, address: &Address, now: Timestamp) -> Result<Item, StoreError> {
    let (at, ttl) = (now.as_millisecond(), (now + PENDING_KEPT).as_second());
    item::write(ADD, &keys::pending(tag, user.id), &PendingItem { number, address, epoch: user.epoch, created_at: at, ttl })
}

/// Renews the proof of a number, in the transaction of what it proves.
pub(super) fn renewal(user: UserId, number: u64, now: Timestamp) -> Change {
    Change::of(keys::phone(user, number)).when("attribute_exists(pk)").put("verified_at", now.as_millisecond())
}

/// What an account knows of an address that it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Nothing.
    New,
    /// It is listed, and not proved.
    Listed,
    /// It is listed, and becomes the primary one, or is shown as such, once it is proved.
    Awaited,
}

/// An address that an account adds and wants as its primary one, or waits for again.
#[derive(Debug)]
pub struct Addition<'a> {
    /// The account, as it was read.
    pub user: &'a User,
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
    pub(super) fn add_to<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let (user, channel, at) = (self.user.id, self.address.channel(), now.as_millisecond());
        let key = address_key(user, channel, self.number);
        let mark = pending_item(self.tag, self.user, self.number, self.address, now)?;
        let unproved = || Change::of(key.clone()).when("verified = :no").value(":no", item::value(false));
        let mut transaction = match self.listing {
            Listing::Awaited => return transaction.check(&unproved())?.put(mark),
            Listing::Listed => transaction.change(&self.user_change(at))?.check(&unproved())?,
            Listing::New => transaction.change(&self.user_change(at))?.create(self.item(&key, at)?)?,
        };
        transaction = transaction.put(mark)?;
        if let Some((number, tag)) = self.replaced {
            transaction =
                transaction.discard_if(&unproved_or_gone(address_key(user, channel, number)))?.discard(&keys::pending(tag, user))?;
        }
        Ok(transaction)
    }

    fn item(&self, key: &ItemKey, at: i64) -> Result<Item, StoreError> {
        match self.address {
            Address::Email(address) => item::write(ADD, key, &unproved(address, at)),
            Address::Phone(address) => item::write(ADD, key, &unproved(address, at)),
        }
    }

    fn user_change(&self, at: i64) -> Change {
        let (awaited, next, count) = match self.address.channel() {
            Channel::Email => ("awaited_email", "next_email", "emails"),
            Channel::Phone => ("awaited_phone", "next_phone", "phones"),
        };
        let change = users::if_active(self.user).put("updated_at", at);
        let change = match self.address {
            Address::Email(address) => change.put(awaited, Awaited { id: self.number, address }),
            Address::Phone(address) => change.put(awaited, Awaited { id: self.number, address }),
        };
        let change = match self.replaced {
            Some((number, _)) => change.when(format!("{awaited}.id = :replaced")).value(":replaced", item::value(number)),
            None => change.when(format!("attribute_not_exists({awaited})")),
        };
        // What is replaced makes room for what is new.
        let added = i64::from(self.listing == Listing::New) - i64::from(self.replaced.is_some());
        let change = match added {
            0 => change,
            1 => change.when(format!("{count} < :most")).value(":most", item::value(MOST_ADDRESSES)).add(&format!("{count} :added")),
            _ => change.add(&format!("{count} :added")),
        };
        let change = if added == 0 { change } else { change.value(":added", item::value(added)) };
        if self.listing != Listing::New {
            return change;
        }
        change
            .when(format!("{next} = :number"))
            .value(":number", item::value(self.number))
            .set(format!("{next} = :next"))
            .value(":next", item::value(self.number + 1))
    }

    /// Whether the account has as many addresses as it may have, given what became of its part of the transaction.
    pub(super) fn is_one_too_many(&self, refused: &mut Refused, part: usize) -> bool {
        let Part::Contradicted(item) = refused.part(part) else { return false };
        let count = match self.address.channel() {
            Channel::Email => "emails",
            Channel::Phone => "phones",
        };
        let count: Option<u64> = item.get(count).and_then(|count| count.as_n().ok()).and_then(|count| count.parse().ok());
        self.replaced.is_none() && self.listing == Listing::New && count.is_some_and(|count| count >= MOST_ADDRESSES)
    }
}

fn unproved_or_gone(key: ItemKey) -> Change {
    Change::of(key).when("attribute_not_exists(pk) OR verified = :no").value(":no", item::value(false))
}

fn unproved<A: Serialize>(address: &A, at: i64) -> AddressItem<'_, A> {
    AddressItem { address, verified: false, primary: false, created_at: at, updated_at: at, verified_at: None, young_until: None }
}

/// An address that was proved, with all that follows from it.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The address's tag.
    pub tag: &'a AddressTag,
    /// The challenge that proved it.
    pub challenge: &'a Challenge,
    /// What is claimed.
    pub claim: &'a Claim,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

/// A proved address that becomes the primary one.
#[derive(Debug)]
pub struct PrimaryChange<'a> {
    /// The account, as it was read.
    pub user: &'a User,
    /// The account's claim on the address.
    pub claim: &'a Claim,
    /// The number of the present primary one.
    pub former: Option<u64>,
    /// Until when that one is told things, too.
    pub until: Timestamp,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

/// A proved address of an account.
#[derive(Debug)]
pub struct Proved {
    /// The small number under which it is listed.
    pub number: u64,
    /// The address.
    pub address: Address,
    /// Until when a reset takes it away again; none: it stays.
    pub young_until: Option<Timestamp>,
}

/// What proving an address makes of it.
enum Place {
    /// It was shown as primary without being proved.
    AlreadyPrimary,
    /// It takes the place of the primary one; that one's number, if there was one.
    BecomesPrimary(Option<u64>),
    /// One more.
    Another,
}

impl Proof<'_> {
    fn place(&self) -> Place {
        let User { email, phone, awaited_email, awaited_phone, .. } = self.user;
        let (primary, awaited) = match self.claim.address.channel() {
            Channel::Email => (email.as_ref().map(|email| email.id), awaited_email.as_ref().map(|awaited| awaited.id)),
            Channel::Phone => (phone.as_ref().map(|phone| phone.id), awaited_phone.as_ref().map(|awaited| awaited.id)),
        };
        let number = self.claim.number;
        match (primary, awaited) {
            (Some(primary), _) if primary == number => Place::AlreadyPrimary,
            (primary, Some(awaited)) if awaited == number => Place::BecomesPrimary(primary),
            (None, _) => Place::BecomesPrimary(None),
            _ => Place::Another,
        }
    }

    fn user_change(&self, place: &Place) -> Change {
        let number = self.claim.number;
        let (primary, awaited) = match self.claim.address.channel() {
            Channel::Email => ("email", "awaited_email"),
            Channel::Phone => ("phone", "awaited_phone"),
        };
        let change =
            users::if_active(self.user).add("proofs :one").value(":one", item::value(1)).put("updated_at", self.now.as_millisecond());
        match place {
            Place::AlreadyPrimary => change
                .when(format!("{primary}.id = :number"))
                .value(":number", item::value(number))
                .set(format!("{primary}.verified = :yes"))
                .value(":yes", item::value(true)),
            Place::BecomesPrimary(former) => {
                let change = match former {
                    Some(former) => change
                        .when(format!("{primary}.id = :former AND {awaited}.id = :number"))
                        .value(":former", item::value(former))
                        .value(":number", item::value(number)),
                    None => change.when(format!("attribute_not_exists({primary})")),
                }
                .remove(awaited);
                let until = self.claim.resets_from.unwrap_or(self.now);
                match &self.claim.address {
                    Address::Email(address) => change
                        .put(primary, Primary { id: number, address, verified: true })
                        .put_or_remove("former_email", Former::of(self.user.email.as_ref(), until)),
                    Address::Phone(address) => change
                        .put(primary, Primary { id: number, address, verified: true })
                        .put_or_remove("former_phone", Former::of(self.user.phone.as_ref(), until)),
                }
            }
            Place::Another => change,
        }
    }
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
        let key = keys::pending(address, user).attributes();
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of(LIST, error.into_service_error()))?;
        let pending = answer.item.map(read_pending).transpose()?;
        Ok(pending.filter(|pending| now.as_second() < pending.ttl))
    }

    /// An account, and the mark that it has an address pending, in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn pending_of(
        &self,
        address: &AddressTag,
        user: UserId,
        now: Timestamp,
    ) -> Result<(Option<Pending>, Option<User>), StoreError> {
        let (mark, account) = (keys::pending(address, user), keys::user(user));
        let mut found = self.read_together(LIST, &[mark.clone(), account.clone()]).await?;
        let pending = take(&mut found, &mark).map(read_pending).transpose()?;
        let user = take(&mut found, &account).map(|item| item::read(LIST, item)).transpose()?;
        Ok((pending.filter(|pending| now.as_second() < pending.ttl), user))
    }

    /// The claim on an address, and an account, in one consistent request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn owner(&self, address: &AddressTag, user: UserId) -> Result<(Option<Claim>, Option<User>), StoreError> {
        const OPERATION: &str = "read an address's claim and an account";
        let (claim, account) = (keys::claim(address), keys::user(user));
        let mut found = self.read_together(OPERATION, &[claim.clone(), account.clone()]).await?;
        let claim = take(&mut found, &claim).map(|item| item::read(OPERATION, item)).transpose()?;
        let user = take(&mut found, &account).map(|item| item::read(OPERATION, item)).transpose()?;
        Ok((claim, user))
    }

    /// Makes a proved address the primary one. `false`: the account or its addresses changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn make_primary(&self, change: &PrimaryChange<'_>) -> Result<bool, StoreError> {
        let PrimaryChange { user, claim: Claim { number, address, .. }, former, until, audit, notices, now } = *change;
        let (channel, at) = (address.channel(), now.as_millisecond());
        let primary = match channel {
            Channel::Email => "email",
            Channel::Phone => "phone",
        };
        let account = users::if_active(user).add("proofs :one").value(":one", item::value(1)).put("updated_at", at);
        let account = match former {
            Some(former) => account.when(format!("{primary}.id = :former")).value(":former", item::value(former)),
            None => account.when(format!("attribute_not_exists({primary})")),
        };
        let account = match address {
            Address::Email(address) => account
                .put(primary, Primary { id: *number, address, verified: true })
                .put_or_remove("former_email", Former::of(user.email.as_ref(), until)),
            Address::Phone(address) => account
                .put(primary, Primary { id: *number, address, verified: true })
                .put_or_remove("former_phone", Former::of(user.phone.as_ref(), until)),
        };
        let new = Change::of(address_key(user.id, channel, *number))
            .when("verified = :yes")
            .value(":yes", item::value(true))
            .put("primary", true)
            .put("updated_at", at);
        let mut transaction = Transaction::new(self, "change a primary address").change(&account)?.change(&new)?.create(audit.item()?)?;
        if let Some(former) = former {
            let former = Change::of(address_key(user.id, channel, former)).when("attribute_exists(pk)");
            transaction = transaction.change(&former.put("primary", false).put("updated_at", at))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }

    /// The proved addresses of an account.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn proved_addresses(&self, user: UserId) -> Result<Vec<Proved>, StoreError> {
        let emails = self.addresses_of::<Email>(user, keys::EMAIL_PREFIX);
        let phones = self.addresses_of::<Phone>(user, keys::PHONE_PREFIX);
        let (emails, phones) = tokio::try_join!(emails, phones)?;
        Ok(emails.into_iter().chain(phones).collect())
    }

    async fn addresses_of<A: DeserializeOwned + Into<Address>>(&self, user: UserId, prefix: &str) -> Result<Vec<Proved>, StoreError> {
        #[derive(Deserialize)]
        struct Stored<A> {
            address: A,
            verified: bool,
            #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
            young_until: Option<Timestamp>,
        }
        let mut proved = Vec::new();
        for item in self.listed(OF_ACCOUNT, user, prefix).await? {
            let number = number_after(OF_ACCOUNT, &item, prefix)?;
            let Stored { address, verified, young_until } = item::read::<Stored<A>>(OF_ACCOUNT, item)?;
            if verified {
                proved.push(Proved { number, address: address.into(), young_until });
            }
        }
        Ok(proved)
    }

    /// Proves an address of an account: its code is used up, the address claimed, its item and the account's changed, all or nothing.
    /// `false`: the code was used or replaced meanwhile, or the address has an owner by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn prove_address(&self, proof: &Proof<'_>) -> Result<bool, StoreError> {
        let Proof { user, tag, challenge, claim, audit, notices, now } = *proof;
        let place = proof.place();
        let channel = claim.address.channel();
        let at = now.as_millisecond();
        let primary = !matches!(place, Place::Another);
        let proved = Change::of(address_key(user.id, channel, claim.number))
            .when("verified = :no")
            .value(":no", item::value(false))
            .put("verified", true)
            .put("primary", primary)
            .put("verified_at", at)
            .put_or_remove("young_until", claim.resets_from.map(Timestamp::as_millisecond))
            .put("updated_at", at);
        let mut transaction = Transaction::new(self, PROVE)
            .change(&self.redemption(tag, Purpose::Verify(user.id), challenge))?
            .create(item::write(PROVE, &keys::claim(tag), claim)?)?
            .change(&proof.user_change(&place))?
            .change(&proved)?
            .discard(&keys::pending(tag, user.id))?
            .create(audit.item()?)?;
        if let Place::BecomesPrimary(Some(former)) = place {
            let former = Change::of(address_key(user.id, channel, former)).put("primary", false).put("updated_at", at);
            transaction = transaction.change(&former.when("attribute_exists(pk)"))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }
}

fn read_pending(item: Item) -> Result<Pending, StoreError> {
    let user = item.get("sk").and_then(|sk| sk.as_s().ok()).and_then(|sk| UserId::parse_simple(sk));
    let pending: Pending = item::read(LIST, item)?;
    Ok(Pending { user, ..pending })
}

/// The account's mail address and number as they are created with it; `unproved` is the tag of the one that is not proved.
pub(super) fn first_addresses(user: &User, unproved: Option<&AddressTag>, now: Timestamp) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    let mark = |number, address: Address| unproved.map(|tag| pending_item(tag, user, number, &address, now)).transpose();
    if let Some(email) = &user.email {
        items.push(primary_item::<Email>(&keys::email(user.id, email.id), email, now)?);
        items.extend(if email.verified { None } else { mark(email.id, email.address.clone().into())? });
    }
    if let Some(phone) = &user.phone {
        items.push(primary_item::<Phone>(&keys::phone(user.id, phone.id), phone, now)?);
        items.extend(if phone.verified { None } else { mark(phone.id, phone.address.clone().into())? });
    }
    Ok(items)
}
