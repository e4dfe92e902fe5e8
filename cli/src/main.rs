//! The command `latchkey`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use latchkey_cli::args::Invocation;
use latchkey_cli::{admin, serve};

/// What cannot be mended by trying again: a wrong argument, variable, folder or port.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let started = Instant::now();
    match Invocation::read(std::env::args_os()) {
        Ok(Invocation::Serve(options)) => match serve::run(&options, started) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "latchkey: {error}");
                ExitCode::from(UNUSABLE)
            }
        },
        Ok(Invocation::Admin { task, connection, data }) => ExitCode::from(admin::run(&task, &connection, &data)),
        Err(error) => ExitCode::from(admin::refuse(&error, std::env::args_os())),
    }
}
