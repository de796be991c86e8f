//! Members of organizations, invited people, and people who ask to join.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use serde_json::Value;

use super::envelope::{Done, perform_signed_in, read_signed_in};
use super::me_organizations::piece;
use super::organizations::membership_of;
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::session::Session;
use crate::rules::api_error::ApiError;
use crate::rules::invitations::NewInvite;
use crate::rules::memberships::{self, MembershipFilter, NewMembership};
use crate::rules::organization_access::{self, MANAGE_MEMBERS, READ_MEMBERS};
use crate::rules::organization_invitations::{self, InvitationFilter, NewOrganizationInvitation};
use crate::rules::organization_suggestions;
use crate::rules::user_list::UserFilter;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/v1/organizations/{organization_id}/memberships",
            get(list_members).post(add_member),
        )
        .route(
            "/v1/organizations/{organization_id}/memberships/{user_id}",
            patch(update_member).delete(remove_member),
        )
        .route(
            "/v1/organizations/{organization_id}/invitations",
            get(list_invitations).post(invite),
        )
        .route(
            "/v1/organizations/{organization_id}/invitations/pending",
            get(pending_invitations),
        )
        .route(
            "/v1/organizations/{organization_id}/invitations/bulk",
            post(invite_all),
        )
        .route(
            "/v1/organizations/{organization_id}/invitations/{invitation_id}/revoke",
            post(revoke_invitation),
        )
        .route(
            "/v1/organizations/{organization_id}/membership_requests",
            get(list_requests),
        )
        .route(
            "/v1/organizations/{organization_id}/membership_requests/{request_id}/accept",
            post(accept_request),
        )
        .route(
            "/v1/organizations/{organization_id}/membership_requests/{request_id}/reject",
            post(reject_request),
        )
}

async fn list_members(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        organization_access::require(tables, &id, &session.user_id, READ_MEMBERS)?;
        let filter = MembershipFilter {
            organization_id: Some(&id),
            roles: params.all("role"),
            users: UserFilter {
                query: params.lower("query"),
                ..UserFilter::default()
            },
        };
        let rows = memberships::list(tables, &filter);
        let view = View::new(&app, tables, now);
        if !params.is_true("paginated") {
            let all = rows.iter().map(|(one, _)| view.membership(one)).collect();
            return Ok(Done::Wrapped(Value::Array(all)));
        }
        piece(&params, &rows, |(one, _)| view.membership(one))
    })
}

async fn add_member(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let user_id = required(&form, "user_id")?.to_owned();
    let role = required(&form, "role")?.to_owned();
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        let new = NewMembership {
            user_id: user_id.clone(),
            role,
            public_metadata: None,
            private_metadata: None,
        };
        memberships::create(tables, &id, new, visit.now)?;
        membership_of(&app, tables, &id, &user_id, visit.now).map(Done::Wrapped)
    })
}

async fn update_member(
    State(app): State<Arc<App>>,
    Path((id, user_id)): Path<(String, String)>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let role = required(&form, "role")?.to_owned();
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        if !organization_access::has(tables, &role, MANAGE_MEMBERS) {
            organization_access::check_not_last_manager(tables, &id, &user_id)?;
        }
        memberships::set_role(tables, &id, &user_id, role, visit.now)?;
        membership_of(&app, tables, &id, &user_id, visit.now).map(Done::Wrapped)
    })
}

async fn remove_member(
    State(app): State<Arc<App>>,
    Path((id, user_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        let shown = membership_of(&app, tables, &id, &user_id, visit.now)?;
        organization_access::check_not_last_manager(tables, &id, &user_id)?;
        memberships::delete(tables, &id, &user_id)?;
        Ok(Done::Wrapped(shown))
    })
}

async fn list_invitations(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    invitations(&app, &id, &visitor, &params, params.all("status"))
}

async fn pending_invitations(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    invitations(&app, &id, &visitor, &params, vec!["pending"])
}

fn invitations(
    app: &App,
    id: &str,
    visitor: &Visitor,
    params: &Params,
    statuses: Vec<&str>,
) -> Reply {
    read_signed_in(app, visitor, |tables, session, now| {
        organization_access::require(tables, id, &session.user_id, MANAGE_MEMBERS)?;
        let filter = InvitationFilter {
            organization_id: Some(id),
            statuses,
            ..InvitationFilter::default()
        };
        let rows = organization_invitations::list(tables, &filter, now);
        let view = View::new(app, tables, now);
        piece(params, &rows, |one| view.organization_invitation(one))
    })
}

/// Invites a person.
fn invite_one(
    app: &App,
    tables: &mut Tables,
    session: &Session,
    organization_id: &str,
    email_address: &str,
    (role, notify): (&str, bool),
    now: i64,
) -> Result<Value, ApiError> {
    let new = NewOrganizationInvitation {
        invite: NewInvite {
            email_address: email_address.to_owned(),
            public_metadata: None,
            redirect_url: None,
            notify,
            template: None,
            expires_in_days: None,
        },
        role: role.to_owned(),
        inviter_id: Some(session.user_id.clone()),
        domain_id: None,
        private_metadata: None,
    };
    let id = organization_invitations::create(tables, organization_id, new, now)?
        .id
        .clone();
    let invitation = organization_invitations::find(tables, organization_id, &id)?;
    Ok(View::new(app, tables, now).organization_invitation(invitation))
}

async fn invite(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let address = required(&form, "email_address")?;
    let role = required(&form, "role")?;
    let how = (role, form.boolean("notify")? != Some(false));
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        invite_one(&app, tables, session, &id, address, how, visit.now).map(Done::Wrapped)
    })
}

async fn invite_all(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let addresses = form.all("email_address");
    if addresses.is_empty() {
        return Err(ApiError::missing("email_address"));
    }
    let role = required(&form, "role")?;
    let how = (role, form.boolean("notify")? != Some(false));
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        let invited: Vec<Value> = addresses
            .iter()
            .map(|address| invite_one(&app, tables, session, &id, address, how, visit.now))
            .collect::<Result<_, _>>()?;
        Ok(Done::Wrapped(Value::Array(invited)))
    })
}

async fn revoke_invitation(
    State(app): State<Arc<App>>,
    Path((id, invitation_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        organization_invitations::revoke(tables, &id, &invitation_id, None, visit.now)?;
        let invitation = organization_invitations::find(tables, &id, &invitation_id)?;
        let view = View::new(&app, tables, visit.now);
        Ok(Done::Wrapped(view.organization_invitation(invitation)))
    })
}

async fn list_requests(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_MEMBERS)?;
        let rows = organization_suggestions::requests(tables, &id, &params.all("status"));
        let view = View::new(&app, tables, now);
        piece(&params, &rows, |one| view.membership_request(one))
    })
}

async fn accept_request(
    State(app): State<Arc<App>>,
    Path((id, request_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    decide(&app, &id, &request_id, &visitor, true)
}

async fn reject_request(
    State(app): State<Arc<App>>,
    Path((id, request_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    decide(&app, &id, &request_id, &visitor, false)
}

fn decide(app: &App, id: &str, request_id: &str, visitor: &Visitor, accepted: bool) -> Reply {
    perform_signed_in(app, visitor, |tables, visit, session| {
        organization_access::require(tables, id, &session.user_id, MANAGE_MEMBERS)?;
        let request =
            organization_suggestions::decide(tables, id, request_id, accepted, visit.now)?;
        let view = View::new(app, tables, visit.now);
        Ok(Done::Wrapped(view.membership_request(&request)))
    })
}
