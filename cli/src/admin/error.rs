//! What goes wrong in a command, and its exit code.

use std::error::Error;
use std::io;

use latchkey::config::ConfigError;
use latchkey::flow::temporary::TemporaryError;
use latchkey::keyring::KeyringError;
use latchkey::secret::SealError;
use latchkey::store::StoreError;
use serde_json::{Value, json};

use super::user_show::Traces;
use crate::serve::state::StateError;

/// Failed.
pub const FAILED: u8 = 1;
/// A wrong argument or variable.
pub const USAGE: u8 = 2;
/// Nothing found.
pub const NOT_FOUND: u8 = 3;
/// Refused, or not confirmed.
pub const REFUSED: u8 = 4;

/// What goes wrong in a command.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// A variable is missing or wrong.
    #[error("the environment cannot be used")]
    Config(#[from] ConfigError),
    /// Neither an option nor a variable names the table.
    #[error("which table? Name it with --table or LATCHKEY_TABLE, or take the local stack's with --local")]
    NoTable,
    /// No root secret.
    #[error("LATCHKEY_SECRET must be set to the root secret; `latchkey --help` tells how to get it out of Secrets Manager")]
    NoSecret,
    /// No root secret of the local stack.
    #[error(
        "there is no secret in {0}: run `latchkey serve` once, name its folder with --data, or set LATCHKEY_SECRET as the stack has it"
    )]
    NoLocalSecret(String),
    /// The folder of the local stack cannot be read.
    #[error("the local stack's state cannot be used")]
    State(#[from] StateError),
    /// No region.
    #[error("which region? Name it with --region, AWS_REGION or a profile (AWS_PROFILE)")]
    NoRegion,
    /// No credentials.
    #[error("no AWS credentials: set AWS_PROFILE, sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoCredentials(#[source] Box<dyn Error + Send + Sync>),
    /// Nobody answers at an endpoint.
    #[error("nobody answers at {endpoint} (is `latchkey serve` running?)")]
    NobodyThere {
        /// The endpoint.
        endpoint: String,
        /// What happened.
        #[source]
        problem: io::Error,
    },
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error("could not work with the keys; LATCHKEY_SECRET must be the present root secret, LATCHKEY_SECRETS_ACCEPTED the former ones")]
    Keyring(#[from] KeyringError),
    /// Sealing.
    #[error("could not seal or open a value")]
    Seal(#[from] SealError),
    /// Values that no secret here opens.
    #[error("{} of the sealed values do not open: {}; add the secret that they are sealed under to LATCHKEY_SECRETS_ACCEPTED", .0.len(), .0.join(", "))]
    Unopened(Vec<String>),
    /// Others were faster, time and again.
    #[error("the values changed each time they were looked at; run it again")]
    Contended,
    /// What was given is no account id and no address.
    #[error("{0}")]
    NoSubject(&'static str),
    /// There is no account.
    #[error("{0}")]
    NotFound(Traces),
    /// There is no partner of that id.
    #[error("no partner has the id {0}; `latchkey partner list` tells which there are")]
    NoPartner(String),
    /// There is a partner of that id.
    #[error("a partner has the id {0} already; nothing was changed")]
    PartnerExists(String),
    /// A partner's key may be replaced by one of the same kind only.
    #[error("the partner is registered with {registered}, and the new key signs with {brought}; register it anew for that")]
    OtherAlgorithm {
        /// How it signs.
        registered: &'static str,
        /// How the key signs.
        brought: &'static str,
    },
    /// A partner that signs with a private key makes its tokens itself.
    #[error("the partner signs with a private key, which only it has: its tokens cannot be made here")]
    NoSecretOfPartner,
    /// The partner's tokens are refused.
    #[error("the partner {0} is disabled: a token would be refused; `latchkey partner enable` takes them again")]
    PartnerDisabled(String),
    /// A file holds something else.
    #[error("{file} {why}")]
    WrongFile {
        /// The file.
        file: String,
        /// What it should hold.
        why: &'static str,
    },
    /// The account waits for its deletion.
    #[error("the account waits for its deletion; nothing else is done with it")]
    AwaitsDeletion,
    /// The account is closed.
    #[error("the account is closed; `latchkey user enable` opens it")]
    Closed,
    /// There is no such session.
    #[error("the account has no such session")]
    NoSession,
    /// Nothing says where people reach the API, which messages name.
    #[error("LATCHKEY_BASE_URL must be set to the origin that people reach the API at: the message to the owner names it")]
    NoBaseUrl,
    /// A password was not set.
    #[error("could not set a temporary password")]
    Temporary(#[source] TemporaryError),
    /// Nobody confirmed.
    #[error("not confirmed, nothing was done; --yes does not ask")]
    Unconfirmed,
    /// A walk through the table ended before its time.
    #[error("{done}; {}", go_on(.resume.as_ref()))]
    Stopped {
        /// What is done already.
        done: String,
        /// Where it goes on.
        resume: Option<String>,
        /// Why; none: it was interrupted.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The counting of sessions was interrupted.
    #[error("everything is sealed anew, but the sessions were not counted; run it again to know until when the former secret is needed")]
    Uncounted,
    /// A file cannot be read or written.
    #[error("{path} cannot be used")]
    File {
        /// The file.
        path: String,
        /// What happened.
        #[source]
        problem: io::Error,
    },
    /// A variable that an option names is not set.
    #[error("the variable {0} is not set")]
    NoVariable(String),
    /// No base64.
    #[error("signer key and salt separator must be base64, as the Firebase console shows them")]
    NotBase64,
    /// The system refuses.
    #[error("the system refuses")]
    System(#[from] io::Error),
}

fn go_on(resume: Option<&String>) -> String {
    resume.map_or_else(|| "run it again".to_owned(), |place| format!("go on with --resume {place}"))
}

impl AdminError {
    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::NoTable
            | Self::NoSecret
            | Self::NoLocalSecret(_)
            | Self::NoRegion
            | Self::NoSubject(_)
            | Self::File { .. }
            | Self::WrongFile { .. }
            | Self::NoVariable(_)
            | Self::NotBase64
            | Self::NoBaseUrl => USAGE,
            Self::NotFound(_) | Self::NoSession | Self::NoPartner(_) => NOT_FOUND,
            Self::Unconfirmed
            | Self::AwaitsDeletion
            | Self::Closed
            | Self::PartnerExists(_)
            | Self::OtherAlgorithm { .. }
            | Self::NoSecretOfPartner
            | Self::PartnerDisabled(_) => REFUSED,
            Self::State(_)
            | Self::NoCredentials(_)
            | Self::NobodyThere { .. }
            | Self::Store(_)
            | Self::Keyring(_)
            | Self::Seal(_)
            | Self::Unopened(_)
            | Self::Contended
            | Self::Stopped { .. }
            | Self::Uncounted
            | Self::Temporary(_)
            | Self::System(_) => FAILED,
        }
    }

    /// One line: what failed, and why.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // The SDK says so of everything that is no error of the service's.
            if text != "unhandled error" && !line.contains(&text) {
                line = format!("{line}: {text}");
            }
            cause = error.source();
        }
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The error as a JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let details = match self {
            Self::NotFound(traces) => json!({ "traces": traces }),
            Self::Unopened(values) => json!({ "unopened": values }),
            Self::Stopped { resume, .. } => json!({ "resume": resume }),
            _ => Value::Null,
        };
        as_json(self.exit_code(), &self.line(), details)
    }
}

/// An error as a JSON object.
#[must_use]
pub fn as_json(exit_code: u8, message: &str, details: Value) -> Value {
    let name = match exit_code {
        USAGE => "usage",
        NOT_FOUND => "not_found",
        REFUSED => "refused",
        _ => "failed",
    };
    let mut error = json!({ "code": name, "exit_code": exit_code, "message": message });
    if let (Value::Object(error), Value::Object(details)) = (&mut error, details) {
        error.extend(details);
    }
    json!({ "error": error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let error = AdminError::NoCredentials("the profile\nis not there".into());
        assert!(error.line().ends_with("AWS_SECRET_ACCESS_KEY: the profile is not there"), "{}", error.line());
        assert_eq!(
            AdminError::from(ConfigError::Missing("LATCHKEY_TABLE")).line(),
            "the environment cannot be used: LATCHKEY_TABLE must be set"
        );
    }

    #[test]
    fn a_walk_that_stopped_says_how_to_go_on() {
        let stopped = |resume| AdminError::Stopped { done: "3 accounts are done".to_owned(), resume, source: None };
        assert_eq!(stopped(None).line(), "3 accounts are done; run it again");
        let error = stopped(Some("VVNFUiMwMQpVU0VS".to_owned()));
        assert_eq!(error.line(), "3 accounts are done; go on with --resume VVNFUiMwMQpVU0VS");
        assert_eq!(error.json()["error"]["resume"], "VVNFUiMwMQpVU0VS");
        assert_eq!((error.json()["error"]["code"].as_str(), error.exit_code()), (Some("failed"), 1));
    }
}
