//! Billing of users and organizations: plans, checkouts, cards, subscriptions, statements and payments. The Backend
//! API has the paths of organizations as well.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, RawPathParams, State};
use axum::routing::{delete, get, patch, post, put};
use http::StatusCode;
use http::request::Parts;
use serde_json::{Value, json};

use super::envelope::{Done, perform_signed_in, read, read_signed_in};
use super::me_organizations::piece;
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::page::MOST_ROWS;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::billing::{PayerKind, Period};
use crate::model::session::Session;
use crate::rules::api_error::ApiError;
use crate::rules::billing::checkouts::{self, Confirmation, Means};
use crate::rules::billing::{items, payment_methods, plans, statements, subscriptions};
use crate::rules::credits::{self, Owner};
use crate::rules::organization_access::{self, MANAGE_BILLING, READ_BILLING};
use crate::store::tables::Tables;

/// Returns the routes of the signed-in user.
pub(super) fn routes() -> Router<Arc<App>> {
    payer_routes("/v1/me/billing")
}

/// Returns the routes of organizations and of plans.
pub(super) fn shared_routes() -> Router<Arc<App>> {
    payer_routes("/v1/organizations/{organization_id}/billing")
        .route("/v1/billing/plans", get(list_plans))
        .route("/v1/billing/plans/{plan_id_or_slug}", get(plan))
}

/// Returns the routes that both kinds of payers have.
fn payer_routes(base: &str) -> Router<Arc<App>> {
    let at = |path: &str| format!("{base}/{path}");
    Router::new()
        .route(&at("subscription"), get(subscription))
        .route(&at("subscription_items"), get(list_items))
        .route(&at("subscription_items/{id}"), delete(cancel_item))
        .route(&at("checkouts"), post(start_checkout))
        .route(
            &at("checkouts/{id}"),
            get(show_checkout).patch(update_checkout),
        )
        .route(&at("checkouts/{id}/confirm"), patch(confirm_checkout))
        .route(&at("payment_methods"), get(list_cards).post(add_card))
        .route(&at("payment_methods/initialize"), post(prepare_card))
        .route(&at("payment_methods/{id}"), delete(remove_card))
        .route(&at("payers/default_payment_method"), put(set_default_card))
        .route(&at("statements"), get(list_statements))
        .route(&at("statements/{id}"), get(statement))
        .route(&at("payment_attempts"), get(list_payments))
        .route(&at("payment_attempts/{id}"), get(payment))
        .route(&at("credits"), get(credit_balance))
        .route(&at("credits/history"), get(credit_history))
}

/// What the path names: the organization, if it is the payer, and the object of the request.
struct Place {
    organization: Option<String>,
    id: String,
}

impl FromRequestParts<Arc<App>> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|error| ApiError::bad_request("request_invalid", error.body_text()))?;
        let named = |name: &str| {
            params
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        Ok(Self {
            organization: named("organization_id"),
            id: named("id").unwrap_or_default(),
        })
    }
}

impl Place {
    /// Returns the ID of the payer, if the user may act on its behalf.
    fn payer(
        &self,
        tables: &Tables,
        session: &Session,
        permission: &str,
    ) -> Result<String, ApiError> {
        let Some(organization) = &self.organization else {
            return Ok(session.user_id.clone());
        };
        organization_access::require(tables, organization, &session.user_id, permission)?;
        Ok(organization.clone())
    }
}

/// Reads data of a payer. Renewals and endings that are due are carried out first.
fn show(
    app: &App,
    visitor: &Visitor,
    place: &Place,
    work: impl FnOnce(&Tables, &str, View<'_>) -> Result<Done, ApiError>,
) -> Reply {
    app.write(|tables, now| {
        subscriptions::advance(tables, now);
        Ok(())
    })?;
    read_signed_in(app, visitor, |tables, session, now| {
        let payer = place.payer(tables, session, READ_BILLING)?;
        work(tables, &payer, View::new(app, tables, now))
    })
}

/// Changes data of a payer.
fn change(
    app: &App,
    visitor: &Visitor,
    place: &Place,
    work: impl FnOnce(&mut Tables, &str, i64) -> Result<Done, ApiError>,
) -> Reply {
    perform_signed_in(app, visitor, |tables, visit, session| {
        subscriptions::advance(tables, visit.now);
        let payer = place.payer(tables, session, MANAGE_BILLING)?;
        work(tables, &payer, visit.now)
    })
}

async fn list_plans(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    let payer = match params.one_of("payer_type", &["user", "org"])? {
        Some("org") => PayerKind::Org,
        _ => PayerKind::User,
    };
    let page = params.page(MOST_ROWS)?;
    read(&app, &visitor, |tables, _, now| {
        let view = View::new(&app, tables, now).shared();
        let mut offered: Vec<_> = plans::list(tables, Some(payer))
            .into_iter()
            .rev()
            .filter(|plan| plan.publicly_visible)
            .collect();
        offered.sort_by_key(|plan| {
            plans::default_price(tables, &plan.id)
                .and_then(|price| price.amount.or(price.annual_monthly_amount))
        });
        let data: Vec<Value> = page.of(&offered).iter().map(|one| view.plan(one)).collect();
        let page = json!({ "data": data, "total_count": offered.len() });
        Ok(Done::Raw(StatusCode::OK, page))
    })
}

async fn plan(State(app): State<Arc<App>>, Path(name): Path<String>, visitor: Visitor) -> Reply {
    read(&app, &visitor, |tables, _, now| {
        let plan = plans::find(tables, &name)
            .ok()
            .or_else(|| plans::by_slug(tables, PayerKind::User, &name))
            .or_else(|| plans::by_slug(tables, PayerKind::Org, &name))
            .filter(|plan| plan.publicly_visible)
            .ok_or_else(|| ApiError::no_such("plan_not_found", "plan", &name))?;
        let shown = View::new(&app, tables, now).shared().plan(plan);
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

async fn subscription(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let subscription = items::of_owner(tables, payer)?;
        Ok(Done::Wrapped(view.subscription(subscription)))
    })
}

async fn list_items(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    params: Params,
) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let items = items::current_items(tables, payer);
        piece(&params, &items, |item| view.subscription_item(item))
    })
}

async fn cancel_item(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        items::find_of(tables, payer, &place.id)?;
        let id = subscriptions::cancel(tables, &place.id, false, now)?;
        let view = View::new(&app, tables, now);
        let item = items::find(tables, &id)?;
        Ok(Done::Wrapped(view.subscription_item(item)))
    })
}

async fn start_checkout(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        let plan = required(&form, "plan_id")?;
        required(&form, "plan_period")?;
        let period = match form.one_of("plan_period", &["month", "annual"])? {
            Some("annual") => Period::Annual,
            _ => Period::Month,
        };
        let checkout = checkouts::start(tables, payer, plan, period, now)?;
        let view = View::new(&app, tables, now);
        view.checkout(&checkout).map(Done::Wrapped)
    })
}

async fn show_checkout(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let checkout = checkouts::find(tables, payer, &place.id)?;
        view.checkout(checkout).map(Done::Wrapped)
    })
}

async fn update_checkout(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        let checkout = checkouts::find_open(tables, payer, &place.id)?;
        if form.text("promo_code").is_some() {
            return Err(ApiError::value(
                "promo_code",
                "must be one that exists, and the emulator has none",
            ));
        }
        let view = View::new(&app, tables, now);
        view.checkout(&checkout).map(Done::Wrapped)
    })
}

async fn confirm_checkout(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        let means = Means {
            payment_method_id: form.text("payment_method_id"),
            gateway: form.text("gateway"),
            payment_token: form.text("payment_token"),
        };
        let checkout = match checkouts::confirm(tables, payer, &place.id, &means, now)? {
            Confirmation::Completed(checkout) => checkout,
            Confirmation::Declined(error) => return Ok(Done::Refused(error)),
        };
        let view = View::new(&app, tables, now);
        view.checkout(&checkout).map(Done::Wrapped)
    })
}

async fn list_cards(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    params: Params,
) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let cards = payment_methods::list(tables, payer);
        piece(&params, &cards, |card| view.shared().card(payer, card))
    })
}

async fn add_card(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        let gateway = required(&form, "gateway")?;
        let token = form.get("payment_token").unwrap_or_default();
        let card = payment_methods::add(tables, payer, gateway, token, now)?;
        let view = View::new(&app, tables, now);
        Ok(Done::Wrapped(view.shared().card(payer, &card)))
    })
}

async fn prepare_card(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    change(&app, &visitor, &place, |_, _, _| {
        Ok(Done::Wrapped(json!({
            "object": "commerce_payment_method_initialize",
            "external_client_secret": "seti_emulator_secret_emulator",
            "external_gateway_id": "acct_emulator",
            "payment_method_order": ["card"],
        })))
    })
}

async fn remove_card(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        let card = payment_methods::remove(tables, payer, &place.id)?;
        let mut shown = View::new(&app, tables, now).shared().card(payer, &card);
        shown["status"] = json!("disconnected");
        Ok(Done::Wrapped(shown))
    })
}

async fn set_default_card(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change(&app, &visitor, &place, |tables, payer, now| {
        let id = required(&form, "payment_method_id")?;
        let card = payment_methods::make_default(tables, payer, id)?;
        let view = View::new(&app, tables, now);
        Ok(Done::Wrapped(view.shared().card(payer, &card)))
    })
}

async fn list_statements(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    params: Params,
) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let own: Vec<_> = statements::list(tables)
            .into_iter()
            .filter(|statement| statement.owner_id == payer)
            .collect();
        piece(&params, &own, |statement| view.statement(statement))
    })
}

async fn statement(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let statement = statements::find(tables, &place.id)
            .ok()
            .filter(|statement| statement.owner_id == payer)
            .ok_or_else(|| {
                let code = "commerce_statement_not_found";
                ApiError::no_such(code, "statement", &place.id)
            })?;
        Ok(Done::Wrapped(view.statement(statement)))
    })
}

/// Lists payments. The browser SDK reads a bare page and a bare payment, while the document wraps them.
async fn list_payments(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    params: Params,
) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let own: Vec<_> = statements::payments_by(tables, payer);
        match piece(&params, &own, |payment| view.payment(payment))? {
            Done::Wrapped(page) => Ok(Done::Raw(StatusCode::OK, page)),
            other => Ok(other),
        }
    })
}

async fn payment(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let payment = statements::payments_by(tables, payer)
            .into_iter()
            .find(|payment| payment.id == place.id)
            .ok_or_else(|| ApiError::not_found("payment attempt", &place.id))?;
        Ok(Done::Raw(StatusCode::OK, view.payment(payment)))
    })
}

/// Returns the payer in the form that the rules for credits use.
fn owner<'a>(place: &Place, payer: &'a str) -> Owner<'a> {
    match place.organization {
        Some(_) => Owner::Organization(payer),
        None => Owner::User(payer),
    }
}

async fn credit_balance(State(app): State<Arc<App>>, place: Place, visitor: Visitor) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let balance = credits::balance(tables, owner(&place, payer))?;
        Ok(Done::Wrapped(
            view.shared().credit_balance(balance.as_ref()),
        ))
    })
}

async fn credit_history(
    State(app): State<Arc<App>>,
    place: Place,
    visitor: Visitor,
    params: Params,
) -> Reply {
    show(&app, &visitor, &place, |tables, payer, view| {
        let own: Vec<_> = tables
            .credit_entries
            .iter()
            .rev()
            .filter(|entry| entry.owner_id == payer)
            .collect();
        piece(&params, &own, |entry| view.shared().credit_entry(entry))
    })
}
