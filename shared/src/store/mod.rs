//! The only code that knows DynamoDB. One [`Store`] speaks to the table through the AWS SDK, deployed, locally and in tests.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::rng::Rng;

mod addresses;
mod administration;
mod audit;
mod challenges;
mod change;
mod claims;
mod data_exports;
mod deletions;
mod due;
mod epoch;
mod error;
mod exports;
mod favourites;
mod imports;
mod item;
pub mod keys;
mod lanes;
mod limits;
mod links;
mod outbox;
mod partition;
mod partners;
mod passwords;
mod patience;
mod profiles;
mod purge;
mod push_devices;
mod registrations;
mod sending;
mod sessions;
mod shares;
mod signing_keys;
mod users;
mod write;

pub use addresses::{Addition, Contact, Eviction, Listing, Pending, PrimaryChange, PrimaryChanged, Proof, Removal, Reversal};
pub use administration::{Administration, Cursor, KeySlot, ListedAddress, Page, Reckoned, Sealed};
pub use audit::{About, AuditEvent, Detail, Event, Happening};
pub use challenges::{Counted, Redeemed, Try, Trying};
pub use claims::{Claim, Recipient};
pub use data_exports::{ExportConfirmation, ExportRequest, Job};
pub use deletions::{AtOnce, Confirmation, DeletionRequest};
pub use error::StoreError;
pub use exports::{Ahead, Exported};
pub use favourites::{Added, Removed};
pub use imports::{Import, ImportedAddress, Standing, Taken};
pub use keys::{AddressTag, BlockTag, ItemKey, Limit, Purse, Sharing, Subject};
pub use links::{Before, Linked, Linking, Parting};
pub use outbox::{Due, Envelope, Notice};
pub use partition::Place;
pub use passwords::{PasswordChange, PasswordReset, TemporaryPassword};
pub use profiles::{Edit, Patch};
pub use purge::{DueCursor, Pointed, Tombstone, Walk};
pub use push_devices::PushDevice;
pub use registrations::{Leaver, Registered};
pub use sending::{Beside, Fare, Sending, Sent, Since, Told, Toll, Unpaid};
pub use sessions::{EndedSession, Ending, Means, Opened, Opening, Rotated, Rotation};
pub use shares::{CountedLinkTry, LinkTry, Share};
pub use signing_keys::{StoredDirectoryKey, StoredKeys, StoredSigningKey};
pub use users::{Door, Gate, Knock};

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
