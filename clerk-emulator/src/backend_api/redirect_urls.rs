use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::redirect_urls;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/redirect_urls", get(list).post(create))
        .route("/redirect_urls/{id}", get(one).delete(delete))
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.flag("paginated")?),
        |tables, _| Ok(redirect_urls::list(tables)),
        |show, url| show.redirect_url(url),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| redirect_urls::find(tables, &id),
        |show, url| show.redirect_url(url),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let url = body.only(&["url"])?.required("url")?;
    answer::changed(
        &app,
        |tables, now| redirect_urls::create(tables, url, now),
        |show, url| show.redirect_url(url),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "redirect_url", |tables, _| {
        redirect_urls::delete(tables, &id)?;
        Ok(id)
    })
}
