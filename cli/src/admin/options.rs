//! The commands of the administration and their options.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use latchkey::domain::session::SessionId;
use latchkey::domain::user::Role;
use latchkey::store::Cursor;

/// What every exit code means, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: the table, the keys or the credentials did not do; repeating it is safe
  2  a wrong argument or variable
  3  nothing found
  4  refused, or not confirmed; of an import: some lines, and the others are done";

/// Where the table is, and how to answer.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Administration")]
pub struct Connection {
    /// The local stack's table: secret and table's name as `serve` has them, from --data and the environment
    #[arg(long, global = true)]
    pub local: bool,
    /// Another DynamoDB endpoint, as `http://127.0.0.1:8000`; one that is not https gets no credentials. On this machine, and where
    /// nothing names a table, it is a local stack's, as with --local
    #[arg(long, global = true, value_name = "URL", value_parser = endpoint)]
    pub endpoint: Option<String>,
    /// Name of the table; without it `LATCHKEY_TABLE`
    #[arg(long, global = true, value_name = "NAME")]
    pub table: Option<String>,
    /// AWS region; without it what the environment or the profile says
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Answer with one JSON object, errors too
    #[arg(long, global = true)]
    pub json: bool,
}

impl Connection {
    /// Whether the options lead to a local stack, unless a variable names another table: they say so, or give an endpoint that only
    /// a local stack has, on this machine and in the clear.
    #[must_use]
    pub fn leads_home(&self) -> bool {
        self.local || (self.table.is_none() && self.endpoint.as_deref().is_some_and(is_on_this_machine))
    }
}

fn is_on_this_machine(endpoint: &str) -> bool {
    let Ok(url) = endpoint.parse::<http::Uri>() else { return false };
    let host = url.host().unwrap_or_default();
    let is_loopback = || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme_str() == Some("http") && (host == "localhost" || is_loopback())
}

fn endpoint(text: &str) -> Result<String, String> {
    let url: http::Uri = text.parse().map_err(|_| "must be a URL such as http://127.0.0.1:8000")?;
    let is_endpoint = matches!(url.scheme_str(), Some("http" | "https")) && url.authority().is_some() && url.query().is_none();
    is_endpoint.then(|| text.trim_end_matches('/').to_owned()).ok_or_else(|| "must be a URL such as http://127.0.0.1:8000".to_owned())
}

/// An administration command.
#[derive(Debug, Clone)]
pub enum Task {
    /// About keys.
    Keys(Keys),
    /// About all sessions.
    Sessions(Sessions),
    /// About accounts.
    User(User),
}

const KEYS_EXAMPLES: &str = "\
Examples:
  latchkey keys list --local
  latchkey keys rotate --now
  latchkey keys reseal --json";

/// The keys in the table: those that sign access tokens, and the directory's.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = KEYS_EXAMPLES)]
pub enum Keys {
    /// Lists the keys: what each one does, since and until when, and which root secret it is sealed under
    #[command(after_help = LIST_HELP)]
    List,
    /// Makes the next signing key if the present one is due, and removes those that recognise nothing any more
    #[command(after_help = ROTATE_HELP)]
    Rotate(Rotate),
    /// Finishes a rotation of the root secret: seals anew, under `LATCHKEY_SECRET`, what a former secret sealed
    #[command(after_help = RESEAL_HELP)]
    Reseal(Reseal),
}

const LIST_HELP: &str = "\
States:
  waiting      published, and does not sign yet
  signing      signs new access tokens
  published    signs no more; tokens that it signed are still good
  recognising  no longer published; recognises expired tokens at sign-out
  over         does nothing; the next rotation removes it

Examples:
  latchkey keys list --local
  latchkey keys list --table latchkey-Table-1A2B3C --region eu-central-1 --json";

const ROTATE_HELP: &str = "\
The schedule of `rotate-keys` does the same each day. A new key is published for a day before it signs, with --now too. It signs
as LATCHKEY_SIGNING_ALGORITHM says; without that variable, as the newest key does.

Examples:
  latchkey keys rotate --local
  latchkey keys rotate --now";

const RESEAL_HELP: &str = "\
First deploy the new secret with the former one still accepted: functions that do not know the new one could open nothing after
this. Then run it with the new secret in LATCHKEY_SECRET and the former ones in LATCHKEY_SECRETS_ACCEPTED.

Signing keys, the directory's key and the messages that wait are sealed anew, each by a conditional write: it is safe beside
functions at work, and to repeat. It then counts the living sessions whose refresh tokens were made under a former secret, and says
how long that one must stay accepted for them.

Examples:
  latchkey keys reseal --local
  latchkey keys reseal --rate 2000 --json";

/// Options of `keys rotate`.
#[derive(Debug, Clone, Args)]
pub struct Rotate {
    /// Make a new key even if the present one is not due
    #[arg(long)]
    pub now: bool,
}

/// Options of `keys reseal`.
#[derive(Debug, Clone, Args)]
pub struct Reseal {
    /// How fast the whole table is read.
    #[command(flatten)]
    pub walk: Walk,
}

/// How fast the whole table is read.
#[derive(Debug, Clone, Args)]
pub struct Walk {
    /// Read at most so many items of the table a second
    #[arg(long, value_name = "ITEMS", default_value = "500")]
    pub rate: NonZeroU32,
}

const SESSIONS_EXAMPLES: &str = "\
Examples:
  latchkey sessions end-all --local
  latchkey sessions end-all --yes --rate 2000";

/// The sessions of all accounts.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = SESSIONS_EXAMPLES)]
pub enum Sessions {
    /// Ends every session of every account, after a restore from a backup or when a key has leaked
    #[command(after_help = END_ALL_HELP)]
    EndAll(EndAll),
}

const END_ALL_HELP: &str = "\
Each account's epoch is raised: its access and refresh tokens are refused from the next request on, and everybody has to sign in
anew. It asks first, unless --yes is given. Interrupted, it says how to go on from there; beginning anew is safe too, and also ends
what was opened meanwhile.

Examples:
  latchkey sessions end-all --local
  latchkey sessions end-all --yes --rate 2000 --json";

/// Options of `sessions end-all`.
#[derive(Debug, Clone, Args)]
pub struct EndAll {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// How fast the whole table is read.
    #[command(flatten)]
    pub walk: Walk,
    /// Go on from where an interrupted run stopped, with what it printed
    #[arg(long, value_name = "CURSOR")]
    pub resume: Option<Cursor>,
}

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

const EXPORT_HELP: &str = "\
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

const IMPORT_HELP: &str = "\
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_on_this_machine_leads_home_unless_a_table_is_named() {
        let at = |endpoint: &str| Connection { endpoint: Some(endpoint.to_owned()), ..Connection::default() };
        for home in ["http://127.0.0.1:8000", "http://localhost:8001", "http://[::1]:8000"] {
            assert!(at(home).leads_home(), "{home}");
            assert!(!Connection { table: Some("latchkey".to_owned()), ..at(home) }.leads_home(), "{home}");
        }
        for away in ["http://192.0.2.1:8000", "https://127.0.0.1:8000", "http://127.0.0.1.example.com", "https://dynamodb.example.com"] {
            assert!(!at(away).leads_home(), "{away}");
        }
        assert!(!Connection::default().leads_home());
    }
}
