//! What became of the lines of an import.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::problem::{Kind, Problem};

/// How many problems of a kind are told with the answer.
const TOLD: usize = 3;

/// What became of the lines.
#[derive(Debug, Serialize)]
pub struct Tally {
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// Lines that were looked at.
    pub lines: u64,
    /// Accounts that were written.
    pub imported: u64,
    /// Accounts that would be written.
    pub importable: u64,
    /// Accounts that are there already, from the same lines.
    pub already_there: u64,
    /// Lines that are wrong by themselves.
    pub refused: u64,
    /// Lines whose id or addresses are another account's.
    pub conflicts: u64,
    /// Addresses that are to be proved still, of all accounts that were or would be written.
    pub unverified_addresses: u64,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "as_millis")]
    pub elapsed: Duration,
    /// What is wrong, by kind.
    pub problems: Vec<Sample>,
}

/// The problems of one kind.
#[derive(Debug, Serialize)]
pub struct Sample {
    /// The kind.
    pub kind: Kind,
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<Problem>,
}

fn as_millis<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// Counts what becomes of the lines, and writes every problem to a file, if one is wanted.
pub struct Counting<'a> {
    tally: Tally,
    problems: BTreeMap<Kind, Sample>,
    report: Option<&'a mut dyn Write>,
}

impl<'a> Counting<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(dry_run: bool, report: Option<&'a mut dyn Write>) -> Self {
        let tally = Tally {
            dry_run,
            lines: 0,
            imported: 0,
            importable: 0,
            already_there: 0,
            refused: 0,
            conflicts: 0,
            unverified_addresses: 0,
            elapsed: Duration::ZERO,
            problems: Vec::new(),
        };
        Self { tally, problems: BTreeMap::new(), report }
    }

    /// Counts an account that was, or would be, written.
    pub fn free(&mut self, unverified: u64) {
        self.tally.lines += 1;
        self.tally.unverified_addresses += unverified;
        *if self.tally.dry_run { &mut self.tally.importable } else { &mut self.tally.imported } += 1;
    }

    /// Counts an account that is there already.
    pub fn already_there(&mut self) {
        self.tally.lines += 1;
        self.tally.already_there += 1;
    }

    /// Counts a line that was not taken.
    ///
    /// # Errors
    /// What goes wrong with the report.
    pub fn problem(&mut self, problem: Problem) -> io::Result<()> {
        self.tally.lines += 1;
        *if problem.kind == Kind::Conflict { &mut self.tally.conflicts } else { &mut self.tally.refused } += 1;
        if let Some(report) = &mut self.report {
            serde_json::to_writer(&mut *report, &problem)?;
            report.write_all(b"\n")?;
        }
        let sample = self.problems.entry(problem.kind).or_insert(Sample { kind: problem.kind, count: 0, first: Vec::new() });
        sample.count += 1;
        if sample.first.len() < TOLD {
            sample.first.push(problem);
        }
        Ok(())
    }

    /// How far it is, in few words.
    #[must_use]
    pub fn so_far(&self) -> String {
        let Tally { dry_run, imported, importable, already_there, refused, conflicts, .. } = &self.tally;
        let (done, count) = if *dry_run { ("importable", importable) } else { ("imported", imported) };
        format!("{count} {done}, {already_there} already there, {refused} refused, {conflicts} conflicts")
    }

    /// What became of the lines.
    ///
    /// # Errors
    /// What goes wrong with the report.
    pub fn finish(self, elapsed: Duration) -> io::Result<Tally> {
        let Self { mut tally, problems, report } = self;
        if let Some(report) = report {
            report.flush()?;
        }
        for (_, mut sample) in problems {
            // Lines are written beside each other, and end in another order than they begin in.
            sample.first.sort_by_key(|problem| problem.line);
            tally.problems.push(sample);
        }
        tally.elapsed = elapsed;
        Ok(tally)
    }
}

impl Tally {
    /// Whether every line was taken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.refused + self.conflicts == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dry_run, lines, imported, importable, already_there, refused, conflicts, unverified_addresses, elapsed, problems } =
            self;
        let seconds = elapsed.as_secs_f64();
        if *dry_run {
            writeln!(formatter, "Nothing was written. Of {lines} accounts {importable} can be imported ({seconds:.1} s).")?;
        } else {
            writeln!(formatter, "Imported {imported} of {lines} accounts ({seconds:.1} s).")?;
        }
        writeln!(formatter, "Already there: {already_there}. Refused: {refused}. Conflicts: {conflicts}.")?;
        if *unverified_addresses > 0 {
            writeln!(formatter, "Addresses that are to be proved still: {unverified_addresses}.")?;
        }
        for Sample { kind, count, first } in problems {
            writeln!(formatter, "\n{kind}: {count}")?;
            for problem in first {
                writeln!(formatter, "  {}", problem.to_string().replace(char::is_control, "?"))?;
            }
        }
        Ok(())
    }
}
