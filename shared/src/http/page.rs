//! Lists, a page at a time.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use utoipa::IntoParams;

use crate::http::{Fault, Fields, Query};

const PER_PAGE: u32 = 20;
const MOST_PER_PAGE: u32 = 100;

/// Which page of a list is wanted: the query's `page`, from 1, and `per_page`, at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The page, from 1.
    #[param(required = false, value_type = i32, minimum = 1, default = 1)]
    pub page: u32,
    /// How many a page has.
    #[param(required = false, value_type = i32, minimum = 1, maximum = 100, default = 20)]
    pub per_page: u32,
}

impl Paging {
    /// How many come before the page.
    #[must_use]
    pub fn skipped(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.per_page)
    }

    /// The page's part of a whole list.
    pub fn of<T>(self, list: impl IntoIterator<Item = T>) -> Vec<T> {
        let skipped = usize::try_from(self.skipped()).unwrap_or(usize::MAX);
        list.into_iter().skip(skipped).take(self.per_page as usize).collect()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let query = Query::from_request_parts(parts, state).await?;
        let mut fields = Fields::default();
        let page = fields.read("page", number(query.get("page"), 1, i32::MAX.unsigned_abs()));
        let per_page = fields.read("per_page", number(query.get("per_page"), PER_PAGE, MOST_PER_PAGE));
        match (page, per_page) {
            (Some(page), Some(per_page)) => Ok(Self { page, per_page }),
            _ => Err(fields.refuse().into()),
        }
    }
}

/// Which part of a history is wanted: the query's `before`, a time, and `per_page`, at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Continued {
    /// The time before which it goes on, ISO 8601: what the page before named as `next`.
    #[param(required = false, value_type = Option<String>, format = DateTime)]
    pub before: Option<Timestamp>,
    /// How many a page has. Those of the last one's very moment are on it as well.
    #[param(required = false, value_type = i32, minimum = 1, maximum = 100, default = 20)]
    pub per_page: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for Continued {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let query = Query::from_request_parts(parts, state).await?;
        let mut fields = Fields::default();
        let before = query.get("before").map(str::parse).transpose().map_err(|_| "must be a time in ISO 8601, as 2026-01-31T12:00:00Z");
        let before = fields.read("before", before);
        let per_page = fields.read("per_page", number(query.get("per_page"), PER_PAGE, MOST_PER_PAGE));
        match (before, per_page) {
            (Some(before), Some(per_page)) => Ok(Self { before, per_page }),
            _ => Err(fields.refuse().into()),
        }
    }
}

fn number(text: Option<&str>, default: u32, most: u32) -> Result<u32, String> {
    let Some(text) = text else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number) && text.bytes().all(|byte| byte.is_ascii_digit()));
    number.ok_or_else(|| format!("must be a whole number from 1 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_from_one() {
        let page = |page, per_page| Paging { page, per_page }.of(1..=5);
        assert_eq!(page(1, 2), [1, 2]);
        assert_eq!(page(3, 2), [5]);
        assert!(page(4, 2).is_empty() && page(u32::MAX, 100).is_empty());
    }

    #[test]
    fn only_plain_numbers_within_their_bounds_are_taken() {
        assert_eq!(number(None, 20, 100), Ok(20));
        assert_eq!(number(Some("100"), 20, 100), Ok(100));
        for text in ["", "0", "-1", "+1", "101", "1.5", "x", "99999999999999999999"] {
            assert!(number(Some(text), 20, 100).is_err(), "{text}");
        }
    }
}
