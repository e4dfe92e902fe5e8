//! Items to structs and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1 as convert;

use crate::store::error::StoreError;
use crate::store::keys::ItemKey;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Reads a struct from an item; attributes that it does not know are left alone.
pub(super) fn read<T: DeserializeOwned>(operation: &'static str, item: Item) -> Result<T, StoreError> {
    convert::from_item(item).map_err(|error| StoreError::unreadable(operation, error))
}

/// Makes an item of a struct and its key.
pub(super) fn write<T: Serialize>(operation: &'static str, key: &ItemKey, content: &T) -> Result<Item, StoreError> {
    let mut item: Item = convert::to_item(content).map_err(|error| StoreError::unreadable(operation, error))?;
    item.extend(key.attributes());
    Ok(item)
}

/// Makes an attribute of anything that can be serialised.
pub(super) fn value<T: Serialize>(content: T) -> AttributeValue {
    // Only maps with keys that are no strings cannot be converted, and there are none here.
    convert::to_attribute_value(content).unwrap_or(AttributeValue::Null(true))
}

/// A time as it is stored: milliseconds since the epoch.
pub(super) fn millis(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}

/// Reads a stored time.
pub(super) fn time(item: &Item, name: &str) -> Option<Timestamp> {
    let number = item.get(name)?.as_n().ok()?.parse().ok()?;
    Timestamp::from_millisecond(number).ok()
}
