//! Writes the types of webhook events: their names, their data, and the objects that occur only in
//! them.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    api::Api,
    emit::{self, CRATE_ITEMS, HEADER, REQUEST_MACROS, words},
    overlay::Overlay,
    resolve::WEBHOOKS,
};

/// Writes `webhooks/event_type.rs`.
pub(crate) fn event_types(api: &Api) -> String {
    let mut file = String::from(HEADER);
    file.push_str(
        "//! The types of webhook events.\n\nuse crate::open_enum::open_enum;\n\n\
         open_enum! {\n    /// The type of a webhook event.\n    WebhookEventType {\n",
    );
    for event in &api.events {
        let doc = format!("`{}`: {}", event.wire, lower(&event.doc));
        emit::indented_docs(&mut file, "        ", &doc);
        let _ = writeln!(file, "        {} = {:?},", event.variant, event.wire);
    }
    file.push_str("    }\n}\n");
    file
}

/// Writes `webhooks/data.rs`.
pub(crate) fn data(api: &Api) -> String {
    let mut body = String::from("webhook_data! {\n");
    for event in &api.events {
        emit::indented_docs(&mut body, "    ", &event.doc);
        let _ = writeln!(body, "    {}({}),", event.variant, event.data);
    }
    body.push_str("}\n");
    let mut file = String::from(HEADER);
    file.push_str("//! The data of webhook events, by type.\n\n");
    file.push_str(&imports(
        api,
        &body,
        &[("webhook_data", "super::reading::webhook_data")],
    ));
    file + "\n" + &body
}

/// Writes `webhooks/models.rs`.
pub(crate) fn models(api: &Api, overlay: &Overlay) -> String {
    let mut body = String::new();
    let here = |name: &str| api.homes.get(name).is_some_and(|home| home == WEBHOOKS);
    for model in api.models.iter().filter(|model| here(&model.name)) {
        emit::model(&mut body, model);
    }
    for known in api.enums.iter().filter(|known| here(&known.name)) {
        emit::enumeration(&mut body, overlay, known);
    }
    let mut file = String::from(HEADER);
    file.push_str("//! Objects that occur in webhook events only.\n\n");
    file.push_str(&imports(api, &body, &[]));
    file + "\n" + &body
}

/// Writes the `use` lines for the names in a file.
fn imports(api: &Api, body: &str, own: &[(&str, &str)]) -> String {
    let words = words(body);
    let uses = |name: &str| match REQUEST_MACROS.contains(&name) || name.ends_with("_data") {
        true => body.contains(&format!("{name}! {{")),
        false => words.contains(name),
    };
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, place) in CRATE_ITEMS.iter().chain(own) {
        if let (Some((module, _)), true) = (place.rsplit_once("::"), uses(name)) {
            lines.entry(module.to_owned()).or_default().push(name);
        }
    }
    for (name, home) in &api.homes {
        let defined = body.contains(&format!("pub struct {name} {{"))
            || body.contains(&format!("\n    {name} {{"));
        if words.contains(name.as_str()) && !defined {
            let module = match home == WEBHOOKS {
                true => "super::models".to_owned(),
                false => format!("crate::resources::{home}"),
            };
            lines.entry(module).or_default().push(name);
        }
    }
    let is_own = |module: &str| module.starts_with("crate") || module.starts_with("super");
    let (own, foreign): (Vec<_>, Vec<_>) = lines
        .iter_mut()
        .map(|(module, names)| {
            (
                is_own(module),
                format!("use {};\n", emit::path(module, names)),
            )
        })
        .partition(|(own, _)| *own);
    let text = |lines: Vec<(bool, String)>| lines.into_iter().map(|(_, line)| line);
    let (foreign, own): (String, String) = (text(foreign).collect(), text(own).collect());
    let gap = match foreign.is_empty() {
        true => "",
        false => "\n",
    };
    format!("{foreign}{gap}{own}")
}

/// Turns a sentence into the second half of another one.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}
