//! Favourites: products that a person marks.

use crate::app::App;
use crate::domain::favourite::{Favourite, MOST_FAVOURITES, ProductId};
use crate::domain::user::User;
use crate::flow::{Trouble, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{Added, Removed};

/// Why the favourites stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum FavouriteError {
    /// There are as many as there may be.
    #[error("there are as many favourites as there may be")]
    Full,
    /// There is no such favourite.
    #[error("there is no such favourite")]
    Absent,
    /// The session ended meanwhile.
    #[error("the session ended meanwhile")]
    Ended,
    /// Something else.
    #[error("could not change the favourites")]
    Trouble(#[from] Trouble),
}

takes_trouble!(FavouriteError);

impl Failure for FavouriteError {
    fn reason(&self) -> Reason {
        match self {
            Self::Full => Reason::InvalidRequest,
            Self::Absent => Reason::NotFound,
            Self::Ended => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Full | Self::Absent | Self::Ended => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Full => vec![FieldProblem::new("product_id", format!("is one more than the {MOST_FAVOURITES} favourites there may be"))],
            Self::Absent | Self::Ended | Self::Trouble(_) => Vec::new(),
        }
    }
}

/// Marks a product; one that is marked stays so.
///
/// # Errors
/// [`FavouriteError`] says why not.
pub async fn add(app: &App, user: User, product: ProductId) -> Result<(), FavouriteError> {
    match app.store.add_favourite(user, product, app.clock.now()).await? {
        Added::Done => Ok(()),
        Added::Full => Err(FavouriteError::Full),
        Added::Ended => Err(FavouriteError::Ended),
    }
}

/// Takes a favourite off the list, by its number there.
///
/// # Errors
/// [`FavouriteError`] says why not.
pub async fn remove(app: &App, user: &User, number: u64) -> Result<(), FavouriteError> {
    match app.store.remove_favourite(user, number).await? {
        Removed::Done => Ok(()),
        Removed::Absent => Err(FavouriteError::Absent),
        Removed::Ended => Err(FavouriteError::Ended),
    }
}

/// At most `most` favourites after the `skipped` newest ones, newest first. Beyond the end nothing is asked.
///
/// # Errors
/// [`Trouble`].
pub async fn page(app: &App, user: &User, skipped: u64, most: u64) -> Result<Vec<Favourite>, Trouble> {
    if skipped >= user.favourites { Ok(Vec::new()) } else { Ok(app.store.favourites(user.id, skipped, most).await?) }
}
