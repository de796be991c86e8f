use serde_json::{Value, json};

use super::Shapes;
use crate::model::challenge::Challenge;
use crate::model::enterprise_account::EnterpriseAccount;
use crate::model::enterprise_connection::{
    CustomAttribute, EnterpriseConnection, Protocol, Saml, TestRun, TestRunStatus,
};
use crate::model::strategy::Strategy;

impl Shapes<'_> {
    pub(crate) fn enterprise_connection(self, one: &EnterpriseConnection) -> Value {
        let (saml, oauth) = match &one.protocol {
            Protocol::Saml(saml) => (Some(self.nested_saml(one, saml)), None),
            Protocol::Oidc(oidc) => {
                let config = json!({
                    "id": oidc.id,
                    "name": one.name,
                    "provider_key": one.provider,
                    "client_id": oidc.client_id,
                    "discovery_url": oidc.discovery_url,
                    "auth_url": oidc.auth_url,
                    "token_url": oidc.token_url,
                    "user_info_url": oidc.user_info_url,
                    "requires_pkce": oidc.requires_pkce,
                    "logo_public_url": null,
                    "created_at": one.created_at,
                    "updated_at": one.updated_at,
                });
                (None, Some(config))
            }
        };
        json!({
            "object": "enterprise_connection",
            "id": one.id,
            "name": one.name,
            "provider": one.provider,
            "logo_public_url": null,
            "active": one.active,
            "domains": one.domains,
            "organization_id": one.organization_id,
            "sync_user_attributes": one.sync_user_attributes,
            "disable_additional_identifications": one.disable_additional_identifications,
            "allow_organization_account_linking": one.allow_organization_account_linking,
            "authenticatable": true,
            "disable_jit_provisioning": one.disable_jit_provisioning,
            "custom_attributes": custom_attributes(&one.custom_attributes),
            "saml_connection": saml,
            "oauth_config": oauth,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        })
    }

    fn nested_saml(self, one: &EnterpriseConnection, saml: &Saml) -> Value {
        json!({
            "id": saml.id,
            "name": one.name,
            "idp_entity_id": saml.idp_entity_id,
            "idp_sso_url": saml.idp_sso_url,
            "idp_metadata_url": saml.idp_metadata_url,
            "acs_url": self.saml_url("acs", saml),
            "sp_entity_id": self.saml_url("metadata", saml),
            "sp_metadata_url": self.metadata_url(saml),
            "active": one.active,
            "allow_idp_initiated": saml.allow_idp_initiated,
            "allow_subdomains": saml.allow_subdomains,
            "force_authn": saml.force_authn,
            "login_hint": saml.login_hint,
        })
    }

    pub(crate) fn saml_url(self, what: &str, saml: &Saml) -> String {
        format!("{}/v1/saml/{what}/{}", self.instance.url, saml.id)
    }

    fn metadata_url(self, saml: &Saml) -> String {
        format!("{}.xml", self.saml_url("metadata", saml))
    }

    /// Renders a SAML connection. Returns `None` for any other connection.
    pub(crate) fn saml_connection(self, one: &EnterpriseConnection) -> Option<Value> {
        let saml = one.saml()?;
        Some(json!({
            "object": "saml_connection",
            "id": saml.id,
            "name": one.name,
            "domain": one.domains.first().map_or("", String::as_str),
            "domains": one.domains,
            "idp_entity_id": saml.idp_entity_id,
            "idp_sso_url": saml.idp_sso_url,
            "idp_certificate": saml.idp_certificate,
            "idp_certificate_issued_at": null,
            "idp_certificate_expires_at": null,
            "idp_metadata_url": saml.idp_metadata_url,
            "idp_metadata": saml.idp_metadata,
            "acs_url": self.saml_url("acs", saml),
            "sp_entity_id": self.saml_url("metadata", saml),
            "sp_metadata_url": self.metadata_url(saml),
            "organization_id": one.organization_id,
            "attribute_mapping": saml.attribute_mapping,
            "active": one.active,
            "provider": one.provider,
            "user_count": self.tables.enterprise_accounts.iter().filter(|account| account.account.provider == one.id).count(),
            "sync_user_attributes": one.sync_user_attributes,
            "allow_subdomains": saml.allow_subdomains,
            "allow_idp_initiated": saml.allow_idp_initiated,
            "disable_additional_identifications": one.disable_additional_identifications,
            "allow_organization_account_linking": one.allow_organization_account_linking,
            "force_authn": saml.force_authn,
            "login_hint": saml.login_hint,
            "authenticatable": true,
            "disable_jit_provisioning": one.disable_jit_provisioning,
            "enterprise_connection_id": one.id,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        }))
    }

    /// Renders the account of a user at the identity provider of a connection.
    pub(crate) fn enterprise_account(self, one: &EnterpriseAccount) -> Value {
        let connection = self
            .tables
            .enterprise_connections
            .get(&one.account.provider);
        let mut json = self.account_at_provider("enterprise_account", one, connection);
        json["protocol"] = json!(connection.map_or("saml", protocol));
        json["enterprise_connection_id"] = json!(one.account.provider);
        json["enterprise_connection"] = connection.map_or(Value::Null, |connection| {
            let mut json = account_connection(connection);
            json["protocol"] = json!(protocol(connection));
            json["logo_public_url"] = Value::Null;
            json
        });
        json
    }

    /// Renders the account of a user as a SAML account. Returns `None` for accounts of other connections.
    pub(crate) fn saml_account(self, one: &EnterpriseAccount) -> Option<Value> {
        let connection = self
            .tables
            .enterprise_connections
            .get(&one.account.provider)?;
        let saml = connection.saml()?;
        let mut json = self.account_at_provider("saml_account", one, Some(connection));
        let mut shown = account_connection(connection);
        shown["id"] = json!(saml.id);
        json["saml_connection"] = shown;
        Some(json)
    }

    fn account_at_provider(
        self,
        object: &str,
        one: &EnterpriseAccount,
        connection: Option<&EnterpriseConnection>,
    ) -> Value {
        let mut challenge = Challenge::verified(Strategy::EnterpriseSso, one.updated_at);
        challenge.identifier_id = Some(one.account.provider.clone());
        json!({
            "object": object,
            "id": one.id,
            "provider": connection.map_or("", |connection| connection.provider.as_str()),
            "active": connection.is_some_and(|connection| connection.active),
            "email_address": one.account.email_address,
            "first_name": one.account.first_name,
            "last_name": one.account.last_name,
            "provider_user_id": one.account.provider_user_id,
            "public_metadata": one.account.attributes,
            "verification": self.challenge(&challenge),
            "last_authenticated_at": one.last_authenticated_at,
        })
    }

    /// Returns the URL that starts a test run.
    pub(crate) fn test_run_link(self, run: &TestRun) -> Value {
        let (id, token) = (&run.connection_id, &run.token.0);
        json!({
            "url": format!(
                "{}/v1/enterprise_connections/{id}/init_test_run?ticket={token}",
                self.instance.url
            ),
        })
    }

    pub(crate) fn test_run(self, run: &TestRun) -> Value {
        let connection = self.tables.enterprise_connections.get(&run.connection_id);
        let user = run.account.as_ref().map(|account| {
            json!({
                "email_address": account.email_address,
                "first_name": account.first_name,
                "last_name": account.last_name,
                "user_id": account.provider_user_id,
            })
        });
        let log = match (run.status, &run.problem) {
            (TestRunStatus::Pending, _) => None,
            (TestRunStatus::Failed, Some(problem)) => Some(json!({
                "level": "error",
                "code": problem.code,
                "short_message": problem.message,
                "message": problem.message,
            })),
            _ => Some(json!({
                "level": "info",
                "code": "signed_in",
                "short_message": "Signed in",
                "message": "The identity provider let the person in, and the emulator accepted its response.",
            })),
        };
        json!({
            "id": run.id,
            "status": run.status,
            "connection_type": connection.map_or("saml", protocol),
            "parsed_user_info": user,
            "logs": log.as_slice(),
            "saml": null,
            "oauth": null,
            "created_at": run.created_at,
        })
    }
}

/// Returns the name of a connection's protocol in the API.
fn protocol(connection: &EnterpriseConnection) -> &'static str {
    match connection.protocol {
        Protocol::Saml(_) => "saml",
        Protocol::Oidc(_) => "oauth",
    }
}

/// Renders what accounts show of their connection.
fn account_connection(one: &EnterpriseConnection) -> Value {
    json!({
        "id": one.id,
        "name": one.name,
        "domain": one.domains.first().map_or("", String::as_str),
        "domains": one.domains,
        "active": one.active,
        "provider": one.provider,
        "sync_user_attributes": one.sync_user_attributes,
        "allow_subdomains": one.saml().is_some_and(|saml| saml.allow_subdomains),
        "allow_idp_initiated": one.saml().is_some_and(|saml| saml.allow_idp_initiated),
        "disable_additional_identifications": one.disable_additional_identifications,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    })
}

pub(super) fn custom_attributes(attributes: &[CustomAttribute]) -> Vec<Value> {
    attributes
        .iter()
        .map(|one| {
            json!({
                "name": one.name,
                "key": one.key,
                "sso_path": one.sso_path,
                "scim_path": one.directory_path,
                "directory_path": one.directory_path,
                "multi_valued": one.multi_valued,
            })
        })
        .collect()
}
