//! Writes calls of every operation with sample arguments, and the manifest.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    api::{Answer, Api, Body, Operation, Place},
    emit::{HEADER, operation_feature, words},
    overlay::{Key, Retry},
};

/// Writes `tests/src/exercise/generated.rs`.
pub(crate) fn calls(api: &Api) -> String {
    let mut body = String::new();
    let lists = [
        ("operations", "Every operation of the document", false),
        (
            "additions",
            "Every operation that the document lacks, and every one of which it lacks a parameter",
            true,
        ),
    ];
    for (name, what, added) in lists {
        let _ = writeln!(
            body,
            "/// {what}, each with all arguments that go together.\n\
             pub(super) fn {name}() -> Vec<Operation> {{\n    vec!["
        );
        for operation in &api.operations {
            let lacking = operation.addition.is_some() || !operation.added().is_empty();
            if (added && lacking) || (!added && operation.addition.is_none()) {
                call(&mut body, operation, added);
            }
        }
        body.push_str("    ]\n}\n\n");
    }
    let words = words(&body);
    let mut file = String::from(HEADER);
    file.push_str("#![expect(deprecated, reason = \"deprecated operations and parameters are exercised, too\")]\n\n");
    file.push_str("use std::time::Duration;\n\nuse clerk_backend_api::{ClerkClient, Timestamp};\n");
    for (name, home) in &api.homes {
        if words.contains(name.as_str()) {
            let _ = writeln!(file, "use clerk_backend_api::resources::{home}::{name};");
        }
    }
    file.push_str(
        "use serde_json::json;\n\nuse super::{Operation, image, outcome, page_outcome};\n\n",
    );
    file + &body
}

/// Writes the call of one operation, with or without the values that the document lacks.
fn call(out: &mut String, operation: &Operation, added: bool) {
    let mut args: Vec<String> = Vec::new();
    let mut fields = Vec::new();
    for arg in &operation.args {
        if operation.input.is_some() && arg.place != Place::Path {
            fields.push(format!("{}: {}", arg.name, plain(&arg.sample)));
        } else {
            args.push(arg.sample.clone());
        }
    }
    if let Some(input) = &operation.input {
        args.push(format!("{input} {{ {} }}", fields.join(", ")));
    }
    let mut chain = format!(
        "client.{}().{}({})",
        operation.group,
        operation.function,
        args.join(", ")
    );
    for setter in &operation.setters {
        let known = added || setter.addition.is_none();
        if known && !operation.exclusive.contains(&setter.wire) {
            let _ = write!(chain, ".{}({})", setter.name, setter.sample);
        }
    }
    let outcome = match operation.answer {
        Answer::Page(_) => "page_outcome",
        _ => "outcome",
    };
    let _ = writeln!(
        out,
        "        Operation::new({:?}, {:?}, {:?}, |client: &ClerkClient| {{\n            let request = {chain};\n            Box::pin(async move {{ {outcome}(request.send().await) }})\n        }}),",
        format!("{}.{}", operation.group, operation.function),
        operation.method.to_uppercase(),
        operation.path,
    );
}

/// Returns a sample for a field, which accepts only its own type.
fn plain(sample: &str) -> String {
    if let Some(list) = sample.strip_prefix('[') {
        format!("vec![{}", list.replacen("\"]", "\".to_owned()]", 1))
    } else if sample.ends_with('"') {
        format!("{sample}.to_owned()")
    } else {
        sample.to_owned()
    }
}

/// Writes `codegen/manifest.json`.
pub(crate) fn manifest(api: &Api) -> Value {
    let (added, listed): (Vec<_>, Vec<_>) = api
        .operations
        .iter()
        .partition(|operation| operation.addition.is_some());
    let describe = |operations: Vec<&Operation>| -> Vec<Value> {
        operations
            .into_iter()
            .map(|operation| {
                let group = api.group(&operation.group);
                let own = group.and_then(|group| group.feature.as_deref());
                let feature = group.and_then(|group| operation_feature(api, group, operation));
                let mut entry = json!({
                    "id": operation.id,
                    "name": format!("{}.{}", operation.group, operation.function),
                    "method": operation.method.to_uppercase(),
                    "path": operation.path,
                    "group": operation.group,
                    "fn": operation.function,
                    "request": operation.request,
                    "answer": answer(&operation.answer),
                    "retry": match operation.retry {
                        Retry::Auto => "auto",
                        Retry::Safe => "safe",
                        Retry::Never => "never",
                    },
                    "key": match operation.credential {
                        Key::Secret => "secret",
                        Key::Machine => "machine",
                        Key::Either => "either",
                        Key::None => "none",
                    },
                    "body": match operation.body {
                        Body::None => "none",
                        Body::Object { .. } | Body::Items => "json",
                        Body::Form => "multipart",
                    },
                    "streams": operation.paging.is_some(),
                    "deprecated": operation.deprecated.is_some(),
                    "feature": feature.or(own),
                });
                if let Some(source) = &operation.addition {
                    entry["addition"] = json!(source);
                }
                let added = operation.added();
                if !added.is_empty() {
                    let added = added
                        .iter()
                        .map(|parameter| (parameter.wire.clone(), json!(parameter.addition)));
                    entry["added"] = Value::Object(added.collect());
                }
                entry
            })
            .collect()
    };
    let models: Vec<_> = api
        .models
        .iter()
        .map(|model| {
            let strict: Vec<_> = model
                .fields
                .iter()
                .filter(|field| field.strict)
                .map(|field| field.wire.as_str())
                .collect();
            json!({
                "name": model.name,
                "group": api.homes.get(&model.name),
                "schemas": model.schemas,
                "strict": strict,
            })
        })
        .collect();
    json!({ "operations": describe(listed), "additions": describe(added), "models": models })
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Nothing => "()".to_owned(),
        Answer::Text => "String".to_owned(),
        Answer::Count => "u64".to_owned(),
        Answer::Value => "Value".to_owned(),
        Answer::Named(name) => name.clone(),
        Answer::Page(name) => format!("Page<{name}>"),
    }
}
