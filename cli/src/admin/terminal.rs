//! Whom a command speaks to.

use std::io::{BufRead, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Whether to stop at the next good place.
    pub stop: Stop,
}

impl Terminal<'_> {
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
