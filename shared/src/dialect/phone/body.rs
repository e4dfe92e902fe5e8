//! Bodies as a `FastAPI` service reads them: whatever is wrong is told field by field, with Pydantic's words.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::http::{Fault, is_json, read_body};
use crate::reason::{FieldProblem, Flaw, Problem, Reason};

/// A JSON object. Fields that the struct does not know are ignored.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let is_json = is_json(request.headers());
        let bytes = read_body(request).await?;
        let flaw = match (bytes.is_empty(), is_json) {
            (true, _) => Flaw::Missing,
            (false, false) => Flaw::NotAnObject,
            (false, true) => match parse(&bytes) {
                Ok(content) => return Ok(Self(content)),
                Err(flaw) => flaw,
            },
        };
        Err(Problem { details: vec![FieldProblem::flawed("body", flaw)], ..Problem::new(Reason::InvalidRequest) }.into())
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Flaw> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| Flaw::NotJson(position(bytes, &error)))?;
    if !value.is_object() {
        return Err(Flaw::NotAnObject);
    }
    // All fields are [`Given`], which takes every value; what is left is one given under two names.
    serde_json::from_value(value).map_err(|_| Flaw::Value)
}

/// How many bytes of the text are JSON.
fn position(bytes: &[u8], error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return bytes.len();
    }
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1)
}

/// A field as it was given, if it was.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(untagged)]
pub enum Given {
    /// It was not.
    #[default]
    Not,
    /// It was.
    As(Value),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::As)
    }
}
