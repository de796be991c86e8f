//! The Backend API: what servers call with the secret key.

mod api_keys;
mod clients;
mod jwks;
mod m2m_tokens;
mod machines;
mod memberships;
mod oauth_access_tokens;
mod organizations;
mod sessions;
mod sign_in_tokens;
mod users;

pub(crate) use jwks::key_set;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::params::{Page, Params};
use crate::reply::{self, ApiError};
use crate::shared::Shared;

/// Most rows a list answers at once.
const MOST_ROWS: usize = 500;

/// Paths without the version segment.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .merge(clients::routes())
        .merge(jwks::routes())
        .merge(machines::routes())
        .merge(memberships::routes())
        .merge(organizations::routes())
        .merge(sessions::routes())
        .merge(sign_in_tokens::routes())
        .merge(users::routes())
        .route_layer(from_fn_with_state(Arc::clone(shared), require_secret_key))
}

/// The endpoints that one client calls with the version segment and another without it.
pub(crate) fn machine_routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let with_secret_key = Router::new()
        .merge(api_keys::routes())
        .merge(oauth_access_tokens::routes())
        .route_layer(from_fn_with_state(Arc::clone(shared), require_secret_key));
    let with_machine_key =
        m2m_tokens::routes().route_layer(from_fn_with_state(Arc::clone(shared), identify_caller));
    with_secret_key.merge(with_machine_key)
}

/// Who calls an endpoint that machines may call, too.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Caller {
    /// The application, with the instance's secret key.
    Instance,
    /// The machine with this id, with its machine secret key.
    Machine(String),
}

async fn identify_caller(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = bearer(&request).ok_or_else(missing_key)?;
    let caller = if key == shared.instance.secret_key {
        Caller::Instance
    } else {
        shared
            .store()
            .machines
            .values()
            .find(|machine| machine.secret_key.0 == key)
            .map(|machine| Caller::Machine(machine.id.clone()))
            .ok_or_else(wrong_key)?
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn missing_key() -> ApiError {
    ApiError::unauthorized(
        "authentication_invalid",
        "The request has no Authorization header of the form 'Bearer <secret key>'",
    )
}

fn wrong_key() -> ApiError {
    ApiError::unauthorized(
        "clerk_key_invalid",
        "The Clerk Secret Key provided is not the one of this instance",
    )
}

async fn require_secret_key(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match bearer(&request) {
        None => Err(missing_key()),
        Some(key) if key == shared.instance.secret_key => Ok(next.run(request).await),
        Some(_) => Err(wrong_key()),
    }
}

fn bearer(request: &Request) -> Option<&str> {
    request
        .headers()
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
        .map(str::trim)
}

/// The lists that answer a bare array, or a page when `paginated=true` asks for one.
fn bare_or_page(params: &Params, page: Page, rows: &[Value]) -> Response {
    if params.is_true("paginated") {
        page_of(page, rows)
    } else {
        reply::ok(&json!(page.of(rows)))
    }
}

/// The lists that always answer a page.
fn page_of(page: Page, rows: &[Value]) -> Response {
    reply::ok(&json!({ "data": page.of(rows), "total_count": rows.len() }))
}

/// The way an `order_by` sorts: the field, and whether the smallest comes first.
struct Order<'a> {
    field: &'a str,
    ascending: bool,
}

/// Reads `order_by`: a field with `+` (or nothing) for ascending, `-` for descending.
fn order_by<'a>(
    params: &'a Params,
    fields: &[&str],
    default: &'a str,
) -> Result<Order<'a>, ApiError> {
    let wanted = params.text("order_by").unwrap_or(default);
    // A plus sign that the client did not encode arrives as a space.
    let (field, ascending) = match wanted.strip_prefix('-') {
        Some(field) => (field, false),
        None => (wanted.trim_start_matches(['+', ' ']), true),
    };
    if fields.contains(&field) {
        Ok(Order { field, ascending })
    } else {
        Err(ApiError::param(
            "form_param_value_invalid",
            "order_by",
            format!("order_by must be one of {}", fields.join(", ")),
        ))
    }
}

/// Stable sort by a key; descending order also reverses the rows that are equal, newest first.
fn sort_rows<T, K: Ord>(rows: &mut [T], ascending: bool, key: impl Fn(&T) -> K) {
    if !ascending {
        rows.reverse();
    }
    rows.sort_by(|a, b| {
        let order = key(a).cmp(&key(b));
        if ascending { order } else { order.reverse() }
    });
}
