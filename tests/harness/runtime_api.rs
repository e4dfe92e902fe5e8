//! A Lambda Runtime API: hands events to a binary one by one, and takes its answers.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

struct Channels {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Result<Value, Value>>,
}

/// A Runtime API that a binary under test is led to by `AWS_LAMBDA_RUNTIME_API`.
pub struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Result<Value, Value>>,
}

impl RuntimeApi {
    pub async fn start() -> Self {
        let (events, next) = mpsc::channel(1);
        let (answered, answers) = mpsc::channel(1);
        let channels = Arc::new(Channels { events: Mutex::new(next), answers: answered });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .with_state(channels);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, events, answers }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands one event to the binary and waits for its answer.
    ///
    /// # Errors
    /// What the binary says went wrong.
    pub async fn invoke(&mut self, event: Value) -> Result<Value, Value> {
        self.events.send(event).await.unwrap();
        self.answers.recv().await.unwrap()
    }
}

async fn next_event(State(channels): State<Arc<Channels>>) -> (HeaderMap, Json<Value>) {
    let event = channels.events.lock().await.recv().await.unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".parse().unwrap());
    headers.insert("lambda-runtime-deadline-ms", "4102444800000".parse().unwrap());
    headers.insert("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:000000000000:function:test".parse().unwrap());
    (headers, Json(event))
}

async fn answer(State(channels): State<Arc<Channels>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    channels.answers.send(Ok(json(&body))).await.unwrap();
    StatusCode::ACCEPTED
}

async fn failure(State(channels): State<Arc<Channels>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    channels.answers.send(Err(json(&body))).await.unwrap();
    StatusCode::ACCEPTED
}

/// The runtime names no type for what it sends.
fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).expect("the binary answers JSON")
}
