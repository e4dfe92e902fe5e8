//! What the tests of this crate have in common: a clock that stands, an engine in memory, and AWS clients that reach it.

use std::net::SocketAddr;
use std::sync::Arc;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use latchkey::clock::Clock;
use latchkey::rng::{Rng, SystemRng};
use tokio::net::TcpListener;

use super::console::{self, Console};
use super::engine::{Engine, Storage};
use super::outbox::Outbox;
use super::server;
use super::shutdown::{self, Trigger};
use super::template::Template;

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// When the tests take place.
pub(crate) fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(Standing)
}

pub(crate) fn rng() -> Arc<dyn Rng> {
    Arc::new(SystemRng)
}

pub(crate) fn template() -> Template {
    Template::embedded().unwrap()
}

pub(crate) fn outbox() -> Outbox {
    Outbox::in_memory(clock(), rng())
}

/// An engine in memory with one table.
pub(crate) fn engine(table: &str) -> Engine {
    let engine = Engine::open(&Storage::Memory, &template().table).unwrap();
    engine.create_table(table).unwrap();
    engine
}

/// Serves until the test ends; gives the address.
pub(crate) async fn serve<H, A>(handler: H) -> String
where
    H: Fn(Request<Bytes>, SocketAddr) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, waiting) = shutdown::pair();
    tokio::spawn(async move {
        server::serve(listener, 1 << 24, handler, waiting).await;
        drop(trigger);
    });
    format!("http://{address}")
}

macro_rules! client {
    ($service:ident, $endpoint:expr) => {
        $service::Client::from_conf(
            $service::Config::builder()
                .behavior_version($service::config::BehaviorVersion::latest())
                .region($service::config::Region::new("us-east-1"))
                .credentials_provider(Credentials::new("local", "local", None, None, "test"))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .retry_config($service::config::retry::RetryConfig::disabled())
                .endpoint_url($endpoint)
                .build(),
        )
    };
}

pub(crate) async fn dynamodb(engine: &Engine) -> aws_sdk_dynamodb::Client {
    let engine = engine.clone();
    let endpoint = serve(move |request, _| {
        let engine = engine.clone();
        async move { engine.handle(request).await }
    });
    client!(aws_sdk_dynamodb, endpoint.await)
}

/// The console of an outbox, and what ends it.
pub(crate) fn console(outbox: &Outbox) -> (Console, Trigger) {
    let (trigger, waiting) = shutdown::pair();
    (Console::new(outbox.clone(), &template().routes, "run".to_owned(), waiting), trigger)
}

async fn local_endpoints(outbox: &Outbox) -> String {
    let (console, _) = console(outbox);
    serve(move |request, _| {
        let console = console.clone();
        async move { console.answer(&request).await }
    })
    .await
}

pub(crate) async fn sesv2(outbox: &Outbox) -> aws_sdk_sesv2::Client {
    client!(aws_sdk_sesv2, format!("{}{}", local_endpoints(outbox).await, console::SES))
}

pub(crate) async fn sns(outbox: &Outbox) -> aws_sdk_sns::Client {
    client!(aws_sdk_sns, format!("{}{}", local_endpoints(outbox).await, console::SNS))
}
