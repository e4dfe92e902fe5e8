//! Whether the time and form of a refused sign-in tell if an address has an account.

use std::time::Duration;

use latchkey_tests::Reply;

use crate::Effort;
use crate::stage::Stage;
use crate::stats::{kolmogorov_smirnov, median, millis};
use crate::table::Row;

const ROUNDS: usize = 500;
const MOST_APART_MS: f64 = 2.0;
const LEAST_P: f64 = 0.01;
/// Wrong passwords in a quarter of an hour, after which the gate is full.
const GATE: usize = 10;
const UNKNOWN: &str = "nobody@example.org";

pub(crate) async fn measure(effort: Effort) -> Vec<Row> {
    let stage = Stage::with_people(1).await;
    let rounds = effort.of(ROUNDS);
    stage.let_an_hour_pass().await;
    let open = compare(&stage, rounds, 401, 2).await;
    stage.let_an_hour_pass().await;
    compare(&stage, GATE, 401, 0).await;
    let full = compare(&stage, rounds, 429, 0).await;
    let [open, full] = [("wrong password", open), ("full gate", full)].map(|(what, samples)| rows(what, rounds, &samples));
    open.into_iter().chain(full).collect()
}

struct Samples {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
    alike: bool,
}

/// Wrong passwords at a known and an unknown address, each first in turn. After each pair, so many minutes pass.
async fn compare(stage: &Stage, rounds: usize, status: u16, minutes: i64) -> Samples {
    let known = stage.person(0).to_owned();
    let mut samples = Samples { known: Vec::new(), unknown: Vec::new(), alike: true };
    for round in 0..rounds {
        let mut answers = [String::new(), String::new()];
        for turn in 0..2 {
            let of_known = (round + turn) % 2 == 0;
            let email = if of_known { &known } else { UNKNOWN };
            let (took, reply) = stage.call(&Stage::sign_in(email, "a wrong password", status), None).await;
            if of_known { &mut samples.known } else { &mut samples.unknown }.push(took);
            answers[usize::from(of_known)] = told(&reply, email);
        }
        samples.alike &= answers[0] == answers[1];
        if minutes > 0 {
            stage.app.clock.advance_minutes(minutes);
        }
    }
    samples
}

/// All that an answer tells, without what names the request or counts the caller's requests.
fn told(reply: &Reply, email: &str) -> String {
    reply.comparable(email)
}

fn rows(what: &str, rounds: usize, samples: &Samples) -> [Row; 3] {
    let (known, unknown) = (millis(median(&samples.known)), millis(median(&samples.unknown)));
    let apart = (known - unknown).abs();
    let p = kolmogorov_smirnov(&samples.known, &samples.unknown);
    let how = format!("{rounds} each, alternated");
    let medians = format!("{known:.2} and {unknown:.2} ms");
    [
        Row::new(format!("{what}, known and unknown address: medians"), medians, how.clone())
            .aim(format!("≤ {MOST_APART_MS} ms apart"), apart <= MOST_APART_MS),
        Row::new(format!("{what}: can come from one distribution"), format!("p = {p:.3}"), "two-sample Kolmogorov-Smirnov")
            .aim(format!("p > {LEAST_P}"), p > LEAST_P),
        Row::new(format!("{what}: status, headers and body"), if samples.alike { "identical" } else { "different" }, how)
            .aim("identical but for request ids and the caller's own quota", samples.alike),
    ]
}
