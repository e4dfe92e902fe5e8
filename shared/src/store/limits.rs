//! Limits on requests: one counter for each window.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::store::Store;
use crate::store::change::{Change, Changed};
use crate::store::error::StoreError;
use crate::store::keys::{self, Limit, Subject};

const OPERATION: &str = "count a request";

impl Store {
    /// Counts one request in the window with that number and returns how many there were with it.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn count_request(&self, limit: Limit, subject: Subject<'_>, window: i64, window_end: Timestamp) -> Result<u64, StoreError> {
        let change = Change::of(keys::limit(limit, subject, window))
            .add("hits :one")
            .put("ttl", window_end.as_second())
            .value(":one", AttributeValue::N("1".to_owned()));
        match self.change(OPERATION, &change).await? {
            Changed::Done(counted) => {
                let hits = counted.get("hits").and_then(|hits| hits.as_n().ok()).and_then(|hits| hits.parse().ok());
                hits.ok_or_else(|| StoreError::unreadable(OPERATION, "no counter came back"))
            }
            Changed::Refused(_) => Err(StoreError::unreadable(OPERATION, "a write without a condition was refused")),
        }
    }
}
