//! The response that API Gateway makes of a function's answer (payload format 2.0). Of an answer without a status code it would make
//! something of its own; no function here gives one, so that it counts as a failure.

use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::BASE64;
use http::header::{CONNECTION, CONTENT_LENGTH, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderName, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::serve::function::FunctionError;

/// What belongs to a connection, and is not a function's to say.
const OF_THE_CONNECTION: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: Option<BTreeMap<String, Value>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that an answer becomes.
pub(super) fn response(answer: Value) -> Result<Response<Bytes>, FunctionError> {
    let answer: Answer = serde_json::from_value(answer)?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { BASE64.decode(body.as_bytes())? } else { body.into_bytes() };
    let mut response = Response::builder().status(answer.status_code).body(Bytes::from(body))?;
    for (name, value) in answer.headers.unwrap_or_default() {
        let name = HeaderName::try_from(name)?;
        if !OF_THE_CONNECTION.contains(&name) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            response.headers_mut().append(name, value.try_into()?);
        }
    }
    for cookie in answer.cookies.unwrap_or_default() {
        response.headers_mut().append(SET_COOKIE, cookie.try_into()?);
    }
    Ok(response)
}
