//! What a request's path says besides the operation.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::http::Fault;
use crate::reason::{Problem, Reason};

/// The path's one parameter as a positive 64-bit integer, in plain decimal digits. Anything else numbers nothing, and is answered as
/// what is not there.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Segment(text) = Segment::from_request_parts(parts, state).await?;
        let number = text.parse::<i64>().ok().filter(|number| *number > 0 && number.to_string() == text);
        number.map(|number| Self(number.unsigned_abs())).ok_or_else(|| Problem::new(Reason::NotFound).into())
    }
}

/// The path's one parameter.
#[derive(Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let first = parameters.ok().and_then(|parameters| parameters.iter().next().map(|(_, value)| value.to_owned()));
        first.map(Self).ok_or_else(|| Problem::new(Reason::NotFound).into())
    }
}
