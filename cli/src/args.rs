//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The accounts backend on this machine.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, about, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Runs the local stack: API, table, and mail and SMS that stay here (the default command).
    Serve(ServeOptions),
}

impl Args {
    /// The command that was given, or the default one.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
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
    #[arg(long, value_name = "FOLDER", default_value = ".latchkey", conflicts_with = "memory")]
    pub data: PathBuf,
    /// Keep nothing: all is gone at the end
    #[arg(long)]
    pub memory: bool,
    /// Address to listen on; any other than this machine's own lets others in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> ServeOptions {
        let Command::Serve(options) = Args::try_parse_from([&["latchkey"], arguments].concat()).unwrap().command();
        options
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
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert!(Args::try_parse_from(["latchkey", "--bind", "nowhere"]).is_err());
        assert!(Args::try_parse_from(["latchkey", "--port", "70000"]).is_err());
    }
}
