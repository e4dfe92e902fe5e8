//! A person's own data: pages of a long list, a copy of all of it, and its end.

use std::time::{Duration, Instant};

use ::purge::PER_SECOND;
use jiff::ToSpan;
use latchkey::clock::Clock;
use latchkey::flow::purge::{self, Pace};
use latchkey_tests::TestApp;
use serde_json::json;

use crate::Effort;
use crate::stage::{Call, Stage};
use crate::stats::{millis, percentile};
use crate::table::Row;

const FAVOURITES: usize = 5000;
const EVENTS: usize = 5000;
const PEOPLE: usize = 10_000;
const ITEMS: usize = 100;
/// For how many seconds of each run of five minutes `purge` deletes what it may in a second.
const SECONDS: usize = 255;

pub(crate) async fn measure(effort: Effort) -> Vec<Row> {
    let stage = Stage::with_people(0).await;
    let (email, session) = stage.newcomers(1).await.remove(0);
    let token = session.token().to_owned();
    for product in 1..=FAVOURITES {
        // An access token is good for a quarter of an hour of the stage's own clock, which stands.
        stage.call(&Call::post("/v1/favourites", json!({ "product_id": product }), 200).bearer(&token), None).await;
    }
    let mut rows = pages(&stage, &token, effort).await;
    stage.app.add_history(&email, &vec!["a purpose".to_owned(); EVENTS]).await;
    rows.push(copy(&stage, &email, &token).await);
    drop(stage);
    rows.push(end(effort).await);
    rows
}

/// Pages at both ends of the list and in its middle: one request each, besides who asks.
async fn pages(stage: &Stage, token: &str, effort: Effort) -> Vec<Row> {
    let mut rows = Vec::new();
    for (which, page, per_page) in [("first", 1, 20), ("middle", 125, 20), ("last", 250, 20), ("last of a hundred", 50, 100)] {
        let call = Call::get("/v1/favourites").query(format!("page={page}&per_page={per_page}")).bearer(token);
        let (requests, consumed) = stage.app.metered(async || stage.call(&call, None).await).await;
        let mut each = Vec::new();
        for _ in 0..effort.of(400) {
            each.push(stage.call(&call, None).await.0);
        }
        let ours = format!(
            "{} requests, {:.1} read units, p50 {:.2} ms, p99 {:.2} ms",
            requests.len(),
            consumed.reads,
            millis(percentile(&each, 0.5)),
            millis(percentile(&each, 0.99))
        );
        let how = format!("page {page} by {per_page}; two of the read units, and one of the requests, are who asks");
        let figure = format!("{which} page of {FAVOURITES} favourites");
        rows.push(Row::new(figure, ours, how).aim("one request whatever the page", requests == ["BatchGetItem", "Query"]));
    }
    rows
}

/// From the confirmation's stream record to the file.
async fn copy(stage: &Stage, email: &str, token: &str) -> Row {
    stage.app.clock.advance_seconds(31);
    stage.call(&Call::post("/v1/user/request-data-export", json!({}), 200).bearer(token), None).await;
    let code = stage.app.code_for(email).await;
    stage.call(&Call::post("/v1/user/confirm-data-export", json!({ "otp": code }), 200).bearer(token), None).await;
    let started = Instant::now();
    let (requests, consumed) = stage.app.metered(async || assert_eq!(stage.app.export().await, 1)).await;
    let took = started.elapsed();
    let items = stage.app.items_of(email, "").await;
    let ours = format!(
        "{:.2} s, {} requests, {:.0} read units, {:.0} write units",
        took.as_secs_f64(),
        requests.len(),
        consumed.reads,
        consumed.writes
    );
    Row::new(format!("copy of a person's data, {items} items"), ours, "one run, the table over loopback HTTP in memory")
        .aim("within a run of 300 s", took < Duration::from_mins(5))
}

/// The rate of one process with nothing to hold it back, and what that is when it makes room for people.
#[expect(clippy::cast_precision_loss, reason = "people and requests are few")]
async fn end(effort: Effort) -> Row {
    let app = TestApp::to_measure().await;
    let people = effort.of(PEOPLE);
    app.people_due(people, ITEMS).await;
    let deadline = app.clock.now() + 24.hours();
    let started = Instant::now();
    let mut purged = 0;
    let (requests, consumed) =
        app.metered(async || purged = purge::purge(&app.app, Pace { deadline, per_second: None }).await.unwrap().purged).await;
    let took = started.elapsed().as_secs_f64();
    assert_eq!(purged, people, "all are deleted");
    let (runs, minutes) = planned(PEOPLE * ITEMS);
    let (per_second, each) = (people as f64 / took, people as f64);
    let ours = format!(
        "{per_second:.0} accounts/s; of each {:.1} requests, {:.1} read units, {:.1} write units",
        requests.len() as f64 / each,
        consumed.reads / each,
        consumed.writes / each
    );
    let how = format!("{people} accounts of {ITEMS} items; at {PER_SECOND} items/s, {PEOPLE} take {runs} runs, {minutes} minutes");
    Row::new("purge of due deletions", ours, how)
}

/// In how many runs, and how many minutes, so many items are deleted.
fn planned(items: usize) -> (usize, usize) {
    let runs = items.div_ceil(PER_SECOND as usize * SECONDS);
    (runs, runs * 5)
}
