//! Deletes the accounts whose time has come. A schedule calls it every five minutes.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::Error;
use latchkey::app::App;
use latchkey::flow::purge::{self, Pace};
use serde::Deserialize;
use serde_json::Value;

/// What is under way when this is left of the time is finished, or stops at its next step.
const MARGIN: Duration = Duration::from_secs(15);
/// How many write units are used in a second, by which an item is one, and a part of a copy as many as it may take: a quarter of the
/// writes that the table takes by default; the others are for people.
pub const PER_SECOND: u32 = 250;

#[derive(Deserialize)]
struct Event {
    schedule: Schedule,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Schedule {
    Purge,
}

/// Handles one tick of the schedule, within the time that the function has.
///
/// # Errors
/// If the event is another, or the table cannot be asked for what is due.
pub async fn handle(app: App, event: Value, end: Timestamp) -> Result<Value, Error> {
    let Event { schedule: Schedule::Purge } = serde_json::from_value(event)?;
    let deadline = end.checked_sub(MARGIN).unwrap_or(end);
    Ok(serde_json::to_value(purge::purge(&app, Pace { deadline, per_second: Some(PER_SECOND) }).await?)?)
}
