//! Between the SDK and the engine: counts requests, and answers some with the conflicts that the engine never raises.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::{BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use crate::engine::endpoints;
use crate::meter;

const CANCELLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled","CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}"#;
const IN_PROGRESS: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException","Message":"The same transaction is in progress"}"#;
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"Too many requests"}"#;
const SERVER_ERROR: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error"}"#;
const CONFLICT: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#;

#[derive(Debug, Default)]
struct Inner {
    requests: Mutex<Vec<&'static str>>,
    touched: Mutex<BTreeSet<Touch>>,
    transactions_to_conflict: AtomicUsize,
    updates_to_conflict: AtomicUsize,
    looks_away: AtomicBool,
    disturbance: Mutex<Option<Disturbance>>,
}

/// How a request to the table goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refused for want of capacity.
    Throttled,
    /// A failure of the service itself.
    ServerError,
    /// The connection ends before anything happens.
    Cut,
    /// It happens, and the connection ends before the answer.
    AnswerLost,
    /// It takes longer than others.
    Delayed,
    /// A transaction is cancelled for another one on the same item.
    TransactionCancelled,
    /// The same transaction is still going on.
    TransactionInProgress,
    /// A single write meets a transaction on the same item.
    WriteMeetsTransaction,
}

impl Fault {
    pub const ALL: [Self; 8] = [
        Self::Throttled,
        Self::ServerError,
        Self::Cut,
        Self::AnswerLost,
        Self::Delayed,
        Self::TransactionCancelled,
        Self::TransactionInProgress,
        Self::WriteMeetsTransaction,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::ServerError => "server-error",
            Self::Cut => "cut",
            Self::AnswerLost => "answer-lost",
            Self::Delayed => "delayed",
            Self::TransactionCancelled => "transaction",
            Self::TransactionInProgress => "in-progress",
            Self::WriteMeetsTransaction => "update",
        }
    }

    /// Whether DynamoDB answers such a request so.
    fn happens_to(self, operation: &str) -> bool {
        match self {
            Self::TransactionCancelled | Self::TransactionInProgress => operation == "TransactWriteItems",
            Self::WriteMeetsTransaction => matches!(operation, "UpdateItem" | "PutItem" | "DeleteItem"),
            _ => true,
        }
    }
}

/// A fault at one request, or at all from that one on, of those that it happens to and counted from now.
#[derive(Debug, Clone, Copy)]
struct Disturbance {
    fault: Fault,
    first: usize,
    lasting: bool,
    seen: usize,
}

impl Disturbance {
    fn strikes(&mut self, operation: &str) -> Option<Fault> {
        if !self.fault.happens_to(operation) {
            return None;
        }
        let index = self.seen;
        self.seen += 1;
        let here = if self.lasting { index >= self.first } else { index == self.first };
        here.then_some(self.fault)
    }
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

const OPERATIONS: [&str; 11] = [
    "BatchGetItem",
    "BatchWriteItem",
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

    /// Lets the request number `first` from now go wrong, of those that the fault happens to, or all from it on.
    pub(crate) fn disturb(&self, fault: Fault, first: usize, lasting: bool) {
        *self.0.disturbance.lock().unwrap() = Some(Disturbance { fault, first, lasting, seen: 0 });
    }

    /// Lets all go well again. Whether there was a request of that number.
    pub(crate) fn heal(&self) -> bool {
        self.0.disturbance.lock().unwrap().take().is_some_and(|disturbance| disturbance.seen > disturbance.first)
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
        "BatchWriteItem" => {
            let requests = request["RequestItems"].as_object().into_iter().flat_map(|tables| tables.values());
            let requests = requests.flat_map(|requests| requests.as_array().into_iter().flatten());
            requests.map(|request| touch(operation, &request["DeleteRequest"]["Key"]["pk"])).collect()
        }
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
        let disturbed = self.0.disturbance.lock().unwrap().as_mut().and_then(|disturbance| disturbance.strikes(operation));
        let path = match operation {
            _ if disturbed.is_some() => disturbed.map(Fault::path).unwrap_or_default(),
            "TransactWriteItems" if one_less(&self.0.transactions_to_conflict) => "transaction",
            "UpdateItem" if one_less(&self.0.updates_to_conflict) => "update",
            _ => return Ok(()),
        };
        context.request_mut().set_uri(format!("http://{}/fault/{path}", endpoints()))?;
        Ok(())
    }
}

/// What becomes of a request that was sent to `/fault/<kind>`.
pub(crate) async fn answer(kind: &str, request: http::Request<Bytes>) -> Response {
    match kind {
        "transaction" => refuse(400, CANCELLED),
        "in-progress" => refuse(400, IN_PROGRESS),
        "update" => refuse(400, CONFLICT),
        "throttled" => refuse(400, THROTTLED),
        "server-error" => refuse(500, SERVER_ERROR),
        "delayed" => {
            tokio::time::sleep(Duration::from_millis(30)).await;
            meter::answer(request).await.map(Body::from)
        }
        "answer-lost" => {
            meter::answer(request).await;
            cut()
        }
        _ => cut(),
    }
}

/// Status and body of a refusal for want of capacity.
pub(crate) fn throttled() -> (u16, &'static str) {
    (400, THROTTLED)
}

fn refuse(status: u16, body: &'static str) -> Response {
    http::Response::builder().status(status).header("content-type", "application/x-amz-json-1.0").body(Body::from(body)).unwrap()
}

/// An answer that breaks off: the server drops the connection.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("the connection was cut")) });
    http::Response::builder().status(200).header("content-length", "100").body(Body::from_stream(broken)).unwrap()
}
