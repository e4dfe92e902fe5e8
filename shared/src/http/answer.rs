//! Answers on their way out of a handler.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::reason::{Failure, Problem, Reason};

/// The media type of every JSON answer.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A JSON answer with its status.
#[derive(Debug)]
pub struct Answer<T>(pub StatusCode, pub T);

impl<T> Answer<T> {
    /// 200.
    pub fn ok(content: T) -> Self {
        Self(StatusCode::OK, content)
    }

    /// 201.
    pub fn created(content: T) -> Self {
        Self(StatusCode::CREATED, content)
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(body) => (self.0, [(header::CONTENT_TYPE, JSON)], body).into_response(),
            Err(_) => Fault(Problem::new(Reason::Internal)).into_response(),
        }
    }
}

/// An answer of JSON that is ready, and may be cached for so many seconds.
#[derive(Debug)]
pub struct Raw {
    /// The JSON.
    pub json: String,
    /// For how long it may be cached, in seconds.
    pub max_age: u32,
}

impl Raw {
    /// The JSON of `content`.
    pub fn json(content: &impl Serialize, max_age: u32) -> Self {
        Self { json: serde_json::to_string(content).unwrap_or_default(), max_age }
    }
}

impl IntoResponse for Raw {
    fn into_response(self) -> Response {
        let caching = format!("public, max-age={}", self.max_age);
        (
            [
                (header::CONTENT_TYPE, JSON),
                (header::CACHE_CONTROL, HeaderValue::from_str(&caching).unwrap_or(HeaderValue::from_static("no-store"))),
            ],
            self.json,
        )
            .into_response()
    }
}

/// A refusal on its way out of a handler. The edge logs it and gives it the shape of the surface.
#[derive(Debug)]
pub struct Fault(pub Problem);

impl<F: Failure> From<F> for Fault {
    fn from(failure: F) -> Self {
        Self(failure.into())
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}
