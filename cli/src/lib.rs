//! The command `latchkey`.
//!
//! - [`args`]: the command line
//! - [`serve`]: the local stack: everything that is deployed, in one process

pub mod args;
pub mod serve;
