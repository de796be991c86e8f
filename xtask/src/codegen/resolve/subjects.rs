//! Determines the object of an operation: the one that its path names and its response describes.

use super::*;

impl Resolver<'_> {
    /// Returns the path parameter with the ID of the object in the response, and the fields of the
    /// response that may contain its value.
    pub(super) fn subject(
        &self,
        operation: &Operation,
        entry: &OperationEntry,
    ) -> Result<Option<Subject>> {
        let Answer::Named(answer) = &operation.answer else {
            return match &entry.same {
                Some(_) => Err("`same` needs a response that is a single object".to_owned()),
                None => Ok(None),
            };
        };
        let parameters: Vec<_> = operation
            .args
            .iter()
            .filter(|arg| arg.place == Place::Path)
            .map(|arg| arg.wire.as_str())
            .collect();
        let subject = |parameter: &str, fields: &[String]| Subject {
            parameter: parameter.to_owned(),
            fields: fields.to_vec(),
        };
        if let Some(fields) = &entry.same {
            let parameter = entry.subject.as_deref().or(parameters.last().copied());
            let parameter = parameter.filter(|name| parameters.contains(name));
            return match parameter {
                Some(parameter) if !fields.is_empty() => Ok(Some(subject(parameter, fields))),
                Some(_) => Ok(None),
                None => Err("`same` needs a path parameter".to_owned()),
            };
        }
        let id = ["id".to_owned()];
        if answer == "DeletedObject" {
            let Some((rest, last)) = operation.path.rsplit_once("/{") else {
                return Ok(None);
            };
            let last = last.strip_suffix('}').unwrap_or_default();
            let collection = rest.rsplit('/').next().unwrap_or_default();
            let named = last == "id" || singular(collection).ends_with(&stem(last));
            return Ok((named && parameters.contains(&last)).then(|| subject(last, &id)));
        }
        let model = self.models.iter().find(|model| model.name == *answer);
        let has_id = model.is_some_and(|model| model.fields.iter().any(|field| field.name == "id"));
        let named = |parameter: &&&str| {
            let stem = pascal(&stem(parameter), &self.overlay.words);
            **parameter == "id" || answer.ends_with(&stem) || stem.ends_with(answer.as_str())
        };
        let found = parameters.iter().rev().find(named).filter(|_| has_id);
        Ok(found.map(|parameter| subject(parameter, &id)))
    }
}

/// Returns `email_address` for `email_addresses`, `directory` for `directories`.
fn singular(collection: &str) -> String {
    if let Some(stem) = collection.strip_suffix("ies") {
        format!("{stem}y")
    } else {
        let plural = if collection.ends_with("sses") {
            "es"
        } else {
            "s"
        };
        collection
            .strip_suffix(plural)
            .unwrap_or(collection)
            .to_owned()
    }
}

/// Returns `user` for `user_id`, `api_key` for `apiKeyID`.
fn stem(parameter: &str) -> String {
    let name = snake(parameter);
    name.strip_suffix("_id").unwrap_or(&name).to_owned()
}
