//! The end-to-end tests: HTTP through the whole application, on the embedded engine.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test panics where it fails"
)]

mod access;
mod account;
mod admin;
mod binaries;
mod budgets;
mod coverage;
mod delivery;
mod directory;
mod discovery;
mod events;
mod faults;
mod jobs;
mod local;
mod logs;
mod models;
mod openapi;
mod partner;
mod phone;
mod push;
mod races;
mod rights;
mod template;
mod tidy;
