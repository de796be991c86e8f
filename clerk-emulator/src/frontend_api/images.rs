//! Pictures of users and organizations. Thanks to them, no page needs Clerk's image host.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::app::App;
use crate::model::user::Image;
use crate::pages::layout::escape;
use crate::rules::api_error::ApiError;
use crate::rules::pictures::{self, Picture};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/images/{id}", get(image))
}

/// Responds with the uploaded picture, or with a drawn initial.
async fn image(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    app.read(|tables, _| match pictures::of(tables, &id)? {
        Picture::Uploaded(Image {
            content_type,
            bytes,
            ..
        }) => Ok(picture(content_type, bytes.clone())),
        Picture::Initial(name) => Ok(initial(&name)),
    })
}

fn initial(name: &str) -> Response {
    let letter: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\">\
         <rect width=\"64\" height=\"64\" fill=\"#475569\"/>\
         <text x=\"32\" y=\"43\" font-family=\"sans-serif\" font-size=\"32\" fill=\"#fff\" \
         text-anchor=\"middle\">{}</text></svg>",
        escape(&letter)
    );
    picture("image/svg+xml", Bytes::from(svg))
}

fn picture(content_type: &str, bytes: Bytes) -> Response {
    (
        [
            (CONTENT_TYPE, content_type.to_owned()),
            (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            (CONTENT_SECURITY_POLICY, "default-src 'none'".to_owned()),
            (CACHE_CONTROL, "no-cache".to_owned()),
        ],
        bytes,
    )
        .into_response()
}
