//! The command `latchkey`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use latchkey_cli::args::{Args, Command};
use latchkey_cli::serve;

/// What cannot be mended by trying again: a wrong argument, variable, folder or port.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let started = Instant::now();
    let Command::Serve(options) = Args::parse().command();
    match serve::run(&options, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "latchkey: {error}");
            ExitCode::from(UNUSABLE)
        }
    }
}
