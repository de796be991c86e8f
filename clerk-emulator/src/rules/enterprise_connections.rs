//! Connections to the identity providers of companies.

use http::StatusCode;
use url::Url;

use super::api_error::ApiError;
use super::{identifiers, organizations, saml_metadata};
use crate::model::challenge::Problem;
use crate::model::enterprise_connection::{
    CustomAttribute, EnterpriseConnection, LoginHint, OIDC_PROVIDERS, Oidc, Protocol,
    SAML_PROVIDERS, Saml, TestRun, TestRunStatus,
};
use crate::model::external_account::ProviderAccount;
use crate::model::organization_domain::ENTERPRISE_SSO;
use crate::model::patch::Patch;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The time for which the link of a test run can be followed, in milliseconds.
const TEST_RUN_LIFETIME: i64 = 10 * 60 * 1000;

/// The family of operations that names a connection. SAML connections have their own IDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Enterprise,
    Saml,
}

/// Finds a connection by the ID that this family of operations uses for it.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    family: Family,
    id: &str,
) -> Result<&'a EnterpriseConnection, ApiError> {
    match family {
        Family::Enterprise => tables
            .enterprise_connections
            .get(id)
            .ok_or_else(|| ApiError::not_found("enterprise connection", id)),
        Family::Saml => tables
            .enterprise_connections
            .find(|connection| connection.saml().is_some_and(|saml| saml.id == id))
            .ok_or_else(|| ApiError::not_found("SAML connection", id)),
    }
}

/// A filter for a list of connections.
#[derive(Debug, Default)]
pub(crate) struct ConnectionFilter<'a> {
    pub(crate) organization_ids: Vec<&'a str>,
    pub(crate) active: Option<bool>,
    /// The text to filter by, in lowercase.
    pub(crate) query: Option<String>,
}

/// Lists connections in order of creation.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    family: Family,
    filter: &ConnectionFilter<'_>,
) -> Vec<&'a EnterpriseConnection> {
    let mentions = |connection: &EnterpriseConnection, query: &str| {
        connection.name.to_lowercase().contains(query)
            || connection
                .domains
                .iter()
                .any(|domain| domain.contains(query))
    };
    tables
        .enterprise_connections
        .iter()
        .filter(|one| family == Family::Enterprise || one.saml().is_some())
        .filter(|one| filter.active.is_none_or(|active| one.active == active))
        .filter(|one| {
            filter.organization_ids.is_empty()
                || one
                    .organization_id
                    .as_deref()
                    .is_some_and(|id| filter.organization_ids.contains(&id))
        })
        .filter(|one| {
            let query = filter.query.as_deref();
            query.is_none_or(|query| mentions(one, query))
        })
        .collect()
}

/// The fields shared by creation and update. Omitted fields stay unchanged.
#[derive(Debug, Default)]
pub(crate) struct ConnectionFields {
    pub(crate) name: Option<String>,
    pub(crate) domains: Option<Vec<String>>,
    pub(crate) organization_id: Patch<String>,
    pub(crate) active: Option<bool>,
    pub(crate) sync_user_attributes: Option<bool>,
    pub(crate) disable_additional_identifications: Option<bool>,
    pub(crate) allow_organization_account_linking: Option<bool>,
    pub(crate) disable_jit_provisioning: Option<bool>,
    pub(crate) custom_attributes: Option<Vec<CustomAttribute>>,
    pub(crate) saml: Option<SamlFields>,
    pub(crate) oidc: Option<OidcFields>,
}

/// The fields of a SAML connection.
#[derive(Debug, Default)]
pub(crate) struct SamlFields {
    pub(crate) idp_entity_id: Patch<String>,
    pub(crate) idp_sso_url: Patch<String>,
    pub(crate) idp_certificate: Patch<String>,
    pub(crate) idp_metadata_url: Patch<String>,
    pub(crate) idp_metadata: Patch<String>,
    pub(crate) attribute_mapping: AttributeMappingFields,
    pub(crate) allow_subdomains: Option<bool>,
    pub(crate) allow_idp_initiated: Option<bool>,
    pub(crate) force_authn: Option<bool>,
    pub(crate) login_hint: Option<LoginHint>,
}

/// The new names of attributes.
#[derive(Debug, Default)]
pub(crate) struct AttributeMappingFields {
    pub(crate) user_id: Option<String>,
    pub(crate) email_address: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
}

/// The fields of an OpenID Connect connection.
#[derive(Debug, Default)]
pub(crate) struct OidcFields {
    pub(crate) client_id: Patch<String>,
    pub(crate) client_secret: Patch<String>,
    pub(crate) discovery_url: Patch<String>,
    pub(crate) auth_url: Patch<String>,
    pub(crate) token_url: Patch<String>,
    pub(crate) user_info_url: Patch<String>,
    pub(crate) requires_pkce: Option<bool>,
}

/// Creates a connection and returns its ID.
pub(crate) fn create(
    tables: &mut Tables,
    family: Family,
    provider: String,
    fields: ConnectionFields,
    now: i64,
) -> Result<String, ApiError> {
    let mut allowed = SAML_PROVIDERS.to_vec();
    if family == Family::Enterprise {
        allowed.extend(OIDC_PROVIDERS);
    }
    if !allowed.contains(&provider.as_str()) {
        return Err(ApiError::value(
            "provider",
            &format!("must be one of {}", allowed.join(", ")),
        ));
    }
    if fields.domains.as_ref().is_none_or(Vec::is_empty) {
        return Err(ApiError::missing("domains"));
    }
    apply(
        tables,
        EnterpriseConnection::new(provider, now),
        fields,
        now,
    )
}

/// Updates a connection and returns its ID.
pub(crate) fn update(
    tables: &mut Tables,
    family: Family,
    id: &str,
    fields: ConnectionFields,
    now: i64,
) -> Result<String, ApiError> {
    let connection = find(tables, family, id)?.clone();
    apply(tables, connection, fields, now)
}

fn apply(
    tables: &mut Tables,
    mut connection: EnterpriseConnection,
    fields: ConnectionFields,
    now: i64,
) -> Result<String, ApiError> {
    if let Some(name) = fields.name {
        if name.trim().is_empty() {
            return Err(ApiError::missing("name"));
        }
        connection.name = name;
    }
    if let Some(domains) = fields.domains.filter(|domains| !domains.is_empty()) {
        connection.domains = checked_domains(tables, &connection.id, &domains)?;
    }
    if let Patch::Set(id) = &fields.organization_id {
        organizations::find(tables, id)?;
    }
    fields
        .organization_id
        .apply(&mut connection.organization_id);
    if let Some(attributes) = fields.custom_attributes {
        check_attributes(&attributes)?;
        connection.custom_attributes = attributes;
    }
    for (to, from) in [
        (
            &mut connection.sync_user_attributes,
            fields.sync_user_attributes,
        ),
        (
            &mut connection.disable_additional_identifications,
            fields.disable_additional_identifications,
        ),
        (
            &mut connection.allow_organization_account_linking,
            fields.allow_organization_account_linking,
        ),
        (
            &mut connection.disable_jit_provisioning,
            fields.disable_jit_provisioning,
        ),
    ] {
        *to = from.unwrap_or(*to);
    }
    match (&mut connection.protocol, fields.saml, fields.oidc) {
        (Protocol::Saml(saml), Some(fields), None) => apply_saml(saml, fields)?,
        (Protocol::Oidc(oidc), None, Some(fields)) => apply_oidc(oidc, fields)?,
        (_, None, None) => {}
        (Protocol::Saml(_), _, Some(_)) => {
            return Err(ApiError::value(
                "oidc",
                "does not apply to a SAML connection",
            ));
        }
        (Protocol::Oidc(_), Some(_), _) => {
            return Err(ApiError::value(
                "saml",
                "does not apply to an OIDC connection",
            ));
        }
    }
    if fields.active == Some(true) && !connection.protocol.is_complete() {
        return Err(ApiError::param(
            "saml_connection_cant_be_activated",
            "active",
            "The connection cannot be activated before the identity provider is configured",
        ));
    }
    let was_active = connection.active;
    connection.active = fields.active.unwrap_or(was_active);
    if connection.active && !was_active {
        // People with such an address now sign in through the connection instead.
        tables.organization_domains.remove_where(|domain| {
            domain.enrollment_mode != ENTERPRISE_SSO && connection.domains.contains(&domain.name)
        });
    }
    connection.updated_at = now;
    Ok(tables.enterprise_connections.insert(connection).id.clone())
}

fn checked_domains(
    tables: &Tables,
    own_id: &str,
    domains: &[String],
) -> Result<Vec<String>, ApiError> {
    let mut checked = Vec::new();
    for domain in domains {
        let domain = domain.trim().to_lowercase();
        if !identifiers::is_domain(&domain) {
            return Err(ApiError::format("domains", "must hold domain names"));
        }
        let other = tables
            .enterprise_connections
            .find(|other| other.id != own_id && other.domains.contains(&domain));
        if other.is_some() {
            return Err(ApiError {
                param_name: Some("domains".to_owned()),
                ..ApiError::new(
                    StatusCode::CONFLICT,
                    "duplicate_record",
                    format!("Another connection has the domain {domain}"),
                )
            });
        }
        if !checked.contains(&domain) {
            checked.push(domain);
        }
    }
    Ok(checked)
}

fn check_attributes(attributes: &[CustomAttribute]) -> Result<(), ApiError> {
    for (index, attribute) in attributes.iter().enumerate() {
        let key = &attribute.key;
        let well_formed = !key.is_empty()
            && !key.starts_with('_')
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !well_formed {
            return Err(ApiError::format(
                "custom_attributes",
                "must have keys of letters, digits, underscores and hyphens, and no underscore first",
            ));
        }
        if attributes
            .iter()
            .skip(index + 1)
            .any(|other| other.key == *key)
        {
            return Err(ApiError::value(
                "custom_attributes",
                "must have distinct keys",
            ));
        }
    }
    Ok(())
}

fn check_url(name: &str, url: &Patch<String>) -> Result<(), ApiError> {
    match url.value().map(|url| Url::parse(url)) {
        None => Ok(()),
        Some(Ok(url)) if matches!(url.scheme(), "http" | "https") => Ok(()),
        Some(_) => Err(ApiError::format(name, "must be an absolute URL")),
    }
}

fn apply_saml(saml: &mut Saml, fields: SamlFields) -> Result<(), ApiError> {
    check_url("idp_sso_url", &fields.idp_sso_url)?;
    check_url("idp_metadata_url", &fields.idp_metadata_url)?;
    fields.idp_entity_id.apply(&mut saml.idp_entity_id);
    fields.idp_sso_url.apply(&mut saml.idp_sso_url);
    fields.idp_certificate.apply(&mut saml.idp_certificate);
    fields.idp_metadata_url.apply(&mut saml.idp_metadata_url);
    if let Some(xml) = fields.idp_metadata.value() {
        let told = saml_metadata::read(xml);
        for (to, from) in [
            (&mut saml.idp_entity_id, told.entity_id),
            (&mut saml.idp_sso_url, told.sso_url),
            (&mut saml.idp_certificate, told.certificate),
        ] {
            if from.is_some() {
                *to = from;
            }
        }
    }
    fields.idp_metadata.apply(&mut saml.idp_metadata);
    let mapping = &mut saml.attribute_mapping;
    let given = fields.attribute_mapping;
    for (to, from) in [
        (&mut mapping.user_id, given.user_id),
        (&mut mapping.email_address, given.email_address),
        (&mut mapping.first_name, given.first_name),
        (&mut mapping.last_name, given.last_name),
    ] {
        if let Some(from) = from {
            *to = from;
        }
    }
    for (to, from) in [
        (&mut saml.allow_subdomains, fields.allow_subdomains),
        (&mut saml.allow_idp_initiated, fields.allow_idp_initiated),
        (&mut saml.force_authn, fields.force_authn),
    ] {
        *to = from.unwrap_or(*to);
    }
    if let Some(hint) = fields.login_hint {
        saml.login_hint = hint;
    }
    Ok(())
}

fn apply_oidc(oidc: &mut Oidc, fields: OidcFields) -> Result<(), ApiError> {
    for (name, url) in [
        ("discovery_url", &fields.discovery_url),
        ("auth_url", &fields.auth_url),
        ("token_url", &fields.token_url),
        ("user_info_url", &fields.user_info_url),
    ] {
        check_url(name, url)?;
    }
    fields.client_id.apply(&mut oidc.client_id);
    fields.discovery_url.apply(&mut oidc.discovery_url);
    fields.auth_url.apply(&mut oidc.auth_url);
    fields.token_url.apply(&mut oidc.token_url);
    fields.user_info_url.apply(&mut oidc.user_info_url);
    match fields.client_secret {
        Patch::Keep => {}
        Patch::Clear => oidc.client_secret = None,
        Patch::Set(secret) => oidc.client_secret = Some(Secret(secret)),
    }
    oidc.requires_pkce = fields.requires_pkce.unwrap_or(oidc.requires_pkce);
    Ok(())
}

/// Rejects domains that an organization does not own, or whose people join it in another way.
pub(crate) fn check_owned_domains(
    tables: &Tables,
    organization_id: &str,
    domains: &[String],
) -> Result<(), ApiError> {
    for name in domains {
        let owned = tables.organization_domains.find(|domain| {
            domain.organization_id == organization_id
                && domain.name.eq_ignore_ascii_case(name.trim())
                && domain.owned_at.is_some()
        });
        let Some(owned) = owned else {
            return Err(ApiError::param(
                "organization_domain_ownership_not_verified",
                "domains",
                format!("The organization has not verified that it owns the domain {name}"),
            ));
        };
        if owned.enrollment_mode != ENTERPRISE_SSO {
            return Err(ApiError::param(
                "organization_domain_enrollment_mode_invalid",
                "domains",
                format!("The enrollment mode of the domain {name} must be {ENTERPRISE_SSO}"),
            ));
        }
    }
    Ok(())
}

/// Deletes a connection along with its test runs and directories.
pub(crate) fn delete(tables: &mut Tables, family: Family, id: &str) -> Result<(), ApiError> {
    let id = find(tables, family, id)?.id.clone();
    tables.test_runs.remove_where(|run| run.connection_id == id);
    tables
        .enterprise_accounts
        .remove_where(|account| account.account.provider == id);
    let directories = tables
        .directories
        .ids(|directory| directory.connection_id == id);
    for directory in directories {
        tables
            .group_role_mappings
            .remove_where(|mapping| mapping.directory_id == directory);
        tables.directories.remove(&directory);
    }
    tables.enterprise_connections.remove(&id);
    Ok(())
}

/// Starts a test of a connection.
pub(crate) fn start_test_run<'a>(
    tables: &'a mut Tables,
    connection_id: &str,
    now: i64,
) -> Result<&'a TestRun, ApiError> {
    find(tables, Family::Enterprise, connection_id)?;
    Ok(tables.test_runs.insert(TestRun {
        id: random::id("entrun"),
        connection_id: connection_id.to_owned(),
        token: Secret(random::alphanumeric(32)),
        status: TestRunStatus::Pending,
        account: None,
        problem: None,
        expires_at: now.saturating_add(TEST_RUN_LIFETIME),
        created_at: now,
    }))
}

/// Finds the test of a connection that a link starts.
pub(crate) fn started_test_run<'a>(
    tables: &'a Tables,
    connection_id: &str,
    token: &str,
    now: i64,
) -> Result<&'a TestRun, ApiError> {
    tables
        .test_runs
        .find(|run| run.token.0 == token && run.connection_id == connection_id)
        .filter(|run| run.expires_at > now)
        .ok_or_else(|| {
            ApiError::bad_request(
                "ticket_invalid",
                "The link of this test run is not valid, or it has expired. Start a new test run.",
            )
        })
}

/// Finds a test of a connection for whoever knows its token.
pub(crate) fn test_run<'a>(
    tables: &'a Tables,
    connection_id: &str,
    id: &str,
    token: &str,
) -> Result<&'a TestRun, ApiError> {
    tables
        .test_runs
        .get(id)
        .filter(|run| run.connection_id == connection_id && run.token.0 == token)
        .ok_or_else(|| ApiError::not_found("test run", id))
}

/// Finds the test whose token the identity provider sent back.
pub(crate) fn waiting_test_run<'a>(tables: &'a Tables, state: &str) -> Option<&'a TestRun> {
    tables
        .test_runs
        .find(|run| run.token.0 == state && run.status == TestRunStatus::Pending)
}

/// Completes a test with the account of the person, or the reason why it failed.
pub(crate) fn finish_test_run(
    tables: &mut Tables,
    id: &str,
    outcome: Result<ProviderAccount, Problem>,
) {
    let Some(run) = tables.test_runs.get_mut(id) else {
        return;
    };
    match outcome {
        Ok(account) => {
            run.status = TestRunStatus::Success;
            run.account = Some(account);
        }
        Err(problem) => {
            run.status = TestRunStatus::Failed;
            run.problem = Some(problem);
        }
    }
}

/// Lists the tests of a connection, newest first.
pub(crate) fn test_runs<'a>(
    tables: &'a Tables,
    connection_id: &str,
    statuses: &[TestRunStatus],
) -> Result<Vec<&'a TestRun>, ApiError> {
    find(tables, Family::Enterprise, connection_id)?;
    Ok(tables
        .test_runs
        .iter()
        .rev()
        .filter(|run| run.connection_id == connection_id)
        .filter(|run| statuses.contains(&run.status))
        .collect())
}
