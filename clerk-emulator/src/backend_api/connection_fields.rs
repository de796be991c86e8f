//! The fields of the bodies that create and update enterprise and SAML connections.

use crate::http::body::Body;
use crate::model::enterprise_connection::{CustomAttribute, LoginHint};
use crate::model::patch::Patch;
use crate::rules::api_error::ApiError;
use crate::rules::enterprise_connections::{
    AttributeMappingFields, ConnectionFields, OidcFields, SamlFields,
};

const IDP_FIELDS: &[&str] = &[
    "idp_entity_id",
    "idp_sso_url",
    "idp_certificate",
    "idp_metadata_url",
    "idp_metadata",
    "attribute_mapping",
    "force_authn",
    "login_hint",
];
const OIDC_FIELDS: &[&str] = &[
    "client_id",
    "client_secret",
    "discovery_url",
    "auth_url",
    "token_url",
    "user_info_url",
    "requires_pkce",
];

pub(crate) fn enterprise_fields(body: Body) -> Result<(String, ConnectionFields), ApiError> {
    let body = body.only(&[
        "name",
        "provider",
        "domains",
        "organization_id",
        "allow_organization_account_linking",
        "active",
        "saml",
        "oidc",
        "custom_attributes",
    ])?;
    body.required("name")?;
    let provider = body.required("provider")?;
    Ok((provider, enterprise(&body)?))
}

pub(crate) fn enterprise_update(body: Body) -> Result<ConnectionFields, ApiError> {
    let body = body.only(&[
        "name",
        "domains",
        "active",
        "sync_user_attributes",
        "disable_additional_identifications",
        "allow_organization_account_linking",
        "disable_jit_provisioning",
        "organization_id",
        "saml",
        "oidc",
        "custom_attributes",
    ])?;
    enterprise(&body)
}

fn enterprise(body: &Body) -> Result<ConnectionFields, ApiError> {
    let mut saml_names = IDP_FIELDS.to_vec();
    saml_names.extend(["name", "allow_subdomains", "allow_idp_initiated"]);
    let saml = body.nested("saml", &saml_names)?;
    let oidc = body.nested("oidc", OIDC_FIELDS)?;
    Ok(ConnectionFields {
        // The name of the SAML part is that of the whole connection.
        name: match (&saml, body.text("name")?) {
            (_, Some(name)) => Some(name),
            (Some(saml), None) => saml.text("name")?,
            (None, None) => None,
        },
        domains: body.texts("domains")?,
        // A connection is linked to an organization, and never unlinked.
        organization_id: body
            .text("organization_id")?
            .map_or(Patch::Keep, Patch::Set),
        custom_attributes: custom_attributes(body)?,
        saml: saml.as_ref().map(saml_part).transpose()?,
        oidc: oidc.as_ref().map(oidc_part).transpose()?,
        ..switches(body)?
    })
}

/// Reads the settings that are on or off.
fn switches(body: &Body) -> Result<ConnectionFields, ApiError> {
    Ok(ConnectionFields {
        active: body.boolean("active")?,
        sync_user_attributes: body.boolean("sync_user_attributes")?,
        disable_additional_identifications: body.boolean("disable_additional_identifications")?,
        allow_organization_account_linking: body.boolean("allow_organization_account_linking")?,
        // The documentation has it, the OpenAPI document does not.
        disable_jit_provisioning: body.boolean("disable_jit_provisioning")?,
        ..ConnectionFields::default()
    })
}

pub(super) fn saml_fields(body: Body) -> Result<(String, ConnectionFields), ApiError> {
    let mut names = IDP_FIELDS.to_vec();
    names.extend(["name", "domain", "domains", "provider", "organization_id"]);
    let body = body.only(&names)?;
    body.required("name")?;
    let provider = body.required("provider")?;
    Ok((provider, saml(&body)?))
}

pub(super) fn saml_update(body: Body) -> Result<ConnectionFields, ApiError> {
    let mut names = IDP_FIELDS.to_vec();
    names.extend([
        "name",
        "domain",
        "domains",
        "organization_id",
        "active",
        "sync_user_attributes",
        "allow_subdomains",
        "allow_idp_initiated",
        "disable_additional_identifications",
        "allow_organization_account_linking",
        "consent_verified_domains_deletion",
    ]);
    let body = body.only(&names)?;
    body.boolean("consent_verified_domains_deletion")?;
    saml(&body)
}

fn saml(body: &Body) -> Result<ConnectionFields, ApiError> {
    let mut domains = body.texts("domains")?;
    if let Some(domain) = body.text("domain")?.filter(|domain| !domain.is_empty()) {
        domains.get_or_insert_default().insert(0, domain);
    }
    Ok(ConnectionFields {
        name: body.text("name")?,
        domains,
        organization_id: body.patch_text("organization_id")?,
        saml: Some(saml_part(body)?),
        ..switches(body)?
    })
}

fn saml_part(body: &Body) -> Result<SamlFields, ApiError> {
    let mapping_names = ["user_id", "email_address", "first_name", "last_name"];
    let attribute_mapping = match body.nested("attribute_mapping", &mapping_names)? {
        None => AttributeMappingFields::default(),
        Some(mapping) => AttributeMappingFields {
            user_id: mapping.text("user_id")?,
            email_address: mapping.text("email_address")?,
            first_name: mapping.text("first_name")?,
            last_name: mapping.text("last_name")?,
        },
    };
    Ok(SamlFields {
        idp_entity_id: body.patch_text("idp_entity_id")?,
        idp_sso_url: body.patch_text("idp_sso_url")?,
        idp_certificate: body.patch_text("idp_certificate")?,
        idp_metadata_url: body.patch_text("idp_metadata_url")?,
        idp_metadata: body.patch_text("idp_metadata")?,
        attribute_mapping,
        allow_subdomains: body.boolean("allow_subdomains")?,
        allow_idp_initiated: body.boolean("allow_idp_initiated")?,
        force_authn: body.boolean("force_authn")?,
        login_hint: login_hint(body)?,
    })
}

fn login_hint(body: &Body) -> Result<Option<LoginHint>, ApiError> {
    let Some(hint) = body.nested("login_hint", &["mode", "source"])? else {
        return Ok(None);
    };
    let mode = hint
        .one_of("mode", &["email_address", "custom_attribute", "off"])?
        .ok_or_else(|| ApiError::missing("mode"))?;
    let source = hint.text("source")?.filter(|source| !source.is_empty());
    if mode == "custom_attribute" && source.is_none() {
        return Err(ApiError::missing("source"));
    }
    Ok(Some(LoginHint { mode, source }))
}

fn oidc_part(body: &Body) -> Result<OidcFields, ApiError> {
    Ok(OidcFields {
        client_id: body.patch_text("client_id")?,
        client_secret: body.patch_text("client_secret")?,
        discovery_url: body.patch_text("discovery_url")?,
        auth_url: body.patch_text("auth_url")?,
        token_url: body.patch_text("token_url")?,
        user_info_url: body.patch_text("user_info_url")?,
        requires_pkce: body.boolean("requires_pkce")?,
    })
}

fn custom_attributes(body: &Body) -> Result<Option<Vec<CustomAttribute>>, ApiError> {
    let names = [
        "name",
        "key",
        "sso_path",
        "scim_path",
        "directory_path",
        "multi_valued",
    ];
    let Some(attributes) = body.nested_list("custom_attributes", &names)? else {
        return Ok(None);
    };
    let attribute = |one: &Body| {
        Ok(CustomAttribute {
            name: one.required("name")?,
            key: one.required("key")?,
            sso_path: one.text("sso_path")?.unwrap_or_default(),
            directory_path: either(one, "directory_path", "scim_path")?.unwrap_or_default(),
            multi_valued: one.is_true("multi_valued")?,
        })
    };
    attributes
        .iter()
        .map(attribute)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Reads a text field that has two names. Both may be present if they agree.
pub(super) fn either(body: &Body, name: &str, older: &str) -> Result<Option<String>, ApiError> {
    match (body.text(name)?, body.text(older)?) {
        (Some(text), Some(other)) if text != other => Err(ApiError::value(
            older,
            &format!("must be the same as {name} where both are given"),
        )),
        (text, other) => Ok(text.or(other)),
    }
}
