//! The emulator's own sign-up page, plain HTML without scripts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::header::USER_AGENT;
use http::{HeaderMap, StatusCode};

use super::layout::{alert, escape, heading};
use super::return_path::{ReturnPath, check_same_origin, client_of, page_for};
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::activity::Activity;
use crate::model::authentication_settings::{AuthenticationSettings, Requirement};
use crate::model::patch::Patch;
use crate::model::strategy::Strategy;
use crate::rules::api_error::ApiError;
use crate::rules::inbox;
use crate::rules::sign_ups::{self, SignUpFields};
use crate::rules::verdict::Verdict;
use crate::rules::visit::Visit;
use crate::rules::{settings, tickets};
use crate::secret::Secret;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/sign-up", get(show).post(submit))
}

async fn show(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    let back = match ReturnPath::of(&app, &params) {
        Ok(back) => back,
        Err(refusal) => return Ok(*refusal),
    };
    let nothing = Params::default();
    app.write(|tables, now| {
        let page = SignUpPage::of(&app, tables, &params, &headers, back, now);
        page.form(tables, &nothing, None)
    })
}

async fn submit(
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
    let done = app.write(|tables, now| {
        let page = SignUpPage::of(&app, tables, &params, &headers, back.clone(), now);
        page.submit(tables, &fields)
    });
    // A refused sign-up leaves no trace; the form is shown again in a separate operation.
    done.or_else(|refusal| {
        app.write(|tables, now| {
            let page = SignUpPage::of(&app, tables, &params, &headers, back, now);
            page.form(tables, &fields, Some(&refusal.message))
        })
    })
}

/// A browser that is signing up.
struct SignUpPage<'a> {
    app: &'a App,
    ticket: Option<&'a str>,
    back: ReturnPath,
    visit: Visit,
}

/// The code for an address or number, which has a page of its own.
struct AskedCode<'a> {
    sign_up_id: &'a str,
    strategy: Strategy,
    to: &'a str,
}

impl<'a> SignUpPage<'a> {
    fn of(
        app: &'a App,
        tables: &mut Tables,
        params: &'a Params,
        headers: &HeaderMap,
        back: ReturnPath,
        now: i64,
    ) -> Self {
        let agent = headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok());
        Self {
            app,
            ticket: params.text("__clerk_ticket"),
            visit: Visit {
                client_id: client_of(app, tables, params, headers, now),
                origin: back.origin(),
                activity: Activity::of_user_agent(agent.unwrap_or_default()),
                emulator_url: app.instance.url.clone(),
                now,
            },
            back,
        }
    }

    /// Creates the sign-up, or tries the code that it is waiting for.
    fn submit(self, tables: &mut Tables, form: &Params) -> Reply {
        let Some(id) = form.text("sign_up") else {
            let id = sign_ups::create(tables, self.fields(form), &self.visit)?;
            return self.go_on(tables, &id);
        };
        let strategy = match form.text("number") {
            Some(_) => Strategy::PhoneCode,
            None => Strategy::EmailCode,
        };
        let code = form.text("code").unwrap_or_default();
        match sign_ups::attempt_verification(tables, id, &strategy, code, &self.visit)? {
            Verdict::Done => self.go_on(tables, id),
            // The wrong code is counted.
            Verdict::Refused(refusal) => self.ask_again(tables, id, strategy, &refusal),
        }
    }

    fn fields(&self, form: &Params) -> SignUpFields {
        let text = |name: &str| match form.text(name) {
            Some(value) => Patch::Set(value.to_owned()),
            None => Patch::Keep,
        };
        SignUpFields {
            email_address: match self.ticket {
                Some(_) => Patch::Keep,
                None => text("email_address"),
            },
            phone_number: text("phone_number"),
            username: text("username"),
            first_name: text("first_name"),
            last_name: text("last_name"),
            password: form.text("password").map(|one| Secret(one.to_owned())),
            legal_accepted: form.is_true("legal_accepted").then_some(true),
            ticket: self.ticket.map(str::to_owned),
            ..SignUpFields::default()
        }
    }

    /// Sends the browser back if nothing is left to do, or asks for a code.
    fn go_on(self, tables: &mut Tables, id: &str) -> Reply {
        let attempt = sign_ups::by_id(tables, id)?;
        if attempt.created_user_id.is_some() {
            return Ok(self.back.go_back(self.app, tables, &self.visit.client_id));
        }
        if let Some(field) = sign_ups::missing_fields(tables, attempt).first() {
            return Err(ApiError::missing(field));
        }
        let (strategy, to) = match sign_ups::unverified_fields(attempt).first() {
            Some(&"phone_number") => (Strategy::PhoneCode, attempt.phone_number.clone()),
            _ => (Strategy::EmailCode, attempt.email_address.clone()),
        };
        sign_ups::prepare_verification(tables, id, &strategy, None, &self.visit)?;
        let to = to.unwrap_or_default();
        let asked = AskedCode {
            sign_up_id: id,
            strategy,
            to: &to,
        };
        Ok(self.ask(tables, &asked, None))
    }

    fn ask_again(self, tables: &Tables, id: &str, strategy: Strategy, refusal: &ApiError) -> Reply {
        let attempt = sign_ups::by_id(tables, id)?;
        let to = match strategy {
            Strategy::PhoneCode => attempt.phone_number.clone(),
            _ => attempt.email_address.clone(),
        };
        let to = to.unwrap_or_default();
        let asked = AskedCode {
            sign_up_id: id,
            strategy,
            to: &to,
        };
        Ok(self.ask(tables, &asked, Some(&refusal.message)))
    }

    fn ask(self, tables: &Tables, asked: &AskedCode<'_>, refusal: Option<&str>) -> Response {
        let to = format!("A code was sent to {}", asked.to);
        let mut html = heading("", "Enter the code", &to);
        html.extend(refusal.map(alert));
        let code = inbox::to(tables, asked.to)
            .filter_map(|one| one.code.as_ref())
            .last();
        html.push_str(&match code {
            Some(code) => format!(
                "<p class=\"notice\">The emulator keeps messages instead of sending them. This one holds the code \
                 <strong>{}</strong>; the <a href=\"/#inbox\" target=\"_blank\">inbox</a> shows all of them.</p>",
                escape(&code.0)
            ),
            None => "<p class=\"notice\">Test addresses and fictional numbers have the code <strong>424242</strong>.</p>"
                .to_owned(),
        });
        let number = match asked.strategy {
            Strategy::PhoneCode => "<input type=\"hidden\" name=\"number\" value=\"true\">",
            _ => "",
        };
        html.push_str(&format!(
            "<form method=\"post\"><input type=\"hidden\" name=\"sign_up\" value=\"{}\">{number}\
             <label>Code<input class=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" \
             maxlength=\"6\" required autofocus></label><button class=\"primary\">Continue</button></form>",
            escape(asked.sign_up_id),
        ));
        let status = status(refusal);
        page_for(
            self.app,
            tables,
            &self.visit.client_id,
            status,
            "Enter the code",
            &html,
        )
    }

    /// Shows the form, filled in with the submitted values.
    fn form(self, tables: &Tables, form: &Params, refusal: Option<&str>) -> Reply {
        let settings = &settings::get(tables)?.authentication;
        let name = &settings.application_name;
        let mut html = heading(name, "Sign up", &self.back.describe());
        html.extend(refusal.map(alert));
        if let Some(ticket) = self.ticket {
            let invite = tickets::invited(tables, ticket, self.visit.now)?;
            html.push_str(&format!(
                "<p class=\"notice\">You are invited as {}.</p>",
                escape(&invite.email_address)
            ));
        }
        let sign_in = escape(&self.back.of_page("/sign-in"));
        html.push_str(&format!(
            "<form method=\"post\" aria-label=\"Sign up\">{}<button class=\"primary\">Sign up</button></form>\
             <p class=\"small\">Have an account? <a href=\"{sign_in}\">Sign in</a></p>",
            inputs(settings, form, self.ticket.is_some())
        ));
        let status = status(refusal);
        Ok(page_for(
            self.app,
            tables,
            &self.visit.client_id,
            status,
            "Sign up",
            &html,
        ))
    }
}

fn status(refusal: Option<&str>) -> StatusCode {
    match refusal {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    }
}

/// Returns an input for every field that the instance asks for.
fn inputs(settings: &AuthenticationSettings, form: &Params, is_invited: bool) -> String {
    let input = |name: &str, label: &str, attributes: &str, requirement: Requirement| {
        let (mark, required) = match requirement {
            Requirement::Off => return String::new(),
            Requirement::Optional => (" <span class=\"quiet\">(optional)</span>", ""),
            Requirement::Required => ("", " required"),
        };
        let value = match name {
            "password" => String::new(),
            name => escape(form.get(name).unwrap_or_default()),
        };
        format!(
            "<label>{label}{mark}<input name=\"{name}\" value=\"{value}\" {attributes}{required}></label>"
        )
    };
    let mut html = String::new();
    let first = input(
        "first_name",
        "First name",
        "autocomplete=\"given-name\"",
        settings.first_name,
    );
    let last = input(
        "last_name",
        "Last name",
        "autocomplete=\"family-name\"",
        settings.last_name,
    );
    html.push_str(&match (first.is_empty(), last.is_empty()) {
        (false, false) => format!("<div class=\"pair\">{first}{last}</div>"),
        _ => first + &last,
    });
    if !is_invited {
        let attributes = "type=\"email\" autocomplete=\"email\"";
        html.push_str(&input(
            "email_address",
            "Email address",
            attributes,
            settings.email_address,
        ));
    }
    let attributes = "autocomplete=\"username\" autocapitalize=\"none\"";
    html.push_str(&input(
        "username",
        "Username",
        attributes,
        settings.username,
    ));
    let attributes = "type=\"tel\" autocomplete=\"tel\" placeholder=\"+15555550100\"";
    html.push_str(&input(
        "phone_number",
        "Phone number",
        attributes,
        settings.phone_number,
    ));
    let attributes = "type=\"password\" autocomplete=\"new-password\" minlength=\"8\"";
    html.push_str(&input(
        "password",
        "Password",
        attributes,
        settings.password,
    ));
    if settings.legal_consent {
        html.push_str(
            "<label class=\"check\"><input type=\"checkbox\" name=\"legal_accepted\" value=\"true\" required>\
             I accept the terms</label>",
        );
    }
    html
}
