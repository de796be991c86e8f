//! Functions that perform an operation and render its result.

use serde_json::Value;

use super::shapes::Shapes;
use crate::app::App;
use crate::http::page::{ListShape, Page};
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// Finds a row and renders it.
pub(super) fn one<T>(
    app: &App,
    find: impl for<'t> FnOnce(&'t Tables) -> Result<&'t T, ApiError>,
    show: impl FnOnce(Shapes<'_>, &T) -> Value,
) -> Reply {
    app.read(|tables, now| {
        let row = find(tables)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&show(shapes, row)))
    })
}

/// Changes a row atomically and renders it.
pub(super) fn changed<T: Clone>(
    app: &App,
    change: impl for<'t> FnOnce(&'t mut Tables, i64) -> Result<&'t T, ApiError>,
    show: impl FnOnce(Shapes<'_>, &T) -> Value,
) -> Reply {
    app.write(|tables, now| {
        let row = change(tables, now)?.clone();
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&show(shapes, &row)))
    })
}

/// Renders a part of a list.
pub(super) fn list<T>(
    app: &App,
    page: Page,
    shape: ListShape,
    find: impl for<'t> FnOnce(&'t Tables, i64) -> Result<Vec<&'t T>, ApiError>,
    show: impl Fn(Shapes<'_>, &T) -> Value,
) -> Reply {
    app.read(|tables, now| {
        let rows = find(tables, now)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(page.answer(shape, &rows, |row| show(shapes, row)))
    })
}

/// Deletes a row and responds with the deletion. `delete` returns the ID.
pub(super) fn deleted(
    app: &App,
    object: &str,
    delete: impl FnOnce(&mut Tables, i64) -> Result<String, ApiError>,
) -> Reply {
    app.write(|tables, now| {
        let id = delete(tables, now)?;
        Ok(reply::deleted(object, &id))
    })
}
