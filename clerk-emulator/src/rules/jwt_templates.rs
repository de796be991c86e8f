//! JWT templates.

use super::api_error::ApiError;
use super::template_keys;
use crate::model::jwt_template::JwtTemplate;
use crate::model::metadata::Metadata;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The claims that every token of a template contains automatically.
const RESERVED_CLAIMS: &[&str] = &["azp", "exp", "iat", "iss", "jti", "nbf", "sid", "sub"];

/// Finds a template by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a JwtTemplate, ApiError> {
    tables
        .jwt_templates
        .get(id)
        .ok_or_else(|| ApiError::not_found("JWT template", id))
}

/// Finds a template by name.
pub(crate) fn by_name<'a>(tables: &'a Tables, name: &str) -> Result<&'a JwtTemplate, ApiError> {
    tables
        .jwt_templates
        .find(|template| template.name == name)
        .ok_or_else(|| ApiError::not_found("JWT template", name))
}

/// Lists templates, newest first.
pub(crate) fn list(tables: &Tables) -> Vec<&JwtTemplate> {
    tables.jwt_templates.iter().rev().collect()
}

/// The fields of a template. Omitted fields take their defaults.
#[derive(Debug)]
pub(crate) struct TemplateFields {
    pub(crate) name: String,
    pub(crate) claims: Metadata,
    pub(crate) lifetime: Option<i64>,
    pub(crate) allowed_clock_skew: Option<i64>,
    pub(crate) custom_signing_key: bool,
    pub(crate) signing_algorithm: Option<String>,
    pub(crate) signing_key: Option<Secret>,
}

/// Creates a template.
pub(crate) fn create(
    tables: &mut Tables,
    fields: TemplateFields,
    now: i64,
) -> Result<&JwtTemplate, ApiError> {
    let template = apply(
        tables,
        JwtTemplate::new(String::new(), Metadata::new(), now),
        fields,
    )?;
    Ok(tables.jwt_templates.insert(template))
}

/// Replaces the fields of a template.
pub(crate) fn replace<'a>(
    tables: &'a mut Tables,
    id: &str,
    fields: TemplateFields,
    now: i64,
) -> Result<&'a JwtTemplate, ApiError> {
    let mut template = apply(tables, find(tables, id)?.clone(), fields)?;
    template.updated_at = now;
    Ok(tables.jwt_templates.insert(template))
}

fn apply(
    tables: &Tables,
    mut template: JwtTemplate,
    fields: TemplateFields,
) -> Result<JwtTemplate, ApiError> {
    if by_name(tables, &fields.name).is_ok_and(|other| other.id != template.id) {
        return Err(ApiError::taken("name"));
    }
    if let Some(claim) = RESERVED_CLAIMS
        .iter()
        .find(|claim| fields.claims.contains_key(**claim))
    {
        return Err(ApiError::param(
            "jwt_template_reserved_claim",
            "claims",
            format!("You can't use the reserved claim: '{claim}'"),
        ));
    }
    let within = |name, value: Option<i64>, range: std::ops::RangeInclusive<i64>| match value {
        Some(value) if !range.contains(&value) => Err(ApiError::value(
            name,
            &format!("must be between {} and {}", range.start(), range.end()),
        )),
        value => Ok(value),
    };
    if fields.custom_signing_key {
        let key = fields
            .signing_key
            .as_ref()
            .ok_or_else(|| ApiError::missing("signing_key"))?;
        let algorithm = fields
            .signing_algorithm
            .as_deref()
            .ok_or_else(|| ApiError::missing("signing_algorithm"))?;
        if !template_keys::fits(algorithm, key) {
            return Err(ApiError::value(
                "signing_key",
                &format!(
                    "must be a private key for {algorithm}: PEM, or a text for HS256, HS384 and HS512"
                ),
            ));
        }
    }
    template.lifetime =
        within("lifetime", fields.lifetime, 30..=315_360_000)?.unwrap_or(template.lifetime);
    template.allowed_clock_skew = within("allowed_clock_skew", fields.allowed_clock_skew, 0..=300)?
        .unwrap_or(template.allowed_clock_skew);
    template.name = fields.name;
    template.claims = fields.claims;
    template.custom_signing_key = fields.custom_signing_key;
    template.signing_algorithm = fields
        .signing_algorithm
        .unwrap_or_else(|| "RS256".to_owned());
    template.signing_key = fields.signing_key;
    Ok(template)
}

/// Deletes a template.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    find(tables, id)?;
    tables.jwt_templates.remove(id);
    Ok(())
}
