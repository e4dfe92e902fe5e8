//! What stands in an account's partition: its items of one kind.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::domain::user::UserId;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, ItemKey};

/// How many items a page has.
const PAGE: i32 = 1000;

/// Where in an account's partition the next page begins.
#[derive(Debug, Clone)]
pub struct Place(Item);

impl Store {
    /// The items of an account whose sort keys begin so, strongly consistent.
    pub(super) fn partition(&self, user: UserId, prefix: &str) -> QueryFluentBuilder {
        self.in_partition(keys::user_partition(user), prefix)
    }

    /// The items of a partition whose sort keys begin so, strongly consistent. DynamoDB refuses a prefix that is empty.
    pub(super) fn in_partition(&self, partition: String, prefix: &str) -> QueryFluentBuilder {
        self.all_in_partition(partition)
            .key_condition_expression("pk = :partition AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
    }

    /// All items of a partition, strongly consistent.
    pub(super) fn all_in_partition(&self, partition: String) -> QueryFluentBuilder {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        request.key_condition_expression("pk = :partition").expression_attribute_values(":partition", AttributeValue::S(partition))
    }

    /// All items of an account whose sort keys begin so, in their order.
    pub(super) async fn listed(&self, operation: &'static str, user: UserId, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let items = self.partition(user, prefix).into_paginator().items().send();
        items.collect::<Result<Vec<Item>, _>>().await.map_err(|error| StoreError::of(operation, error.into_service_error()))
    }

    /// A page of the items of an account whose sort keys begin so, in their order, and where the next one begins.
    pub(super) async fn listed_from(
        &self,
        operation: &'static str,
        user: UserId,
        prefix: &str,
        from: Option<Place>,
    ) -> Result<(Vec<Item>, Option<Place>), StoreError> {
        let request = self.partition(user, prefix).set_exclusive_start_key(from.map(|place| place.0)).limit(PAGE);
        let answer = request.send().await.map_err(|error| StoreError::of(operation, error.into_service_error()))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.map(Place)))
    }

    /// Reads one item, strongly consistent.
    pub(super) async fn one<T: DeserializeOwned>(&self, operation: &'static str, key: &ItemKey) -> Result<Option<T>, StoreError> {
        self.one_item(operation, key).await?.map(|item| item::read(operation, item)).transpose()
    }

    /// Reads one item as it is, strongly consistent.
    pub(super) async fn one_item(&self, operation: &'static str, key: &ItemKey) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.attributes())).consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::of(operation, error.into_service_error()))?;
        Ok(answer.item)
    }
}

/// The rest of an item's sort key after a prefix.
pub(super) fn after<'a>(item: &'a Item, prefix: &str) -> Option<&'a str> {
    item.get("sk")?.as_s().ok()?.strip_prefix(prefix)
}

/// The number in an item's sort key after a prefix.
pub(super) fn number_after(operation: &'static str, item: &Item, prefix: &str) -> Result<u64, StoreError> {
    let number = after(item, prefix).and_then(|number| number.parse().ok());
    number.ok_or_else(|| StoreError::unreadable(operation, "an item without a number"))
}
