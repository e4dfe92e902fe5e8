//! Favourites in the table: one small item each, so that any page of them is one request, and a mark for each product.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::favourite::{Favourite, MOST_FAVOURITES, ProductId};
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys;
use crate::store::partition::{Place, number_after};
use crate::store::users;
use crate::store::write::{Part, Transaction};

const ADD: &str = "add a favourite";
const LIST: &str = "list favourites";
const REMOVE: &str = "remove a favourite";
const ATTEMPTS: usize = 4;

/// What adding a favourite came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is among them, now or since before.
    Done,
    /// There are as many as there may be.
    Full,
    /// The session ended meanwhile.
    Ended,
}

/// What removing a favourite came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Done,
    /// There was none.
    Absent,
    /// The session ended meanwhile.
    Ended,
}

#[derive(Serialize, Deserialize)]
struct FavouriteItem {
    product: ProductId,
    at: i64,
}

#[derive(Serialize)]
struct ProductItem {
    number: u64,
}

impl Store {
    /// Adds a product to an account's favourites, once.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached, or the account's favourites change all the time.
    pub async fn add_favourite(&self, mut user: User, product: ProductId, now: Timestamp) -> Result<Added, StoreError> {
        let epoch = user.epoch;
        for _ in 0..ATTEMPTS {
            let number = user.next_favourite;
            let account = users::if_active(&user)
                .when("attribute_not_exists(next_favourite) OR next_favourite = :number")
                .value(":number", item::value(number))
                .when("attribute_not_exists(favourites) OR favourites < :most")
                .value(":most", item::value(MOST_FAVOURITES))
                .put("next_favourite", number + 1)
                .add("favourites :one")
                .value(":one", item::value(1));
            let favourite = FavouriteItem { product, at: now.as_millisecond() };
            let written = Transaction::new(self, ADD)
                .create(item::write(ADD, &keys::product(user.id, product), &ProductItem { number })?)?
                .change(&account)?
                .create(item::write(ADD, &keys::favourite(user.id, number), &favourite)?)?
                .commit()
                .await?;
            let Err(mut refused) = written else { return Ok(Added::Done) };
            if refused.failed(0) {
                return Ok(Added::Done);
            }
            let Part::Contradicted(item) = refused.part(1) else { return Ok(Added::Ended) };
            let now_is: User = item::read(ADD, item)?;
            if now_is.epoch != epoch || now_is.status != user.status {
                return Ok(Added::Ended);
            }
            if now_is.favourites >= MOST_FAVOURITES {
                return Ok(Added::Full);
            }
            user = now_is;
        }
        Err(StoreError::of(ADD, "the account's favourites changed each time"))
    }

    /// Removes a favourite of an account by its number.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn remove_favourite(&self, user: &User, number: u64) -> Result<Removed, StoreError> {
        let key = keys::favourite(user.id, number);
        let Some(FavouriteItem { product, .. }) = self.one(REMOVE, &key).await? else { return Ok(Removed::Absent) };
        let account = users::if_active(user).add("favourites :less").value(":less", item::value(-1));
        let removed =
            Transaction::new(self, REMOVE).delete(&key)?.discard(&keys::product(user.id, product))?.change(&account)?.commit().await?;
        Ok(match removed {
            Ok(()) => Removed::Done,
            Err(refused) if refused.failed(0) => Removed::Absent,
            Err(_) => Removed::Ended,
        })
    }

    /// A page of an account's favourites, newest first: `most` of them after the first `skipped`, in one request.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn favourites(&self, user: UserId, skipped: u64, most: u64) -> Result<Vec<Favourite>, StoreError> {
        let limit = i32::try_from(skipped + most).unwrap_or(i32::MAX);
        let request = self.partition(user, keys::FAVOURITE_PREFIX).scan_index_forward(false).limit(limit);
        let answer = request.send().await.map_err(|error| StoreError::of(LIST, error.into_service_error()))?;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        answer.items.unwrap_or_default().into_iter().skip(skipped).map(read).collect()
    }

    /// An account's favourites, oldest first, page by page.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn favourites_from(&self, user: UserId, from: Option<Place>) -> Result<(Vec<Favourite>, Option<Place>), StoreError> {
        let (items, next) = self.listed_from(LIST, user, keys::FAVOURITE_PREFIX, from).await?;
        let favourites: Result<Vec<Favourite>, _> = items.into_iter().map(read).collect();
        Ok((favourites?, next))
    }
}

fn read(item: Item) -> Result<Favourite, StoreError> {
    let number = number_after(LIST, &item, keys::FAVOURITE_PREFIX)?;
    let FavouriteItem { product, at } = item::read(LIST, item)?;
    let created_at = Timestamp::from_millisecond(at).map_err(|error| StoreError::unreadable(LIST, error))?;
    Ok(Favourite { number, product, created_at })
}
