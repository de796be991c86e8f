use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::model::credential::Credential;
use crate::rules::credentials;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/oauth_applications/access_tokens/verify", post(verify))
}

/// Verifies a token. It is accepted as `access_token`, or as `secret`, the older name.
async fn verify(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["access_token", "secret"])?;
    let token = match body.text("access_token")? {
        Some(token) => token,
        None => body.required("secret")?,
    };
    answer::changed(
        &app,
        |tables, now| {
            let is_oauth_token = |row: &Credential| row.kind.is_oauth_token();
            credentials::verify(tables, &token, "OAuth token", is_oauth_token, now)
        },
        |show, token| show.credential(token),
    )
}
