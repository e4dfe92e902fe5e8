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

#[cfg(test)]
mod tests {
    use super::*;

    /// As the engine asks at every write, and at every look at the stream.
    const QUESTIONS: [&str; 2] = [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 't'",
        "SELECT event_name FROM _stream_records WHERE table_name = 't' AND shard_id = 's' AND CAST(sequence_number AS INTEGER) > 1
         ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 9",
    ];

    #[test]
    fn the_engine_finds_stream_records_by_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.db");
        let path = path.to_str().unwrap();
        let _engine = dynoxide::Database::new(path).unwrap();
        let upkeep = Upkeep::open(path).unwrap();
        let connection = upkeep.connection.lock().unwrap();
        for question in QUESTIONS {
            let plan: String = connection.query_row(&format!("EXPLAIN QUERY PLAN {question}"), [], |row| row.get("detail")).unwrap();
            assert!(plan.contains("latchkey_stream_records"), "{plan}");
        }
    }
}
