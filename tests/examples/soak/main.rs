//! A soak: mixed traffic at a real local stack over HTTP, then a look at what it left behind.
//!
//! `cargo run --release -p latchkey-tests --example soak -- --minutes 10 --clients 32`
//!
//! It fails if any answer is another than the one that must come, if the stack's memory goes on growing once it is warm, or if the
//! table holds anything that should not be there.
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a measurement that fails ends, and tells on the way")]

mod ledger;
mod link;
mod memory;
mod people;
mod stack;
mod table;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::ledger::Ledger;
use crate::memory::Memory;
use crate::people::Partner;
use crate::stack::Stack;

/// The number after an option.
fn option(name: &str, default: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().map_or(default, |value| value.parse().unwrap())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (minutes, clients) = (option("--minutes", 10), option("--clients", 32));
    let stack = Arc::new(Stack::start());
    let made = stack.administer(&["partner", "create", "Ludo"]);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let partner = Arc::new(Partner { id: text("id"), secret: text("secret") });
    let ledger = Arc::new(Ledger::default());
    let started = Instant::now();
    let end = started + Duration::from_secs(minutes * 60);
    let memory = tokio::spawn(Memory::watch(stack.process(), Arc::clone(&ledger), end));
    let traffic =
        (0..clients).map(|client| tokio::spawn(people::live(Arc::clone(&stack), Arc::clone(&partner), Arc::clone(&ledger), client, end)));
    for client in join_all(traffic).await {
        client.unwrap();
    }
    let memory = memory.await.unwrap();
    let elapsed = started.elapsed();
    // What was sent last is still on its way.
    let left = table::left(&stack, &ledger).await;

    println!("{} minutes, {clients} clients\n", elapsed.as_secs() / 60);
    println!("{}", ledger.report(elapsed));
    println!("{}", memory.report());
    println!("{}", left.report());
    if ledger.is_clean() && memory.is_flat() && left.is_clean() {
        println!("sound");
    } else {
        println!("NOT sound");
        std::process::exit(1);
    }
}
