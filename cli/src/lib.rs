//! The command `latchkey`.
//!
//! - [`args`]: the command line
//! - [`admin`]: administration: keys, sessions, accounts
//! - [`serve`]: the local stack: everything that is deployed, in one process

pub mod admin;
pub mod args;
pub mod serve;
