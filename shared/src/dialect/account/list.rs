//! Lists, a page at a time.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Paging;

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
