//! Rotates the keys that sign access tokens. A schedule calls it once a day.

use lambda_runtime::Error;
use latchkey::app::App;
use latchkey::flow::keys;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Event {
    schedule: Schedule,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Schedule {
    RotateKeys,
}

/// Handles one tick of the schedule.
///
/// # Errors
/// If the event is another, or the keys cannot be read or written.
pub async fn handle(app: App, event: Value) -> Result<Value, Error> {
    let Event { schedule: Schedule::RotateKeys } = serde_json::from_value(event)?;
    Ok(serde_json::to_value(keys::rotate(&app).await?)?)
}
