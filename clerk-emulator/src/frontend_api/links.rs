//! URLs that browsers open: links in emails, tickets, and redirects.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use url::Url;

use super::browser::set_query;
use super::handshake::{Format, bring};
use super::redirect::{redirect, with_query};
use super::sign_ins::foreign_target;
use super::visitor::Visitor;
use crate::app::App;
use crate::client_token;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::instance::origin_of;
use crate::model::activity::Activity;
use crate::pages::layout::message;
use crate::rules::api_error::ApiError;
use crate::rules::sessions::{self, SessionTraits};
use crate::rules::{agent_tasks, clients, email_links, identifiers, tickets};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/verify", get(verify))
        .route("/v1/tickets/accept", get(accept_ticket))
        .route("/v1/redirect", get(redirect_safely))
        .route("/v1/agents/tasks", get(agent_task))
        .route("/v1/client/sync", get(sync))
        .route("/v1/client/link", get(link))
}

fn missing(name: &str) -> ApiError {
    ApiError::bad_request(
        "missing_query_parameter",
        format!("The query parameter '{name}' is missing from the request."),
    )
}

/// Opens the link in an email, and sends the browser back to the application or shows the result.
async fn verify(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    let token = params.text("token").ok_or_else(|| missing("token"))?;
    let activity = Activity::of_user_agent(visitor.user_agent());
    let url = &app.instance.url;
    let opened = app.write(|tables, now| email_links::open(tables, token, &activity, url, now));
    let opened = match opened {
        Err(refusal)
            if refusal.status.is_client_error() && refusal.status != StatusCode::BAD_REQUEST =>
        {
            app.read(|tables, _| email_links::refused(tables, token))?
        }
        opened => opened?,
    };
    let Some(mut target) = opened
        .redirect_url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
    else {
        let (heading, text) = match opened.status {
            "verified" => (
                "Your email address is confirmed",
                "Go back to the tab where you started. It continues by itself.",
            ),
            "expired" => (
                "This link has expired",
                "Go back to the tab where you started and ask for a new one.",
            ),
            _ => (
                "This link cannot be used",
                "Go back to the tab where you started and ask for a new one.",
            ),
        };
        let below = "<p class=\"quiet small\">You can close this tab.</p>";
        return Ok(message(StatusCode::OK, heading, text, below));
    };
    set_query(&mut target, "__clerk_status", opened.status);
    if let Some(session) = &opened.created_session_id {
        set_query(&mut target, "__clerk_created_session", session);
    }
    Ok(redirect(StatusCode::SEE_OTHER, target.as_str(), None))
}

/// Sends an invited person to the destination of the invitation, with the ticket. Whoever is signed in already accepts the
/// invitation with this.
async fn accept_ticket(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    let ticket = params.text("ticket").ok_or_else(|| missing("ticket"))?;
    let (target, status) = app.write(|tables, now| {
        if tickets::is_for_sign_in(tables, ticket, now) {
            return Ok((None, "sign_in"));
        }
        let invite = tickets::invited(tables, ticket, now)?;
        let target = invite.redirect_url.clone();
        let Some(known) = identifiers::user_by_verified_email(tables, &invite.email_address) else {
            return Ok((target, "sign_up"));
        };
        let user_id = known.id.clone();
        let client = visitor.client(&app, tables, now);
        let is_signed_in = client.is_some_and(|client| {
            sessions::living_of_client(tables, &client.id, now).any(|one| one.user_id == user_id)
        });
        if !is_signed_in {
            return Ok((target, "sign_in"));
        }
        tickets::accept_invitation(tables, ticket, &user_id, now)?;
        Ok::<_, ApiError>((target, "complete"))
    })?;
    let target = app.read(|tables, _| {
        target
            .as_deref()
            .and_then(|url| app.allowed_redirect(tables, url))
    });
    let Some(mut target) = target else {
        // There is no destination: the emulator's own pages accept the ticket.
        let page = match status {
            "sign_up" => app.instance.sign_up_url(),
            "sign_in" => app.instance.sign_in_url(),
            _ => {
                let page = app.instance.sign_in_url();
                return Ok(redirect(StatusCode::SEE_OTHER, &page, None));
            }
        };
        let target = with_query(&page, &[("__clerk_ticket", ticket)]);
        return Ok(redirect(StatusCode::SEE_OTHER, &target, None));
    };
    if status != "complete" {
        set_query(&mut target, "__clerk_ticket", ticket);
    }
    set_query(&mut target, "__clerk_status", status);
    Ok(redirect(StatusCode::SEE_OTHER, target.as_str(), None))
}

/// Sends the browser to a page of the application, or to the emulator's own.
async fn redirect_safely(State(app): State<Arc<App>>, params: Params) -> Reply {
    let target = match params.text("redirect_url") {
        None => app.instance.sign_in_url(),
        Some(url) => app
            .read(|tables, _| app.allowed_redirect(tables, url))
            .map(String::from)
            .ok_or_else(|| foreign_target("redirect_url"))?,
    };
    Ok(redirect(StatusCode::TEMPORARY_REDIRECT, &target, None))
}

/// Signs an agent's browser in, and sends it to the URL of its task.
async fn agent_task(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    let ticket = params.text("ticket").ok_or_else(|| missing("ticket"))?;
    let activity = Activity::of_user_agent(visitor.user_agent());
    app.write(|tables, now| {
        let (ticket, redirect_url) = agent_tasks::redeem(tables, ticket, now)?;
        let mut target = app
            .allowed_redirect(tables, &redirect_url)
            .ok_or_else(|| foreign_target("redirect_url"))?;
        let client_id = clients::add(tables, now);
        let origin = origin_of(&target);
        let session = sessions::start(tables, &client_id, &ticket.user_id, origin, now);
        let traits = SessionTraits {
            lifetime_ms: ticket.session_lifetime_ms,
            ..SessionTraits::default()
        };
        sessions::set_traits(tables, &session, traits);
        sessions::note_activity(tables, &session, activity);
        bring(
            &app,
            tables,
            Some(&client_id),
            &mut target,
            None,
            Format::Token,
            now,
        )
    })
}

fn target(app: &App, params: &Params) -> Result<Url, ApiError> {
    let url = params
        .text("redirect_url")
        .ok_or_else(|| missing("redirect_url"))?;
    app.read(|tables, _| app.allowed_redirect(tables, url))
        .ok_or_else(|| foreign_target("redirect_url"))
}

/// Sends the browser of a satellite on with a token that represents its client at the primary domain.
async fn sync(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    let target = target(&app, &params)?;
    app.read(|tables, now| {
        let client = visitor.client(&app, tables, now);
        let token = client
            .map(|client| client_token::sign(&app, client))
            .transpose()?;
        let mut next = Url::parse(&format!("{}/v1/client/link", app.instance.url))
            .map_err(|_| foreign_target("redirect_url"))?;
        set_query(&mut next, "redirect_url", target.as_str());
        set_query(
            &mut next,
            "__clerk_token",
            token.as_deref().unwrap_or_default(),
        );
        Ok(redirect(
            StatusCode::TEMPORARY_REDIRECT,
            next.as_str(),
            None,
        ))
    })
}

/// Links the browser of a satellite to the client that a token represents, and sends it back.
async fn link(State(app): State<Arc<App>>, params: Params) -> Reply {
    let mut target = target(&app, &params)?;
    let token = params
        .get("__clerk_token")
        .ok_or_else(|| missing("__clerk_token"))?;
    set_query(&mut target, "__clerk_synced", "true");
    app.write(|tables, now| {
        let client = client_token::read(&app, tables, token, now).map(|client| client.id.clone());
        let client = client.as_deref();
        bring(&app, tables, client, &mut target, None, Format::Nonce, now)
    })
}
