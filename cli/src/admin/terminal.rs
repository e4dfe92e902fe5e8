//! Whom a command speaks to.

use std::io::{BufRead, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::error::AdminError;

/// The exit code of a process that was interrupted (Ctrl-C).
const INTERRUPTED: i32 = 130;

/// Whom a command speaks to.
pub struct Terminal<'a> {
    /// Takes the answer.
    pub out: &'a mut dyn Write,
    /// Takes questions, progress and errors.
    pub err: &'a mut dyn Write,
    /// A person who can be asked, if there is one.
    pub person: Option<&'a mut dyn BufRead>,
    /// Whether answer and errors are JSON objects; progress is not told then.
    pub json: bool,
    /// Whether `err` is a screen, on which progress can be drawn.
    pub screen: bool,
    /// Whether to stop at the next good place.
    pub stop: Stop,
}

/// How far a command is, drawn on a screen, and nowhere else.
#[derive(Debug, Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// So much is done.
    pub fn reach(&self, position: u64) {
        self.0.set_position(position);
    }

    /// What is told beside the bar.
    pub fn tell(&self, text: &str) {
        if self.is_shown() {
            self.0.set_message(text.to_owned());
        }
    }

    /// Whether anything is drawn.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Terminal<'_> {
    /// Draws how far a command is, of so many steps if that is known.
    #[must_use]
    pub fn progress(&self, steps: Option<u64>) -> Progress {
        let target = if self.screen && !self.json { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let template = if steps.is_some() { "{wide_bar} {percent}% {eta} {msg}" } else { "{spinner} {elapsed} {msg}" };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Progress(ProgressBar::with_draw_target(steps, target).with_style(style))
    }

    /// Tells how far a command is.
    pub fn tell(&mut self, progress: &str) {
        if !self.json {
            let _ = writeln!(self.err, "{progress}");
        }
    }

    /// Tells what went wrong, and returns the exit code.
    pub fn fail(&mut self, error: &AdminError) -> u8 {
        let _ = if self.json { writeln!(self.err, "{}", error.json()) } else { writeln!(self.err, "latchkey: {}", error.line()) };
        error.exit_code()
    }

    /// Whether a person types `expected` when asked.
    pub fn confirms(&mut self, question: &str, expected: &str) -> bool {
        let Some(person) = &mut self.person else { return false };
        let mut answer = String::new();
        let asked = write!(self.err, "{question}").and_then(|()| self.err.flush());
        asked.is_ok() && person.read_line(&mut answer).is_ok() && answer.trim() == expected
    }
}

/// Whether to stop at the next good place.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    by_interrupt: bool,
    asked: Arc<AtomicBool>,
}

impl Stop {
    /// Once the process is interrupted (Ctrl-C).
    #[must_use]
    pub fn by_interrupt() -> Self {
        Self { by_interrupt: true, asked: Arc::default() }
    }

    /// From here on there are good places. Interrupted twice, the process ends at once.
    pub fn watch(&self) {
        if !self.by_interrupt {
            return;
        }
        let asked = Arc::clone(&self.asked);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if asked.swap(true, Ordering::SeqCst) {
                    process::exit(INTERRUPTED);
                }
            }
        });
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}
