use serde_json::{Value, json};

use super::Shapes;
use crate::model::enterprise_connection::{
    CustomAttribute, EnterpriseConnection, Protocol, Saml, TestRun, TestRunStatus,
};

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
            "disable_jit_provisioning": false,
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
            "sp_metadata_url": self.saml_url("metadata", saml),
            "active": one.active,
            "allow_idp_initiated": saml.allow_idp_initiated,
            "allow_subdomains": saml.allow_subdomains,
            "force_authn": saml.force_authn,
            "login_hint": saml.login_hint,
        })
    }

    fn saml_url(self, what: &str, saml: &Saml) -> String {
        format!("{}/v1/saml/{what}/{}", self.instance.url, saml.id)
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
            "sp_metadata_url": self.saml_url("metadata", saml),
            "organization_id": one.organization_id,
            "attribute_mapping": saml.attribute_mapping,
            "active": one.active,
            "provider": one.provider,
            "user_count": 0,
            "sync_user_attributes": one.sync_user_attributes,
            "allow_subdomains": saml.allow_subdomains,
            "allow_idp_initiated": saml.allow_idp_initiated,
            "disable_additional_identifications": one.disable_additional_identifications,
            "allow_organization_account_linking": one.allow_organization_account_linking,
            "force_authn": saml.force_authn,
            "login_hint": saml.login_hint,
            "authenticatable": true,
            "disable_jit_provisioning": false,
            "enterprise_connection_id": one.id,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        }))
    }

    pub(crate) fn test_run_link(self, run: &TestRun) -> Value {
        json!({
            "url": format!(
                "{}/v1/enterprise_connection_test_runs/{}",
                self.instance.url, run.token.0
            ),
        })
    }

    pub(crate) fn test_run(self, run: &TestRun) -> Value {
        let connection = self.tables.enterprise_connections.get(&run.connection_id);
        let is_saml = connection.is_some_and(|one| one.saml().is_some());
        let domain = connection.and_then(|one| one.domains.first());
        let done = run.status == TestRunStatus::Success;
        let user = json!({
            "email_address": format!("test@{}", domain.map_or("example.com", String::as_str)),
            "first_name": "Test",
            "last_name": "User",
            "user_id": "test",
        });
        let log = json!({
            "level": "info",
            "code": "signed_in",
            "message": "The emulator stands for the identity provider and let the test user in",
        });
        json!({
            "id": run.id,
            "status": run.status,
            "connection_type": if is_saml { "saml" } else { "oauth" },
            "parsed_user_info": done.then_some(user),
            "logs": done.then_some(log).as_slice(),
            "saml": null,
            "oauth": null,
            "created_at": run.created_at,
        })
    }
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
