//! The pages and host names that the emulator accepts. A page of another site that is open in the developer's browser
//! can post here without asking, and can make its own name resolve to 127.0.0.1.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::{Host, Url};

use crate::app::App;
use crate::instance::{Instance, is_loopback};
use crate::rules::api_error::ApiError;
use crate::rules::settings;

/// Refuses requests from pages of other sites, and requests for other hosts, before they have any effect.
///
/// Every route is behind this check. It allows the origins of the Frontend API; [`refuse_foreign`] is stricter.
pub(super) fn check(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    if !names_us(&app.instance, headers) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "host_invalid",
            "The emulator answers only requests whose Host is a loopback name or that of its public URL (--public-url)",
        ));
    }
    if headers
        .get_all(ORIGIN)
        .iter()
        .all(|one| is_open_to(app, one))
    {
        Ok(())
    } else {
        Err(foreign_origin())
    }
}

/// Refuses requests from pages whose exact origin was not configured. This protects the admin interface and the Backend
/// API, which pages of other sites have no reason to call.
pub(crate) async fn refuse_foreign(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    let mut origins = headers.get_all(ORIGIN).iter().peekable();
    // Browsers send no Origin for embedded content, such as a script or an image.
    let is_embedded = origins.peek().is_none()
        && is(headers, "sec-fetch-site", "cross-site")
        && !is(headers, "sec-fetch-mode", "navigate");
    let trusted = origins.all(|origin| {
        origin
            .to_str()
            .is_ok_and(|origin| app.instance.trusts_origin(origin))
    });
    if trusted && !is_embedded {
        Ok(next.run(request).await)
    } else {
        Err(foreign_origin())
    }
}

fn is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|one| one == value)
}

fn foreign_origin() -> ApiError {
    ApiError::bad_request(
        "origin_invalid",
        "The emulator answers only pages on loopback, and on the origins that it was told to allow (--allow-origin)",
    )
}

/// Returns true if the Frontend API accepts pages of this origin.
fn is_open_to(app: &App, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    app.instance.allows_origin(origin)
        || app.read(|tables, _| {
            settings::get(tables)
                .is_ok_and(|settings| settings.allowed_origins.iter().any(|one| one == origin))
        })
}

/// Returns true if the `Host` is a loopback name or that of the emulator's own URL. An emulator that listens beyond
/// loopback also accepts IP addresses: unlike a name, an address cannot be made to resolve to another host.
fn names_us(instance: &Instance, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let url = host.to_str().ok();
    let url = url.and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    let Some(url) = url.filter(|url| url.username().is_empty()) else {
        return false;
    };
    url.host().is_some_and(|host| {
        let is_address = matches!(host, Host::Ipv4(_) | Host::Ipv6(_));
        is_loopback(&host) || (is_address && !instance.loopback_only)
    }) || Url::parse(&instance.url).is_ok_and(|own| own.host() == url.host())
}
