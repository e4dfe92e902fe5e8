//! What all tests of the process share: the embedded engine with a table for each test, and the endpoints of DynamoDB,
//! SES, SNS, Secrets Manager and Google.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use latchkey_cli::serve::engine::{Engine, Storage};
use latchkey_cli::serve::outbox::Outbox;
use latchkey_cli::serve::template::Template;

use crate::{faults, meter};

/// The template that everything here is made from.
pub(crate) static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::embedded().unwrap());
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open(&Storage::Memory, &TEMPLATE.table).unwrap());
static OUTBOXES: LazyLock<Mutex<HashMap<String, Outbox>>> = LazyLock::new(Mutex::default);
static ENDPOINTS: LazyLock<SocketAddr> = LazyLock::new(listen);
static TABLES: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn engine() -> &'static Engine {
    &ENGINE
}

/// Where DynamoDB answers, and the others below `/<table>`.
pub(crate) fn endpoints() -> SocketAddr {
    *ENDPOINTS
}

/// A fresh table, with an outbox of its own.
pub(crate) fn fresh_table(outbox: &Outbox) -> String {
    let name = format!("test-{}", TABLES.fetch_add(1, Ordering::SeqCst));
    engine().create_table(&name).unwrap();
    OUTBOXES.lock().unwrap().insert(name.clone(), outbox.clone());
    name
}

/// The endpoints outlive the runtimes of the tests, so they have one of their own.
fn listen() -> SocketAddr {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, Router::new().fallback(answer)).await.unwrap();
        });
    });
    receive.recv().unwrap()
}

async fn answer(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = body.collect().await.unwrap().to_bytes();
    let path = parts.uri.path().to_owned();
    let request = http::Request::from_parts(parts, body);
    let mut segments = path.trim_start_matches('/').splitn(3, '/');
    let first = segments.next().unwrap_or_default();
    if first == "fault" {
        let (mut parts, body) = request.into_parts();
        parts.uri = http::Uri::from_static("/");
        return faults::answer(segments.next().unwrap_or_default(), http::Request::from_parts(parts, body)).await;
    }
    let outbox = OUTBOXES.lock().unwrap().get(first).cloned();
    let google = format!("http://{}/{first}/google", endpoints());
    let response = match (outbox, segments.next()) {
        (Some(outbox), Some("secretsmanager")) => outbox.handle_secretsmanager(&google, &request),
        (Some(outbox), Some("google")) => outbox.handle_google(&google, &format!("/{}", segments.next().unwrap_or_default()), &request),
        (Some(outbox), Some("ses")) => outbox.handle_ses(&format!("/{}", segments.next().unwrap_or_default()), &request),
        (Some(outbox), _) => outbox.handle_sns(&request),
        (None, _) => meter::answer(request).await,
    };
    response.map(Body::from)
}
