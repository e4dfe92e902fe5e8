//! Accounts as they leave for elsewhere: read page by page, with their addresses.

use crate::domain::user::{User, UserId};
use crate::store::administration::{Administration, Cursor, ListedAddress, Page, Search, listed, owner};
use crate::store::error::StoreError;
use crate::store::item::Item;
use crate::store::{keys, users};

const EXPORT: &str = "export accounts";

/// An account and its addresses.
#[derive(Debug)]
pub struct Exported {
    /// The account.
    pub user: User,
    /// Its addresses, each kind in the order of its numbers.
    pub addresses: Vec<ListedAddress>,
}

/// The addresses that were read, and their account not yet: the table has them before it, maybe on another page.
#[derive(Debug, Default)]
pub struct Ahead(Option<(UserId, Vec<ListedAddress>)>);

impl Ahead {
    fn add(&mut self, user: UserId, address: ListedAddress) {
        match &mut self.0 {
            Some((owner, addresses)) if *owner == user => addresses.push(address),
            other => *other = Some((user, vec![address])),
        }
    }

    fn take(&mut self, user: UserId) -> Vec<ListedAddress> {
        self.0.take().filter(|(owner, _)| *owner == user).map(|(_, addresses)| addresses).unwrap_or_default()
    }
}

impl Administration<'_> {
    /// The next accounts with their addresses; at most `most` items are read. `ahead` goes from page to page.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn export(&self, ahead: &mut Ahead, from: Option<&Cursor>, most: u32) -> Result<Page<Exported>, StoreError> {
        let search = Search {
            operation: EXPORT,
            filter: "begins_with(pk, :users) AND (sk = :user OR begins_with(sk, :emails) OR begins_with(sk, :phones))",
            attributes: &[],
            values: &[
                (":user", keys::USER),
                (":users", keys::USER_PREFIX),
                (":emails", keys::EMAIL_PREFIX),
                (":phones", keys::PHONE_PREFIX),
            ],
        };
        let page = self.page(&search, from, most).await?;
        let mut found = Vec::new();
        for item in page.found {
            let user = owner(EXPORT, &item)?;
            if item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk == keys::USER) {
                found.extend(self.exported(item, ahead.take(user)).await?);
            } else {
                ahead.add(user, listed(EXPORT, item)?);
            }
        }
        Ok(Page { found, read: page.read, next: page.next })
    }

    /// An account with its addresses, unless it is being deleted. If some came before the place where a walk began, or change just now, they are read anew.
    async fn exported(&self, item: Item, mut addresses: Vec<ListedAddress>) -> Result<Option<Exported>, StoreError> {
        let Some(user) = users::read(EXPORT, item)? else { return Ok(None) };
        if addresses.len() as u64 != user.emails + user.phones {
            addresses = self.addresses(user.id).await?;
        }
        addresses.sort_by_key(|address| (address.channel.name(), address.number));
        Ok(Some(Exported { user, addresses }))
    }
}
