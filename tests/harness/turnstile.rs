//! Where the requests of one instance to the table wait until a test lets them through, one at a time.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{AsyncSleep, Builder, HttpClient, RuntimeComponents, Sleep, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::engine::engine;

/// What a request is answered; without an answer the connection ends.
pub(crate) type Answer = Option<Response<Bytes>>;

/// A request that was sent and has not come to the table yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) request: Request<Bytes>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

impl Waiting {
    /// Whether whoever sent it waits for its answer no longer.
    fn is_forsaken(&self) -> bool {
        self.answer.is_closed()
    }
}

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    waiting: Vec<Waiting>,
}

/// Between the SDK's client and the engine. Open, it lets everything through at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turnstile(Arc<Mutex<State>>);

impl Turnstile {
    /// The client of an instance behind it. Nothing about it goes by the machine's clock: repetitions come at once, and a request waits
    /// as long as the test wants. Its allowance of repetitions is nobody else's, or what one test makes go wrong would decide how often
    /// the clients of others try.
    pub(crate) fn guard(&self, config: Builder) -> Builder {
        config
            .http_client(self.clone())
            .sleep_impl(Awake)
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_partition(RetryPartition::custom("turnstile").token_bucket(TokenBucket::unlimited()).build())
    }

    pub(crate) fn close(&self) {
        self.0.lock().unwrap().is_closed = true;
    }

    /// How many requests wait.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().waiting.len()
    }

    /// Takes out one of those that wait, counted round.
    pub(crate) fn take(&self, which: usize) -> Option<Waiting> {
        let mut state = self.0.lock().unwrap();
        let count = state.waiting.len();
        (count > 0).then(|| state.waiting.remove(which % count))
    }

    /// Takes out those whose answers nobody waits for any more.
    pub(crate) fn take_forsaken(&self) -> Vec<Waiting> {
        self.0.lock().unwrap().waiting.extract_if(.., |waiting| waiting.is_forsaken()).collect()
    }

    fn pass(&self, request: Request<Bytes>) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        if !state.is_closed {
            return HttpConnectorFuture::new(async move { answer(Some(engine().handle(request).await)) });
        }
        let (send, receive) = oneshot::channel();
        state.waiting.push(Waiting { request, answer: send });
        HttpConnectorFuture::new(async move {
            match receive.await {
                Ok(answered) => answer(answered),
                // The instance is dead: whatever it was about to do, it does not go on.
                Err(_) => pending().await,
            }
        })
    }
}

fn answer(answered: Answer) -> Result<HttpResponse, ConnectorError> {
    let response = answered.ok_or_else(|| ConnectorError::io("the connection was cut".into()))?;
    Ok(HttpResponse::try_from(response.map(SdkBody::from)).unwrap())
}

impl HttpConnector for Turnstile {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request: Request<SdkBody> = request.try_into_http1x().unwrap();
        self.pass(request.map(|body| of_one_table(body.bytes().unwrap_or_default())))
    }
}

/// The engine knows a transaction again by its token alone, whichever table it is about, and the same seed makes the same tokens for
/// each test's.
fn of_one_table(body: &[u8]) -> Bytes {
    let mut content: Value = serde_json::from_slice(body).unwrap();
    let table = content["TransactItems"][0].as_object().and_then(|part| part.values().next()?["TableName"].as_str());
    let Some(table) = table.map(str::to_owned) else { return Bytes::copy_from_slice(body) };
    content["ClientRequestToken"] = format!("{}{table}", content["ClientRequestToken"].as_str().unwrap_or_default()).into();
    content.to_string().into()
}

impl HttpClient for Turnstile {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Pauses that take no time.
#[derive(Debug)]
struct Awake;

impl AsyncSleep for Awake {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(async {})
    }
}
