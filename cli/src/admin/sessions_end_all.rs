//! `latchkey sessions end-all`: everybody has to sign in anew.

use std::fmt;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use latchkey::app::App;
use latchkey::domain::user::UserId;
use latchkey::store::{Cursor, StoreError};
use serde::Serialize;

use super::error::AdminError;
use super::options::EndAll;
use super::pace::Pace;
use super::terminal::Terminal;

/// How many accounts are written at a time.
const AT_ONCE: usize = 8;

/// What was done.
#[derive(Debug, Default, Serialize)]
pub struct EndedAll {
    /// The table's name.
    pub table: String,
    /// Accounts whose sessions were ended.
    pub accounts: u64,
    /// Accounts that were removed meanwhile.
    pub gone: u64,
    /// Items of the table that were read.
    pub items_read: u64,
}

/// Ends all sessions of all accounts.
///
/// # Errors
/// [`AdminError`]; above all [`AdminError::Stopped`], which says how to go on.
pub async fn run(app: &App, options: &EndAll, terminal: &mut Terminal<'_>) -> Result<EndedAll, AdminError> {
    let table = &app.config.table;
    let place = app.config.aws.dynamodb_endpoint.as_ref().unwrap_or(&app.config.aws.region);
    let question = format!("This ends every session of every account in the table {table} ({place}).\nType the table's name to go on: ");
    if !options.yes && !terminal.confirms(&question, table) {
        return Err(AdminError::Unconfirmed);
    }
    terminal.tell(&format!("Ending all sessions in {table}, at most {} items a second.", options.walk.rate));
    let mut pace = Pace::new(options.walk.rate);
    let mut ended = EndedAll { table: table.clone(), ..EndedAll::default() };
    let mut cursor = options.resume.clone();
    terminal.stop.watch();
    loop {
        if terminal.stop.is_asked() {
            return Err(ended.stopped(cursor, None));
        }
        match ended.page(app, cursor.as_ref(), pace.page()).await {
            Ok((read, next)) => {
                pace.keep(read).await;
                ended.items_read = pace.read();
                cursor = next;
            }
            Err(error) => return Err(ended.stopped(cursor, Some(error))),
        }
        if cursor.is_none() {
            return Ok(ended);
        }
        if pace.is_to_tell() {
            terminal.tell(&format!("{} items read, {} accounts done", pace.read(), ended.accounts));
        }
    }
}

impl EndedAll {
    /// One page: how many items were read, and where the next one begins.
    async fn page(&mut self, app: &App, from: Option<&Cursor>, most: u32) -> Result<(u64, Option<Cursor>), StoreError> {
        let page = app.store.administration().accounts(from, most).await?;
        let end = async |(user, epoch): (UserId, u64)| app.store.administration().end_sessions(user, epoch, app.clock.now()).await;
        let there: Vec<bool> = stream::iter(page.found).map(end).buffer_unordered(AT_ONCE).try_collect().await?;
        for there in there {
            *if there { &mut self.accounts } else { &mut self.gone } += 1;
        }
        Ok((page.read, page.next))
    }

    fn stopped(&self, resume: Option<Cursor>, source: Option<StoreError>) -> AdminError {
        let done = format!("stopped after {} accounts", self.accounts);
        AdminError::Stopped { done, resume: resume.map(|cursor| cursor.to_string()), source: source.map(Into::into) }
    }
}

impl fmt::Display for EndedAll {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, accounts, gone, items_read } = self;
        writeln!(formatter, "Ended all sessions of {accounts} accounts in {table} ({items_read} items read).")?;
        if *gone > 0 {
            writeln!(formatter, "Accounts that were removed meanwhile: {gone}.")?;
        }
        Ok(())
    }
}
