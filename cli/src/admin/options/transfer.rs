//! `latchkey user import` and `latchkey user export`.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use clap::Args;
use latchkey::store::Cursor;

use super::Walk;

pub(super) const IMPORT_HELP: &str = "\
A line:
  {\"id\": \"<UUID, kept>\", \"emails\": [{\"address\": \"ada@example.com\", \"verified\": true, \"primary\": true}],
   \"phones\": [{\"address\": \"+4915112345678\", \"verified\": false}], \"name\": \"Ada\", \"gender\": \"female\",
   \"date_of_birth\": \"1990-12-31\", \"place\": \"London\", \"locale\": \"en-GB\", \"photo_url\": \"https://…\", \"roles\": [\"user\"],
   \"status\": \"active\", \"created_at\": \"2024-01-31T12:00:00Z\", \"consent_at\": …, \"last_login_at\": …, \"password_hash\": \"$2b$12$…\"}
Everything may be left out but one verified address. Hashes: Argon2, bcrypt, scrypt, PBKDF2 as text, and Firebase's as
{\"algorithm\": \"firebase-scrypt\", \"hash\": \"…\", \"salt\": \"…\"}. They are replaced when their owners sign in.

Each account is written in one transaction, and never over another one. Nobody is sent a message. Lines that are not taken are
reported with their numbers, and the others are imported. Running it again is safe: what came from the same line is already there.

Examples:
  latchkey user import users.jsonl --dry-run --report problems.jsonl
  latchkey user import users.jsonl --rate 100 --json
  zcat users.jsonl.gz | latchkey user import - --local
  latchkey user import firebase.jsonl --firebase-signer-key-file key.txt --firebase-rounds 8 --firebase-memory-cost 14";

/// Options of `user import`.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// The file; `-`: standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Write nothing: check every line, and ask the table what is there already
    #[arg(long)]
    pub dry_run: bool,
    /// Write every problem into this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// At most so many accounts a second; 50, and 1000 in a dry run
    #[arg(long, value_name = "ACCOUNTS")]
    pub rate: Option<NonZeroU32>,
    /// Go on at this line, which an interrupted run has printed
    #[arg(long, value_name = "LINE", default_value = "1", hide_default_value = true)]
    pub resume: NonZeroU64,
    /// What all hashes of a Firebase project have in common.
    #[command(flatten)]
    pub firebase: Firebase,
}

/// What all hashes of a Firebase project have in common, unless it stands in each line.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Firebase")]
pub struct Firebase {
    /// File with the project's signer key (base64)
    #[arg(long, value_name = "FILE", conflicts_with = "firebase_signer_key_env")]
    pub firebase_signer_key_file: Option<PathBuf>,
    /// Name of the variable with the project's signer key
    #[arg(long, value_name = "NAME")]
    pub firebase_signer_key_env: Option<String>,
    /// The project's salt separator (base64)
    #[arg(long, value_name = "BASE64", default_value = "Bw==")]
    pub firebase_salt_separator: String,
    /// The project's rounds
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub firebase_rounds: u32,
    /// The project's memory cost
    #[arg(long, value_name = "N", default_value_t = 14)]
    pub firebase_memory_cost: u32,
}

pub(super) const EXPORT_HELP: &str = "\
The file is readable for its owner alone, and never written over without --force. Passwords' hashes are in it only with --with-hashes:
whoever has the file can then try passwords at home. Sessions, audit and known places stay behind. The whole table is read, in no order.
Interrupted, it says how to go on; the file is continued then.

Examples:
  latchkey user export users.jsonl --local
  latchkey user export users.jsonl --with-hashes --rate 2000 --json
  latchkey user export - | gzip > users.jsonl.gz";

/// Options of `user export`.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// The file; `-`: standard output, and the answer goes to standard error
    #[arg(value_name = "FILE")]
    pub file: String,
    /// With the passwords' hashes
    #[arg(long)]
    pub with_hashes: bool,
    /// Write over a file that is there
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
    /// How fast the whole table is read.
    #[command(flatten)]
    pub walk: Walk,
    /// Go on from where an interrupted run stopped, with what it printed
    #[arg(long, value_name = "CURSOR")]
    pub resume: Option<Cursor>,
}

impl Export {
    /// Whether accounts go to standard output.
    #[must_use]
    pub fn is_standard_output(&self) -> bool {
        self.file == "-"
    }
}
