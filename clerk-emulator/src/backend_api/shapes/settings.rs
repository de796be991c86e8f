use serde_json::{Value, json};

use super::Shapes;
use crate::instance::INSTANCE_ID;
use crate::model::settings::Settings;

impl Shapes<'_> {
    pub(crate) fn instance(self, settings: &Settings) -> Value {
        json!({
            "object": "instance",
            "id": INSTANCE_ID,
            "environment_type": self.instance.environment_type(),
            "allowed_origins": settings.allowed_origins,
            "workspace_id": null,
        })
    }

    pub(crate) fn instance_settings(self, settings: &Settings) -> Value {
        json!({
            "object": "instance_settings",
            "id": INSTANCE_ID,
            "restricted_to_allowlist": settings.restrictions.allowlist,
            "from_email_address": settings.from_email_address,
            "progressive_sign_up": settings.progressive_sign_up,
            "enhanced_email_deliverability": false,
        })
    }

    pub(crate) fn instance_restrictions(self, settings: &Settings) -> Value {
        let set = &settings.restrictions;
        json!({
            "object": "instance_restrictions",
            "allowlist": set.allowlist,
            "blocklist": set.blocklist,
            "allowlist_blocklist_disabled_on_sign_in": set.allowlist_blocklist_disabled_on_sign_in,
            "block_email_subaddresses": set.block_email_subaddresses,
            "block_disposable_email_domains": set.block_disposable_email_domains,
        })
    }

    pub(crate) fn instance_protect(self, settings: &Settings) -> Value {
        json!({
            "object": "instance_protect",
            "rules_enabled": settings.protect_rules_enabled,
            "specter_enabled": settings.specter_enabled,
            "checks_bypassed": false,
        })
    }

    pub(crate) fn instance_communication(self, settings: &Settings) -> Value {
        json!({
            "object": "instance_communication",
            "blocked_country_codes": settings.blocked_country_codes,
        })
    }

    pub(crate) fn oauth_application_settings(self, settings: &Settings) -> Value {
        let set = &settings.oauth;
        json!({
            "object": "oauth_application_settings",
            "dynamic_oauth_client_registration": set.dynamic_oauth_client_registration,
            "default_scopes": set.default_scopes,
            "oauth_jwt_access_tokens": set.oauth_jwt_access_tokens,
            "client_id_metadata_documents_advertised": set.client_id_metadata_documents_advertised,
            "client_id_metadata_documents_only_allow_pre_registered_clients":
                set.client_id_metadata_documents_only_allow_pre_registered_clients,
            "client_id_metadata_documents_block_implicitly_allowed_clients":
                set.client_id_metadata_documents_block_implicitly_allowed_clients,
        })
    }

    pub(crate) fn organization_settings(self, settings: &Settings) -> Value {
        let set = &settings.organizations;
        let initial = self.tables.role_sets.find(|set| set.initial);
        json!({
            "object": "organization_settings",
            "enabled": set.enabled,
            "max_allowed_memberships": set.max_allowed_memberships,
            "max_allowed_roles": 10,
            "max_role_sets_allowed": 1,
            "max_allowed_domains": 10,
            "max_allowed_permissions": 50,
            "creator_role": set.creator_role,
            "admin_delete_enabled": set.admin_delete_enabled,
            "domains_enabled": set.domains_enabled,
            "slug_disabled": set.slug_disabled,
            "domains_enrollment_modes": set.domains_enrollment_modes,
            "domains_default_role": set.domains_default_role,
            "initial_role_set_key": initial.map(|set| set.key.as_str()),
        })
    }
}
