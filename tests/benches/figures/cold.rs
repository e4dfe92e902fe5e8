//! Cold starts: from the start of the process to its first answer, beside an empty function with one request.

use std::path::Path;
use std::time::{Duration, Instant};

use latchkey_tests::{RuntimeApi, TestApp};
use serde_json::Value;

use crate::Effort;
use crate::processes::{Running, binary, event};
use crate::stats::{median, millis};
use crate::table::Row;

const ROUNDS: usize = 41;
const MOST: f64 = 1.5;

pub(crate) async fn measure(effort: Effort) -> Vec<Row> {
    let app = TestApp::to_measure().await;
    app.clock.catch_up();
    let token = app.register("ada@example.com").await.token().to_owned();
    let mut me = event("account-profile/me.json");
    me["headers"]["authorization"] = format!("Bearer {token}").into();
    let (ours, empty) = (binary("account-profile"), binary("empty-function"));
    // The first start of a binary reads it from the disk.
    for path in [&ours, &empty] {
        start(path, &app, &me).await;
    }
    let (mut of_ours, mut of_empty) = (Vec::new(), Vec::new());
    let rounds = effort.of(ROUNDS).max(15);
    for _ in 0..rounds {
        of_ours.push(start(&ours, &app, &me).await);
        of_empty.push(start(&empty, &app, &me).await);
    }
    let (ours, empty) = (millis(median(&of_ours)), millis(median(&of_empty)));
    let how = format!("spawn to first answer under a Runtime API, the table over HTTP; median of {rounds}, alternated");
    vec![
        Row::new("cold start, account-profile (an authenticated read)", format!("{ours:.1} ms"), how.clone()),
        Row::new("cold start, empty `lambda_http` function with one GetItem", format!("{empty:.1} ms"), how.clone()),
        Row::new("cold start, ratio", format!("{:.2}", ours / empty), how).aim(format!("≤ {MOST}"), ours / empty <= MOST),
    ]
}

async fn start(binary: &Path, app: &TestApp, event: &Value) -> Duration {
    let api = RuntimeApi::start().await;
    let started = Instant::now();
    let mut running = Running::start(binary, api, app);
    running.invoke(event.clone(), 200).await;
    started.elapsed()
}
