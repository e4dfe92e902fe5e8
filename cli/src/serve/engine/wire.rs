//! The engine's HTTP interface: the JSON protocol of DynamoDB and of its streams.
//!
//! The engine brings a server of its own, which gives every web page leave to call it and can only listen on a port. This one stands
//! behind the guard of the local stack, on the same port, with nothing open beside it.

use bytes::Bytes;
use dynoxide::actions::query::QueryRequest;
use dynoxide::auth_material::{AuthMaterial, validate};
use dynoxide::types::AttributeValue;
use dynoxide::{Database, DynoxideError};
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
const TARGETS: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];
const UNKNOWN_OPERATION: &str = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;

/// Answers one request.
pub(super) fn answer(database: &Database, request: &Request<Bytes>) -> Response<Bytes> {
    if request.method() != Method::POST || request.uri().path() != "/" {
        return respond(StatusCode::NOT_FOUND, UNKNOWN_OPERATION.to_owned());
    }
    let Some(operation) = operation(request.headers()) else {
        return respond(StatusCode::BAD_REQUEST, UNKNOWN_OPERATION.to_owned());
    };
    if let Some(refusal) = unauthenticated(request) {
        return respond(StatusCode::BAD_REQUEST, refusal);
    }
    match dispatch(database, operation, request.body()) {
        Some(Ok(body)) => respond(StatusCode::OK, body),
        Some(Err(error)) => refuse(&error),
        None => respond(StatusCode::BAD_REQUEST, UNKNOWN_OPERATION.to_owned()),
    }
}

/// The answer when the engine itself failed.
pub(super) fn failed() -> Response<Bytes> {
    refuse(&DynoxideError::InternalServerError("the engine failed".to_owned()))
}

/// What is wrong with a request that cannot be read. The engine marks its own findings; the rest is the parser's.
pub(super) fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match text.split_once(':') {
        Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", message)) => DynoxideError::SerializationException(message.to_owned()),
        Some(("VALIDATION" | "VALIDATION_AS_READ" | "VALIDATION_REQUEST", message)) => {
            DynoxideError::ValidationException(message.to_owned())
        }
        _ if error.is_data() => DynoxideError::ValidationException(text.to_owned()),
        _ => DynoxideError::SerializationException(String::new()),
    }
}

fn operation(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    TARGETS.iter().find_map(|prefix| target.strip_prefix(prefix))
}

/// Credentials must be there, whatever they are.
fn unauthenticated(request: &Request<Bytes>) -> Option<String> {
    let headers = request.headers();
    validate(AuthMaterial {
        authorization: headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()),
        query: request.uri().query().unwrap_or_default(),
        has_date_header: headers.contains_key("x-amz-date") || headers.contains_key(DATE),
    })
}

fn refuse(error: &DynoxideError) -> Response<Bytes> {
    let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond(status, error.to_json())
}

fn respond(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn call<Q, A>(body: &[u8], run: impl FnOnce(Q) -> Result<A, DynoxideError>) -> Result<String, DynoxideError>
where
    Q: DeserializeOwned,
    A: Serialize,
{
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    serde_json::to_string(&run(request)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// DynamoDB takes no empty text for a key, not even as a prefix that any would begin with; the engine does.
fn no_empty_key(request: &QueryRequest) -> Result<(), DynoxideError> {
    let condition = request.key_condition_expression.as_deref().unwrap_or_default();
    let is_named = |name: &str| condition.split(|c: char| !c.is_alphanumeric() && !":_".contains(c)).any(|word| word == name);
    let mut values = request.expression_attribute_values.iter().flatten();
    if values.any(|(name, value)| matches!(value, AttributeValue::S(text) if text.is_empty()) && is_named(name)) {
        let refusal =
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value.";
        return Err(DynoxideError::ValidationException(refusal.to_owned()));
    }
    Ok(())
}

fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Option<Result<String, DynoxideError>> {
    Some(match operation {
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteTable" => call(body, |request| database.delete_table(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "ListTables" => call(body, |request| database.list_tables(request)),
        "UpdateTable" => call(body, |request| database.update_table(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "Query" => call(body, |request| no_empty_key(&request).and_then(|()| database.query(request))),
        "Scan" => call(body, |request| database.scan(request)),
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "ExecuteStatement" => call(body, |request| database.execute_statement(request)),
        "ExecuteTransaction" => call(body, |request| database.execute_transaction(request)),
        "BatchExecuteStatement" => call(body, |request| database.batch_execute_statement(request)),
        "TagResource" => call(body, |request| database.tag_resource(request)),
        "UntagResource" => call(body, |request| database.untag_resource(request)),
        "ListTagsOfResource" => call(body, |request| database.list_tags_of_resource(request)),
        "ListStreams" => call(body, |request| database.list_streams(request)),
        "DescribeStream" => call(body, |request| database.describe_stream(request)),
        "GetShardIterator" => call(body, |request| database.get_shard_iterator(request)),
        "GetRecords" => call(body, |request| database.get_records(request)),
        _ => return None,
    })
}
