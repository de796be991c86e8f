//! Email and text message templates: changing, reverting, and previewing them.

use super::api_error::ApiError;
use super::settings;
use crate::model::patch::Patch;
use crate::model::template::{SYSTEM_TEMPLATES, SystemTemplate, TemplateKind, TemplateOverride};
use crate::store::tables::Tables;

/// A system template and the application's override of it.
pub(crate) type Template<'a> = (&'static SystemTemplate, Option<&'a TemplateOverride>);

/// Finds a template by kind and slug.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    kind: TemplateKind,
    slug: &str,
) -> Result<Template<'a>, ApiError> {
    let system = system(kind, slug)?;
    Ok((system, tables.templates.get(&system.override_id())))
}

fn system(kind: TemplateKind, slug: &str) -> Result<&'static SystemTemplate, ApiError> {
    SYSTEM_TEMPLATES
        .iter()
        .find(|template| template.kind == kind && template.slug == slug)
        .ok_or_else(|| ApiError::not_found(&format!("{} template", kind.as_str()), slug))
}

/// Lists the templates of a kind by position.
pub(crate) fn list(tables: &Tables, kind: TemplateKind) -> Vec<Template<'_>> {
    SYSTEM_TEMPLATES
        .iter()
        .filter(|template| template.kind == kind)
        .map(|template| (template, tables.templates.get(&template.override_id())))
        .collect()
}

/// Returns the position of a template in its list.
pub(crate) fn position(template: &SystemTemplate) -> usize {
    SYSTEM_TEMPLATES
        .iter()
        .filter(|other| other.kind == template.kind)
        .position(|other| other.slug == template.slug)
        .unwrap_or_default()
}

/// The time at which system templates were created, in Unix milliseconds: 2025-01-01, before every instance.
const SYSTEM_SINCE: i64 = 1_735_689_600_000;

/// Returns the system template as an override that changes nothing. Emails come from the sender that the instance has.
pub(crate) fn unchanged(tables: &Tables, system: &SystemTemplate) -> TemplateOverride {
    let is_email = system.kind == TemplateKind::Email;
    let settings = settings::get(tables).ok().filter(|_| is_email);
    let sender = settings.map(|settings| settings.from_email_address.clone());
    TemplateOverride {
        id: system.override_id(),
        name: system.name.to_owned(),
        subject: is_email.then(|| system.subject.to_owned()),
        markup: String::new(),
        body: system.body.to_owned(),
        from_email_name: sender.unwrap_or_default(),
        reply_to_email_name: String::new(),
        delivered_by_clerk: true,
        edited: false,
        created_at: SYSTEM_SINCE,
        updated_at: SYSTEM_SINCE,
    }
}

/// An update of a template.
#[derive(Debug, Default)]
pub(crate) struct TemplateUpdate {
    pub(crate) name: Option<String>,
    pub(crate) subject: Patch<String>,
    pub(crate) markup: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) delivered_by_clerk: Option<bool>,
    pub(crate) from_email_name: Option<String>,
    pub(crate) reply_to_email_name: Option<String>,
}

fn check_local_part(name: &str, text: Option<&String>) -> Result<(), ApiError> {
    let well_formed = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte))
    };
    match text {
        Some(text) if !well_formed(text) => Err(ApiError::format(
            name,
            "must be the local part of an address",
        )),
        _ => Ok(()),
    }
}

fn check_body(system: &SystemTemplate, body: &str) -> Result<(), ApiError> {
    let missing = system
        .required
        .iter()
        .find(|variable| !uses(body, variable));
    match missing {
        None => Ok(()),
        Some(variable) => Err(ApiError::param(
            "required_variable_missing",
            "body",
            format!("The body must contain the variable {{{{{variable}}}}}"),
        )),
    }
}

fn uses(body: &str, variable: &str) -> bool {
    body.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .any(|(name, _)| name.trim() == variable)
}

/// Updates a template.
pub(crate) fn update(
    tables: &mut Tables,
    kind: TemplateKind,
    slug: &str,
    update: TemplateUpdate,
    now: i64,
) -> Result<(), ApiError> {
    let system = system(kind, slug)?;
    check_local_part("from_email_name", update.from_email_name.as_ref())?;
    check_local_part("reply_to_email_name", update.reply_to_email_name.as_ref())?;
    if let Some(body) = &update.body {
        check_body(system, body)?;
    }
    if update
        .name
        .as_ref()
        .is_some_and(|name| name.trim().is_empty())
    {
        return Err(ApiError::missing("name"));
    }
    if kind == TemplateKind::Sms && update.subject.value().is_some() {
        return Err(ApiError::value(
            "subject",
            "applies to email templates only",
        ));
    }
    change(tables, system, now, |template| {
        template.edited = true;
        update.subject.apply(&mut template.subject);
        for (to, from) in [
            (&mut template.name, update.name),
            (&mut template.markup, update.markup),
            (&mut template.body, update.body),
            (&mut template.from_email_name, update.from_email_name),
            (
                &mut template.reply_to_email_name,
                update.reply_to_email_name,
            ),
        ] {
            if let Some(from) = from {
                *to = from;
            }
        }
        if let Some(delivered) = update.delivered_by_clerk {
            template.delivered_by_clerk = delivered;
        }
    });
    Ok(())
}

fn change(
    tables: &mut Tables,
    system: &SystemTemplate,
    now: i64,
    change: impl FnOnce(&mut TemplateOverride),
) {
    let known = tables.templates.get(&system.override_id()).cloned();
    let mut template = known.unwrap_or_else(|| TemplateOverride {
        created_at: now,
        ..unchanged(tables, system)
    });
    change(&mut template);
    template.updated_at = now;
    tables.templates.insert(template);
}

/// Sets whether Clerk delivers the messages created from the template.
pub(crate) fn set_delivered(
    tables: &mut Tables,
    kind: TemplateKind,
    slug: &str,
    delivered_by_clerk: bool,
    now: i64,
) -> Result<(), ApiError> {
    let system = system(kind, slug)?;
    change(tables, system, now, |template| {
        template.delivered_by_clerk = delivered_by_clerk;
    });
    Ok(())
}

/// Reverts all changes to a template.
pub(crate) fn revert(tables: &mut Tables, kind: TemplateKind, slug: &str) -> Result<(), ApiError> {
    let system = system(kind, slug)?;
    tables.templates.remove(&system.override_id());
    Ok(())
}

/// Replaces the variables in a text with their values. Variables without a value are left as they are.
pub(crate) fn fill_in<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, (variable, after))) = rest
        .split_once("{{")
        .and_then(|(before, inner)| Some((before, inner.split_once("}}")?)))
    {
        filled.push_str(before);
        match value(variable.trim()) {
            Some(value) => filled.push_str(value),
            None => {
                filled.push_str("{{");
                filled.push_str(variable);
                filled.push_str("}}");
            }
        }
        rest = after;
    }
    filled + rest
}

/// Returns the sample value of a variable in previews.
pub(crate) fn example(variable: &str) -> Option<&'static str> {
    Some(match variable {
        "app.name" => "Emulator",
        "org.name" => "Acme",
        "otp_code" => "424242",
        "magic_link" | "action_url" => "https://example.com/action",
        "inviter_name" | "user.name" => "Ada Lovelace",
        "primary_email_address" => "ada@example.com",
        "expires_in_days" => "30",
        "requested_at" => "January 1, 2030",
        "requested_from" => "a browser",
        _ => return None,
    })
}
