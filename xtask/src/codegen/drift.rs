//! `codegen --drift`: finds the operations that a packed `@clerk/backend` calls and the document
//! lacks.
//!
//! The package's bundle is read as text. All its requests have the form `{ method: "POST", path:
//! joinPaths(basePath2, id, "revoke"), ... }`, with the base paths in variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::document::Document;

/// Operations that the client does not have on purpose: `clerk-core` exchanges the nonces of handshakes itself.
const LEFT_OUT: [&str; 1] = ["GET /clients/handshake_payload"];

/// Returns the operations of the package that the document lacks, as `METHOD /path/{}`, except for those left out on
/// purpose.
pub(super) fn missing(
    folder: &Path,
    document: &Document,
) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let bundle = ["dist/index.js", "package/dist/index.js", "index.js"]
        .iter()
        .map(|file| folder.join(file))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("{} contains no dist/index.js", folder.display()))?;
    let text = fs::read_to_string(&bundle)?;
    let called = operations(&text)?;
    let known: BTreeSet<String> = document
        .calls()
        .map(|call| format!("{} {}", call.method.to_uppercase(), anonymous(call.path)))
        .chain(LEFT_OUT.map(str::to_owned))
        .collect();
    Ok(called.difference(&known).cloned().collect())
}

/// Returns all operations that a bundle calls.
fn operations(bundle: &str) -> Result<BTreeSet<String>, String> {
    let mut bases = BTreeMap::new();
    for line in bundle.lines() {
        if let Some((name, value)) = line
            .trim()
            .strip_prefix("var ")
            .and_then(|line| line.split_once(" = "))
            && let Some(path) = text(value.trim_end_matches(';'))
        {
            bases.insert(name, path);
        }
    }
    let mut found = BTreeSet::new();
    for request in bundle.split("method: \"").skip(1) {
        let Some((method, rest)) = request.split_once('"') else {
            continue;
        };
        // Something else that has a method: a call of `fetch`.
        let Some(expression) = rest
            .trim_start_matches([',', ' ', '\n'])
            .strip_prefix("path: ")
        else {
            continue;
        };
        let line = expression.lines().next().unwrap_or_default();
        let expression = line.split(" }").next().unwrap_or_default();
        let expression = expression.trim_end_matches([',', ' ']);
        let path = path(expression, &bases)
            .ok_or_else(|| format!("the path of a request cannot be parsed: {expression}"))?;
        found.insert(format!("{method} {path}"));
    }
    if found.is_empty() {
        return Err("no requests found: the format of the bundle has changed".to_owned());
    }
    Ok(found)
}

/// Returns the path that an expression evaluates to, with `{}` for unknown parts.
fn path(expression: &str, bases: &BTreeMap<&str, &str>) -> Option<String> {
    if let Some(template) = expression.strip_prefix('`') {
        return filled(template.strip_suffix('`')?, bases);
    }
    let arguments = match expression.strip_prefix("joinPaths(") {
        Some(arguments) => arguments.strip_suffix(')')?,
        None => expression,
    };
    let mut path = String::new();
    for argument in arguments.split(',').map(str::trim) {
        let part = match text(argument).or_else(|| bases.get(argument).copied()) {
            Some(part) => part,
            None if argument
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_$.".contains(c)) =>
            {
                "{}"
            }
            None => return None,
        };
        path.push('/');
        path.push_str(part.trim_matches('/'));
    }
    Some(path)
}

/// Returns the text of a template literal.
fn filled(template: &str, bases: &BTreeMap<&str, &str>) -> Option<String> {
    let mut pieces = template.split("${");
    let mut path = pieces.next()?.to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}')?;
        path.push_str(bases.get(name).copied().unwrap_or("{}"));
        path.push_str(rest);
    }
    Some(path)
}

/// Returns the content of a string literal.
fn text(expression: &str) -> Option<&str> {
    let text = expression.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('"')).then_some(text)
}

/// Returns a path of the document without the names of its parameters.
fn anonymous(path: &str) -> String {
    let mut parts = path.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("{}");
        text.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = r#"
var basePath = "/things";
var ThingAPI = class extends AbstractAPI {
  async create(params) {
    return this.request({
      method: "POST",
      path: basePath,
      bodyParams: params
    });
  }
  async revoke(thingId) {
    return this.request({
      method: "POST",
      path: joinPaths(basePath, thingId, "parts", params.partId, "revoke")
    });
  }
  async move(id) {
    return this.request({
      method: "PATCH",
      path: `${basePath}/${id}/place`,
      bodyParams: {}
    });
  }
  async get() {
    return this.request({ method: "GET", path: "/public/thing" });
  }
};
fetch(url, { method: "POST", headers });
"#;

    #[test]
    fn the_calls_of_a_bundle_are_found() {
        let found: Vec<_> = operations(BUNDLE).unwrap().into_iter().collect();
        assert_eq!(
            found,
            [
                "GET /public/thing",
                "PATCH /things/{}/place",
                "POST /things",
                "POST /things/{}/parts/{}/revoke",
            ]
        );
        assert_eq!(
            anonymous("/things/{a}/parts/{b}/revoke"),
            "/things/{}/parts/{}/revoke"
        );
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_not_skipped() {
        assert!(operations("nothing here").is_err());
        let odd = BUNDLE.replace("path: basePath,", "path: makePath(basePath),");
        assert!(operations(&odd).unwrap_err().contains("cannot be parsed"));
    }
}
