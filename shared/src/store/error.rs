//! What goes wrong between this code and the table.

use std::error::Error;

use crate::reason::{Failure, Reason};

/// The table could not be reached, refused to answer, or holds an item that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the table did not do: {operation}")]
pub struct StoreError {
    operation: &'static str,
    lasting: bool,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A request that failed and may be repeated.
    pub(super) fn of(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, lasting: false, source: source.into() }
    }

    /// An item that is there and cannot be read: repeating does not help.
    pub(super) fn unreadable(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, lasting: true, source: source.into() }
    }
}

impl Failure for StoreError {
    fn reason(&self) -> Reason {
        if self.lasting { Reason::Internal } else { Reason::Unavailable }
    }

    fn retry_after(&self) -> Option<u64> {
        (!self.lasting).then_some(1)
    }
}
