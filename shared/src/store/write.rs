//! Transactions: what belongs together is written together or not at all.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use jiff::Timestamp;

use crate::rng::Rng;
use crate::store::Store;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::item::Item;
use crate::store::keys::ItemKey;
use crate::store::outbox::Notice;
use crate::store::patience::{may_repeat, pause};

/// What became of one part of a transaction that was not written.
#[derive(Debug, Clone, Default)]
pub(super) enum Part {
    /// Its condition held.
    #[default]
    Held,
    /// Its condition did not hold, and there is no item.
    Missing,
    /// Its condition did not hold for this item.
    Contradicted(Item),
}

/// Why a transaction was not written, part by part.
#[derive(Debug)]
pub(super) struct Refused(Vec<Part>);

impl Refused {
    /// Whether the condition of the part at `index` did not hold.
    pub(super) fn failed(&self, index: usize) -> bool {
        !matches!(self.0.get(index), None | Some(Part::Held))
    }

    /// How many parts there were.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What became of the part at `index`.
    pub(super) fn part(&mut self, index: usize) -> Part {
        self.0.get_mut(index).map(std::mem::take).unwrap_or_default()
    }
}

/// Parts to be written together.
pub(super) struct Transaction<'a> {
    store: &'a Store,
    operation: &'static str,
    parts: Vec<TransactWriteItem>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(store: &'a Store, operation: &'static str) -> Self {
        Self { store, operation, parts: Vec::new() }
    }

    /// The randomness that goes with what is written.
    pub(super) fn rng(&self) -> &'a dyn Rng {
        &*self.store.rng
    }

    /// Adds an item that must not be there yet.
    pub(super) fn create(mut self, item: Item) -> Result<Self, StoreError> {
        let put = Put::builder()
            .table_name(&self.store.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::unreadable(self.operation, error))?;
        self.parts.push(TransactWriteItem::builder().put(put).build());
        Ok(self)
    }

    /// Adds an item in the place of one that a condition holds for.
    pub(super) fn replace(mut self, change: &Change, item: Item) -> Result<Self, StoreError> {
        self.parts.push(change.as_replacement(&self.store.table, item)?);
        Ok(self)
    }

    /// Adds an update.
    pub(super) fn change(mut self, change: &Change) -> Result<Self, StoreError> {
        self.parts.push(change.in_transaction(&self.store.table)?);
        Ok(self)
    }

    /// Adds a condition on an item that is not written.
    pub(super) fn check(mut self, change: &Change) -> Result<Self, StoreError> {
        self.parts.push(change.as_check(&self.store.table)?);
        Ok(self)
    }

    /// Adds an item, whether or not it is there.
    pub(super) fn put(mut self, item: Item) -> Result<Self, StoreError> {
        let put = Put::builder().table_name(&self.store.table).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::unreadable(self.operation, error))?;
        self.parts.push(TransactWriteItem::builder().put(put).build());
        Ok(self)
    }

    /// Removes an item under a condition.
    pub(super) fn discard_if(mut self, change: &Change) -> Result<Self, StoreError> {
        self.parts.push(change.as_removal(&self.store.table)?);
        Ok(self)
    }

    /// Removes an item, whether or not it is there.
    pub(super) fn discard(self, key: &ItemKey) -> Result<Self, StoreError> {
        self.discard_if(&Change::of(key.clone()))
    }

    /// Removes an item that must be there.
    pub(super) fn delete(self, key: &ItemKey) -> Result<Self, StoreError> {
        self.discard_if(&Change::of(key.clone()).when("attribute_exists(pk)"))
    }

    /// Adds notices.
    pub(super) fn notify(self, notices: &[Notice], now: Timestamp) -> Result<Self, StoreError> {
        notices.iter().try_fold(self, |transaction, notice| transaction.create(notice.item(now)?))
    }

    /// Writes all parts or none. The same token goes with every repetition, so that an answer that was lost does no harm.
    pub(super) async fn commit(self) -> Result<Result<(), Refused>, StoreError> {
        let token = self.store.rng.token();
        let mut attempt = 0;
        loop {
            let request = self.store.client.transact_write_items().set_transact_items(Some(self.parts.clone()));
            let Err(error) = request.client_request_token(&token).send().await else { return Ok(Ok(())) };
            let error = error.into_service_error();
            if let Some(refused) = refusal(&error) {
                return Ok(Err(refused));
            }
            if !is_conflict(&error) || !may_repeat(attempt) {
                return Err(StoreError::of(self.operation, error));
            }
            pause(&*self.store.rng, attempt).await;
            attempt += 1;
        }
    }
}

fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    }
}

fn refusal(error: &TransactWriteItemsError) -> Option<Refused> {
    let parts: Vec<Part> = reasons(error).iter().map(part_of).collect();
    let refused = parts.iter().any(|part| !matches!(part, Part::Held));
    refused.then_some(Refused(parts))
}

fn part_of(reason: &CancellationReason) -> Part {
    match (reason.code(), reason.item()) {
        (Some("ConditionalCheckFailed"), Some(item)) => Part::Contradicted(item.clone()),
        (Some("ConditionalCheckFailed"), None) => Part::Missing,
        _ => Part::Held,
    }
}

fn is_conflict(error: &TransactWriteItemsError) -> bool {
    error.is_transaction_in_progress_exception() || reasons(error).iter().any(|reason| reason.code() == Some("TransactionConflict"))
}
