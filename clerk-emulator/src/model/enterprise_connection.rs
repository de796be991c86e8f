use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::challenge::Problem;
use super::external_account::ProviderAccount;
use super::metadata::Metadata;
use crate::random;
use crate::secret::Secret;

/// The identity providers that use SAML.
pub(crate) const SAML_PROVIDERS: &[&str] =
    &["saml_custom", "saml_okta", "saml_google", "saml_microsoft"];
/// The identity providers that use OpenID Connect.
pub(crate) const OIDC_PROVIDERS: &[&str] =
    &["oidc_custom", "oidc_github_enterprise", "oidc_gitlab"];

/// A connection to the identity provider of a company, through which its people sign in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnterpriseConnection {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) provider: String,
    /// In lower case.
    pub(crate) domains: Vec<String>,
    pub(crate) organization_id: Option<String>,
    pub(crate) active: bool,
    pub(crate) sync_user_attributes: bool,
    pub(crate) disable_additional_identifications: bool,
    pub(crate) allow_organization_account_linking: bool,
    /// Nobody gets an account by signing in.
    pub(crate) disable_jit_provisioning: bool,
    pub(crate) custom_attributes: Vec<CustomAttribute>,
    pub(crate) protocol: Protocol,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The protocol of the identity provider, with its configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Protocol {
    Saml(Box<Saml>),
    Oidc(Oidc),
}

/// The configuration of a SAML connection that comes from the identity provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saml {
    pub(crate) id: String,
    pub(crate) idp_entity_id: Option<String>,
    pub(crate) idp_sso_url: Option<String>,
    pub(crate) idp_certificate: Option<String>,
    pub(crate) idp_metadata_url: Option<String>,
    pub(crate) idp_metadata: Option<String>,
    pub(crate) attribute_mapping: AttributeMapping,
    pub(crate) allow_subdomains: bool,
    pub(crate) allow_idp_initiated: bool,
    pub(crate) force_authn: bool,
    pub(crate) login_hint: LoginHint,
}

/// The identity provider's names for the attributes of users.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeMapping {
    pub(crate) user_id: String,
    pub(crate) email_address: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
}

/// The hint about the person signing in that is sent to the identity provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginHint {
    /// `email_address`, `custom_attribute` or `off`.
    pub(crate) mode: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) source: Option<String>,
}

/// The configuration of an OpenID Connect connection that comes from the identity provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Oidc {
    pub(crate) id: String,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) discovery_url: Option<String>,
    pub(crate) auth_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) user_info_url: Option<String>,
    pub(crate) requires_pkce: bool,
}

/// An attribute from the identity provider that is copied to the metadata of users.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomAttribute {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) sso_path: String,
    pub(crate) directory_path: String,
    pub(crate) multi_valued: bool,
}

impl CustomAttribute {
    /// Returns the value that is stored for what the identity provider says; `None` if it says nothing.
    fn value(&self, given: Vec<String>) -> Option<Value> {
        let mut given = given.into_iter().filter(|value| !value.is_empty());
        if self.multi_valued {
            let all: Vec<Value> = given.map(Value::from).collect();
            (!all.is_empty()).then(|| all.into())
        } else {
            given.next().map(Value::from)
        }
    }
}

impl Protocol {
    /// Creates the protocol that a provider uses, with nothing configured yet.
    pub(crate) fn of(provider: &str) -> Self {
        if SAML_PROVIDERS.contains(&provider) {
            Self::Saml(Box::new(Saml {
                id: random::id("samlc"),
                idp_entity_id: None,
                idp_sso_url: None,
                idp_certificate: None,
                idp_metadata_url: None,
                idp_metadata: None,
                attribute_mapping: AttributeMapping {
                    user_id: String::new(),
                    email_address: "mail".to_owned(),
                    first_name: "firstName".to_owned(),
                    last_name: "lastName".to_owned(),
                },
                allow_subdomains: false,
                allow_idp_initiated: false,
                force_authn: false,
                login_hint: LoginHint {
                    mode: "email_address".to_owned(),
                    source: None,
                },
            }))
        } else {
            Self::Oidc(Oidc {
                id: random::id("oauthc"),
                client_id: None,
                client_secret: None,
                discovery_url: None,
                auth_url: None,
                token_url: None,
                user_info_url: None,
                requires_pkce: false,
            })
        }
    }

    /// Returns true if the configuration is sufficient for people to sign in.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Saml(saml) => {
                saml.idp_metadata_url.is_some()
                    || saml.idp_metadata.is_some()
                    || (saml.idp_entity_id.is_some()
                        && saml.idp_sso_url.is_some()
                        && saml.idp_certificate.is_some())
            }
            Self::Oidc(oidc) => {
                oidc.client_id.is_some()
                    && (oidc.discovery_url.is_some()
                        || (oidc.auth_url.is_some() && oidc.token_url.is_some()))
            }
        }
    }
}

impl EnterpriseConnection {
    /// Creates a connection that is not configured yet.
    pub(crate) fn new(provider: String, now: i64) -> Self {
        Self {
            id: random::id("entconn"),
            name: String::new(),
            protocol: Protocol::of(&provider),
            provider,
            domains: Vec::new(),
            organization_id: None,
            active: false,
            sync_user_attributes: true,
            disable_additional_identifications: false,
            allow_organization_account_linking: false,
            disable_jit_provisioning: false,
            custom_attributes: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns the name to show to people.
    pub(crate) fn label(&self) -> &str {
        match self.name.as_str() {
            "" => &self.provider,
            name => name,
        }
    }

    /// Iterates over the custom attributes that sign-ins bring along.
    pub(crate) fn sso_attributes(&self) -> impl Iterator<Item = &CustomAttribute> {
        let attributes = self.custom_attributes.iter();
        attributes.filter(|one| !one.sso_path.is_empty())
    }

    /// Collects the custom attributes of a person; `given` returns what the identity provider says about one.
    pub(crate) fn collect_attributes(
        &self,
        given: impl Fn(&CustomAttribute) -> Vec<String>,
    ) -> Metadata {
        self.sso_attributes()
            .filter_map(|one| Some((one.key.clone(), one.value(given(one))?)))
            .collect()
    }

    /// Returns the part that only SAML connections have.
    pub(crate) fn saml(&self) -> Option<&Saml> {
        match &self.protocol {
            Protocol::Saml(saml) => Some(saml),
            Protocol::Oidc(_) => None,
        }
    }
}

/// The status of a test of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestRunStatus {
    Pending,
    Success,
    Failed,
}

/// A test of a connection, which ends when its link is followed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestRun {
    pub(crate) id: String,
    pub(crate) connection_id: String,
    /// The token contained in the link.
    pub(crate) token: Secret,
    pub(crate) status: TestRunStatus,
    /// The account with which the test succeeded.
    pub(crate) account: Option<ProviderAccount>,
    /// The reason why it failed.
    pub(crate) problem: Option<Problem>,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
}
