//! The embedded DynamoDB, with tables made as the template says.
//!
//! - `wire`: its HTTP interface
//! - `upkeep`: what the engine leaves to its owner: an index and the trimming of the stream

mod upkeep;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::{Database, DynoxideError};
use http::{Request, Response};
use serde_json::json;

use self::upkeep::Upkeep;
use super::template::Table;

/// Where an engine keeps its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In memory, until the last clone of the engine is dropped.
    Memory,
    /// In a file. A write that was acknowledged is in it, whatever becomes of the process (`SQLite`'s write-ahead log, synced
    /// at each commit).
    File(PathBuf),
}

/// Why the engine cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine says so.
    #[error("the embedded DynamoDB: {0}")]
    Engine(#[from] DynoxideError),
    /// Its file cannot be used.
    #[error("the file of the embedded DynamoDB: {0}")]
    File(#[from] rusqlite::Error),
    /// What is there is another thing.
    #[error("{} is no table of Latchkey; move it away, or choose another folder with --data", .0.display())]
    NotATable(PathBuf),
    /// Its thread ended.
    #[error("the embedded DynamoDB stopped in the middle of a request")]
    Stopped,
}

/// The embedded DynamoDB. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Engine {
    database: Database,
    upkeep: Arc<Upkeep>,
    table: Arc<Table>,
}

/// Tells the databases in memory of one process apart.
static DATABASES: AtomicU64 = AtomicU64::new(0);

impl Engine {
    /// Opens an engine whose tables are made like this one.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn open(storage: &Storage, table: &Table) -> Result<Self, EngineError> {
        let path = match storage {
            Storage::File(path) => path.to_string_lossy().into_owned(),
            // A database in memory that a second connection can open by its name.
            Storage::Memory => format!("file:/latchkey-{}?vfs=memdb", DATABASES.fetch_add(1, Ordering::Relaxed)),
        };
        let database = Database::new(&path).map_err(|problem| match storage {
            Storage::File(path) => EngineError::NotATable(path.clone()),
            Storage::Memory => problem.into(),
        })?;
        let upkeep = Arc::new(Upkeep::open(&path)?);
        Ok(Self { database, upkeep, table: Arc::new(table.clone()) })
    }

    /// Makes a table of that name, unless there is one.
    ///
    /// # Errors
    /// If the engine refuses what the template says.
    pub fn create_table(&self, name: &str) -> Result<(), EngineError> {
        let described = self.database.describe_table(DescribeTableRequest { table_name: name.to_owned() });
        match described {
            Err(DynoxideError::ResourceNotFoundException(_)) => self.make_table(name),
            other => Ok(other.map(drop)?),
        }
    }

    fn make_table(&self, name: &str) -> Result<(), EngineError> {
        let indexes = self
            .table
            .global_secondary_indexes
            .iter()
            .map(|index| json!({ "IndexName": index.index_name, "KeySchema": index.key_schema, "Projection": index.projection }));
        let mut request = json!({
            "TableName": name,
            "AttributeDefinitions": self.table.attribute_definitions,
            "KeySchema": self.table.key_schema,
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": self.table.stream_specification.stream_view_type },
        });
        if indexes.len() > 0 {
            request["GlobalSecondaryIndexes"] = indexes.collect();
        }
        self.database.create_table(serde_json::from_value(request).map_err(|error| wire::unreadable(&error))?)?;
        let attribute_name = self.table.time_to_live_specification.attribute_name.clone();
        let time_to_live_specification = TimeToLiveSpecification { attribute_name, enabled: true };
        self.database.update_time_to_live(UpdateTimeToLiveRequest { table_name: name.to_owned(), time_to_live_specification })?;
        Ok(())
    }

    /// Answers one request of the DynamoDB API, as its HTTP endpoint would.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let database = self.database.clone();
        // A write waits for the disk: that must not hold up what else this process does.
        let answered = tokio::task::spawn_blocking(move || wire::answer(&database, &request)).await;
        answered.unwrap_or_else(|_| wire::failed())
    }

    /// Does something with the database, on a thread that may wait.
    ///
    /// # Errors
    /// If the engine refuses, or panics.
    pub async fn run<T, R>(&self, work: R) -> Result<T, EngineError>
    where
        T: Send + 'static,
        R: FnOnce(&Database) -> Result<T, DynoxideError> + Send + 'static,
    {
        let database = self.database.clone();
        let done = tokio::task::spawn_blocking(move || work(&database)).await;
        Ok(done.map_err(|_| EngineError::Stopped)??)
    }

    /// Removes the records of all streams that are older than a day, as DynamoDB does.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub async fn trim_streams(&self, now: jiff::Timestamp) -> Result<usize, EngineError> {
        let upkeep = Arc::clone(&self.upkeep);
        let done = tokio::task::spawn_blocking(move || upkeep.trim_streams(now)).await;
        Ok(done.map_err(|_| EngineError::Stopped)??)
    }

    /// The engine's own interface.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ProvideErrorMetadata;
    use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

    use super::*;
    use crate::serve::testing;

    /// How many items a table holds in the partition `a`.
    async fn count(client: &aws_sdk_dynamodb::Client, table: &str) -> i32 {
        let query = client.query().table_name(table).key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", text("a")).send().await.unwrap().count
    }

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.to_owned())
    }

    #[tokio::test]
    async fn the_sdk_finds_a_table_like_the_templates() {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        let table = client.describe_table().table_name("accounts").send().await.unwrap().table.unwrap();
        assert_eq!(table.key_schema().len(), 2);
        assert_eq!(table.global_secondary_indexes()[0].index_name(), Some("due"));
        assert!(table.stream_specification().is_some_and(|stream| stream.stream_enabled));
        let ttl = client.describe_time_to_live().table_name("accounts").send().await.unwrap().time_to_live_description.unwrap();
        assert_eq!(ttl.attribute_name(), Some("ttl"));
    }

    #[tokio::test]
    async fn several_tables_stand_side_by_side_and_making_one_twice_keeps_it() {
        let engine = testing::engine("one");
        engine.create_table("two").unwrap();
        let client = testing::dynamodb(&engine).await;
        client.put_item().table_name("one").item("pk", text("a")).item("sk", text("b")).send().await.unwrap();
        engine.create_table("one").unwrap();
        assert_eq!((count(&client, "one").await, count(&client, "two").await), (1, 0));
    }

    #[tokio::test]
    async fn an_empty_prefix_of_a_key_is_refused() {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        let query = client.query().table_name("accounts").key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
        let query =
            |prefix| query.clone().expression_attribute_values(":pk", text("a")).expression_attribute_values(":prefix", text(prefix));
        let refused = query("").send().await.unwrap_err().into_service_error();
        assert_eq!(refused.code(), Some("ValidationException"));
        assert_eq!(query("b").send().await.unwrap().count, 0);
    }

    #[tokio::test]
    async fn a_refused_condition_brings_the_item_it_met() {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        let put = || client.put_item().table_name("accounts").item("pk", text("a")).item("sk", text("b"));
        put().send().await.unwrap();
        let again = put().condition_expression("attribute_not_exists(pk)");
        let again = again.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send().await;
        let error = again.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ConditionalCheckFailedException"));
        let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) = error else { panic!() };
        assert_eq!(refused.item().and_then(|item| item.get("pk")), Some(&text("a")));
    }

    #[tokio::test]
    async fn a_cancelled_transaction_says_which_part_was_refused() {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        let put = |pk: &str| Put::builder().table_name("accounts").item("pk", text(pk)).item("sk", text("b"));
        let part = |put: Put| TransactWriteItem::builder().put(put).build();
        client.transact_write_items().transact_items(part(put("a").build().unwrap())).send().await.unwrap();
        let refused = put("a").condition_expression("attribute_not_exists(pk)").build().unwrap();
        let cancelled = client.transact_write_items().transact_items(part(put("c").build().unwrap())).transact_items(part(refused));
        let error = cancelled.send().await.unwrap_err().into_service_error();
        let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) = error
        else {
            panic!("{error:?}")
        };
        let codes: Vec<_> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
        assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    }

    #[tokio::test]
    async fn a_request_that_makes_no_sense_is_a_validation_error() {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        let error = client.put_item().table_name("accounts").item("pk", text("a")).send().await.unwrap_err();
        assert_eq!(error.into_service_error().code(), Some("ValidationException"));
        let error = client.get_item().table_name("nowhere").key("pk", text("a")).key("sk", text("b")).send().await.unwrap_err();
        assert_eq!(error.into_service_error().code(), Some("ResourceNotFoundException"));
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::File(folder.path().join("table.db"));
        let engine = Engine::open(&storage, &testing::template().table).unwrap();
        engine.create_table("accounts").unwrap();
        let client = testing::dynamodb(&engine).await;
        client.put_item().table_name("accounts").item("pk", text("a")).item("sk", text("b")).send().await.unwrap();

        // As after a kill: the file is opened while the first engine never closed it.
        let copy = tempfile::tempdir().unwrap();
        for name in ["table.db", "table.db-wal"] {
            std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let again = Engine::open(&Storage::File(copy.path().join("table.db")), &testing::template().table).unwrap();
        assert_eq!(count(&testing::dynamodb(&again).await, "accounts").await, 1);
    }

    #[tokio::test]
    async fn a_day_old_stream_record_is_removed() {
        let engine = testing::engine("accounts");
        let client = testing::dynamodb(&engine).await;
        client.put_item().table_name("accounts").item("pk", text("a")).item("sk", text("b")).send().await.unwrap();
        let trimmed = async |now: &str| engine.trim_streams(now.parse().unwrap()).await.unwrap();
        assert_eq!((trimmed("2026-01-01T00:00:00Z").await, trimmed("2200-01-01T00:00:00Z").await), (0, 1));
    }
}
