//! `latchkey user export`: accounts for elsewhere, one a line.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use latchkey::app::App;
use latchkey::store::{Ahead, Cursor, Exported, StoreError};
use serde::Serialize;

use super::error::AdminError;
use super::options::Export as Options;
use super::pace::Pace;
use super::terminal::{Progress, Terminal};
use super::transfer::{private, write};

/// What was done.
#[derive(Debug, Serialize)]
pub struct Done {
    /// Where the accounts are.
    pub file: String,
    /// How many there are.
    pub accounts: u64,
    /// Whether their passwords' hashes are with them.
    pub with_hashes: bool,
    /// Items of the table that were read.
    pub items_read: u64,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl fmt::Display for Done {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, accounts, with_hashes, items_read, .. } = self;
        let hashes = if *with_hashes { "with" } else { "without" };
        writeln!(formatter, "Exported {accounts} accounts to {file}, {hashes} their passwords' hashes ({items_read} items read).")
    }
}

/// Exports all accounts.
///
/// # Errors
/// [`AdminError`]; above all [`AdminError::Stopped`], which says how to go on.
pub async fn run(app: &App, options: &Options, terminal: &mut Terminal<'_>) -> Result<Done, AdminError> {
    let started = Instant::now();
    let mut done = Done { file: options.file.clone(), accounts: 0, with_hashes: options.with_hashes, items_read: 0, elapsed_ms: 0 };
    terminal.tell(&format!("Exporting accounts, at most {} items a second.", options.walk.rate));
    terminal.stop.watch();
    let (progress, stop) = (terminal.progress(None), terminal.stop.clone());
    let walk = Walk { app, options, progress, is_asked: Box::new(move || stop.is_asked()) };
    let walked = if options.is_standard_output() {
        walk.go(&mut *terminal.out, terminal.err, &mut done).await
    } else {
        let mut file = opened(options)?;
        let told: &mut dyn Write = if terminal.json { &mut io::sink() } else { terminal.err };
        walk.go(&mut file, told, &mut done).await
    };
    walk.progress.finish();
    walked?;
    done.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(done)
}

/// A new file, or the one that an interrupted run has begun.
fn opened(options: &Options) -> Result<BufWriter<std::fs::File>, AdminError> {
    let path = Path::new(&options.file);
    if options.resume.is_none() {
        return private::file(path, options.force);
    }
    let begun = OpenOptions::new().append(true).open(path);
    begun.map(BufWriter::new).map_err(|problem| AdminError::File { path: options.file.clone(), problem })
}

struct Walk<'a> {
    app: &'a App,
    options: &'a Options,
    progress: Progress,
    is_asked: Box<dyn Fn() -> bool>,
}

impl Walk<'_> {
    /// Writes page by page: what a cursor stands behind is in the file.
    async fn go(&self, to: &mut dyn Write, told: &mut dyn Write, done: &mut Done) -> Result<(), AdminError> {
        let mut pace = Pace::new(self.options.walk.rate);
        let (mut cursor, mut ahead) = (self.options.resume.clone(), Ahead::default());
        loop {
            if (self.is_asked)() {
                return Err(stopped(done, cursor, None));
            }
            let page = match self.app.store.administration().export(&mut ahead, cursor.as_ref(), pace.page()).await {
                Ok(page) => page,
                Err(error) => return Err(stopped(done, cursor, Some(error))),
            };
            done.accounts += page.found.len() as u64;
            self.put(to, page.found)?;
            pace.keep(page.read).await;
            done.items_read = pace.read();
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
            let so_far = format!("{} items read, {} accounts exported", done.items_read, done.accounts);
            self.progress.tell(&so_far);
            if !self.progress.is_shown() && pace.is_to_tell() {
                let _ = writeln!(told, "{so_far}");
            }
        }
    }

    fn put(&self, to: &mut dyn Write, accounts: Vec<Exported>) -> io::Result<()> {
        for account in accounts {
            serde_json::to_writer(&mut *to, &write::line(account, self.options.with_hashes))?;
            to.write_all(b"\n")?;
        }
        to.flush()
    }
}

fn stopped(done: &Done, resume: Option<Cursor>, source: Option<StoreError>) -> AdminError {
    let resume = resume.map(|cursor| cursor.to_string());
    AdminError::Stopped { done: format!("stopped after {} accounts", done.accounts), resume, source: source.map(Into::into) }
}
