//! What requests to the engine consume of DynamoDB's capacity, as the engine itself reckons it.

use std::ops::{Add, AddAssign};
use std::sync::Mutex;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use crate::engine::engine;

/// Requests and capacity units. What one table and its index consumed is one number.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Consumption {
    pub reads: f64,
    pub writes: f64,
}

impl Add for Consumption {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { reads: self.reads + other.reads, writes: self.writes + other.writes }
    }
}

impl AddAssign for Consumption {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

static METER: Mutex<Option<Consumption>> = Mutex::new(None);

/// Begins to measure anew.
pub(crate) fn start() {
    *METER.lock().unwrap() = Some(Consumption::default());
}

/// What was consumed since the start. Nothing is measured from here on.
pub(crate) fn stop() -> Consumption {
    METER.lock().unwrap().take().unwrap_or_default()
}

/// The engine's answer, which while it is measured also says what it consumed.
pub(crate) async fn answer(request: Request<Bytes>) -> Response<Bytes> {
    if METER.lock().unwrap().is_none() {
        return engine().handle(request).await;
    }
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let is_read = ["GetItem", "BatchGetItem", "Query", "TransactGetItems"].iter().any(|read| target.ends_with(&format!(".{read}")));
    let is_write = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"]
        .iter()
        .any(|write| target.ends_with(&format!(".{write}")));
    if !is_read && !is_write {
        return engine().handle(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    body["ReturnConsumedCapacity"] = "TOTAL".into();
    let response = engine().handle(Request::from_parts(parts, body.to_string().into())).await;
    let units = units(&serde_json::from_slice::<Value>(response.body()).unwrap_or_default()["ConsumedCapacity"]);
    if let Some(consumption) = METER.lock().unwrap().as_mut() {
        *consumption += if is_read { Consumption { reads: units, writes: 0.0 } } else { Consumption { reads: 0.0, writes: units } };
    }
    response
}

/// Some operations tell it for one table, some for several.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}
