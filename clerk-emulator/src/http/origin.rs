use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::ORIGIN;
use url::Url;

use crate::app::App;
use crate::rules::api_error::ApiError;

/// Refuses requests of other sites' pages before they have an effect: a page that is open in the developer's browser
/// can post here without asking.
pub(crate) async fn refuse_foreign(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let mut origins = request.headers().get_all(ORIGIN).iter();
    let allowed = origins.all(|origin| {
        origin.to_str().is_ok_and(|origin| {
            app.instance.allows_origin(origin)
                || Url::parse(&app.instance.url)
                    .is_ok_and(|own| own.origin().ascii_serialization() == origin)
        })
    });
    if allowed {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::bad_request(
            "origin_invalid",
            "The emulator answers only pages on loopback, and on the origins that it was told to allow",
        ))
    }
}
