//! Accounts come into the table, many at a time; a dry run asks what would become of them.

use std::error::Error;
use std::io;
use std::num::NonZeroU32;

use futures_util::stream::StreamExt;
use latchkey::store::{Administration, Import, Standing, StoreError, Taken};

use super::source::{Job, Source};
use crate::admin::pace::Pace;
use crate::admin::terminal::Terminal;
use crate::admin::transfer::problem::{Kind, Problem};
use crate::admin::transfer::tally::Counting;

/// How many requests are made of the table at a time.
const AT_ONCE: usize = 32;
/// How many accounts a dry run asks the table for at once: DynamoDB reads a hundred items in one request.
const ASKED_AT_ONCE: usize = 40;

type Cause = Box<dyn Error + Send + Sync>;

/// An import that has not come to its end.
pub(super) struct Stopped {
    /// The first line that is not done.
    pub(super) line: u64,
    /// Why; none: it was interrupted.
    pub(super) cause: Option<Cause>,
}

/// What became of a line.
enum Outcome {
    Settled {
        line: u64,
        standing: Standing,
        import: Box<Import>,
    },
    Refused(Problem),
    /// Of a line, or of the file after those that were read.
    Failed(Option<u64>, Cause),
    End,
}

/// Brings all accounts into the table. What has begun is finished, whatever happens.
pub(super) async fn settle(source: Source<'_>, dry_run: bool, counting: &mut Counting<'_>, terminal: &mut Terminal<'_>) -> Option<Stopped> {
    let (table, failed, progress) = (source.context.app.store.administration(), source.failed.clone(), source.progress.clone());
    let mut course = Course { next: 1, failure: None, is_whole: false };
    let mut told = Pace::new(NonZeroU32::MIN);
    let settled = source.jobs().chunks(if dry_run { ASKED_AT_ONCE } else { 1 }).map(|jobs| outcomes(&table, dry_run, jobs));
    let mut settled = std::pin::pin!(settled.buffer_unordered(AT_ONCE));
    while let Some(outcomes) = settled.next().await {
        for outcome in outcomes {
            course.note(outcome, counting);
        }
        if course.failure.is_some() {
            failed.ask();
        }
        progress.tell(&counting.so_far());
        if !progress.is_shown() && told.is_to_tell() {
            terminal.tell(&counting.so_far());
        }
    }
    progress.finish();
    course.stopped()
}

/// How far an import has come.
struct Course {
    /// The line after the last one that was begun.
    next: u64,
    /// The first line that failed, and why.
    failure: Option<(u64, Cause)>,
    is_whole: bool,
}

impl Course {
    fn note(&mut self, outcome: Outcome, counting: &mut Counting<'_>) {
        let counted = match outcome {
            Outcome::End => {
                self.is_whole = true;
                Ok(())
            }
            Outcome::Refused(problem) => {
                self.next = self.next.max(problem.line + 1);
                counting.problem(problem)
            }
            Outcome::Settled { line, standing, import } => {
                self.next = self.next.max(line + 1);
                count(counting, line, &standing, &import)
            }
            Outcome::Failed(line, cause) => {
                self.fail(line.unwrap_or(u64::MAX), cause);
                Ok(())
            }
        };
        if let Err(error) = counted {
            self.fail(self.next, error.into());
        }
    }

    fn fail(&mut self, line: u64, cause: Cause) {
        if self.failure.as_ref().is_none_or(|(earlier, _)| line < *earlier) {
            self.failure = Some((line, cause));
        }
    }

    fn stopped(self) -> Option<Stopped> {
        match self.failure {
            Some((line, cause)) => Some(Stopped { line: line.min(self.next), cause: Some(cause) }),
            None => (!self.is_whole).then_some(Stopped { line: self.next, cause: None }),
        }
    }
}

async fn outcomes(table: &Administration<'_>, dry_run: bool, jobs: Vec<Job>) -> Vec<Outcome> {
    let (mut outcomes, mut lines, mut imports) = (Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        match job {
            Job::Ready { line, import } => {
                lines.push(line);
                imports.push(import);
            }
            Job::Refused(problem) => outcomes.push(Outcome::Refused(problem)),
            Job::Unreadable(error) => outcomes.push(Outcome::Failed(None, error.into())),
            Job::End => outcomes.push(Outcome::End),
        }
    }
    match standings(table, dry_run, &imports).await {
        Ok(standings) => {
            let settled = lines.into_iter().zip(standings).zip(imports);
            outcomes.extend(settled.map(|((line, standing), import)| Outcome::Settled { line, standing, import }));
        }
        Err(error) => outcomes.push(Outcome::Failed(lines.first().copied(), error.into())),
    }
    outcomes
}

async fn standings(table: &Administration<'_>, dry_run: bool, imports: &[Box<Import>]) -> Result<Vec<Standing>, StoreError> {
    if dry_run {
        return table.standings(imports).await;
    }
    let mut standings = Vec::new();
    for import in imports {
        standings.push(table.import(import).await?);
    }
    Ok(standings)
}

fn count(counting: &mut Counting<'_>, line: u64, standing: &Standing, import: &Import) -> io::Result<()> {
    match standing {
        Standing::Free => {
            let unverified = import.addresses.iter().filter(|address| !address.verified).count();
            counting.free(unverified as u64);
            Ok(())
        }
        Standing::AlreadyThere => {
            counting.already_there();
            Ok(())
        }
        Standing::Deleted => {
            let reason = "the account was deleted here; whoever left comes back by signing up".to_owned();
            counting.problem(Problem { line, kind: Kind::Deleted, field: String::new(), reason })
        }
        Standing::Taken(taken) => counting.problem(conflict(line, taken, import)),
    }
}

fn conflict(line: u64, taken: &[Taken], import: &Import) -> Problem {
    let reasons = taken.iter().map(|taken| match taken {
        Taken::Id => format!("the id {} is that of an account which is there, and not from this line", import.user.id),
        Taken::Address { index, owner } => {
            let address = import.addresses.get(*index).map_or("", |address| address.address.as_given());
            format!("{address} belongs to the account {owner}")
        }
    });
    Problem { line, kind: Kind::Conflict, field: String::new(), reason: reasons.collect::<Vec<_>>().join("; ") }
}
