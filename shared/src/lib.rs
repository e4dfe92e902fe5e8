//! The common domain crate of Latchkey: what all functions share. From top to bottom, each layer knows only those below it:
//!
//! - [`runtime`]: the edge, where Lambda events become requests and answers become responses
//! - [`http`]: what all surfaces share: operations, bodies, fields
//! - [`dialect`]: how each surface speaks: envelope, error table, proof of caller
//! - [`flow`]: what a person can do; all surfaces meet here
//! - [`app`], [`keyring`], [`caller`]: what flows are given
//! - [`store`]: the only code that knows DynamoDB; [`delivery`]: the only code that knows SES, SNS and FCM
//! - [`domain`]: rules without input or output
//! - [`reason`], [`config`], [`clock`], [`rng`], [`secret`], [`network`], [`telemetry`]: what every layer may use

pub mod app;
pub mod caller;
mod clients;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod dialect;
pub mod domain;
pub mod flow;
pub mod http;
pub mod keyring;
pub mod network;
pub mod reason;
pub mod rng;
pub mod runtime;
pub mod secret;
pub mod store;
pub mod telemetry;

pub use clients::dynamodb_config;
