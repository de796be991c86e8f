use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::model::billing::{PayerKind, Periods};
use crate::model::patch::Patch;
use crate::rules::api_error::ApiError;
use crate::rules::billing::items::{self, ItemFilter};
use crate::rules::billing::plans::{self, NewPrice};
use crate::rules::billing::{discounts, statements, subscriptions};
use crate::rules::credits::Owner;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/billing/plans", get(list_plans))
        .route("/billing/prices", get(list_prices).post(create_price))
        .route("/billing/subscription_items", get(list_items))
        .route(
            "/billing/subscription_items/{subscription_item_id}",
            delete(cancel_item),
        )
        .route(
            "/billing/subscription_items/{subscription_item_id}/extend_free_trial",
            post(extend_free_trial),
        )
        .route(
            "/billing/subscription_items/{subscription_item_id}/price_transition",
            post(transition),
        )
        .route(
            "/billing/subscription_items/{subscription_item_id}/discounts",
            post(apply_discount),
        )
        .route(
            "/billing/subscription_items/{subscription_item_id}/discounts/{discount_id}",
            delete(remove_discount),
        )
        .route("/billing/statements", get(list_statements))
        .route("/billing/statements/{statement_id}", get(statement))
        .route(
            "/billing/statements/{statement_id}/payment_attempts",
            get(list_payments),
        )
        .route("/users/{user_id}/billing/subscription", get(of_user))
        .route(
            "/organizations/{organization_id}/billing/subscription",
            get(of_organization),
        )
}

/// Carries out the renewals and endings that are due, so that responses show the state at the emulator's time.
fn advance(app: &App) -> Result<(), ApiError> {
    app.write(|tables, now| {
        subscriptions::advance(tables, now);
        Ok(())
    })
}

fn payer_kind(params: &Params) -> Result<Option<PayerKind>, ApiError> {
    let kind = params.one_of("payer_type", &["user", "org"])?;
    Ok(kind.map(|kind| match kind {
        "org" => PayerKind::Org,
        _ => PayerKind::User,
    }))
}

async fn list_plans(State(app): State<Arc<App>>, params: Params) -> Reply {
    let payer = payer_kind(&params)?;
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| Ok(plans::list(tables, payer)),
        |show, plan| show.plan(plan),
    )
}

async fn list_prices(State(app): State<Arc<App>>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| plans::list_prices(tables, params.text("plan_id")),
        |show, price| show.price(price),
    )
}

async fn create_price(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "plan_id",
        "currency",
        "amount",
        "annual_monthly_amount",
        "description",
        "supported_billing_periods",
    ])?;
    let plan_id = body.required("plan_id")?;
    let amount = match body.patch_integer("amount")? {
        Patch::Keep => return Err(ApiError::missing("amount")),
        Patch::Clear => None,
        Patch::Set(amount) => Some(amount),
    };
    let periods = body.one_of("supported_billing_periods", &["month", "annual", "both"])?;
    let new = NewPrice {
        plan_id,
        currency: body.text("currency")?,
        amount,
        annual_monthly_amount: body.integer("annual_monthly_amount")?,
        description: body.text("description")?,
        periods: periods.map(|periods| match periods.as_str() {
            "month" => Periods::Month,
            "annual" => Periods::Annual,
            _ => Periods::Both,
        }),
    };
    answer::changed(
        &app,
        |tables, now| plans::create_price(tables, new, now),
        |show, price| show.price(price),
    )
}

async fn list_items(State(app): State<Arc<App>>, params: Params) -> Reply {
    let statuses = ["active", "ended", "past_due", "upcoming", "free_trial"];
    let filter = ItemFilter {
        status: params.one_of("status", &statuses)?,
        payer: payer_kind(&params)?,
        plan_id: params.text("plan_id"),
        include_free: params.boolean("include_free")? == Some(true),
        query: params.lower("query"),
    };
    let page = params.page(MOST_ROWS)?;
    advance(&app)?;
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| Ok(items::list(tables, &filter)),
        |show, item| show.subscription_item(item),
    )
}

async fn cancel_item(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    let end_now = params.boolean("end_now")? == Some(true);
    advance(&app)?;
    answer::changed(
        &app,
        |tables, now| {
            let id = subscriptions::cancel(tables, &id, end_now, now)?;
            items::find(tables, &id)
        },
        |show, item| show.subscription_item(item),
    )
}

async fn extend_free_trial(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(&["extend_to"])?;
    let to = body
        .time("extend_to")?
        .ok_or_else(|| ApiError::missing("extend_to"))?;
    advance(&app)?;
    answer::changed(
        &app,
        |tables, now| subscriptions::extend_free_trial(tables, &id, to, now),
        |show, item| show.legacy_subscription_item(item),
    )
}

async fn transition(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["from_price_id", "to_price_id"])?;
    let from = body.required("from_price_id")?;
    let to = body.required("to_price_id")?;
    advance(&app)?;
    app.write(|tables, now| {
        let transition = subscriptions::transition(tables, &id, &from, &to, now)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&shapes.price_transition(&transition)))
    })
}

async fn apply_discount(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let discount = body.only(&["discount_id"])?.required("discount_id")?;
    advance(&app)?;
    answer::changed(
        &app,
        |tables, now| discounts::apply(tables, &id, &discount, now),
        |show, redemption| show.redemption(redemption),
    )
}

async fn remove_discount(
    State(app): State<Arc<App>>,
    Path((id, discount)): Path<(String, String)>,
) -> Reply {
    answer::changed(
        &app,
        |tables, _| discounts::remove(tables, &id, &discount),
        |show, redemption| show.redemption(redemption),
    )
}

async fn list_statements(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    advance(&app)?;
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| Ok(statements::list(tables)),
        |show, statement| show.statement(statement),
    )
}

async fn statement(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    advance(&app)?;
    answer::one(
        &app,
        |tables| statements::find(tables, &id),
        |show, statement| show.statement(statement),
    )
}

async fn list_payments(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    let page = params.page(MOST_ROWS)?;
    advance(&app)?;
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| statements::payments(tables, &id),
        |show, payment| show.payment(payment),
    )
}

async fn of_user(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    subscription(&app, Owner::User(&id))
}

async fn of_organization(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    subscription(&app, Owner::Organization(&id))
}

fn subscription(app: &App, owner: Owner<'_>) -> Reply {
    advance(app)?;
    answer::one(
        app,
        |tables| items::of_owner(tables, &owner.id(tables)?),
        |show, subscription| show.subscription(subscription),
    )
}
