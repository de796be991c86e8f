//! Pages of lists, in the shapes that the API uses.

use axum::response::Response;
use serde_json::{Value, json};

use super::reply;

/// The largest number of rows in a page of a list.
pub(crate) const MOST_ROWS: usize = 500;
/// The largest number of rows in a page of a list of credentials.
pub(crate) const MOST_CREDENTIALS: usize = 100;

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// The shape of a list in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListShape {
    /// `{data, total_count}`.
    Page,
    /// A bare array.
    Array,
}

impl ListShape {
    /// Returns the shape of the lists that are pages only when `paginated=true` asks for it.
    pub(crate) fn asked_for(paginated: bool) -> Self {
        if paginated { Self::Page } else { Self::Array }
    }
}

impl Page {
    /// All rows, for lists without paging parameters.
    pub(crate) const WHOLE: Self = Self {
        offset: 0,
        limit: usize::MAX,
    };

    /// Returns the rows of this page.
    pub(crate) fn of<T>(self, rows: &[T]) -> &[T] {
        let start = self.offset.min(rows.len());
        let end = self.offset.saturating_add(self.limit).min(rows.len());
        &rows[start..end]
    }

    /// Responds with this page of a list.
    pub(crate) fn answer<T>(
        self,
        shape: ListShape,
        rows: &[T],
        show: impl Fn(&T) -> Value,
    ) -> Response {
        let data: Vec<Value> = self.of(rows).iter().map(show).collect();
        match shape {
            ListShape::Page => whole_page(&data, rows.len()),
            ListShape::Array => reply::ok(&Value::Array(data)),
        }
    }
}

/// Responds with `{data, total_count}`.
pub(crate) fn whole_page(data: &[Value], total_count: usize) -> Response {
    reply::ok(&json!({ "data": data, "total_count": total_count }))
}
