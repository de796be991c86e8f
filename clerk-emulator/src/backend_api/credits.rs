use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::credits::{self, Adjustment, Direction, Owner};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/users/{user_id}/billing/credits",
            get(of_user).post(adjust_of_user),
        )
        .route(
            "/organizations/{organization_id}/billing/credits",
            get(of_organization).post(adjust_of_organization),
        )
}

async fn of_user(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    balance(&app, Owner::User(&id))
}

async fn of_organization(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    balance(&app, Owner::Organization(&id))
}

fn balance(app: &App, owner: Owner<'_>) -> Reply {
    app.read(|tables, now| {
        let balance = credits::balance(tables, owner)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&shapes.credit_balance(balance.as_ref())))
    })
}

async fn adjust_of_user(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    adjust(&app, Owner::User(&id), body)
}

async fn adjust_of_organization(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    adjust(&app, Owner::Organization(&id), body)
}

fn adjust(app: &App, owner: Owner<'_>, body: Body) -> Reply {
    let body = body.only(&["amount", "action", "currency", "idempotency_key", "note"])?;
    let action = body.one_of("action", &["increase", "decrease"])?;
    let adjustment = Adjustment {
        amount: body
            .integer("amount")?
            .ok_or_else(|| ApiError::missing("amount"))?,
        direction: match action.as_deref() {
            Some("decrease") => Direction::Decrease,
            Some(_) => Direction::Increase,
            None => return Err(ApiError::missing("action")),
        },
        currency: body.text("currency")?,
        idempotency_key: body.required("idempotency_key")?,
        note: body.text("note")?,
    };
    answer::changed(
        app,
        |tables, now| credits::adjust(tables, owner, adjustment, now),
        |show, entry| show.credit_entry(entry),
    )
}
