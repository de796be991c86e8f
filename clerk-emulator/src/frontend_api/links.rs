//! Addresses that browsers open: links in mails, tickets, and redirects.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use url::Url;

use super::browser::set_query;
use super::html::page;
use super::redirect::redirect;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::activity::Activity;
use crate::rules::api_error::ApiError;
use crate::rules::{email_links, identifiers, tickets};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/verify", get(verify))
        .route("/v1/tickets/accept", get(accept_ticket))
        .route("/v1/redirect", get(redirect_safely))
}

fn missing(name: &str) -> ApiError {
    ApiError::bad_request(
        "missing_query_parameter",
        format!("The query parameter '{name}' is missing from the request."),
    )
}

/// Opens the link of a mail, and sends the browser back to the application or shows what came of it.
async fn verify(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    let token = params.text("token").ok_or_else(|| missing("token"))?;
    let activity = Activity::of_user_agent(visitor.user_agent());
    let url = &app.instance.url;
    let opened = app.write(|tables, now| email_links::open(tables, token, &activity, url, now))?;
    let Some(mut target) = opened
        .redirect_url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
    else {
        let html = match opened.status {
            "verified" => {
                "<h1>Thank you</h1><p>Go back to the tab where you started: it goes on by itself.</p>"
            }
            "expired" => {
                "<h1>This link is too old</h1><p>Go back to where you started and ask for a new one.</p>"
            }
            _ => {
                "<h1>This link was used already</h1><p>Go back to where you started and ask for a new one.</p>"
            }
        };
        return Ok(page(StatusCode::OK, html, None));
    };
    set_query(&mut target, "__clerk_status", opened.status);
    if let Some(session) = &opened.created_session_id {
        set_query(&mut target, "__clerk_created_session", session);
    }
    Ok(redirect(StatusCode::SEE_OTHER, target.as_str(), None))
}

/// Sends somebody who is invited to where the invitation leads, with the ticket.
async fn accept_ticket(State(app): State<Arc<App>>, params: Params) -> Reply {
    let ticket = params.text("ticket").ok_or_else(|| missing("ticket"))?;
    let (target, status) = app.read(|tables, now| {
        if tickets::is_for_sign_in(tables, ticket, now) {
            return Ok((None, "sign_in"));
        }
        let invite = tickets::invited(tables, ticket, now)?;
        let known = identifiers::user_by_email(tables, &invite.email_address).is_some();
        let status = if known { "sign_in" } else { "sign_up" };
        Ok::<_, ApiError>((invite.redirect_url.clone(), status))
    })?;
    let target = target
        .as_deref()
        .and_then(|url| app.instance.allowed_redirect(url));
    let Some(mut target) = target else {
        // Nowhere to go: the emulator's own page takes tickets of people who have an account.
        if status == "sign_in" {
            let page = format!("{}/sign-in?__clerk_ticket={ticket}", app.instance.url);
            return Ok(redirect(StatusCode::SEE_OTHER, &page, None));
        }
        return Ok(page(
            StatusCode::OK,
            "<h1>You are invited</h1><p>The invitation names no page of the application to go on with.</p>",
            None,
        ));
    };
    set_query(&mut target, "__clerk_ticket", ticket);
    set_query(&mut target, "__clerk_status", status);
    Ok(redirect(StatusCode::SEE_OTHER, target.as_str(), None))
}

/// Sends the browser to a page of the application, or to the emulator's own.
async fn redirect_safely(State(app): State<Arc<App>>, params: Params) -> Reply {
    let target = match params.text("redirect_url") {
        None => format!("{}/sign-in", app.instance.url),
        Some(url) => app
            .instance
            .allowed_redirect(url)
            .map(String::from)
            .ok_or_else(|| {
                ApiError::param(
                    "redirect_url_domain_mismatch",
                    "redirect_url",
                    "The provided redirect URL must be on loopback, or on an origin that the emulator was told \
                     to allow",
                )
            })?,
    };
    Ok(redirect(StatusCode::TEMPORARY_REDIRECT, &target, None))
}
