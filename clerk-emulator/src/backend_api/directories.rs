//! Directories, under their current and their older name.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::json;

use super::answer;
use super::connection_fields::either;
use super::shapes::directory::{ApiKey, Naming};
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS, Page};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::directories::{self, DirectoryUpdate, NewDirectory, NewMapping};

pub(super) fn routes() -> Router<Arc<App>> {
    family(Naming::Directory, "/directories").merge(family(Naming::Scim, "/scim_directories"))
}

fn family(naming: Naming, base: &str) -> Router<Arc<App>> {
    let one = format!("{base}/{{directory_id}}");
    let mappings = format!("{one}/group_role_mappings");
    Router::new()
        .route(
            base,
            get(move |app, params| list(naming, app, params))
                .post(move |app, body| create(naming, app, body)),
        )
        .route(
            &one,
            get(move |app, id| show(naming, app, id))
                .patch(move |app, id, body| update(naming, app, id, body))
                .delete(move |app, id| remove(naming, app, id)),
        )
        .route(
            &format!("{one}/rotate_api_key"),
            post(move |app, id| rotate_key(naming, app, id)),
        )
        .route(
            &mappings,
            get(move |app, id| list_mappings(naming, app, id))
                .post(move |app, id, body| create_mapping(naming, app, id, body))
                .put(move |app, id, body| replace_mappings(naming, app, id, body)),
        )
        .route(
            &format!("{mappings}/{{mapping_id}}"),
            delete(move |app, ids| delete_mapping(naming, app, ids)),
        )
}

async fn list(naming: Naming, State(app): State<Arc<App>>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| Ok(directories::list(tables)),
        |show, directory| show.directory(directory, naming, ApiKey::Left),
    )
}

async fn show(naming: Naming, State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| directories::find(tables, &id),
        |show, directory| show.directory(directory, naming, ApiKey::Left),
    )
}

async fn create(naming: Naming, State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "enterprise_connection_id",
        "name",
        "provider",
        "group_role_mappings",
    ])?;
    let mappings = mappings(&body, "group_role_mappings", naming)?;
    let new = NewDirectory {
        connection_id: body.required("enterprise_connection_id")?,
        name: body.text("name")?.filter(|name| !name.trim().is_empty()),
        provider: body.required("provider")?,
        mappings: mappings.unwrap_or_default(),
    };
    answer::changed(
        &app,
        |tables, now| directories::create(tables, new, now),
        |show, directory| show.directory(directory, naming, ApiKey::Shown),
    )
}

async fn update(
    naming: Naming,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(&[
        "name",
        "enabled",
        "provider",
        "attribute_mapping",
        "group_role_mapping_enabled",
    ])?;
    let update = DirectoryUpdate {
        name: body.text("name")?,
        enabled: body.boolean("enabled")?,
        provider: body.text("provider")?,
        attribute_mapping: body.object("attribute_mapping")?,
        group_role_mapping_enabled: body.boolean("group_role_mapping_enabled")?,
    };
    answer::changed(
        &app,
        |tables, now| directories::update(tables, &id, update, now),
        |show, directory| show.directory(directory, naming, ApiKey::Left),
    )
}

async fn remove(naming: Naming, State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, naming.object(), |tables, _| {
        directories::delete(tables, &id)?;
        Ok(id)
    })
}

async fn rotate_key(naming: Naming, State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| directories::rotate_key(tables, &id, now),
        |show, directory| show.directory(directory, naming, ApiKey::Shown),
    )
}

/// Responds with all mappings: the list has no paging parameters.
async fn list_mappings(
    naming: Naming,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Reply {
    answer::list(
        &app,
        Page::WHOLE,
        ListShape::Page,
        |tables, _| directories::mappings(tables, &id),
        |show, mapping| show.group_role_mapping(mapping, naming),
    )
}

fn mapping_names(naming: Naming) -> Vec<&'static str> {
    let mut names = vec![
        "scim_group_id",
        "scim_group_display_name",
        "role_id",
        "precedence",
    ];
    if naming == Naming::Directory {
        names.extend(["directory_group_id", "directory_group_display_name"]);
    }
    names
}

fn mappings(body: &Body, name: &str, naming: Naming) -> Result<Option<Vec<NewMapping>>, ApiError> {
    let Some(mappings) = body.nested_list(name, &mapping_names(naming))? else {
        return Ok(None);
    };
    let read = mappings.iter().map(|one| mapping(one, naming));
    read.collect::<Result<_, _>>().map(Some)
}

fn mapping(body: &Body, naming: Naming) -> Result<NewMapping, ApiError> {
    let group_id = either(body, "directory_group_id", "scim_group_id")?
        .filter(|id| !id.trim().is_empty())
        .ok_or_else(|| {
            ApiError::missing(match naming {
                Naming::Directory => "directory_group_id",
                Naming::Scim => "scim_group_id",
            })
        })?;
    Ok(NewMapping {
        group_id,
        group_display_name: either(
            body,
            "directory_group_display_name",
            "scim_group_display_name",
        )?,
        role_id: body.required("role_id")?,
        precedence: body.integer("precedence")?,
    })
}

async fn create_mapping(
    naming: Naming,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let new = mapping(&body.only(&mapping_names(naming))?, naming)?;
    answer::changed(
        &app,
        |tables, now| directories::create_mapping(tables, &id, new, now),
        |show, mapping| show.group_role_mapping(mapping, naming),
    )
}

async fn replace_mappings(
    naming: Naming,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let new = mappings(&body.only(&["mappings"])?, "mappings", naming)?
        .ok_or_else(|| ApiError::missing("mappings"))?;
    app.write(|tables, now| directories::replace_mappings(tables, &id, new, now))?;
    list_mappings(naming, State(app), Path(id)).await
}

async fn delete_mapping(
    naming: Naming,
    State(app): State<Arc<App>>,
    Path((id, mapping)): Path<(String, String)>,
) -> Reply {
    app.write(|tables, _| directories::delete_mapping(tables, &id, &mapping))?;
    Ok(reply::ok(&json!({
        "object": naming.mapping_object(),
        "id": mapping,
        "deleted": true,
    })))
}
