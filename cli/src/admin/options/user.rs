//! `latchkey user …`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use latchkey::domain::session::SessionId;
use latchkey::domain::user::Role;

use super::transfer::{EXPORT_HELP, Export, IMPORT_HELP, Import};

const USER_EXAMPLES: &str = "\
Examples:
  latchkey user show ada@example.com --local
  latchkey user disable +4915112345678 --json
  latchkey user roles ada@example.com user admin
  latchkey user import users.jsonl --dry-run";

/// Accounts: one, or all of a file.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = USER_EXAMPLES)]
pub enum User {
    /// Shows an account: status, addresses, sessions, counts and audit; never a password, code, token or key
    #[command(after_help = SHOW_HELP)]
    Show(Show),
    /// Closes an account: its sessions end, and nobody signs in until it is enabled again
    #[command(after_help = DISABLE_HELP)]
    Disable(Who),
    /// Opens a closed account again
    #[command(after_help = ENABLE_HELP)]
    Enable(Who),
    /// Sets what an account may do, in place of what it may do now
    #[command(after_help = ROLES_HELP)]
    Roles(Roles),
    /// Takes accounts over from elsewhere, with their passwords' hashes: JSON lines, one account each
    #[command(after_help = IMPORT_HELP)]
    Import(Import),
    /// Writes all accounts into a file, as `import` takes them
    #[command(after_help = EXPORT_HELP)]
    Export(Export),
    /// Sets a temporary password, which is shown once, and ends all sessions
    #[command(after_help = RESET_PASSWORD_HELP)]
    ResetPassword(ResetPassword),
    /// Lists where an account is signed in, and ends sessions
    #[command(after_help = USER_SESSIONS_HELP)]
    Sessions(UserSessions),
    /// Lists what happened to an account, newest first
    #[command(after_help = AUDIT_HELP)]
    Audit(Audit),
}

const RESET_PASSWORD_HELP: &str = "\
The password is good for choosing another one, and for nothing else. It is shown this once, for you to tell it to the account's owner,
who is told by mail that the password was changed. LATCHKEY_BASE_URL must be as deployed, since that mail names it. It asks first,
unless --yes is given.

Examples:
  latchkey user reset-password ada@example.com --local
  latchkey user reset-password +4915112345678 --yes --json";

/// Options of `user reset-password`.
#[derive(Debug, Clone, Args)]
pub struct ResetPassword {
    /// Account id, mail address, or phone number in international form
    #[arg(value_name = "ID|EMAIL|PHONE")]
    pub who: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

const USER_SESSIONS_HELP: &str = "\
A session that is ended is over at once: its access and refresh tokens are refused from the next request on.

Examples:
  latchkey user sessions ada@example.com --local
  latchkey user sessions ada@example.com --end 3q2-7wAAAAAAAAAAAAAAAA
  latchkey user sessions +4915112345678 --end-all --json";

/// Options of `user sessions`.
#[derive(Debug, Clone, Args)]
pub struct UserSessions {
    /// Account id, mail address, or phone number in international form
    #[arg(value_name = "ID|EMAIL|PHONE")]
    pub who: String,
    /// End the session with this id
    #[arg(long, value_name = "ID", value_parser = session, conflicts_with = "end_all", allow_hyphen_values = true)]
    pub end: Option<SessionId>,
    /// End all of them
    #[arg(long)]
    pub end_all: bool,
}

fn session(text: &str) -> Result<SessionId, &'static str> {
    SessionId::parse(text).ok_or("must be a session's id, as `latchkey user sessions` lists it")
}

const AUDIT_HELP: &str = "\
Events are kept for LATCHKEY_AUDIT_DAYS. Where there is more, the answer names the time to go on with.

Examples:
  latchkey user audit ada@example.com --local
  latchkey user audit ada@example.com --most 100 --before 2026-01-31T12:00:00Z --json";

/// Options of `user audit`.
#[derive(Debug, Clone, Args)]
pub struct Audit {
    /// Account id, mail address, or phone number in international form
    #[arg(value_name = "ID|EMAIL|PHONE")]
    pub who: String,
    /// List so many events; more, if they are of one millisecond
    #[arg(long, value_name = "N", default_value = "20")]
    pub most: NonZeroUsize,
    /// Only those before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub before: Option<Timestamp>,
}

const DISABLE_HELP: &str = "\
Its access and refresh tokens are refused from the next request on. Nothing of it is lost.

Examples:
  latchkey user disable ada@example.com --local
  latchkey user disable +4915112345678 --json";

const ENABLE_HELP: &str = "\
Sessions that were ended stay ended: its owner signs in anew.

Examples:
  latchkey user enable ada@example.com --local
  latchkey user enable 019b7a3c-0c1e-7cc1-9f7e-2f8d2f6c9f6a --json";

const ROLES_HELP: &str = "\
Roles: admin (sets other people's passwords), reviewer, user (what every new account has), system. Operations ask the account, so
that a role that is taken away is gone at once; in access tokens it stands until they expire.

Examples:
  latchkey user roles ada@example.com user admin --local
  latchkey user roles ada@example.com user --json";

/// An account.
#[derive(Debug, Clone, Args)]
pub struct Who {
    /// Account id, mail address, or phone number in international form
    #[arg(value_name = "ID|EMAIL|PHONE")]
    pub who: String,
}

/// Options of `user roles`.
#[derive(Debug, Clone, Args)]
pub struct Roles {
    /// Account id, mail address, or phone number in international form
    #[arg(value_name = "ID|EMAIL|PHONE")]
    pub who: String,
    /// All roles that it shall have
    #[arg(required = true, value_name = "ROLE", value_parser = Role::parse)]
    pub roles: Vec<Role>,
}

const SHOW_HELP: &str = "\
An address finds the account that has proved it. Where none has, it says whether a registration waits for its code, and which
accounts wait for its proof.

Examples:
  latchkey user show 019b7a3c-0c1e-7cc1-9f7e-2f8d2f6c9f6a
  latchkey user show ada@example.com --local
  latchkey user show ada@example.com --endpoint http://127.0.0.1:8001    a local stack on another port
  latchkey user show +4915112345678 --audit 50 --json";

/// Options of `user show`.
#[derive(Debug, Clone, Args)]
pub struct Show {
    /// Account id, mail address, or phone number in international form
    #[arg(value_name = "ID|EMAIL|PHONE")]
    pub who: String,
    /// How many of the last audit events to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub audit: usize,
}
