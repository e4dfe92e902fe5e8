//! The only code that knows DynamoDB. One [`Store`] speaks to the table through the AWS SDK, deployed, locally and in tests.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::rng::Rng;

mod audit;
mod challenges;
mod change;
mod claims;
mod error;
mod item;
pub mod keys;
mod lanes;
mod limits;
mod outbox;
mod patience;
mod registrations;
mod sessions;
mod signing_keys;
mod users;
mod write;

pub use audit::{AuditEvent, Event};
pub use challenges::{Counted, Sending, Sent, Since};
pub use claims::{Claim, Recipient};
pub use error::StoreError;
pub use keys::{AddressTag, ItemKey, Limit, NetworkTag};
pub use outbox::{Due, Envelope};
pub use registrations::Registered;
pub use sessions::{Ending, Opened, Opening, Rotated, Rotation};
pub use signing_keys::{StoredDirectoryKey, StoredKeys, StoredSigningKey};
pub use users::Gate;

/// The table.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
    rng: Arc<dyn Rng>,
}

impl Store {
    /// A store on the table of that name. No request is made.
    #[must_use]
    pub fn new(client: Client, table: &str, rng: Arc<dyn Rng>) -> Self {
        Self { client, table: table.to_owned(), rng }
    }
}
