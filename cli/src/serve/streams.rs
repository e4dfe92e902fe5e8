//! The table's stream, brought to a function: the records in order, filtered and in batches as the template says,
//! and again what failed.
//!
//! The position is kept in a file after every batch. It may be one batch behind after a crash: then the function is given that
//! batch a second time, which it must stand anyway. Where the file is missing, the stream is read from its beginning.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::streams::{shard_id, stream_arn};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::engine::{Engine, EngineError};
use super::function::{Function, FunctionError};
use super::shutdown::Shutdown;
use super::template::StreamMapping;

/// How often the stream is looked at.
const PACE: Duration = Duration::from_millis(100);
/// How long a record that failed waits before it comes again.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// Most records read at once.
const PAGE: usize = 1000;
const REGION: &str = "us-east-1";

/// Brings one table's stream to a function.
pub struct StreamPump {
    engine: Engine,
    table: String,
    mapping: StreamMapping,
    position_file: Option<PathBuf>,
    progress: Mutex<Progress>,
}

/// How far the stream was read.
#[derive(Debug, Default)]
struct Progress {
    /// The sequence number of the last record that is done with.
    done: Option<String>,
    /// How often the record after it has failed.
    failures: u32,
}

/// One record that passed the filter, as Lambda would give it to the function.
struct Passed {
    sequence: String,
    event: Value,
}

/// What became of a batch.
enum Outcome {
    AllDone,
    FailedAt(usize),
}

impl StreamPump {
    /// A pump for the stream of that table; `position_file` is where the position is kept, if it is.
    #[must_use]
    pub fn new(engine: &Engine, table: &str, mapping: &StreamMapping, position_file: Option<PathBuf>) -> Self {
        let done = position_file.as_deref().and_then(kept_position);
        Self {
            engine: engine.clone(),
            table: table.to_owned(),
            mapping: mapping.clone(),
            position_file,
            progress: Mutex::new(Progress { done, failures: 0 }),
        }
    }

    /// Brings the function everything that there is now; says how many records it dealt with. Stops at a record that fails, and
    /// begins with it the next time; one that fails too often is given up, as the template says.
    ///
    /// # Errors
    /// If the stream cannot be read.
    pub async fn drain(&self, function: &Function) -> Result<usize, EngineError> {
        let mut progress = self.progress.lock().await;
        let mut delivered = 0;
        loop {
            let records = self.read(progress.done.clone()).await?;
            let Some(last) = records.last().map(|record| record.dynamodb.sequence_number.clone()) else { return Ok(delivered) };
            let passed: Vec<Passed> = records.into_iter().filter_map(|record| self.passing(record)).collect();
            let done = self.bring(&passed, function, &mut progress).await;
            delivered += done;
            if progress.failures > 0 {
                return Ok(delivered);
            }
            self.advance(&mut progress, last);
        }
    }

    /// Drains the stream again and again, until the shutdown.
    pub async fn run(self, function: Function, shutdown: Shutdown) {
        loop {
            let drained = self.drain(&function).await;
            if let Err(error) = &drained {
                tracing::error!(error = error as &dyn std::error::Error, "the stream cannot be read");
            }
            let failed = drained.is_err() || self.progress.lock().await.failures > 0;
            let pause = if failed { AFTER_A_FAILURE } else { PACE };
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Brings the records in batches, up to the first failure; says how many are done with.
    async fn bring(&self, passed: &[Passed], function: &Function, progress: &mut Progress) -> usize {
        let mut done = 0;
        while done < passed.len() {
            // After a failure one by one, so that it is known which record fails and no other is given up with it.
            let size = if progress.failures > 0 { 1 } else { self.mapping.batch_size.min(passed.len() - done) };
            let batch = &passed[done..done + size];
            match bring_batch(batch, function).await {
                Outcome::AllDone => done += size,
                Outcome::FailedAt(failed) => {
                    done += failed;
                    if failed > 0 {
                        self.advance(progress, passed[done - 1].sequence.clone());
                    }
                    progress.failures += 1;
                    if progress.failures <= self.mapping.maximum_retries {
                        return done;
                    }
                    tracing::error!(record = passed[done].sequence, "a record of the stream is given up");
                    done += 1;
                }
            }
            self.advance(progress, passed[done - 1].sequence.clone());
        }
        done
    }

    fn advance(&self, progress: &mut Progress, done: String) {
        if let Some(file) = &self.position_file
            && let Err(error) = keep_position(file, &done)
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "the position in the stream cannot be kept");
        }
        *progress = Progress { done: Some(done), failures: 0 };
    }

    async fn read(&self, after: Option<String>) -> Result<Vec<Record>, EngineError> {
        let table = self.table.clone();
        self.engine
            .run(move |database| {
                let iterator = |after: Option<String>| {
                    let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
                    database.get_shard_iterator(GetShardIteratorRequest {
                        stream_arn: stream_arn(&table, ""),
                        shard_id: shard_id(&table),
                        shard_iterator_type: kind.to_owned(),
                        sequence_number: after,
                    })
                };
                let found = match iterator(after) {
                    Err(DynoxideError::ValidationException(_)) => iterator(None),
                    other => other,
                }?;
                let shard_iterator = found.shard_iterator.unwrap_or_default();
                Ok(database.get_records(GetRecordsRequest { shard_iterator, limit: Some(PAGE) })?.records)
            })
            .await
    }

    fn passing(&self, record: Record) -> Option<Passed> {
        let sequence = record.dynamodb.sequence_number.clone();
        let mut event = serde_json::to_value(record).ok()?;
        event["awsRegion"] = json!(REGION);
        event["eventSourceARN"] = json!(format!("arn:aws:dynamodb:{REGION}:000000000000:table/{}/stream/local", self.table));
        let filters = &self.mapping.filters;
        let passes = filters.is_empty() || filters.iter().any(|filter| filter.matches(&event));
        passes.then_some(Passed { sequence, event })
    }
}

async fn bring_batch(batch: &[Passed], function: &Function) -> Outcome {
    let events: Vec<&Value> = batch.iter().map(|passed| &passed.event).collect();
    match function.invoke(json!({ "Records": events })).await {
        Ok(answer) => first_failure(batch, &answer),
        Err(error) => {
            log_failure(&error);
            Outcome::FailedAt(0)
        }
    }
}

/// Of the failures that a function names, the first one in the stream counts: all records from there come again.
fn first_failure(batch: &[Passed], answer: &Value) -> Outcome {
    let failures = answer["batchItemFailures"].as_array().into_iter().flatten();
    let places = failures.map(|failure| {
        let named = failure["itemIdentifier"].as_str().unwrap_or_default();
        // As in Lambda: a name that is none of the batch fails all of it.
        batch.iter().position(|passed| passed.sequence == named).unwrap_or(0)
    });
    places.min().map_or(Outcome::AllDone, Outcome::FailedAt)
}

fn log_failure(error: &FunctionError) {
    tracing::error!(error = error.as_ref() as &dyn std::error::Error, "a batch of the stream failed");
}

fn kept_position(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let position = text.trim();
    (!position.is_empty() && position.bytes().all(|byte| byte.is_ascii_digit())).then(|| position.to_owned())
}

/// Written beside and moved: a crash leaves the former position, never half of one.
fn keep_position(file: &Path, position: &str) -> io::Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, position)?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex as StdMutex;

    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::serve::testing;

    type Seen = Arc<StdMutex<Vec<Vec<String>>>>;

    /// A function that notes the keys it is given, and answers with what `answer` makes of an event.
    fn noting<A>(answer: A) -> (Function, Seen)
    where
        A: Fn(&Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    {
        let seen = Seen::default();
        let notes = Arc::clone(&seen);
        let function = Function::new(move |event: Value| {
            let records = event["Records"].as_array().unwrap();
            let keys = records.iter().map(|record| record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned());
            notes.lock().unwrap().push(keys.collect());
            let answered = answer(&event);
            async move { answered }
        });
        (function, seen)
    }

    async fn write(client: &aws_sdk_dynamodb::Client, pk: &str, with_outbox: bool) {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let outbox = AttributeValue::M([("id".to_owned(), text(pk))].into());
        let put = client.put_item().table_name("accounts").item("pk", text(pk)).item("sk", text("sk"));
        put.item(if with_outbox { "outbox" } else { "other" }, outbox).send().await.unwrap();
    }

    async fn stack() -> (Engine, aws_sdk_dynamodb::Client, StreamPump) {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        let pump = StreamPump::new(&engine, "accounts", testing::template().stream("deliver").unwrap(), None);
        (engine, client, pump)
    }

    fn failing_at(event: &Value, pk: &str) -> Value {
        let records = event["Records"].as_array().unwrap();
        let failed = records.iter().filter(|record| record["dynamodb"]["Keys"]["pk"]["S"] == pk);
        let failures = failed.map(|record| json!({ "itemIdentifier": record["dynamodb"]["SequenceNumber"] }));
        json!({ "batchItemFailures": failures.collect::<Vec<_>>() })
    }

    #[tokio::test]
    async fn only_records_that_pass_the_filter_come_once_and_in_order() {
        let (_engine, client, pump) = stack().await;
        for (pk, with_outbox) in [("a", true), ("b", false), ("c", true)] {
            write(&client, pk, with_outbox).await;
        }
        let (function, seen) = noting(|_| Ok(Value::Null));
        assert_eq!(pump.drain(&function).await.unwrap(), 2);
        assert_eq!(pump.drain(&function).await.unwrap(), 0);
        assert_eq!(*seen.lock().unwrap(), [["a", "c"]]);
    }

    #[tokio::test]
    async fn a_record_has_the_form_that_lambda_gives_it() {
        let (_engine, client, pump) = stack().await;
        write(&client, "a", true).await;
        let (function, _) = noting(|event| {
            let record = &event["Records"][0];
            assert_eq!(record["eventName"], "INSERT");
            assert_eq!(record["eventSource"], "aws:dynamodb");
            assert_eq!(record["eventVersion"], "1.1");
            assert_eq!(record["awsRegion"], "us-east-1");
            assert!(record["eventSourceARN"].as_str().unwrap().starts_with("arn:aws:dynamodb:us-east-1:"));
            assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
            assert_eq!(record["dynamodb"]["NewImage"]["outbox"]["M"]["id"]["S"], "a");
            assert!(record["dynamodb"]["ApproximateCreationDateTime"].is_number());
            assert!(record["dynamodb"]["SizeBytes"].is_number());
            Ok(Value::Null)
        });
        assert_eq!(pump.drain(&function).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_batch_is_as_large_as_the_template_says() {
        let (_engine, client, pump) = stack().await;
        let size = testing::template().stream("deliver").unwrap().batch_size;
        for number in 0..=size {
            write(&client, &format!("{number:03}"), true).await;
        }
        let (function, seen) = noting(|_| Ok(Value::Null));
        assert_eq!(pump.drain(&function).await.unwrap(), size + 1);
        let sizes: Vec<usize> = seen.lock().unwrap().iter().map(Vec::len).collect();
        assert_eq!(sizes, [size, 1]);
    }

    #[tokio::test]
    async fn what_failed_comes_again_with_all_that_follows() {
        let (_engine, client, pump) = stack().await;
        for pk in ["a", "b", "c"] {
            write(&client, pk, true).await;
        }
        let (failing, seen) = noting(|event| Ok(failing_at(event, "b")));
        assert_eq!(pump.drain(&failing).await.unwrap(), 1);
        assert_eq!(*seen.lock().unwrap(), [["a", "b", "c"]]);

        let (well, seen) = noting(|_| Ok(Value::Null));
        assert_eq!(pump.drain(&well).await.unwrap(), 2);
        assert_eq!(*seen.lock().unwrap(), [["b"], ["c"]]);
    }

    #[tokio::test]
    async fn a_record_that_always_fails_holds_up_no_other() {
        let (_engine, client, pump) = stack().await;
        for pk in ["a", "b"] {
            write(&client, pk, true).await;
        }
        let (failing, seen) = noting(|event| {
            let fails = event["Records"].as_array().unwrap().iter().any(|record| record["dynamodb"]["Keys"]["pk"]["S"] == "a");
            if fails { Err("out of order".into()) } else { Ok(Value::Null) }
        });
        for _ in 0..testing::template().stream("deliver").unwrap().maximum_retries {
            assert_eq!(pump.drain(&failing).await.unwrap(), 0);
        }
        assert_eq!(pump.drain(&failing).await.unwrap(), 2);
        assert_eq!(seen.lock().unwrap().last().unwrap(), &["b"]);
    }

    #[tokio::test]
    async fn the_position_outlives_the_pump() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("position");
        let (engine, client, _) = stack().await;
        let pump = || StreamPump::new(&engine, "accounts", testing::template().stream("deliver").unwrap(), Some(file.clone()));
        let (function, seen) = noting(|_| Ok(Value::Null));
        write(&client, "a", true).await;
        pump().drain(&function).await.unwrap();
        write(&client, "b", true).await;
        pump().drain(&function).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), [["a"], ["b"]]);

        std::fs::write(&file, "nonsense").unwrap();
        assert_eq!(pump().drain(&function).await.unwrap(), 2);
    }
}
