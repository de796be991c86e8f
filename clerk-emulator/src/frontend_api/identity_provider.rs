//! The page that represents the identity provider of a company, and the ends of the SAML protocol that Clerk has.

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::handshake::{Format, bring};
use super::provider::{chosen_account, people_forms, return_to_callback};
use super::redirect::redirect;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::activity::Activity;
use crate::model::enterprise_connection::{EnterpriseConnection, Protocol, Saml};
use crate::model::external_account::ProviderAccount;
use crate::pages::layout::{escape, heading, page};
use crate::rules::api_error::ApiError;
use crate::rules::enterprise_connections::{self as connections, Family};
use crate::rules::provider_callbacks::{self, ProviderAnswer};
use crate::rules::saml_responses::{self, ASSERTION, PROTOCOL, SUCCESS};
use crate::rules::visit::Visit;
use crate::rules::{clients, enterprise_accounts};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/saml/acs/{saml_connection_id}", post(consume))
        .route("/v1/saml/metadata/{file}", get(metadata))
}

/// Returns the routes of the page that represents the identity providers.
pub(super) fn page_routes() -> Router<Arc<App>> {
    Router::new().route(
        "/identity-provider/{enterprise_connection_id}",
        get(choose).post(chosen),
    )
}

/// Shows the page where people choose who they are at the identity provider.
async fn choose(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    let state = params.get("state").unwrap_or_default();
    app.read(|tables, _| {
        let connection = connections::find(tables, Family::Enterprise, &id)?;
        let name = match connection.name.as_str() {
            "" => &connection.provider,
            name => name,
        };
        let headline = format!("Sign in at {name}");
        let mut html = heading("", &headline, "");
        html.push_str(&format!(
            "<p class=\"notice\">This page of the emulator takes the place of the company's identity provider, for \
             addresses at {}. Choose who you are there.</p>",
            escape(&connection.domains.join(", "))
        ));
        html.push_str(&people_forms(tables, state, |address| {
            enterprise_accounts::covers(connection, address)
        }));
        Ok(page(StatusCode::OK, &headline, &html, None))
    })
}

/// Sends the browser back as the protocol of the connection does.
async fn chosen(State(app): State<Arc<App>>, Path(id): Path<String>, Form(form): Form) -> Reply {
    let account = chosen_account(&app, &id, &form)?;
    let connection =
        app.read(|tables, _| connections::find(tables, Family::Enterprise, &id).cloned())?;
    match &connection.protocol {
        Protocol::Oidc(_) => return_to_callback(&app, &form, account.as_ref()),
        Protocol::Saml(saml) => {
            let response = response(&connection, saml, account.as_ref());
            let state = form.get("state").unwrap_or_default();
            Ok(posting(&app, saml, &response, state))
        }
    }
}

/// Submits the page's form.
const SUBMIT: &str = "document.forms[0].submit()";

/// Returns a page that posts a response to the application's side, which browsers without scripts do with a click.
fn posting(app: &App, saml: &Saml, response: &str, state: &str) -> Response {
    let headline = "Signing in";
    let html = format!(
        "{}<form method=\"post\" action=\"{}/v1/saml/acs/{}\">\
         <input type=\"hidden\" name=\"SAMLResponse\" value=\"{response}\">\
         <input type=\"hidden\" name=\"RelayState\" value=\"{}\">\
         <button class=\"primary\">Continue</button></form><script>{SUBMIT}</script>",
        heading("", headline, ""),
        app.instance.url,
        saml.id,
        escape(state),
    );
    let mut page = page(StatusCode::OK, headline, &html, None);
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, SUBMIT.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// Writes the SAML response of the emulated identity provider, in base64. Without an account, the person declined.
fn response(
    connection: &EnterpriseConnection,
    saml: &Saml,
    account: Option<&ProviderAccount>,
) -> String {
    let head = format!(
        "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" Version=\"2.0\">"
    );
    let status =
        |code: &str| format!("<samlp:Status><samlp:StatusCode Value=\"{code}\"/></samlp:Status>");
    let Some(account) = account else {
        let status = status("urn:oasis:names:tc:SAML:2.0:status:Responder");
        return STANDARD.encode(format!("{head}{status}</samlp:Response>"));
    };
    let mapping = &saml.attribute_mapping;
    let attributes: String = [
        (&mapping.user_id, &account.provider_user_id),
        (&mapping.email_address, &account.email_address),
        (&mapping.first_name, &account.first_name),
        (&mapping.last_name, &account.last_name),
    ]
    .into_iter()
    .filter(|(name, _)| !name.is_empty())
    .map(|(name, value)| {
        let (name, value) = (escape(name), escape(value));
        format!(
            "<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
        )
    })
    .collect();
    let issuer = saml.idp_entity_id.as_deref().unwrap_or(&connection.id);
    STANDARD.encode(format!(
        "{head}{}<saml:Assertion Version=\"2.0\"><saml:Issuer>{}</saml:Issuer><saml:Subject><saml:NameID>{}</saml:NameID>\
         </saml:Subject><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion></samlp:Response>",
        status(SUCCESS),
        escape(issuer),
        escape(&account.provider_user_id),
    ))
}

/// Accepts the response of an identity provider, and sends the browser back to the application.
async fn consume(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let encoded = form.text("SAMLResponse").ok_or_else(|| {
        ApiError::unauthorized(
            "saml_response_invalid",
            "The SAML response is invalid: the form has no SAMLResponse.",
        )
    })?;
    let activity = Activity::of_user_agent(visitor.user_agent());
    let url = &app.instance.url;
    app.write(|tables, now| {
        let connection = connections::find(tables, Family::Saml, &id)?;
        let saml = connection
            .saml()
            .ok_or_else(|| ApiError::not_found("SAML connection", &id))?;
        let answer = match saml_responses::read(connection, saml, encoded) {
            Err(refusal) if refusal.code == "saml_user_attribute_missing" => {
                ProviderAnswer::Refused(refusal)
            }
            read => read?,
        };
        let state = form.text("RelayState").filter(|state| !state.contains("://"));
        if let Some(state) = state {
            let target =
                provider_callbacks::finish(tables, state, answer, &activity, url, now)?;
            return Ok(redirect(StatusCode::SEE_OTHER, &target, None));
        }
        if !saml.allow_idp_initiated {
            return Err(ApiError::bad_request(
                "saml_response_relaystate_missing",
                "The RelayState parameter is missing from the SAML Response. It is not required for connections that \
                 allow the IdP-initiated flow.",
            ));
        }
        let home = form
            .text("RelayState")
            .and_then(|target| app.instance.allowed_redirect(target))
            .or_else(|| app.instance.allowed_redirect(&app.instance.sign_in_url()))
            .ok_or_else(|| ApiError::value("RelayState", "must be an allowed URL"))?;
        let visit = Visit {
            client_id: clients::add(tables, now),
            origin: Some(home.origin().ascii_serialization()),
            activity: activity.clone(),
            emulator_url: url.clone(),
            now,
        };
        provider_callbacks::enter(tables, answer, &visit)?;
        let mut target = home;
        let client = Some(visit.client_id.as_str());
        bring(&app, tables, client, &mut target, None, Format::Token, now)
    })
}

/// Describes the application's side of a connection to the identity provider.
async fn metadata(State(app): State<Arc<App>>, Path(file): Path<String>) -> Reply {
    let id = file.strip_suffix(".xml").unwrap_or(&file);
    app.read(|tables, _| connections::find(tables, Family::Saml, id).map(drop))?;
    let url = &app.instance.url;
    let (entity, acs) = (
        escape(&format!("{url}/v1/saml/metadata/{id}")),
        escape(&format!("{url}/v1/saml/acs/{id}")),
    );
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity}\">\
         <SPSSODescriptor AuthnRequestsSigned=\"false\" protocolSupportEnumeration=\"{PROTOCOL}\">\
         <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>\
         <AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{acs}\" \
         index=\"1\" isDefault=\"true\"/></SPSSODescriptor></EntityDescriptor>\n"
    );
    let kind = [(CONTENT_TYPE, "application/samlmetadata+xml")];
    Ok((kind, xml).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_emulated_identity_provider_writes_is_read_back() {
        let mut connection = EnterpriseConnection::new("saml_okta".to_owned(), 0);
        let Protocol::Saml(saml) = &mut connection.protocol else {
            panic!("a SAML connection");
        };
        saml.attribute_mapping.user_id = "uid".to_owned();
        saml.idp_entity_id = Some("https://idp.example.com/?a=1&b=\"2\"".to_owned());
        let saml = saml.clone();
        let account = ProviderAccount {
            provider: connection.id.clone(),
            provider_user_id: "<&\"'>".to_owned(),
            email_address: "ada@example.com".to_owned(),
            first_name: "Ada & Co".to_owned(),
            last_name: String::new(),
        };
        let read = |encoded: &str| saml_responses::read(&connection, &saml, encoded);
        let written = response(&connection, &saml, Some(&account));
        let Ok(ProviderAnswer::Account(back)) = read(&written) else {
            panic!("an account");
        };
        assert_eq!(back, account);
        let denied = read(&response(&connection, &saml, None));
        assert!(matches!(denied, Ok(ProviderAnswer::Denied)));
        let of_others = EnterpriseConnection::new("saml_okta".to_owned(), 0);
        let other = response(&of_others, of_others.saml().unwrap(), Some(&account));
        for bad in ["%%%", "bm8geG1s", "PFJlc3BvbnNlLz4=", &other] {
            assert_eq!(read(bad).unwrap_err().code, "saml_response_invalid");
        }
    }
}
