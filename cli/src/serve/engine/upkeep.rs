//! What the engine leaves to its owner. It keeps the records of every stream for ever, and looks through all of them at each write
//! for the last one's number: without an index, the thousandth sign-up would take many times as long as the first.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

/// The expression is the one that the engine asks for.
const INDEX: &str =
    "CREATE INDEX IF NOT EXISTS latchkey_stream_records ON _stream_records (table_name, CAST(sequence_number AS INTEGER), shard_id)";
const TRIM: &str = "DELETE FROM _stream_records WHERE created_at < ?1";
const KEPT: SignedDuration = SignedDuration::from_hours(24);
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection of our own to the engine's file.
pub(super) struct Upkeep {
    connection: Mutex<Connection>,
}

impl Upkeep {
    /// Opens the file and sees to its index.
    pub(super) fn open(path: &str) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute(INDEX, [])?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Removes what a stream does not keep any longer; says how many records that were.
    pub(super) fn trim_streams(&self, now: Timestamp) -> Result<usize> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute(TRIM, [(now - KEPT).as_second()])
    }
}
