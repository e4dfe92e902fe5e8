//! Administration: commands for whoever operates a deployment, or a local stack.
//!
//! - [`options`]: the commands and their options; [`connection`]: from options and environment to a table
//! - one file for each command: [`keys_list`], [`keys_rotate`], [`keys_reseal`], [`sessions_end_all`], [`user_show`],
//!   [`user_change`], [`user_import`], [`user_export`], [`user_reset`], [`user_sessions`], [`user_audit`]; those about partners in
//!   [`partner`]
//! - [`transfer`]: accounts as JSON lines
//! - [`terminal`]: whom a command speaks to; [`pace`]: how fast the table is read; [`error`]: what goes wrong, and its exit code

pub mod connection;
pub mod error;
pub mod keys_list;
pub mod keys_reseal;
pub mod keys_rotate;
pub mod options;
pub mod pace;
pub mod partner;
pub mod sessions_end_all;
pub mod terminal;
pub mod transfer;
pub mod user_audit;
pub mod user_change;
pub mod user_export;
pub mod user_import;
pub mod user_reset;
pub mod user_sessions;
pub mod user_show;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufReader, IsTerminal, Write};
use std::path::Path;

use latchkey::app::App;
use serde::Serialize;
use serde_json::Value;

use self::connection::Opened;
use self::error::AdminError;
use self::options::{Connection, Keys, Sessions, Task, User};
use self::terminal::{Stop, Terminal};
use crate::serve::variables::from_environment;

/// The exit code of what was done.
pub const DONE: u8 = 0;

/// What a command answers: as text for people, or as one JSON object.
trait Report: fmt::Display {
    fn json(&self) -> Value;
}

/// An answer, and the exit code of what was done.
struct Answer {
    report: Box<dyn Report>,
    code: u8,
    /// Standard output is taken by something else.
    aside: bool,
}

impl Answer {
    fn done(report: impl Report + 'static) -> Self {
        Self { report: Box::new(report), code: DONE, aside: false }
    }
}

impl<T: fmt::Display + Serialize> Report for T {
    fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Carries out a command that was given on the command line, and returns the exit code.
#[must_use]
pub fn run(task: &Task, connection: &Connection, data: &Path) -> u8 {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    // Not locked: an import may read it.
    let mut stdin = BufReader::new(io::stdin());
    let person: Option<&mut dyn io::BufRead> = if io::stdin().is_terminal() { Some(&mut stdin) } else { None };
    let screen = io::stderr().is_terminal();
    let mut terminal = Terminal { out: &mut out, err: &mut err, person, json: connection.json, screen, stop: Stop::by_interrupt() };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => return terminal.fail(&AdminError::System(problem)),
    };
    runtime.block_on(async {
        match connect(task, connection, data).await {
            Ok(app) => perform(&app, task, &mut terminal).await,
            Err(error) => terminal.fail(&error),
        }
    })
}

async fn connect(task: &Task, connection: &Connection, data: &Path) -> Result<App, AdminError> {
    let mut opened = Opened::new(connection, data, from_environment).await?;
    opened.knock().await?;
    match task {
        Task::Keys(Keys::Rotate(_)) => keys_rotate::keep_algorithm(&mut opened).await?,
        Task::Keys(Keys::Reseal(_)) | Task::Sessions(_) | Task::User(User::Import(_) | User::Export(_)) => opened.be_patient(),
        Task::Keys(Keys::List) | Task::User(_) | Task::Partner(_) => {}
    }
    Ok(opened.app())
}

/// Carries out a command on an application's table, and returns the exit code.
pub async fn perform(app: &App, task: &Task, terminal: &mut Terminal<'_>) -> u8 {
    match attempt(app, task, terminal).await {
        Ok(Answer { report, code, aside }) => {
            let text = if terminal.json { format!("{}\n", report.json()) } else { report.to_string() };
            let to = if aside { &mut *terminal.err } else { &mut *terminal.out };
            // Whoever reads may have seen enough, as `head` does.
            let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
            code
        }
        Err(error) => terminal.fail(&error),
    }
}

async fn attempt(app: &App, task: &Task, terminal: &mut Terminal<'_>) -> Result<Answer, AdminError> {
    Ok(match task {
        Task::Keys(Keys::List) => Answer::done(keys_list::run(app).await?),
        Task::Keys(Keys::Rotate(options)) => Answer::done(keys_rotate::run(app, options).await?),
        Task::Keys(Keys::Reseal(options)) => Answer::done(keys_reseal::run(app, options, terminal).await?),
        Task::Sessions(Sessions::EndAll(options)) => Answer::done(sessions_end_all::run(app, options, terminal).await?),
        Task::Partner(command) => Answer { report: partner::run(app, command).await?, code: DONE, aside: false },
        Task::User(User::Show(options)) => Answer::done(user_show::run(app, options).await?),
        Task::User(User::Disable(who)) => Answer::done(user_change::disable(app, who).await?),
        Task::User(User::Enable(who)) => Answer::done(user_change::enable(app, who).await?),
        Task::User(User::Roles(options)) => Answer::done(user_change::roles(app, options).await?),
        Task::User(User::Import(options)) => {
            let tally = user_import::run(app, options, terminal).await?;
            let code = if tally.is_clean() { DONE } else { error::REFUSED };
            Answer { code, ..Answer::done(tally) }
        }
        Task::User(User::Export(options)) => {
            Answer { aside: options.is_standard_output(), ..Answer::done(user_export::run(app, options, terminal).await?) }
        }
        Task::User(User::ResetPassword(options)) => Answer::done(user_reset::run(app, options, terminal).await?),
        Task::User(User::Sessions(options)) => Answer::done(user_sessions::run(app, options).await?),
        Task::User(User::Audit(options)) => Answer::done(user_audit::run(app, options).await?),
    })
}

/// Says what is wrong with a command line, or gives the help that was asked for, and returns the exit code.
#[must_use]
pub fn refuse(error: &clap::Error, mut arguments: impl Iterator<Item = OsString>) -> u8 {
    if error.use_stderr() && arguments.any(|argument| argument == "--json") {
        let rendered = error.to_string();
        let message = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let _ = writeln!(io::stderr(), "{}", error::as_json(error::USAGE, message, Value::Null));
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(error::USAGE)
}
