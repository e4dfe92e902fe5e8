//! Accounts that were somebody's elsewhere: written as one transaction each, beside whatever is there already and never over it.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::familiar::Familiar;
use crate::domain::user::{User, UserId};
use crate::store::addresses;
use crate::store::administration::Administration;
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims::Claim;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::write::Transaction;

const IMPORT: &str = "import an account";
const LOOK: &str = "look for imported accounts";
/// Where an account keeps the digest of what it was imported from.
pub(super) const DIGEST: &str = "imported";
/// Between looking and writing somebody else may write the same; the second look sees it.
const ATTEMPTS: usize = 3;

/// An account about to be imported.
#[derive(Debug)]
pub struct Import {
    /// The account. Its primary addresses are among the addresses.
    pub user: User,
    /// What it is imported from, told by a digest: the same again is no conflict.
    pub digest: String,
    /// The pseudonym of its id, if that came with it.
    pub pseudonym: Option<String>,
    /// All its addresses.
    pub addresses: Vec<ImportedAddress>,
    /// What the audit says.
    pub audit: AuditEvent,
}

/// An address of an account that is imported.
#[derive(Debug)]
pub struct ImportedAddress {
    /// The small number under which it is listed.
    pub number: u64,
    /// The address.
    pub address: Address,
    /// Its tag.
    pub tag: AddressTag,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Whether the account is known by it.
    pub primary: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was proved last, if that is known.
    pub verified_at: Option<Timestamp>,
    /// Until when a reset takes it away again.
    pub young_until: Option<Timestamp>,
}

/// How the table stands to an account that is to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is in its way.
    Free,
    /// It is there, imported from the same.
    AlreadyThere,
    /// It was here, and was deleted: whoever left does not come back by an import.
    Deleted,
    /// Its id or addresses are somebody's.
    Taken(Vec<Taken>),
}

/// What somebody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The id.
    Id,
    /// The address with that index.
    Address {
        /// The index among the account's addresses.
        index: usize,
        /// Whose it is.
        owner: UserId,
    },
}

impl Import {
    fn claimed(&self) -> impl Iterator<Item = (usize, &ImportedAddress)> {
        self.addresses.iter().enumerate().filter(|(_, address)| address.verified)
    }

    fn keys(&self) -> impl Iterator<Item = ItemKey> {
        let claims = self.claimed().map(|(_, address)| keys::claim(&address.tag));
        std::iter::once(keys::user(self.user.id)).chain(claims).chain(self.left())
    }

    /// What a deletion of it leaves, or has not done yet.
    fn left(&self) -> impl Iterator<Item = ItemKey> {
        let deletion = self.pseudonym.as_ref().map(|_| keys::deletion(self.user.id));
        self.pseudonym.iter().chain([&self.digest]).map(|name| keys::tombstone(name)).chain(deletion)
    }

    fn claim(&self, address: &ImportedAddress) -> Claim {
        Claim {
            user: self.user.id,
            number: address.number,
            address: address.address.clone(),
            familiar: Familiar::default(),
            locale: self.user.locale(),
            resets_from: address.young_until,
        }
    }

    fn standing(&self, found: &Found) -> Standing {
        let id = self.user.id;
        let mut taken = Vec::new();
        match found.digest(id) {
            Some(digest) if digest == self.digest => return Standing::AlreadyThere,
            Some(_) => taken.push(Taken::Id),
            None if self.left().any(|key| found.has(&key)) => return Standing::Deleted,
            None => {}
        }
        for (index, address) in self.claimed() {
            let Some(owner) = found.owner(&address.tag) else { continue };
            if found.digest(owner) == Some(&self.digest) {
                return Standing::AlreadyThere;
            }
            taken.push(Taken::Address { index, owner });
        }
        if taken.is_empty() { Standing::Free } else { Standing::Taken(taken) }
    }
}

/// What was found in the table.
#[derive(Default)]
struct Found(HashMap<ItemKey, Item>);

impl Found {
    fn add(&mut self, items: Vec<Item>) {
        self.0.extend(items.into_iter().filter_map(|item| Some((ItemKey::of(&item)?, item))));
    }

    fn has(&self, key: &ItemKey) -> bool {
        self.0.contains_key(key)
    }

    /// The digest of an account that is there; that of one that was not imported is empty.
    fn digest(&self, user: UserId) -> Option<&str> {
        self.0.get(&keys::user(user)).map(|item| item.get(DIGEST).and_then(|digest| digest.as_s().ok()).map_or("", String::as_str))
    }

    fn owner(&self, tag: &AddressTag) -> Option<UserId> {
        UserId::parse(self.0.get(&keys::claim(tag))?.get("user")?.as_s().ok()?)
    }
}

impl Administration<'_> {
    /// Imports an account: its item, its addresses and their claims, and the audit, all or nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn import(&self, import: &Import) -> Result<Standing, StoreError> {
        for _ in 0..ATTEMPTS {
            if self.transaction(import)?.commit().await?.is_ok() {
                return Ok(Standing::Free);
            }
            let [standing] = &*self.standings(std::slice::from_ref(import)).await? else { continue };
            if *standing != Standing::Free {
                return Ok(standing.clone());
            }
        }
        Err(StoreError::of(IMPORT, "what is in its way changed each time it was looked at"))
    }

    fn transaction(&self, import: &Import) -> Result<Transaction<'_>, StoreError> {
        let (user, now) = (&import.user, import.audit.at);
        let mut account = item::write(IMPORT, &keys::user(user.id), user)?;
        account.insert(DIGEST.to_owned(), item::value(&import.digest));
        let mut transaction = Transaction::new(self.store(), IMPORT).create(account)?.create(import.audit.item()?)?;
        for left in import.left() {
            transaction = transaction.check(&Change::of(left).when("attribute_not_exists(pk)"))?;
        }
        for address in &import.addresses {
            transaction = transaction.create(addresses::imported_item(user, address)?)?;
            transaction = if address.verified {
                transaction.create(item::write(IMPORT, &keys::claim(&address.tag), &import.claim(address))?)?
            } else {
                transaction.put(addresses::pending_item(&address.tag, user, (address.number, &address.address), None, now)?)?
            };
        }
        Ok(transaction)
    }

    /// How the table stands to accounts that are to be imported. Nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn standings<I: std::borrow::Borrow<Import>>(&self, imports: &[I]) -> Result<Vec<Standing>, StoreError> {
        let mut found = Found::default();
        let imports: Vec<&Import> = imports.iter().map(std::borrow::Borrow::borrow).collect();
        let wanted: Vec<ItemKey> = imports.iter().flat_map(|import| import.keys()).collect();
        found.add(self.store().read_together(LOOK, &wanted).await?);
        let owners = imports.iter().flat_map(|import| import.claimed().filter_map(|(_, address)| found.owner(&address.tag)));
        let unread: HashSet<UserId> = owners.filter(|owner| found.digest(*owner).is_none()).collect();
        let wanted: Vec<ItemKey> = unread.into_iter().map(keys::user).collect();
        found.add(self.store().read_together(LOOK, &wanted).await?);
        Ok(imports.iter().map(|import| import.standing(&found)).collect())
    }
}
