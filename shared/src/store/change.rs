//! A conditional update, put together piece by piece.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde::Serialize;

use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::ItemKey;
use crate::store::patience::{may_repeat, pause};

/// What a single conditional update came to.
pub(super) enum Changed {
    /// Done; the item as it stands now.
    Done(Item),
    /// Its condition did not hold; the item as it stands, if there is one.
    Refused(Option<Item>),
}

/// A conditional update of one item.
#[derive(Clone)]
pub(super) struct Change {
    key: ItemKey,
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    pub(super) fn of(key: ItemKey) -> Self {
        Self { key, set: vec![], add: vec![], remove: vec![], conditions: vec![], names: HashMap::new(), values: HashMap::new() }
    }

    /// The item that it changes.
    pub(super) fn key(&self) -> &ItemKey {
        &self.key
    }

    /// A clause of SET, as `a = :a`.
    pub(super) fn set(mut self, clause: impl Into<String>) -> Self {
        self.set.push(clause.into());
        self
    }

    /// Sets an attribute to a value.
    pub(super) fn put<T: Serialize>(self, attribute: &str, content: T) -> Self {
        let placeholder = format!(":{attribute}");
        let (named, alias) = self.alias(attribute);
        named.set(format!("{alias} = {placeholder}")).value(&placeholder, item::value(content))
    }

    /// As [`Change::put`]; without a value the attribute is removed.
    pub(super) fn put_or_remove<T: Serialize>(self, attribute: &str, content: Option<T>) -> Self {
        match content {
            Some(content) => self.put(attribute, content),
            None => self.remove(attribute),
        }
    }

    /// A clause of ADD, as `a :a`.
    pub(super) fn add(mut self, clause: &str) -> Self {
        self.add.push(clause.to_owned());
        self
    }

    /// Removes an attribute, or a member of one.
    pub(super) fn remove(self, attribute: &str) -> Self {
        let (mut named, alias) = if attribute.contains('.') { (self, attribute.to_owned()) } else { self.alias(attribute) };
        named.remove.push(alias);
        named
    }

    /// Many good names are reserved words of DynamoDB: a placeholder stands for each.
    fn alias(self, attribute: &str) -> (Self, String) {
        let alias = format!("#{attribute}");
        (self.name(&alias, attribute), alias)
    }

    /// A condition; all of them must hold.
    pub(super) fn when(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    pub(super) fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.names.insert(placeholder.to_owned(), attribute.to_owned());
        self
    }

    pub(super) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    fn expression(&self) -> String {
        let clauses = [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove)];
        let written = clauses.iter().filter(|(_, list)| !list.is_empty()).map(|(word, list)| format!("{word} {}", list.join(", ")));
        written.collect::<Vec<_>>().join(" ")
    }

    fn condition(&self) -> Option<String> {
        let bracketed: Vec<String> = self.conditions.iter().map(|condition| format!("({condition})")).collect();
        (!bracketed.is_empty()).then(|| bracketed.join(" AND "))
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    /// The update as a part of a transaction.
    pub(super) fn in_transaction(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(self.key.attributes()))
            .update_expression(self.expression())
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::unreadable("build an update", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Its conditions as those of a removal, as a part of a transaction.
    pub(super) fn as_removal(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let removal = Delete::builder()
            .table_name(table)
            .set_key(Some(self.key.attributes()))
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::unreadable("build a removal", error))?;
        Ok(TransactWriteItem::builder().delete(removal).build())
    }

    /// Its conditions as those of a removal by itself.
    pub(super) fn removal(&self, client: &Client, table: &str) -> DeleteItemFluentBuilder {
        client
            .delete_item()
            .table_name(table)
            .set_key(Some(self.key.attributes()))
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
    }

    /// Its conditions as those of a replacement, as a part of a transaction.
    pub(super) fn as_replacement(&self, table: &str, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .build()
            .map_err(|error| StoreError::unreadable("build a replacement", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Its conditions alone as a part of a transaction.
    pub(super) fn as_check(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(self.key.attributes()))
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::unreadable("build a condition", error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

impl Store {
    /// As [`Store::change`], once: a request that comes again because its answer was lost finds its mark, and the change done.
    pub(super) async fn change_once(&self, operation: &'static str, change: Change, mark: &str) -> Result<Changed, StoreError> {
        let this = self.rng.token();
        let change = change.put(mark, &this).when(format!("attribute_not_exists(#{mark}) OR #{mark} <> :{mark}"));
        Ok(match self.change(operation, &change).await? {
            Changed::Refused(Some(item)) if item.get(mark) == Some(&AttributeValue::S(this)) => Changed::Done(item),
            changed => changed,
        })
    }

    /// Makes one conditional update. A conflict with a transaction on the same item is waited out.
    pub(super) async fn change(&self, operation: &'static str, change: &Change) -> Result<Changed, StoreError> {
        let mut attempt = 0;
        loop {
            let outcome = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(change.key.attributes()))
                .update_expression(change.expression())
                .set_condition_expression(change.condition())
                .set_expression_attribute_names(change.names())
                .set_expression_attribute_values(change.values())
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let error = match outcome {
                Ok(done) => return Ok(Changed::Done(done.attributes.unwrap_or_default())),
                Err(error) => error.into_service_error(),
            };
            match error {
                aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(refused) => {
                    return Ok(Changed::Refused(refused.item));
                }
                error if error.is_transaction_conflict_exception() && may_repeat(attempt) => {
                    pause(&*self.rng, attempt).await;
                    attempt += 1;
                }
                error => return Err(StoreError::of(operation, error)),
            }
        }
    }
}
