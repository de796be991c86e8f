//! The page that represents the identity provider of a company, and the ends of the SAML protocol that Clerk has.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::handshake::{Format, bring};
use super::provider::{chosen_account, people_forms, return_to_callback};
use super::redirect::redirect;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::instance::origin_of;
use crate::model::activity::Activity;
use crate::model::enterprise_connection::{CustomAttribute, EnterpriseConnection, Protocol, Saml};
use crate::model::external_account::ProviderAccount;
use crate::model::metadata::Metadata;
use crate::pages::layout::{escape, heading, page, posting};
use crate::rules::api_error::ApiError;
use crate::rules::enterprise_connections::{self as connections, Family};
use crate::rules::provider_callbacks::{self, ProviderAnswer};
use crate::rules::saml_responses::{self, ASSERTION, PROTOCOL, SUCCESS};
use crate::rules::visit::Visit;
use crate::rules::{clients, enterprise_accounts, identifiers};
use crate::store::tables::Tables;

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
        let headline = format!("Sign in at {}", connection.label());
        let mut html = heading("", &headline, "");
        html.push_str(&format!(
            "<p class=\"notice\">This page of the emulator takes the place of the company's identity provider, for \
             addresses at {}. Choose who you are there.</p>",
            escape(&connection.domains.join(", "))
        ));
        let fields: String = connection.sso_attributes().map(field).collect();
        html.push_str(&people_forms(tables, state, "", &fields, |address| {
            enterprise_accounts::covers(connection, address)
        }));
        Ok(page(StatusCode::OK, &headline, &html, None))
    })
}

/// Returns the field for a custom attribute.
fn field(attribute: &CustomAttribute) -> String {
    let several = match attribute.multi_valued {
        true => " <span class=\"quiet\">(several: separate with commas)</span>",
        false => "",
    };
    let (name, key) = (escape(&attribute.name), escape(&attribute.key));
    format!("<label>{name}{several}<input name=\"{ATTRIBUTE}{key}\" autocomplete=\"off\"></label>")
}

/// Returns the custom attributes that the identity provider says the person has: those typed into the form, or, for one of
/// the users, those already known here.
fn attributes(
    tables: &Tables,
    connection: &EnterpriseConnection,
    account: &ProviderAccount,
    form: &Params,
) -> Metadata {
    let user = form
        .text("as")
        .and_then(|_| identifiers::user_by_email(tables, &account.email_address));
    connection.collect_attributes(|one| match user {
        Some(user) => texts(user.public_metadata.get(&one.key)),
        None => form
            .text(&format!("{ATTRIBUTE}{}", one.key))
            .map(|typed| match one.multi_valued {
                true => typed.split(',').map(|one| one.trim().to_owned()).collect(),
                false => vec![typed.to_owned()],
            })
            .unwrap_or_default(),
    })
}

/// Returns the texts in the value of a custom attribute.
fn texts(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Some(Value::Array(all)) => all.iter().filter_map(text).collect(),
        other => other.and_then(text).into_iter().collect(),
    }
}

/// Sends the browser back as the protocol of the connection does.
async fn chosen(State(app): State<Arc<App>>, Path(id): Path<String>, Form(form): Form) -> Reply {
    let mut account = chosen_account(&app, &id, &form)?;
    let connection = app.read(|tables, _| {
        let connection = connections::find(tables, Family::Enterprise, &id)?;
        if let Some(account) = &mut account {
            account.attributes = attributes(tables, connection, account, &form);
        }
        Ok::<_, ApiError>(connection.clone())
    })?;
    match &connection.protocol {
        Protocol::Oidc(_) => return_to_callback(&app, &form, account.as_ref()),
        Protocol::Saml(saml) => {
            let response = response(&connection, saml, account.as_ref());
            let state = form.get("state").unwrap_or_default();
            let action = format!("{}/v1/saml/acs/{}", app.instance.url, saml.id);
            let fields = [("SAMLResponse", response.as_str()), ("RelayState", state)];
            Ok(posting("Signing in", &action, &fields))
        }
    }
}

/// What precedes the key of a custom attribute in the name of its field.
const ATTRIBUTE: &str = "attribute_";

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
    let attribute = |name: &str, values: &[&str]| {
        let values: String = values
            .iter()
            .map(|value| {
                let value = escape(value);
                format!("<saml:AttributeValue>{value}</saml:AttributeValue>")
            })
            .collect();
        let name = escape(name);
        format!("<saml:Attribute Name=\"{name}\">{values}</saml:Attribute>")
    };
    let own: String = [
        (&mapping.user_id, &account.provider_user_id),
        (&mapping.email_address, &account.email_address),
        (&mapping.first_name, &account.first_name),
        (&mapping.last_name, &account.last_name),
    ]
    .into_iter()
    .filter(|(name, _)| !name.is_empty())
    .map(|(name, value)| attribute(name, &[value]))
    .collect();
    let custom: String = connection
        .sso_attributes()
        .map(|one| (one, texts(account.attributes.get(&one.key))))
        .filter(|(_, values)| !values.is_empty())
        .map(|(one, values)| {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            attribute(&one.sso_path, &values)
        })
        .collect();
    let issuer = saml.idp_entity_id.as_deref().unwrap_or(&connection.id);
    STANDARD.encode(format!(
        "{head}{}<saml:Assertion Version=\"2.0\"><saml:Issuer>{}</saml:Issuer><saml:Subject><saml:NameID>{}</saml:NameID>\
         </saml:Subject><saml:AttributeStatement>{own}{custom}</saml:AttributeStatement></saml:Assertion></samlp:Response>",
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
            .and_then(|target| app.allowed_redirect(tables, target))
            .or_else(|| app.instance.allowed_redirect(&app.instance.sign_in_url()))
            .ok_or_else(|| ApiError::value("RelayState", "must be an allowed URL"))?;
        let visit = Visit {
            client_id: clients::add(tables, now),
            origin: origin_of(&home),
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
    use serde_json::json;

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
        connection.custom_attributes.push(CustomAttribute {
            name: "Teams".to_owned(),
            key: "teams".to_owned(),
            sso_path: "<groups>".to_owned(),
            directory_path: String::new(),
            multi_valued: true,
        });
        let account = ProviderAccount {
            provider: connection.id.clone(),
            provider_user_id: "<&\"'>".to_owned(),
            email_address: "ada@example.com".to_owned(),
            first_name: "Ada & Co".to_owned(),
            last_name: String::new(),
            attributes: Metadata::from_iter([("teams".to_owned(), json!(["a & b", "c"]))]),
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
