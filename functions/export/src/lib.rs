//! Makes copies of people's data. The table's stream brings each one as it is confirmed; a schedule makes what the stream did not bring
//! and what was left by a run that broke off.

use std::time::Duration;

use aws_lambda_events::dynamodb::EventRecord;
use jiff::Timestamp;
use lambda_runtime::Error;
use latchkey::app::App;
use latchkey::domain::user::UserId;
use latchkey::flow::export;
use latchkey::store::ItemKey;
use latchkey::telemetry;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Nothing is begun when this is left of the time.
const MARGIN: Duration = Duration::from_mins(2);

/// What calls this function.
#[derive(Deserialize)]
#[serde(untagged)]
enum Event {
    Stream {
        #[serde(rename = "Records")]
        records: Vec<EventRecord>,
    },
    Schedule {
        schedule: Schedule,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Schedule {
    Export,
}

#[derive(Serialize)]
struct Drained {
    copies: usize,
}

/// Handles one batch of the stream or one tick of the schedule, within the time that the function has.
///
/// # Errors
/// If the event is neither, or the table cannot be reached.
pub async fn handle(app: App, event: Value, end: Timestamp) -> Result<Value, Error> {
    let deadline = end.checked_sub(MARGIN).unwrap_or(end);
    Ok(match serde_json::from_value(event)? {
        Event::Schedule { schedule: Schedule::Export } => serde_json::to_value(Drained { copies: export::drain(&app, deadline).await? })?,
        Event::Stream { records } => serde_json::to_value(Drained { copies: batch(&app, &records, deadline).await })?,
    })
}

/// Makes the copies of a batch. One that breaks off, or that there is no time for, is left to the schedule: it has its time on the index,
/// and the stream is free for others.
async fn batch(app: &App, records: &[EventRecord], deadline: Timestamp) -> usize {
    let mut copies = 0;
    for (user, number) in records.iter().filter_map(copy) {
        if deadline <= app.clock.now() {
            break;
        }
        copies += 1;
        if let Err(error) = export::make(app, user, number).await {
            tracing::error!(event = "export_failed", account.id = %user, causes = telemetry::causes(&error));
        }
    }
    copies
}

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

/// The copy that a record tells of.
fn copy(record: &EventRecord) -> Option<(UserId, u64)> {
    let keys: Keys = serde_dynamo::from_item(record.change.keys.clone()).ok()?;
    ItemKey::from_table(&keys.pk, &keys.sk).data_export()
}
