//! The command line.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::admin::options::{Connection, EXIT_CODES, Keys, Sessions, Task, User};
use crate::admin::partner::options::Partner;

/// The accounts backend on this machine, and its administration anywhere.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, about, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  latchkey                                     the local stack
  latchkey keys list --local                   administration of the local stack
  latchkey keys list --endpoint http://127.0.0.1:8001    of one on another port
  latchkey user show ada@example.com --json    of the table LATCHKEY_TABLE in AWS, with the credentials that the `aws` command uses

Administration takes the root secret from LATCHKEY_SECRET and former ones from LATCHKEY_SECRETS_ACCEPTED, never from an argument:
  export LATCHKEY_TABLE=<TableName>
  export LATCHKEY_SECRET=\"$(aws secretsmanager get-secret-value --secret-id <SecretArn> --query SecretString --output text)\"";

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Runs the local stack: API, table, and mail, SMS and push notices that stay here (the default command)
    Serve(ServeOptions),
    /// Lists, rotates and reseals the keys in the table
    #[command(subcommand)]
    Keys(Keys),
    /// Ends all sessions
    #[command(subcommand)]
    Sessions(Sessions),
    /// Shows an account, closes and opens it, says what it may do, and takes accounts over from elsewhere
    #[command(subcommand)]
    User(User),
    /// Registers partners and their keys, and makes tokens to try the Partner API with
    #[command(subcommand)]
    Partner(Partner),
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Invocation {
    /// Run the local stack.
    Serve(ServeOptions),
    /// Administer a table.
    Admin {
        /// What to do.
        task: Task,
        /// Where.
        connection: Connection,
        /// The folder of the local stack's state.
        data: PathBuf,
    },
}

/// How the local stack is to run.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeOptions {
    /// Port of the API; 0: any free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Port of the DynamoDB endpoint; 0: any free one
    #[arg(long, default_value_t = 8000)]
    pub dynamodb_port: u16,
    /// Folder in which the state is kept
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".latchkey")]
    pub data: PathBuf,
    /// Keep nothing: all is gone at the end
    #[arg(long, conflicts_with = "data")]
    pub memory: bool,
    /// Address to listen on; any other than this machine's own lets others in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
}

const SERVING: [&str; 4] = ["port", "dynamodb_port", "memory", "bind"];
const ADMINISTERING: [&str; 5] = ["local", "endpoint", "table", "region", "json"];

impl Invocation {
    /// Reads a command line; the first argument is the program.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for.
    pub fn read<T: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = T>) -> Result<Self, clap::Error> {
        let matches = Args::command().try_get_matches_from(arguments)?;
        let Args { command, serve, connection } = Args::from_arg_matches(&matches)?;
        let data = serve.data.clone();
        let task = match command {
            None => return refuse(&matches, &ADMINISTERING, "is for administration, not for the local stack").map(|()| Self::Serve(serve)),
            Some(Command::Serve(options)) => {
                refuse(&matches, &ADMINISTERING, "is for administration, not for the local stack")?;
                return refuse(&matches, &SERVING, "must stand after `serve`").map(|()| Self::Serve(options));
            }
            Some(Command::Keys(keys)) => Task::Keys(keys),
            Some(Command::Sessions(sessions)) => Task::Sessions(sessions),
            Some(Command::User(user)) => Task::User(user),
            Some(Command::Partner(partner)) => Task::Partner(partner),
        };
        refuse(&matches, &SERVING, "is for `serve`, not for administration")?;
        if !connection.leads_home() {
            refuse(&matches, &["data"], "is for a local stack: it goes with --local")?;
        }
        Ok(Self::Admin { task, connection, data })
    }
}

/// Refuses options that mean nothing where they stand.
fn refuse(matches: &ArgMatches, options: &[&str], why: &str) -> Result<(), clap::Error> {
    let given = options.iter().find(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
    given.map_or(Ok(()), |id| Err(Args::command().error(ErrorKind::ArgumentConflict, format!("--{} {why}", id.replace('_', "-")))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Invocation, clap::Error> {
        Invocation::read([&["latchkey"], arguments].concat())
    }

    fn options(arguments: &[&str]) -> ServeOptions {
        match read(arguments) {
            Ok(Invocation::Serve(options)) => options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn serving_is_the_default() {
        let plain = options(&[]);
        assert_eq!((plain.port, plain.dynamodb_port, plain.memory), (3000, 8000, false));
        assert_eq!(plain.data, PathBuf::from(".latchkey"));
        assert_eq!(plain.bind, IpAddr::V4(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn options_stand_with_and_without_the_command() {
        assert_eq!(options(&["--port", "3100"]).port, 3100);
        assert_eq!(options(&["serve", "--port", "3100", "--memory"]).port, 3100);
        assert!(options(&["serve", "--memory"]).memory);
        assert_eq!(options(&["serve", "--data", "here"]).data, PathBuf::from("here"));
        assert_eq!(options(&["--data", "here"]).data, PathBuf::from("here"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for arguments in [&["--bind", "nowhere"][..], &["--port", "70000"], &["--data", "here", "--memory"], &["--port", "1", "serve"]] {
            assert!(read(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn where_the_table_is_may_stand_before_between_and_after_the_commands() {
        for arguments in [["--local", "keys", "list"], ["keys", "--local", "list"], ["keys", "list", "--local"]] {
            let with_data = [&arguments[..], &["--data", "there", "--json"]].concat();
            let Ok(Invocation::Admin { task: Task::Keys(Keys::List), connection, data }) = read(&with_data) else {
                panic!("{with_data:?}: {:?}", read(&with_data))
            };
            assert!(connection.local && connection.json);
            assert_eq!(data, PathBuf::from("there"));
        }
    }

    #[test]
    fn what_means_nothing_where_it_stands_is_refused() {
        for arguments in [
            &["--port", "3100", "keys", "list"][..],
            &["keys", "list", "--data", "there"],
            &["serve", "--local"],
            &["--json"],
            &["keys"],
            &["keys", "list", "--endpoint", "nowhere"],
            &["sessions", "end-all", "--rate", "0"],
            &["sessions", "end-all", "--resume", "?"],
            &["user", "show"],
            &["user", "import"],
            &["user", "import", "users.jsonl", "--rate", "0"],
            &["user", "export", "users.jsonl", "--force", "--resume", "VVNFUiMwMQpVU0VS"],
            &["user", "sessions", "ada@example.com", "--end", "?"],
            &["user", "audit", "ada@example.com", "--most", "0"],
            &["user", "audit", "ada@example.com", "--before", "yesterday"],
            &["user", "import", "users.jsonl", "--resume", "0"],
            &["user", "import", "users.jsonl", "--firebase-signer-key-file", "a", "--firebase-signer-key-env", "B"],
        ] {
            let refused = read(arguments).unwrap_err();
            assert_eq!(refused.exit_code(), 2, "{arguments:?}");
        }
    }

    #[test]
    fn every_command_has_examples_in_its_help() {
        let helps: [&[&str]; 24] = [
            &[],
            &["keys"],
            &["keys", "list"],
            &["keys", "rotate"],
            &["keys", "reseal"],
            &["sessions"],
            &["sessions", "end-all"],
            &["user"],
            &["user", "show"],
            &["user", "disable"],
            &["user", "enable"],
            &["user", "roles"],
            &["user", "import"],
            &["user", "export"],
            &["user", "reset-password"],
            &["user", "sessions"],
            &["user", "audit"],
            &["partner"],
            &["partner", "create"],
            &["partner", "list"],
            &["partner", "rotate"],
            &["partner", "disable"],
            &["partner", "enable"],
            &["partner", "token"],
        ];
        for command in helps {
            let help = read(&[command, &["--help"]].concat()).unwrap_err();
            assert_eq!(help.kind(), ErrorKind::DisplayHelp);
            let help = help.to_string();
            assert!(help.contains("Examples:\n  latchkey"), "{command:?}: {help}");
        }
        let help = read(&["--help"]).unwrap_err().to_string();
        assert!(help.contains("Exit codes:") && help.contains("LATCHKEY_SECRET"), "{help}");
    }
}
