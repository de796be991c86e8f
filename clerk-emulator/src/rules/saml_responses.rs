//! SAML responses: what an identity provider says about the person who signed in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::api_error::ApiError;
use super::provider_callbacks::ProviderAnswer;
use crate::model::enterprise_connection::{EnterpriseConnection, Saml};
use crate::model::external_account::ProviderAccount;

/// The namespace of responses.
pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// The namespace of statements about a person.
pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// The status of responses about a person who signed in.
pub(crate) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

fn invalid(reason: &str) -> ApiError {
    ApiError::unauthorized(
        "saml_response_invalid",
        format!("The SAML response is invalid: {reason}."),
    )
}

/// Reads the response to a sign-in through a connection. Signatures are not checked: whoever reaches the emulator may
/// sign in as anyone.
pub(crate) fn read(
    connection: &EnterpriseConnection,
    saml: &Saml,
    encoded: &str,
) -> Result<ProviderAnswer, ApiError> {
    let compact: String = encoded.split_whitespace().collect();
    let bytes = STANDARD
        .decode(compact)
        .map_err(|_| invalid("it is not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("it is not UTF-8"))?;
    let document = Document::parse(&text).map_err(|error| invalid(&error.to_string()))?;
    let response = document.root_element();
    if !response.has_tag_name((PROTOCOL, "Response")) {
        return Err(invalid("the root element is not a Response"));
    }
    let status = child(response, PROTOCOL, "Status")
        .and_then(|status| child(status, PROTOCOL, "StatusCode"))
        .and_then(|code| code.attribute("Value"));
    if status.is_some_and(|status| status != SUCCESS) {
        return Ok(ProviderAnswer::Denied);
    }
    let assertion = child(response, ASSERTION, "Assertion")
        .ok_or_else(|| invalid("it contains no Assertion"))?;
    let issuer = child(assertion, ASSERTION, "Issuer").and_then(|node| node.text());
    if let Some(expected) = &saml.idp_entity_id
        && issuer.map(str::trim) != Some(expected.as_str())
    {
        return Err(invalid(
            "the Issuer is not the connection's identity provider",
        ));
    }
    let name_id = child(assertion, ASSERTION, "Subject")
        .and_then(|subject| child(subject, ASSERTION, "NameID"))
        .and_then(|node| node.text())
        .map(str::trim);
    let attribute = |name: &str| values(assertion, name).next();
    let mapping = &saml.attribute_mapping;
    let email = attribute(&mapping.email_address).or(name_id.filter(|name| name.contains('@')));
    let email = email.ok_or_else(|| missing(&mapping.email_address))?;
    let user_id = match mapping.user_id.as_str() {
        "" => name_id.unwrap_or(email),
        name => attribute(name).ok_or_else(|| missing(name))?,
    };
    Ok(ProviderAnswer::Account(ProviderAccount {
        provider: connection.id.clone(),
        provider_user_id: user_id.to_owned(),
        email_address: email.to_owned(),
        first_name: attribute(&mapping.first_name)
            .unwrap_or_default()
            .to_owned(),
        last_name: attribute(&mapping.last_name).unwrap_or_default().to_owned(),
        attributes: connection.collect_attributes(|one| {
            let values = values(assertion, &one.sso_path);
            values.map(str::to_owned).collect()
        }),
    }))
}

fn missing(name: &str) -> ApiError {
    ApiError::bad_request(
        "saml_user_attribute_missing",
        format!(
            "This account does not have an associated '{name}' attribute. Contact the IdP administrator for resolution."
        ),
    )
    .with("missing_attribute", name)
}

fn child<'a, 'input>(
    node: Node<'a, 'input>,
    namespace: &str,
    name: &str,
) -> Option<Node<'a, 'input>> {
    node.children()
        .find(|child| child.has_tag_name((namespace, name)))
}

/// Iterates over the values of an attribute of the person.
fn values<'a>(assertion: Node<'a, '_>, name: &str) -> impl Iterator<Item = &'a str> {
    assertion
        .children()
        .filter(|child| child.has_tag_name((ASSERTION, "AttributeStatement")))
        .flat_map(|statement| statement.children())
        .filter(move |child| child.attribute("Name") == Some(name))
        .flat_map(|attribute| attribute.children())
        .filter(|child| child.has_tag_name((ASSERTION, "AttributeValue")))
        .filter_map(|value| value.text())
        .map(str::trim)
        .filter(|value| !value.is_empty())
}
