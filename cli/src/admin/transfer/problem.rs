//! What is wrong with a line.

use std::fmt;

use serde::Serialize;

/// The kinds of problems, by which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The line is longer than is read.
    TooLong,
    /// No JSON, or a field that is unknown, missing or of another form.
    Malformed,
    /// A password that is no hash.
    ClearPassword,
    /// A value that is none.
    Invalid,
    /// More addresses of a kind than an account has.
    TooManyAddresses,
    /// No verified address: nobody could ever sign in.
    NoVerifiedAddress,
    /// A hash of no form that is known here.
    UnknownHash,
    /// A hash that would cost too much to verify.
    CostlyHash,
    /// An id or address that an earlier line has.
    Duplicate,
    /// An id or address that another account has.
    Conflict,
    /// An account that was here, and was deleted.
    Deleted,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::Malformed => "malformed",
            Self::ClearPassword => "clear password",
            Self::Invalid => "invalid",
            Self::TooManyAddresses => "too many addresses",
            Self::NoVerifiedAddress => "no verified address",
            Self::UnknownHash => "unknown hash",
            Self::CostlyHash => "costly hash",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What is wrong with a line. Neither a password nor a hash is ever in it.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: u64,
    /// Its kind.
    pub kind: Kind,
    /// Where in the line, as `emails[0].address`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, reason, .. } = self;
        let space = if field.is_empty() { "" } else { " " };
        write!(formatter, "line {line}: {field}{space}{reason}")
    }
}
