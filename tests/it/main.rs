//! The end-to-end tests: HTTP through the whole application, on the embedded engine.

mod access;
mod account;
mod binaries;
mod budgets;
mod coverage;
mod delivery;
mod discovery;
mod events;
mod jobs;
mod local;
mod logs;
mod openapi;
mod races;
mod template;
mod tidy;
