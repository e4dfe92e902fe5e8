//! JSON bodies: of the right type, not too large, and read into a struct.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::http::Fault;
use crate::reason::{Problem, Reason};

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// A JSON body. Fields that the struct does not know are ignored.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Reason::UnsupportedMediaType).into());
        }
        parse(&read(request).await?).map(Self).map_err(Fault)
    }
}

/// The bytes of a body, if they are not too many.
///
/// # Errors
/// [`Fault`] if they are, or do not come.
pub async fn read(request: Request) -> Result<Bytes, Fault> {
    let body = Limited::new(request.into_body(), LARGEST_BODY).collect().await.map_err(|error| {
        let reason = if error.is::<LengthLimitError>() { Reason::PayloadTooLarge } else { Reason::InvalidRequest };
        Problem::new(reason)
    })?;
    Ok(body.to_bytes())
}

/// Whether the headers declare JSON in UTF-8 (RFC 8259 section 11).
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => charset.trim_matches('"').eq_ignore_ascii_case("utf-8"),
        _ => true,
    };
    json && parts.all(utf8)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Structs would be read from lists, too: value by value, in the order of their fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(wrong("body", NO_OBJECT));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(refuse)?;
    reader.end().map_err(|_| wrong("body", "must be one JSON object"))?;
    Ok(parsed)
}

const NO_OBJECT: &str = "must be a JSON object";

fn wrong(field: impl Into<Cow<'static, str>>, message: &'static str) -> Problem {
    Problem::field(Reason::InvalidRequest, field, message)
}

/// What was wrong with a body. The parser's text says what was found there: its kind is told, its content is not.
fn refuse(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = error.path().to_string();
    let error = error.into_inner();
    if !error.is_data() {
        return wrong("body", "must be well-formed JSON");
    }
    match given_twice(&error) {
        Some(field) => wrong(field, "is given twice"),
        None if path == "." => wrong("body", NO_OBJECT),
        None => wrong(path, "is of the wrong type"),
    }
}

/// The field that came twice, be it under two of its names. It is known by the parser's text alone, and named as the struct does.
fn given_twice(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let (field, _) = text.strip_prefix("duplicate field `")?.split_once('`')?;
    Some(field.to_owned())
}
