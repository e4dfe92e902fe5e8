//! Lists, a page at a time.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Continued, Paging};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaginatedResponse<T> {
    /// Always true.
    success: bool,
    /// What is on the page; nothing, if it is beyond the end.
    data: Vec<T>,
    /// Which page it is.
    meta: Meta,
}

/// Which page of how long a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaginationMeta)]
pub(super) struct Meta {
    /// The page, from 1.
    page: u32,
    /// How many a page has at most.
    per_page: u32,
    /// How many the whole list has.
    total: u64,
}

impl<T> PaginatedResponse<T> {
    /// That page of a list of so many.
    #[must_use]
    pub fn new(paging: Paging, total: u64, data: Vec<T>) -> Self {
        Self { success: true, data, meta: Meta { page: paging.page, per_page: paging.per_page, total } }
    }
}

/// A part of a history, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContinuedResponse<T> {
    /// Always true.
    success: bool,
    /// What happened.
    data: Vec<T>,
    /// Where it goes on.
    meta: Continuation,
}

/// Where a history goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContinuationMeta)]
pub(super) struct Continuation {
    /// How many a page has.
    per_page: u32,
    /// The time before which it goes on, ISO 8601 in UTC, if it does.
    next: Option<String>,
}

impl<T> ContinuedResponse<T> {
    /// That part of a history, which goes on before a time, if it does.
    #[must_use]
    pub fn new(page: Continued, next: Option<Timestamp>, data: Vec<T>) -> Self {
        Self { success: true, data, meta: Continuation { per_page: page.per_page, next: next.map(|next| next.to_string()) } }
    }
}
