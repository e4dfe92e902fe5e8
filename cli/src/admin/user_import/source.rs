//! Lines become accounts: read, checked, and at their pace.

use std::io;

use futures_util::stream::{self, Stream};
use latchkey::app::App;
use latchkey::flow::import::prepare;
use latchkey::keyring::DirectoryKeys;
use latchkey::store::Import;
use tokio::sync::mpsc;

use crate::admin::pace::Pace;
use crate::admin::terminal::{Progress, Stop};
use crate::admin::transfer::lines::{LONGEST, Numbered};
use crate::admin::transfer::problem::{Kind, Problem};
use crate::admin::transfer::read::Rules;
use crate::admin::transfer::seen::Seen;

/// What lines are read with.
pub(super) struct Context<'a> {
    pub(super) app: &'a App,
    pub(super) directory: DirectoryKeys,
    pub(super) rules: Rules,
}

/// Where accounts come from.
pub(super) struct Source<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) lines: mpsc::Receiver<io::Result<Numbered>>,
    pub(super) seen: Seen,
    pub(super) pace: Pace,
    pub(super) stop: Stop,
    /// The table or a file does not do: nothing more is begun.
    pub(super) failed: Stop,
    pub(super) progress: Progress,
}

/// What a line comes to.
pub(super) enum Job {
    /// An account for the table.
    Ready { line: u64, import: Box<Import> },
    /// Nothing that can be taken.
    Refused(Problem),
    /// The file cannot be read further.
    Unreadable(io::Error),
    /// That was the last line.
    End,
}

impl Source<'_> {
    /// What the lines come to, until the last one, or until it is to stop.
    pub(super) fn jobs(self) -> impl Stream<Item = Job> {
        stream::unfold(Some(self), async |source| {
            let mut source = source?;
            let job = source.next().await?;
            let is_last = matches!(job, Job::End | Job::Unreadable(_));
            Some((job, (!is_last).then_some(source)))
        })
    }

    async fn next(&mut self) -> Option<Job> {
        if self.stop.is_asked() || self.failed.is_asked() {
            return None;
        }
        let numbered = match self.lines.recv().await {
            None => return Some(Job::End),
            Some(Err(error)) => return Some(Job::Unreadable(error)),
            Some(Ok(numbered)) => numbered,
        };
        self.progress.reach(numbered.end);
        match self.check(&numbered) {
            Ok(import) => {
                self.pace.keep(1).await;
                Some(Job::Ready { line: numbered.number, import: Box::new(import) })
            }
            Err(problem) => Some(Job::Refused(problem)),
        }
    }

    fn check(&mut self, numbered: &Numbered) -> Result<Import, Problem> {
        let Context { app, directory, rules } = self.context;
        let (line, now) = (numbered.number, app.clock.now());
        let too_long = || Problem { line, kind: Kind::TooLong, field: String::new(), reason: format!("is longer than {LONGEST} bytes") };
        let text = numbered.text.as_deref().ok_or_else(too_long)?.trim_ascii();
        let arrival = rules.read(text, now).map_err(|wrong| wrong.of(line))?;
        let has_id = arrival.id.is_some();
        // A Firebase hash follows from the line and the project's parameters.
        let hash = arrival.password.as_ref().map_or("", |hash| hash.as_str()).to_owned();
        let import = prepare(app, directory, arrival, &[text, hash.as_bytes()], now);
        self.seen.note(line, &import, has_id)?;
        Ok(import)
    }
}
