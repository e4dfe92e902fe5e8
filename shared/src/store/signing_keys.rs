//! The partition of the keys: those that sign, and the directory's own. Read whole, in one request.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Algorithm;
use crate::domain::signing::PublicKey;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys;

const READ: &str = "read the keys";

/// A signing key as it stands in the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredSigningKey {
    /// Counts the keys from 1; the item's key, so that two makers cannot both make the next one.
    pub generation: u32,
    /// The `kid`.
    pub id: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The public half.
    pub public: PublicKey,
    /// The private half, sealed.
    pub sealed: String,
    /// From when it signs.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub active_at: Timestamp,
}

/// The directory's key as it stands in the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredDirectoryKey {
    /// The key, sealed.
    pub sealed: String,
}

/// All keys.
#[derive(Debug, Clone, Default)]
pub struct StoredKeys {
    /// The directory's.
    pub directory: Option<StoredDirectoryKey>,
    /// Those that sign, in no order.
    pub signing: Vec<StoredSigningKey>,
}

impl Store {
    /// Reads all keys.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn keys(&self) -> Result<StoredKeys, StoreError> {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        let request =
            request.key_condition_expression("pk = :keys").expression_attribute_values(":keys", AttributeValue::S(keys::KEYS.to_owned()));
        let answer = request.send().await.map_err(|error| StoreError::of(READ, error.into_service_error()))?;
        let mut found = StoredKeys::default();
        for stored in answer.items.unwrap_or_default() {
            match sort_key(&stored) {
                keys::DIRECTORY => found.directory = Some(item::read(READ, stored)?),
                sort_key if sort_key.starts_with(keys::SIGNING_PREFIX) => found.signing.push(item::read(READ, stored)?),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Adds a signing key, unless there is one of its generation.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn add_signing_key(&self, key: &StoredSigningKey) -> Result<(), StoreError> {
        self.create_once("add a signing key", item::write("add a signing key", &keys::signing_key(key.generation), key)?).await
    }

    /// Adds the directory's key, unless there is one.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn add_directory_key(&self, key: &StoredDirectoryKey) -> Result<(), StoreError> {
        self.create_once("add the directory's key", item::write("add the directory's key", &keys::directory_key(), key)?).await
    }

    /// Removes a signing key for good.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn remove_signing_key(&self, generation: u32) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(keys::signing_key(generation).attributes()));
        request.send().await.map(drop).map_err(|error| StoreError::of("remove a signing key", error.into_service_error()))
    }

    /// Where a signing key's private half is sealed to.
    #[must_use]
    pub fn signing_key_place(generation: u32) -> String {
        keys::seal_place(&keys::signing_key(generation), "signing-key")
    }

    /// Where the directory's key is sealed to.
    #[must_use]
    pub fn directory_key_place() -> String {
        keys::seal_place(&keys::directory_key(), "directory-key")
    }

    async fn create_once(&self, operation: &'static str, new: Item) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(new));
        match request
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
        {
            Ok(_) => Ok(()),
            Err(error) if error.is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(StoreError::of(operation, error)),
        }
    }
}

fn sort_key(item: &Item) -> &str {
    item.get("sk").and_then(|sk| sk.as_s().ok()).map_or("", String::as_str)
}
