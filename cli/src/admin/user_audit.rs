//! `latchkey user audit`: what happened to an account.

use std::fmt;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::store::Happening;
use serde::Serialize;

use super::error::AdminError;
use super::options::Audit;
use super::user_change::account;
use super::user_show::told;

/// A part of an account's audit.
#[derive(Debug, Serialize)]
pub struct History {
    /// The account.
    pub id: String,
    /// What happened, newest first.
    pub events: Vec<Happening>,
    /// The time before which it goes on.
    pub next: Option<Timestamp>,
}

impl fmt::Display for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "Audit of {}", self.id)?;
        self.events.iter().try_for_each(|event| writeln!(formatter, "  {}", told(event)))?;
        match self.next {
            Some(next) => writeln!(formatter, "There is more: --before {next}"),
            None => Ok(()),
        }
    }
}

/// Lists what happened to an account.
///
/// # Errors
/// [`AdminError`].
pub async fn run(app: &App, options: &Audit) -> Result<History, AdminError> {
    let user = account(app, &options.who).await?;
    let (events, next) = app.store.happenings(user.id, options.most.get(), options.before).await?;
    Ok(History { id: user.id.to_string(), events, next })
}
