//! Organizations as their members, and people who may become members, see them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::{Value, json};

use super::envelope::{Done, deleted, page, perform_signed_in, read_signed_in};
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::page::MOST_ROWS;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::identifier::EmailAddress;
use crate::rules::api_error::ApiError;
use crate::rules::organization_invitations::{self, InvitationFilter};
use crate::rules::{
    accounts, enterprise_accounts, memberships, organization_access, organization_suggestions,
    sessions,
};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/me/organization_memberships", get(list_memberships))
        .route(
            "/v1/me/organization_memberships/{organization_id}",
            delete(leave),
        )
        .route("/v1/me/organization_invitations", get(list_invitations))
        .route(
            "/v1/me/organization_invitations/{invitation_id}/accept",
            post(accept_invitation),
        )
        .route("/v1/me/organization_suggestions", get(list_suggestions))
        .route(
            "/v1/me/organization_suggestions/{suggestion_id}/accept",
            post(accept_suggestion),
        )
        .route(
            "/v1/me/organization_creation_defaults",
            get(creation_defaults),
        )
}

/// Wraps the rows of the requested page.
pub(super) fn piece<T>(
    params: &Params,
    rows: &[T],
    show: impl Fn(&T) -> Value,
) -> Result<Done, ApiError> {
    let piece = params.page(MOST_ROWS)?;
    let data: Vec<Value> = piece.of(rows).iter().map(show).collect();
    Ok(page(&data, rows.len()))
}

async fn list_memberships(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let view = View::new(&app, tables, now);
        let own: Vec<_> = memberships::of_user(tables, &session.user_id).collect();
        if !params.is_true("paginated") {
            let all = own.into_iter().map(|one| view.membership(one)).collect();
            return Ok(Done::Wrapped(Value::Array(all)));
        }
        piece(&params, &own, |one| view.membership(one))
    })
}

async fn leave(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    perform_signed_in(&app, &visitor, |tables, _, session| {
        let user = &session.user_id;
        let membership = organization_access::membership(tables, &id, user)?
            .id
            .clone();
        if enterprise_accounts::membership_connection(tables, &id, user).is_some() {
            return Err(ApiError::forbidden(
                "organization_membership_enterprise_connection_cannot_remove",
                "Members who joined through the organization's enterprise connection cannot leave it.",
            ));
        }
        organization_access::check_not_last_manager(tables, &id, user)?;
        memberships::delete(tables, &id, user)?;
        sessions::settle(tables, &session.id);
        Ok(deleted("organization_membership", &membership))
    })
}

/// Returns the verified addresses of a user.
fn proven_addresses<'t>(tables: &'t Tables, user_id: &str) -> Result<Vec<&'t str>, ApiError> {
    let proven = |email: &&EmailAddress| email.proof.is_given();
    let emails = accounts::find(tables, user_id)?
        .email_addresses
        .iter()
        .filter(proven);
    Ok(emails.map(|email| email.email_address.as_str()).collect())
}

async fn list_invitations(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_suggestions::enroll(tables, &session.user_id, visit.now)?;
        let addresses = proven_addresses(tables, &session.user_id)?;
        let filter = InvitationFilter {
            statuses: params.all("status"),
            email_addresses: addresses,
            ..InvitationFilter::default()
        };
        let rows = if filter.email_addresses.is_empty() {
            Vec::new()
        } else {
            organization_invitations::list(tables, &filter, visit.now)
        };
        let view = View::new(&app, tables, visit.now);
        piece(&params, &rows, |one| view.organization_invitation(one))
    })
}

async fn accept_invitation(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let addresses = proven_addresses(tables, user)?;
        let is_own = tables.organization_invitations.get(&id).is_some_and(|one| {
            let to = &one.invite.email_address;
            addresses
                .iter()
                .any(|address| address.eq_ignore_ascii_case(to))
        });
        if !is_own {
            return Err(ApiError::new(
                http::StatusCode::NOT_FOUND,
                "organization_invitation_not_found",
                format!("No invitation found with id {id}."),
            ));
        }
        organization_invitations::accept(tables, &id, user, visit.now)?;
        let view = View::new(&app, tables, visit.now);
        let shown = tables.organization_invitations.get(&id);
        Ok(Done::Wrapped(shown.map_or(Value::Null, |one| {
            view.organization_invitation(one)
        })))
    })
}

async fn list_suggestions(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_suggestions::enroll(tables, &session.user_id, visit.now)?;
        let statuses = params.all("status");
        let rows = organization_suggestions::of_user(tables, &session.user_id, &statuses);
        let view = View::new(&app, tables, visit.now);
        piece(&params, &rows, |one| view.organization_suggestion(one))
    })
}

async fn accept_suggestion(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let accepted = organization_suggestions::accept(tables, &session.user_id, &id, visit.now)?;
        let view = View::new(&app, tables, visit.now);
        Ok(Done::Wrapped(view.organization_suggestion(&accepted)))
    })
}

/// Responds that there is nothing to suggest.
async fn creation_defaults(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |_, _, _| {
        Ok(Done::Wrapped(json!({
            "advisory": null,
            "form": { "name": "", "slug": "", "logo": null, "blur_hash": null },
        })))
    })
}
