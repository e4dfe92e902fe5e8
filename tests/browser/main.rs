//! The console in a browser: headless Chromium, driven as a person would use it, against a local stack in this process.
//!
//! `cargo test -p latchkey-tests --features browser --test console`. Screenshots are left in `target/tmp/`.
#![allow(clippy::allow_attributes, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics where it fails")]

mod appearance;
mod browser;
mod hostile;
mod journey;
mod live;
mod stack;
