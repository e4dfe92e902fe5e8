//! Between the SDK and the engine: counts requests, and answers some with the conflicts that the engine never raises.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use serde_json::Value;

use crate::engine::endpoints;

const CANCELLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled","CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}"#;
const CONFLICT: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#;

#[derive(Debug, Default)]
struct Inner {
    requests: Mutex<Vec<&'static str>>,
    touched: Mutex<BTreeSet<Touch>>,
    transactions_to_conflict: AtomicUsize,
    updates_to_conflict: AtomicUsize,
    looks_away: AtomicBool,
}

/// What a request does to which partition, as IAM sees it: the action, the partition key, and the index if there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    pub action: String,
    pub partition: String,
    pub index: Option<String>,
    pub in_transaction: bool,
}

/// Counts and disturbs the requests of one client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire(Arc<Inner>);

const OPERATIONS: [&str; 10] = [
    "BatchGetItem",
    "DeleteItem",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

fn operation(target: Option<&str>) -> &'static str {
    let name = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
    OPERATIONS.into_iter().find(|operation| *operation == name).unwrap_or("another")
}

impl Wire {
    /// The requests since the last call, in alphabetical order: those that go out together have no other.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        let mut requests = std::mem::take(&mut *self.0.requests.lock().unwrap());
        requests.sort_unstable();
        requests
    }

    /// All that was touched so far.
    pub(crate) fn touched(&self) -> BTreeSet<Touch> {
        self.0.touched.lock().unwrap().clone()
    }

    /// Sees nothing for a while, so that measuring does not measure this.
    pub(crate) fn look_away(&self, away: bool) {
        self.0.looks_away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn conflict_transactions(&self, times: usize) {
        self.0.transactions_to_conflict.store(times, Ordering::SeqCst);
    }

    pub(crate) fn conflict_updates(&self, times: usize) {
        self.0.updates_to_conflict.store(times, Ordering::SeqCst);
    }
}

/// A transaction needs the rights of its parts.
fn touches(operation: &str, request: &Value) -> Vec<Touch> {
    let touch = |action: &str, partition: &Value| {
        let index = request["IndexName"].as_str().map(str::to_owned);
        let partition = partition["S"].as_str().unwrap_or_default().to_owned();
        Touch { action: action.to_owned(), partition, index, in_transaction: operation == "TransactWriteItems" }
    };
    match operation {
        "BatchGetItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flat_map(|tables| tables.values());
            tables.flat_map(|table| table["Keys"].as_array().into_iter().flatten()).map(|key| touch(operation, &key["pk"])).collect()
        }
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().into_iter().flatten().filter_map(|part| part.as_object()?.iter().next());
            parts
                .map(|(kind, part)| touch(&format!("{kind}Item"), if kind == "Put" { &part["Item"]["pk"] } else { &part["Key"]["pk"] }))
                .collect()
        }
        "PutItem" => vec![touch(operation, &request["Item"]["pk"])],
        "Query" => {
            let expression = request["KeyConditionExpression"].as_str().unwrap_or_default();
            let placeholder = expression.split_whitespace().find(|word| word.starts_with(':')).unwrap_or_default();
            vec![touch(operation, &request["ExpressionAttributeValues"][placeholder])]
        }
        _ => vec![touch(operation, &request["Key"]["pk"])],
    }
}

fn one_less(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Wire {
    fn name(&self) -> &'static str {
        "wire"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.looks_away.load(Ordering::Relaxed) {
            return Ok(());
        }
        let operation = operation(context.request().headers().get("x-amz-target"));
        self.0.requests.lock().unwrap().push(operation);
        let body = context.request().body().bytes().unwrap_or_default();
        self.0.touched.lock().unwrap().extend(touches(operation, &serde_json::from_slice(body)?));
        Ok(())
    }

    /// A request that shall meet a conflict goes elsewhere: what it asks for must not happen.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(context.request().headers().get("x-amz-target"));
        let path = match operation {
            "TransactWriteItems" if one_less(&self.0.transactions_to_conflict) => "transaction",
            "UpdateItem" if one_less(&self.0.updates_to_conflict) => "update",
            _ => return Ok(()),
        };
        context.request_mut().set_uri(format!("http://{}/conflict/{path}", endpoints()))?;
        Ok(())
    }
}

/// DynamoDB's answer to what was sent to `/conflict/<kind>`.
pub(crate) fn conflict(kind: &str) -> http::Response<bytes::Bytes> {
    let body = if kind == "transaction" { CANCELLED } else { CONFLICT };
    http::Response::builder().status(400).header("content-type", "application/x-amz-json-1.0").body(body.into()).unwrap()
}
