//! Accounts as JSON lines, one account each: what is imported and exported.
//!
//! - [`mod@line`]: the form; [`read`]: from a line to an account, with all that may be wrong with it; [`mod@write`]: from an account to its line
//! - [`lines`]: a file, line by line; [`seen`]: what stands twice in it; [`problem`]: what is wrong with a line
//! - [`tally`]: what became of the lines; [`private`]: files that are their owner's alone

pub mod line;
pub mod lines;
pub mod private;
pub mod problem;
pub mod read;
pub mod seen;
pub mod tally;
pub mod write;
