//! The emulator's own sign-in and sign-out pages, plain HTML without scripts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode};

use super::layout::{alert, escape, heading, person};
use super::return_path::{ReturnPath, check_same_origin, client_of, page_for};
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::session::SessionStatus;
use crate::model::user::User;
use crate::rules::sign_in::{self, Attempt, Refusal};
use crate::rules::{accounts, memberships, organizations, roles, sessions, settings};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(show_sign_in).post(sign_in))
        .route("/sign-out", get(sign_out))
}

async fn show_sign_in(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    let back = match ReturnPath::of(&app, &params) {
        Ok(back) => back,
        Err(refusal) => return Ok(*refusal),
    };
    app.write(|tables, now| {
        let client_id = client_of(&app, tables, &params, &headers, now);
        let browser = Browser {
            app: &app,
            client_id: &client_id,
            back,
            now,
        };
        Ok(match params.text("__clerk_ticket") {
            Some(ticket) => browser.attempt(tables, &Attempt::Ticket(ticket)),
            None => browser.form(tables, StatusCode::OK, None),
        })
    })
}

async fn sign_in(
    State(app): State<Arc<App>>,
    params: Params,
    headers: HeaderMap,
    Form(fields): Form,
) -> Reply {
    let back = check_same_origin(&headers).and_then(|()| ReturnPath::of(&app, &params));
    let back = match back {
        Ok(back) => back,
        Err(refusal) => return Ok(*refusal),
    };
    app.write(|tables, now| {
        let client_id = client_of(&app, tables, &params, &headers, now);
        let browser = Browser {
            app: &app,
            client_id: &client_id,
            back,
            now,
        };
        Ok(match attempt(&fields) {
            Ok(attempt) => browser.attempt(tables, &attempt),
            Err(refusal) => browser.refused(tables, refusal),
        })
    })
}

/// Reads whom the form names: a button (`as=<user id>` or `as=<user id>/<organization id>`), or an identifier
/// with a password.
fn attempt(form: &Params) -> Result<Attempt<'_>, Refusal> {
    if let Some(choice) = form.text("as") {
        let (user_id, organization_id) = match choice.split_once('/') {
            Some((user_id, organization_id)) => (user_id, Some(organization_id)),
            None => (choice, None),
        };
        return Ok(Attempt::Chosen {
            user_id,
            organization_id,
        });
    }
    Ok(Attempt::Password {
        identifier: form.text("identifier").ok_or("Enter an email address.")?,
        password: form.get("password").unwrap_or_default(),
    })
}

async fn sign_out(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    let back = match ReturnPath::of(&app, &params) {
        Ok(back) => back,
        Err(refusal) => return Ok(*refusal),
    };
    app.write(|tables, now| {
        let client_id = client_of(&app, tables, &params, &headers, now);
        sessions::sign_out(tables, &client_id, SessionStatus::Removed, now);
        Ok(back.go_back(&app, tables, &client_id))
    })
}

/// The largest number of users that the page lists. Others sign in with the form below the list.
const PEOPLE_SHOWN: usize = 50;

/// A browser that is signing in.
struct Browser<'a> {
    app: &'a App,
    client_id: &'a str,
    back: ReturnPath,
    now: i64,
}

impl Browser<'_> {
    /// Signs the browser in and sends it back to where it came from, or shows the reason for a failure.
    fn attempt(self, tables: &mut Tables, attempt: &Attempt<'_>) -> Response {
        let origin = self.back.origin();
        match sign_in::sign_in(tables, self.client_id, attempt, origin, self.now) {
            Ok(()) => self.back.go_back(self.app, tables, self.client_id),
            Err(refusal) => self.refused(tables, refusal),
        }
    }

    fn refused(self, tables: &Tables, refusal: Refusal) -> Response {
        self.form(tables, StatusCode::UNPROCESSABLE_ENTITY, Some(refusal))
    }

    fn form(self, tables: &Tables, status: StatusCode, refusal: Option<Refusal>) -> Response {
        let name = settings::get(tables)
            .map(|settings| settings.authentication.application_name.as_str())
            .unwrap_or_default();
        let mut html = heading(name, "Sign in", &self.back.describe());
        html.extend(refusal.map(alert));
        if let Some((_, user)) = sessions::active(tables, self.client_id, self.now) {
            html.push_str(&format!(
                "<p class=\"notice good\">Signed in as {}. <a href=\"{}\">Sign out</a></p>",
                escape(&user.display_name()),
                escape(&self.back.of_page("/sign-out")),
            ));
        }
        let people: String = accounts::first(tables, PEOPLE_SHOWN)
            .map(|user| choice(tables, user))
            .collect();
        let sign_up = escape(&self.back.of_page("/sign-up"));
        if people.is_empty() {
            html.push_str(&format!(
                "<p class=\"notice\">There are no users yet. <a href=\"{sign_up}\">Sign up</a> as the first one, or start the \
                 emulator with a seed (<code>--seed</code>).</p>"
            ));
        } else {
            // Without an action, the form is sent to this same address, including the query.
            html.push_str(&format!(
                "<form method=\"post\" aria-label=\"Sign in with one click\"><ul>{people}</ul></form>\
                 <p class=\"divider\">or with a password</p>"
            ));
        }
        html.push_str(&format!(
            "<form method=\"post\" aria-label=\"Sign in with a password\">\
             <label>Email address, username or phone number\
             <input name=\"identifier\" autocomplete=\"username\" autocapitalize=\"none\" required></label>\
             <label>Password<input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\
             <button class=\"primary\">Sign in</button></form>\
             <p class=\"small\">No account yet? <a href=\"{sign_up}\">Sign up</a></p>"
        ));
        page_for(self.app, tables, self.client_id, status, "Sign in", &html)
    }
}

/// Returns the button for a user, and one for each organization to sign in to.
fn choice(tables: &Tables, user: &User) -> String {
    let id = escape(&user.id);
    let who = person(&user.display_name(), user.identifier());
    let chips: String = memberships::of_user(tables, &user.id)
        .filter_map(|membership| {
            let organization = organizations::find(tables, &membership.organization_id).ok()?;
            let role = roles::by_key(tables, &membership.role);
            Some(format!(
                "<button name=\"as\" value=\"{id}/{}\">in {} as {}</button>",
                escape(&organization.id),
                escape(&organization.name),
                escape(role.map_or(membership.role.as_str(), |role| role.name.as_str())),
            ))
        })
        .collect();
    let chips = if chips.is_empty() {
        chips
    } else {
        format!("<div class=\"chips\">{chips}</div>")
    };
    format!("<li><button class=\"person\" name=\"as\" value=\"{id}\">{who}</button>{chips}</li>")
}
