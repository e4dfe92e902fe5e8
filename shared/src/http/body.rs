//! JSON bodies: of the right type, not too large, and read into a struct.

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
    let no_object = || Problem::field(Reason::InvalidRequest, "body", "must be a JSON object");
    // Structs would be read from lists, too: value by value, in the order of their fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(no_object());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() && path != "." {
            // The parser's text says what was found there: its kind is told, its content is not.
            return Problem::field(Reason::InvalidRequest, path, "is of the wrong type");
        }
        if inner.is_data() { no_object() } else { Problem::field(Reason::InvalidRequest, "body", "must be well-formed JSON") }
    })?;
    reader.end().map_err(|_| Problem::field(Reason::InvalidRequest, "body", "must be one JSON object"))?;
    Ok(parsed)
}
