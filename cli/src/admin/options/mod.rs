//! The commands of the administration and their options.

mod transfer;
mod user;

use std::net::IpAddr;
use std::num::NonZeroU32;

use clap::{Args, Subcommand};
use latchkey::store::Cursor;

use super::partner::options::Partner;

pub use transfer::{Export, Firebase, Import};
pub use user::{Audit, ResetPassword, Roles, Show, User, UserSessions, Who};

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
    /// About partners.
    Partner(Partner),
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
