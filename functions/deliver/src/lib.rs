//! Delivers the outbox. The table's stream brings each message as it is written; a schedule drains what the stream did not bring
//! and what could not be delivered before.

use aws_lambda_events::dynamodb::EventRecord;
use lambda_runtime::Error;
use latchkey::app::App;
use latchkey::flow::{Trouble, deliver};
use latchkey::store::ItemKey;
use latchkey::telemetry;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    Drain,
}

/// The records that the stream shall bring again.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    batch_item_failures: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

#[derive(Serialize)]
struct Drained {
    messages: usize,
}

/// Handles one batch of the stream or one tick of the schedule.
///
/// # Errors
/// If the event is neither, or the table cannot be reached.
pub async fn handle(app: App, event: Value) -> Result<Value, Error> {
    Ok(match serde_json::from_value(event)? {
        Event::Schedule { schedule: Schedule::Drain } => serde_json::to_value(Drained { messages: deliver::drain(&app).await? })?,
        Event::Stream { records } => serde_json::to_value(batch(&app, &records).await)?,
    })
}

/// Delivers a batch. Only a table out of reach fails a record, and with it what follows: whatever the services of mail, SMS and
/// push say is noted in the item, so that one channel never holds up another.
async fn batch(app: &App, records: &[EventRecord]) -> BatchResponse {
    for record in records {
        let Some((key, id)) = fresh_message(record) else { continue };
        if let Err(error) = deliver::deliver(app, &key, &id).await {
            tracing::error!(event = "delivery_failed", message.id = id, causes = telemetry::causes(&error));
            if !matches!(error, Trouble::Store(_)) {
                continue;
            }
            let item_identifier = record.change.sequence_number.clone().unwrap_or_default();
            return BatchResponse { batch_item_failures: vec![Failure { item_identifier }] };
        }
    }
    BatchResponse::default()
}

#[derive(Deserialize)]
struct Image {
    outbox: Option<Outbox>,
}

#[derive(Deserialize)]
struct Outbox {
    id: String,
}

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

/// The message that a record brings, if it is one that the item did not have before.
fn fresh_message(record: &EventRecord) -> Option<(ItemKey, String)> {
    let message = |image: &serde_dynamo::Item| serde_dynamo::from_item::<_, Image>(image.clone()).ok()?.outbox.map(|outbox| outbox.id);
    let id = message(&record.change.new_image)?;
    let keys: Keys = serde_dynamo::from_item(record.change.keys.clone()).ok()?;
    let already_there = message(&record.change.old_image).is_some_and(|old| old == id);
    (!already_there).then(|| (ItemKey::from_table(&keys.pk, &keys.sk), id))
}
