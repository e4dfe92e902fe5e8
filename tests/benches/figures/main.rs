//! The figures that the design promises, measured side by side with what they are compared to: `cargo bench`.
//!
//! `cargo bench -- flows timing` measures only these sections; `--quick` less often, to see that everything runs. The machine should
//! have nothing else to do.
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a measurement that fails ends, and tells on the way")]

mod cold;
mod cost;
mod flows;
mod hashing;
mod memory;
mod own_data;
mod processes;
mod reference;
mod sizes;
mod stage;
mod stats;
mod table;
mod timing;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::table::Row;

/// How thoroughly to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    quick: bool,
}

impl Effort {
    /// How often: `thorough`, or a small part of it.
    pub(crate) fn of(self, thorough: usize) -> usize {
        if self.quick { thorough.div_ceil(20).max(2) } else { thorough }
    }
}

type Section = fn(Effort) -> BoxFuture<'static, Vec<Row>>;

const SECTIONS: [(&str, Section); 7] = [
    ("hashing", |effort| async move { hashing::measure(effort) }.boxed()),
    ("cold", |effort| cold::measure(effort).boxed()),
    ("memory", |effort| memory::measure(effort).boxed()),
    ("flows", |effort| flows::measure(effort).boxed()),
    ("own-data", |effort| own_data::measure(effort).boxed()),
    ("timing", |effort| timing::measure(effort).boxed()),
    ("sizes", |effort| async move { sizes::measure(effort) }.boxed()),
];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // Cargo says `--bench` to every bench.
    let (options, wanted): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).filter(|argument| argument != "--bench").partition(|argument| argument.starts_with('-'));
    let known = |name: &String| SECTIONS.iter().any(|(section, _)| section == name);
    if options.iter().any(|option| option != "--quick") || !wanted.iter().all(known) {
        eprintln!("cargo bench -- [--quick] [{}]", SECTIONS.map(|(name, _)| name).join("] ["));
        std::process::exit(2);
    }
    let effort = Effort { quick: !options.is_empty() };
    let mut rows = Vec::new();
    for (name, section) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            eprintln!("measuring: {name}");
            rows.extend(section(effort).await);
        }
    }
    println!("{}", table::markdown(&rows));
}
