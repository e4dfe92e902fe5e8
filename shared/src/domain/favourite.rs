//! Favourites: products that a person has marked. The catalogue is somebody else's: any positive number is a product.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most favourites that an account has. A page of so many small items is one request to the table.
pub const MOST_FAVOURITES: u64 = 5000;

/// A product, by the number that its catalogue gives it: a positive 64-bit integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductId(i64);

/// A number that no product has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a positive number")]
pub struct NotAProduct;

impl ProductId {
    /// Takes a positive number.
    ///
    /// # Errors
    /// [`NotAProduct`].
    pub fn new(number: i64) -> Result<Self, NotAProduct> {
        if number > 0 { Ok(Self(number)) } else { Err(NotAProduct) }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// A product that a person has marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Favourite {
    /// The number under which the account lists it.
    pub number: u64,
    /// The product.
    pub product: ProductId,
    /// When it was marked.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_positive_numbers() {
        assert_eq!(ProductId::new(i64::MAX).map(ProductId::number), Ok(i64::MAX));
        for number in [0, -1, i64::MIN] {
            assert_eq!(ProductId::new(number), Err(NotAProduct));
        }
    }
}
