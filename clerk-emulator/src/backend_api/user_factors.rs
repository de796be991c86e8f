use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::{Value, json};

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::factors::{self, SecondFactor, Sessions};
use crate::rules::passkeys;
use crate::rules::provider_accounts;
use crate::rules::totp::{self, CodeKind};
use crate::rules::wallets;

const MOST_AT_ONCE: usize = 50;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/users/ban", post(ban_bulk))
        .route("/users/unban", post(unban_bulk))
        .route("/users/{user_id}/remove_password", post(remove_password))
        .route(
            "/users/{user_id}/password/set_compromised",
            post(set_compromised),
        )
        .route(
            "/users/{user_id}/password/unset_compromised",
            post(unset_compromised),
        )
        .route("/users/{user_id}/verify_totp", post(verify_totp))
        .route("/users/{user_id}/mfa", delete(remove_all))
        .route("/users/{user_id}/totp", delete(remove_totp))
        .route("/users/{user_id}/backup_code", delete(remove_backup_codes))
        .route(
            "/users/{user_id}/passkeys/{passkey_id}",
            delete(remove_passkey),
        )
        .route(
            "/users/{user_id}/web3_wallets/{web3_wallet_id}",
            delete(remove_wallet),
        )
        .route(
            "/users/{user_id}/external_accounts/{external_account_id}",
            delete(remove_external_account),
        )
        .route(
            "/users/{user_id}/oauth_access_tokens/{provider}",
            get(oauth_access_tokens),
        )
}

async fn ban_bulk(State(app): State<Arc<App>>, body: Body) -> Reply {
    set_banned(&app, body, true)
}

async fn unban_bulk(State(app): State<Arc<App>>, body: Body) -> Reply {
    set_banned(&app, body, false)
}

fn set_banned(app: &App, body: Body, banned: bool) -> Reply {
    let ids = body
        .only(&["user_ids"])?
        .texts("user_ids")?
        .ok_or_else(|| ApiError::missing("user_ids"))?;
    if !(1..=MOST_AT_ONCE).contains(&ids.len()) {
        return Err(ApiError::value(
            "user_ids",
            &format!("must have between 1 and {MOST_AT_ONCE} elements"),
        ));
    }
    app.write(|tables, now| {
        let users = factors::set_banned_all(tables, &ids, banned, now)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        let shown: Vec<Value> = users.iter().map(|user| shapes.user(user)).collect();
        Ok(reply::ok(&Value::Array(shown)))
    })
}

fn sessions(ended: bool) -> Sessions {
    if ended {
        Sessions::Ended
    } else {
        Sessions::Kept
    }
}

async fn remove_password(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["sign_out_of_other_sessions"])?;
    let sessions = sessions(body.is_true("sign_out_of_other_sessions")?);
    answer::changed(
        &app,
        |tables, now| factors::remove_password(tables, &id, sessions, now),
        |show, user| show.user(user),
    )
}

async fn set_compromised(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["revoke_all_sessions"])?;
    let sessions = sessions(body.is_true("revoke_all_sessions")?);
    answer::changed(
        &app,
        |tables, now| factors::set_password_compromised(tables, &id, true, sessions, now),
        |show, user| show.user(user),
    )
}

async fn unset_compromised(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| factors::set_password_compromised(tables, &id, false, Sessions::Kept, now),
        |show, user| show.user(user),
    )
}

async fn verify_totp(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let code = body.only(&["code"])?.required("code")?;
    let kind = app.write(|tables, now| totp::verify(tables, &id, &code, now))?;
    let kind = match kind {
        CodeKind::Totp => "totp",
        CodeKind::BackupCode => "backup_code",
    };
    Ok(reply::ok(&json!({ "verified": true, "code_type": kind })))
}

async fn remove_all(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    remove(&app, &id, SecondFactor::All)
}

async fn remove_totp(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    remove(&app, &id, SecondFactor::Totp)
}

async fn remove_backup_codes(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    remove(&app, &id, SecondFactor::BackupCodes)
}

async fn remove_passkey(
    State(app): State<Arc<App>>,
    Path((user_id, id)): Path<(String, String)>,
) -> Reply {
    answer::deleted(&app, "passkey", |tables, now| {
        passkeys::remove(tables, &user_id, &id, now)?;
        Ok(id)
    })
}

async fn remove_wallet(
    State(app): State<Arc<App>>,
    Path((user_id, id)): Path<(String, String)>,
) -> Reply {
    answer::deleted(&app, "web3_wallet", |tables, now| {
        wallets::remove(tables, &user_id, &id, now)?;
        Ok(id)
    })
}

async fn remove_external_account(
    State(app): State<Arc<App>>,
    Path((user_id, id)): Path<(String, String)>,
) -> Reply {
    answer::deleted(&app, "external_account", |tables, now| {
        provider_accounts::disconnect(tables, &user_id, &id, now)?;
        Ok(id)
    })
}

fn remove(app: &App, id: &str, factor: SecondFactor) -> Reply {
    answer::changed(
        app,
        |tables, now| factors::remove(tables, id, factor, now),
        |_, user| json!({ "user_id": user.id }),
    )
}

async fn oauth_access_tokens(
    State(app): State<Arc<App>>,
    Path((user_id, provider)): Path<(String, String)>,
    params: Params,
) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.flag("paginated")?),
        |tables, _| provider_accounts::of_provider(tables, &user_id, &provider),
        |show, account| show.oauth_access_token(account),
    )
}
