//! `latchkey keys rotate`: what the schedule does each day, by hand.

use std::fmt;

use latchkey::app::App;
use latchkey::flow::keys;
use serde::Serialize;

use super::connection::Opened;
use super::error::AdminError;
use super::options::Rotate;

/// What was done.
#[derive(Debug, Serialize)]
pub struct Rotated {
    /// Whether a new key was made.
    pub made: bool,
    /// How many old keys were removed.
    pub removed: usize,
    #[serde(skip)]
    now: bool,
}

impl fmt::Display for Rotated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = match (self.made, self.now) {
            (true, _) => "A new signing key is published. It signs in a day.",
            (false, true) => "A new signing key is waiting already.",
            (false, false) => "No new signing key is due; --now makes one.",
        };
        writeln!(formatter, "{made}\nOld keys removed: {}.", self.removed)
    }
}

/// Rotates the signing keys.
///
/// # Errors
/// [`AdminError`].
pub async fn run(app: &App, options: &Rotate) -> Result<Rotated, AdminError> {
    let report = if options.now { keys::rotate_now(app).await? } else { keys::rotate(app).await? };
    Ok(Rotated { made: report.made, removed: report.removed, now: options.now })
}

/// Unless the environment says how new keys sign, they sign as the newest one: a shell that lacks a deployment's variable must not
/// change how it signs.
///
/// # Errors
/// [`AdminError`].
pub async fn keep_algorithm(opened: &mut Opened) -> Result<(), AdminError> {
    if opened.says_algorithm {
        return Ok(());
    }
    let stored = opened.app().store.keys().await?;
    if let Some(newest) = stored.signing.iter().max_by_key(|key| key.generation) {
        opened.config.signing_algorithm = newest.algorithm;
    }
    Ok(())
}
