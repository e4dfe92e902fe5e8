//! What people do: how fast, with which requests to the table, at what cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Barrier;

mod account;
mod partner;
mod phone;

use crate::Effort;
use crate::cost::{Postage, Run, Template, dollars_per_million};
use crate::stage::{Call, Stage};
use crate::stats::{millis, percentile};
use crate::table::Row;

/// Something that a person does.
struct Flow {
    name: &'static str,
    /// How many requests are measured with one client, and how many of each of many.
    times: (usize, usize),
    /// The longest that 99 of 100 may take with one client, in milliseconds.
    most_p99: Option<f64>,
    prepare: Prepare,
}

/// Makes the requests of so many clients, so many of each.
type Prepare = for<'a> fn(&'a Stage, usize, usize) -> BoxFuture<'a, Vec<Vec<Call>>>;

const MANY: usize = 32;
/// The first requests of each client warm up what is measured.
const WARM_UP: usize = 2;
/// Nobody gives more than ten wrong passwords in a quarter of an hour, and nobody has more than fifty sessions.
const PEOPLE: usize = 128;

/// Deals requests out to so many clients.
fn dealt(calls: Vec<Call>, clients: usize) -> Vec<Vec<Call>> {
    let mut hands = vec![Vec::new(); clients];
    for (number, call) in calls.into_iter().enumerate() {
        hands[number % clients].push(call);
    }
    hands
}

/// How long each request took, and all of them.
struct Measured {
    each: Vec<Duration>,
    all: Duration,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "requests are few")]
    fn text(&self) -> String {
        let (median, p99) = (percentile(&self.each, 0.5), percentile(&self.each, 0.99));
        let rate = self.each.len() as f64 / self.all.as_secs_f64();
        format!("{rate:.0}/s, p50 {:.2} ms, p99 {:.2} ms", millis(median), millis(p99))
    }
}

pub(crate) async fn measure(effort: Effort) -> Vec<Row> {
    let stage = Arc::new(Stage::with_people(PEOPLE).await);
    let template = Template::read();
    let mut rows = Vec::new();
    for flow in account::FLOWS.iter().chain(phone::FLOWS).chain(partner::FLOWS) {
        let (times, times_each) = (effort.of(flow.times.0), effort.of(flow.times.1));
        let one = run(&stage, flow, 1, times).await;
        let many = run(&stage, flow, MANY, times_each).await;
        let how = format!("in one process, the table over loopback HTTP in memory, warm; {times} requests");
        let row = Row::new(format!("{}, 1 client", flow.name), one.text(), how);
        rows.push(match flow.most_p99 {
            Some(most) => row.aim(format!("p99 ≤ {most} ms"), millis(percentile(&one.each, 0.99)) <= most),
            None => row,
        });
        rows.push(Row::new(format!("{}, {MANY} clients", flow.name), many.text(), format!("as before; {times_each} requests each")));
        rows.extend(account(&stage, flow, &template, percentile(&one.each, 0.5)).await);
    }
    rows
}

async fn run(stage: &Arc<Stage>, flow: &Flow, clients: usize, each: usize) -> Measured {
    stage.let_an_hour_pass().await;
    let work = (flow.prepare)(stage, clients, each + WARM_UP).await;
    let barrier = Arc::new(Barrier::new(clients + 1));
    let workers: Vec<_> = work.into_iter().map(|calls| tokio::spawn(client(Arc::clone(stage), calls, Arc::clone(&barrier)))).collect();
    barrier.wait().await;
    let started = Instant::now();
    let each = join_all(workers).await.into_iter().flat_map(Result::unwrap).collect();
    Measured { each, all: started.elapsed() }
}

async fn client(stage: Arc<Stage>, calls: Vec<Call>, barrier: Arc<Barrier>) -> Vec<Duration> {
    let mut last = None;
    let mut each = Vec::with_capacity(calls.len());
    for (number, call) in calls.iter().enumerate() {
        if number == WARM_UP {
            barrier.wait().await;
        }
        let (took, reply) = stage.call(call, last.as_ref()).await;
        if number >= WARM_UP {
            each.push(took);
        }
        last = Some(reply);
    }
    each
}

/// The requests of one run of a flow, and what it costs, with the delivery of what it sends.
async fn account(stage: &Stage, flow: &Flow, template: &Template, took: Duration) -> [Row; 2] {
    stage.let_an_hour_pass().await;
    let call = (flow.prepare)(stage, 1, 1).await.remove(0).remove(0);
    stage.app.deliver().await;
    let sent_before = stage.app.outbox.messages(None).len();
    let (requests, consumed) = stage.app.metered(async || stage.call(&call, None).await).await;
    let started = Instant::now();
    let (at_delivery, by_delivery) = stage.app.metered(async || stage.app.deliver().await).await;
    let delivered = started.elapsed();
    let messages = stage.app.outbox.messages(None);
    let postage = Postage::of(&messages[..messages.len() - sent_before], &stage.app.app.config.sms);

    let mut runs = vec![Run { memory: template.memory_at(call.path), took }];
    if messages.len() > sent_before {
        runs.push(Run { memory: template.memory_of_deliver(), took: delivered });
    }
    let all = consumed + by_delivery;
    let [table, functions, gateway] = dollars_per_million(all, &runs);
    let Postage { mail, sms, fares } = &postage;
    let requests =
        if at_delivery.is_empty() { requests.join(", ") } else { format!("{}; delivery: {}", requests.join(", "), at_delivery.join(", ")) };
    let ours = format!("{:.2} USD", table + functions + gateway + mail + sms);
    let fares = if fares.is_empty() { String::new() } else { format!(" ({}, as configured by default)", fares.join(", ")) };
    let how = format!(
        "table {table:.2} ({} read and {} write units), functions {functions:.2}, gateway {gateway:.2}, mail {mail:.2}, SMS {sms:.2}{fares}; \
         us-east-1 list prices, units as the engine reckons them, durations as measured here, longer by what the function's memory has \
         less than a whole processor",
        all.reads, all.writes
    );
    [
        Row::new(format!("{}, requests", flow.name), requests, "counted where the SDK sends them"),
        Row::new(format!("{}, cost of a million", flow.name), ours, how),
    ]
}
