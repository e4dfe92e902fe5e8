//! What the end-to-end tests stand on: the whole application on the embedded engine, with a clock and randomness of the test's own.
#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![allow(clippy::allow_attributes, reason = "a harness panics where a test shall fail, and is documented by the tests")]

mod app;
mod binary;
mod client;
mod clock;
mod crowd;
mod document;
mod engine;
mod faults;
mod logs;
mod meter;
mod partner;
mod runtime_api;
mod slots;
mod table;
mod turnstile;
pub mod wire_http;

pub use app::TestApp;
pub use binary::binary;
pub use client::{Client, Reply};
pub use clock::{TestClock, TestRng};
pub use document::documents;
pub use faults::{Fault, Touch};
pub use latchkey_cli::serve::outbox::{Channel, Failure, Message};
pub use logs::{all_logs, leak};
pub use meter::Consumption;
pub use partner::{PartnerUser, TestPartner};
pub use runtime_api::RuntimeApi;
pub use slots::{Fate, Slots};

/// A password that satisfies the policy.
pub const PASSWORD: &str = "analytical engine no. 1";
/// The root secret of every test.
pub const SECRET: &str = "the root secret of every test: 32 bytes and more";
/// The origin that requests are sent to.
pub const BASE_URL: &str = "https://accounts.example.com";
/// Where the requests of the account's owner come from.
pub const HOME: &str = "192.0.2.10";
