//! `latchkey user import`: accounts from elsewhere, one a line.
//!
//! - `source`: lines become accounts, at their pace; `settle`: accounts come into the table, many at a time

mod settle;
mod source;

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::time::Instant;

use latchkey::app::App;
use latchkey::domain::hash::firebase::Project;
use latchkey::keyring::DirectoryKeys;
use zeroize::Zeroizing;

use self::settle::{Stopped, settle};
use self::source::{Context, Source};
use super::error::AdminError;
use super::options::{Firebase, Import as Options};
use super::pace::Pace;
use super::terminal::{Stop, Terminal};
use super::transfer::lines;
use super::transfer::private;
use super::transfer::read::Rules;
use super::transfer::seen::Seen;
use super::transfer::tally::{Counting, Tally};
use crate::serve::variables::from_environment;

/// Accounts a second. One account with one address takes eight write units: this is four tenths of the default `WriteCeiling`.
const RATE: u32 = 50;
/// A dry run only reads.
const RATE_OF_A_DRY_RUN: u32 = 1000;

/// Imports accounts.
///
/// # Errors
/// [`AdminError`]; above all [`AdminError::Stopped`], which says how to go on.
pub async fn run(app: &App, options: &Options, terminal: &mut Terminal<'_>) -> Result<Tally, AdminError> {
    let started = Instant::now();
    let dry_run = options.dry_run;
    let mut report = options.report.as_deref().map(|path| private::file(path, true)).transpose()?;
    let (input, size) = opened(&options.file)?;
    let usual = NonZeroU32::new(if dry_run { RATE_OF_A_DRY_RUN } else { RATE }).unwrap_or(NonZeroU32::MIN);
    let rate = options.rate.unwrap_or(usual);
    let context = Context {
        app,
        directory: directory(app, dry_run).await?,
        rules: Rules { home: app.config.default_region.clone(), project: project(&options.firebase)? },
    };
    terminal.tell(&format!("{} accounts, at most {rate} a second.", if dry_run { "Checking" } else { "Importing" }));
    terminal.stop.watch();
    let mut counting = Counting::new(dry_run, report.as_mut().map(|report| report as &mut dyn Write));
    let source = Source {
        context: &context,
        lines: lines::read(input, options.resume.get()),
        seen: Seen::default(),
        pace: Pace::new(rate),
        stop: terminal.stop.clone(),
        failed: Stop::default(),
        progress: terminal.progress(size),
    };
    let stopped = settle(source, dry_run, &mut counting, terminal).await;
    let so_far = counting.so_far();
    let tally = counting.finish(started.elapsed())?;
    match stopped {
        None => Ok(tally),
        Some(Stopped { line, cause }) => {
            let done = format!("stopped before line {line}: {so_far}");
            Err(AdminError::Stopped { done, resume: Some(line.to_string()), source: cause })
        }
    }
}

fn opened(file: &str) -> Result<(Box<dyn Read + Send>, Option<u64>), AdminError> {
    if file == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let unusable = |problem| AdminError::File { path: file.to_owned(), problem };
    let opened = File::open(file).map_err(unusable)?;
    let size = opened.metadata().map_err(unusable)?.len();
    Ok((Box::new(opened), Some(size)))
}

/// The directory's keys. A dry run on a table without any makes none.
async fn directory(app: &App, dry_run: bool) -> Result<DirectoryKeys, AdminError> {
    if dry_run && app.store.keys().await?.directory.is_none() {
        return Ok(DirectoryKeys::throwaway(&*app.rng));
    }
    Ok(app.keyring.keys().await?.directory.clone())
}

/// What all hashes of a Firebase project have in common, as options tell it.
fn project(options: &Firebase) -> Result<Option<Project>, AdminError> {
    let key = match (&options.firebase_signer_key_file, &options.firebase_signer_key_env) {
        (Some(path), _) => {
            let read = std::fs::read_to_string(path);
            Zeroizing::new(read.map_err(|problem| AdminError::File { path: path.display().to_string(), problem })?)
        }
        (None, Some(name)) => Zeroizing::new(from_environment(name).ok_or_else(|| AdminError::NoVariable(name.clone()))?),
        (None, None) => return Ok(None),
    };
    let Firebase { firebase_salt_separator, firebase_rounds, firebase_memory_cost, .. } = options;
    let project = Project::new(&key, firebase_salt_separator, *firebase_rounds, *firebase_memory_cost);
    project.map(Some).map_err(|_| AdminError::NotBase64)
}
