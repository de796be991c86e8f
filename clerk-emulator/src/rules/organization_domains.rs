//! Domains of organizations.

use super::api_error::ApiError;
use super::codes;
use super::identifiers;
use super::organization_suggestions;
use super::organizations;
use super::settings;
use super::verdict::Verdict;
use crate::model::challenge::Challenge;
use crate::model::message::Channel;
use crate::model::organization_domain::{ENROLLMENT_MODES, ENTERPRISE_SSO, OrganizationDomain};
use crate::model::strategy::Strategy;
use crate::random;
use crate::store::tables::Tables;

/// Finds a domain of an organization, which is identified by ID or slug.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    organization: &str,
    id: &str,
) -> Result<&'a OrganizationDomain, ApiError> {
    let organization = organizations::find(tables, organization)?;
    tables
        .organization_domains
        .get(id)
        .filter(|domain| domain.organization_id == organization.id)
        .ok_or_else(|| ApiError::not_found("organization domain", id))
}

/// The most domains of an organization.
const MOST_DOMAINS: usize = 10;

/// Providers whose addresses belong to everybody.
const COMMON_PROVIDERS: &[&str] = &[
    "aol.com",
    "gmail.com",
    "gmx.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "yahoo.com",
];

/// The enrollment mode of a domain for which none was set.
pub(crate) const DEFAULT_MODE: &str = "manual_invitation";

fn check_domains_enabled(tables: &Tables) -> Result<(), ApiError> {
    if settings::get(tables)?.organizations.domains_enabled {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "organization_domains_not_enabled",
        "This instance does not have domains enabled for organizations.",
    ))
}

/// Rejects modes that do not exist, and those that the instance does not allow.
fn check_mode(tables: &Tables, mode: &str) -> Result<(), ApiError> {
    if !ENROLLMENT_MODES.contains(&mode) {
        return Err(ApiError::value(
            "enrollment_mode",
            &format!("must be one of {}", ENROLLMENT_MODES.join(", ")),
        ));
    }
    let allowed = &settings::get(tables)?
        .organizations
        .domains_enrollment_modes;
    if mode == DEFAULT_MODE || mode == ENTERPRISE_SSO || allowed.iter().any(|one| one == mode) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "organization_domain_enrollment_mode_not_enabled",
        format!("Enrollment mode {mode} is not enabled for this instance's organizations."),
    ))
}

/// Rejects a domain through which people already sign in to the organization, unless that is how they join it.
fn check_unused_for_sso(
    tables: &Tables,
    organization_id: &str,
    name: &str,
    mode: &str,
) -> Result<(), ApiError> {
    let connection = tables.enterprise_connections.find(|one| {
        one.active
            && one.organization_id.as_deref() == Some(organization_id)
            && one.domains.iter().any(|domain| domain == name)
    });
    if mode == ENTERPRISE_SSO || connection.is_none() {
        return Ok(());
    }
    Err(ApiError::param(
        "organization_domain_exists_for_enterprise_connection",
        "name",
        "People of the company sign in with this domain, so it cannot enroll members in another way.",
    ))
}

/// Rejects a domain that another organization has verified.
fn check_not_verified_elsewhere(
    tables: &Tables,
    organization_id: &str,
    name: &str,
) -> Result<(), ApiError> {
    let other = tables.organization_domains.find(|one| {
        one.name == name && one.verified_at.is_some() && one.organization_id != organization_id
    });
    if other.is_none() {
        return Ok(());
    }
    Err(ApiError::param(
        "organization_domain_already_exists",
        "name",
        "This domain is already used by another organization.",
    ))
}

/// What a new domain is verified by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Affiliation<'a> {
    /// Nothing yet.
    Unverified,
    /// The word of the application's server.
    Granted,
    /// A verified address at the domain that this user has. Without one, it remains unverified.
    AddressOf(&'a str),
}

/// Adds a domain to an organization.
pub(crate) fn create<'a>(
    tables: &'a mut Tables,
    organization: &str,
    name: &str,
    enrollment_mode: String,
    affiliation: Affiliation<'_>,
    now: i64,
) -> Result<&'a OrganizationDomain, ApiError> {
    let organization_id = organizations::find(tables, organization)?.id.clone();
    let name = name.to_lowercase();
    check_domains_enabled(tables)?;
    check_mode(tables, &enrollment_mode)?;
    if !identifiers::is_domain(&name) {
        return Err(ApiError::format("name", "must be a domain name"));
    }
    if COMMON_PROVIDERS.contains(&name.as_str()) {
        return Err(ApiError::param(
            "organization_domain_common",
            "name",
            "This is a common email provider domain. Please use a different one.",
        ));
    }
    let own = tables.organization_domains.iter();
    if own
        .filter(|one| one.organization_id == organization_id)
        .count()
        >= MOST_DOMAINS
    {
        return Err(ApiError::forbidden(
            "organization_domain_quota_exceeded",
            format!("The organization has its maximum of {MOST_DOMAINS} domains"),
        ));
    }
    let own = tables
        .organization_domains
        .find(|one| one.name == name && one.organization_id == organization_id);
    if own.is_some() {
        return Err(ApiError::param(
            "organization_domain_already_exists_same_organization",
            "name",
            "This domain is already used by your organization.",
        ));
    }
    check_not_verified_elsewhere(tables, &organization_id, &name)?;
    check_unused_for_sso(tables, &organization_id, &name, &enrollment_mode)?;
    let mut domain = OrganizationDomain::new(organization_id, name, enrollment_mode, now);
    match affiliation {
        Affiliation::Unverified => {}
        Affiliation::Granted => domain.verified_at = Some(now),
        Affiliation::AddressOf(user) => {
            if let Some(address) = address_at(tables, user, &domain.name) {
                domain.affiliation_email_address = Some(address);
                domain.affiliation = Some(Challenge::verified(Strategy::EmailCode, now));
                domain.verified_at = Some(now);
            }
        }
    }
    Ok(tables.organization_domains.insert(domain))
}

/// Returns a verified address of the user at a domain.
fn address_at(tables: &Tables, user_id: &str, name: &str) -> Option<String> {
    let emails = &tables.users.get(user_id)?.email_addresses;
    emails
        .iter()
        .filter(|one| one.proof.is_given())
        .map(|one| &one.email_address)
        .find(|address| is_at(address, name))
        .cloned()
}

fn is_at(address: &str, name: &str) -> bool {
    address
        .rsplit_once('@')
        .is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(name))
}

/// Changes a domain.
fn change<'a>(
    tables: &'a mut Tables,
    organization: &str,
    id: &str,
    now: i64,
    change: impl FnOnce(&mut OrganizationDomain),
) -> Result<&'a OrganizationDomain, ApiError> {
    find(tables, organization, id)?;
    let domain = tables
        .organization_domains
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("organization domain", id))?;
    change(domain);
    domain.updated_at = now;
    Ok(domain)
}

/// Updates a domain.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    organization: &str,
    id: &str,
    enrollment_mode: Option<String>,
    verified: Option<bool>,
    now: i64,
) -> Result<&'a OrganizationDomain, ApiError> {
    let domain = find(tables, organization, id)?;
    if let Some(mode) = &enrollment_mode {
        check_mode(tables, mode)?;
        check_unused_for_sso(tables, &domain.organization_id, &domain.name, mode)?;
    }
    if verified == Some(true) {
        check_not_verified_elsewhere(tables, &domain.organization_id, &domain.name)?;
    }
    change(tables, organization, id, now, |domain| {
        if let Some(mode) = enrollment_mode {
            domain.enrollment_mode = mode;
        }
        match verified {
            Some(true) => domain.verified_at = domain.verified_at.or(Some(now)),
            Some(false) => {
                domain.verified_at = None;
                domain.affiliation = None;
            }
            None => {}
        }
    })
}

/// Marks the organization as the owner of a domain without a DNS record.
pub(crate) fn verify_ownership<'a>(
    tables: &'a mut Tables,
    organization: &str,
    id: &str,
    now: i64,
) -> Result<&'a OrganizationDomain, ApiError> {
    if find(tables, organization, id)?.owned_at.is_some() {
        return find(tables, organization, id);
    }
    change(tables, organization, id, now, |domain| {
        domain.owned_at = Some(now);
        domain.ownership_record = None;
    })
}

/// Sends a code to an address at a domain to verify that the organization belongs to it.
pub(crate) fn prepare_affiliation(
    tables: &mut Tables,
    organization: &str,
    id: &str,
    address: String,
    now: i64,
) -> Result<(), ApiError> {
    let domain = find(tables, organization, id)?;
    check_not_verified_elsewhere(tables, &domain.organization_id, &domain.name)?;
    identifiers::check_email(&address)?;
    if !is_at(&address, &domain.name) {
        return Err(ApiError::param(
            "organization_domain_mismatch",
            "affiliation_email_address",
            "The provided email address doesn't match the organization domain name.",
        ));
    }
    let mut challenge = Challenge::new(Strategy::EmailCode, now);
    let kind = "affiliation_code";
    challenge.answer = Some(codes::send_code(
        tables,
        Channel::Email,
        &address,
        kind,
        now,
    ));
    change(tables, organization, id, now, |domain| {
        domain.affiliation_email_address = Some(address);
        domain.affiliation = Some(challenge);
    })?;
    Ok(())
}

/// Checks the code that was sent to an address at a domain.
pub(crate) fn attempt_affiliation(
    tables: &mut Tables,
    organization: &str,
    id: &str,
    code: &str,
    now: i64,
) -> Result<Verdict, ApiError> {
    let domain = find(tables, organization, id)?;
    check_not_verified_elsewhere(tables, &domain.organization_id, &domain.name)?;
    let mut challenge = domain.affiliation.clone().ok_or_else(codes::not_prepared)?;
    let tried = codes::answer_code(&mut challenge, code, now);
    change(tables, organization, id, now, |domain| {
        domain.affiliation = Some(challenge);
        if tried.is_ok() {
            domain.verified_at = domain.verified_at.or(Some(now));
        }
    })?;
    Ok(Verdict::of(tried))
}

/// Creates the DNS record that verifies ownership, which replaces an earlier one. A domain whose ownership is verified
/// needs none.
pub(crate) fn prepare_ownership(
    tables: &mut Tables,
    organization: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    if find(tables, organization, id)?.owned_at.is_some() {
        return Ok(());
    }
    change(tables, organization, id, now, |domain| {
        let fresh = format!("clerk-verification={}", random::alphanumeric(32));
        domain.ownership_record = Some(fresh);
    })?;
    Ok(())
}

/// Treats the DNS record as found, since the emulator does not query name servers.
pub(crate) fn attempt_ownership(
    tables: &mut Tables,
    organization: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    let domain = find(tables, organization, id)?;
    if domain.owned_at.is_some() {
        return Ok(());
    }
    if domain.ownership_record.is_none() {
        return Err(codes::not_prepared());
    }
    change(tables, organization, id, now, |domain| {
        domain.owned_at = Some(now);
    })?;
    Ok(())
}

/// Removes a domain, along with the pending invitations and suggestions that it led to.
pub(crate) fn delete(
    tables: &mut Tables,
    organization: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    find(tables, organization, id)?;
    organization_suggestions::withdraw(tables, id, now);
    tables.organization_domains.remove(id);
    Ok(())
}

/// A filter for a list of domains.
#[derive(Debug, Default)]
pub(crate) struct DomainFilter<'a> {
    pub(crate) organization_id: Option<&'a str>,
    pub(crate) verified: Option<bool>,
    /// The modes to filter by. A minus sign before a mode excludes it.
    pub(crate) enrollment_modes: Vec<&'a str>,
    pub(crate) names: Vec<&'a str>,
    pub(crate) query: Option<String>,
}

/// Lists domains, oldest first.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    filter: &DomainFilter<'_>,
) -> Vec<&'a OrganizationDomain> {
    tables
        .organization_domains
        .iter()
        .filter(|one| {
            filter
                .organization_id
                .is_none_or(|id| one.organization_id == id)
        })
        .filter(|one| {
            filter
                .verified
                .is_none_or(|verified| one.verified_at.is_some() == verified)
        })
        .filter(|one| {
            organizations::included(&filter.enrollment_modes, |mode| one.enrollment_mode == mode)
        })
        .filter(|one| filter.names.is_empty() || filter.names.contains(&one.name.as_str()))
        .filter(|one| {
            filter.query.as_deref().is_none_or(|query| {
                one.name.contains(query) || one.organization_id.eq_ignore_ascii_case(query)
            })
        })
        .collect()
}
