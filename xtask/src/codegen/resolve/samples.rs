//! Sample values for the calls that exercise the client.

use super::*;

impl<'a> Resolver<'a> {
    /// Returns a Rust expression for a valid value.
    pub(super) fn sample(
        &self,
        kind: &Kind,
        schema: &'a Node,
        wire: &str,
        nullable: bool,
    ) -> Result<String> {
        let schema = self.single(schema);
        Ok(match kind {
            Kind::Text => format!("{:?}", self.sample_text(schema, wire)?),
            Kind::Secret(_) => format!("{:?}.into()", self.sample_text(schema, wire)?),
            Kind::Enum(name) => {
                let values = schema.get("enum").map(Node::items).unwrap_or_default();
                let known = self.enums.iter().find(|known| known.name == *name);
                let value = values.first().and_then(Node::text).map(str::to_owned);
                let value = value.or_else(|| known?.values.first().cloned());
                let value =
                    value.unwrap_or_else(|| self.sample_text(schema, wire).unwrap_or_default());
                if nullable {
                    format!("{name}::from({value:?})")
                } else {
                    format!("{value:?}")
                }
            }
            Kind::Bool => "true".to_owned(),
            Kind::Integer | Kind::Unsigned => bounded(schema, 10.0).to_string(),
            Kind::Float => "1.5".to_owned(),
            Kind::Timestamp | Kind::DateTime => {
                "Timestamp::from_millis(1_700_690_400_000)".to_owned()
            }
            Kind::Seconds => format!("Duration::from_secs({})", bounded(schema, 3600.0)),
            Kind::File => "image()".to_owned(),
            Kind::Named(name) => match self.inputs.iter().find(|input| input.name == *name) {
                Some(input) => input_sample(input),
                None => format!("{name}::default()"),
            },
            Kind::List(inner) => {
                let items = schema
                    .get("items")
                    .map(|items| self.document.resolve(items));
                let item = self.sample(inner, items.unwrap_or(schema), wire, nullable)?;
                format!("[{item}]")
            }
            Kind::Metadata | Kind::Object | Kind::Value | Kind::Texts => {
                match schema.get("additionalProperties") {
                    Some(Node::Object(_)) => "json!({ \"a\": \"b\" })".to_owned(),
                    _ => "json!({ \"plan\": \"pro\" })".to_owned(),
                }
            }
        })
    }

    pub(super) fn sample_text(&self, schema: &Node, wire: &str) -> Result<String> {
        let sample = |key: &str| {
            let sample = self.overlay.samples.get(key)?;
            self.used.tick(format!("samples.{key}"));
            Some(sample.clone())
        };
        if let Some(pattern) = schema.text_at("pattern") {
            return sample(pattern)
                .ok_or_else(|| format!("add a sample for the pattern {pattern}"));
        }
        if let Some(format) = schema.text_at("format") {
            return sample(format).ok_or_else(|| format!("add a sample for the format {format}"));
        }
        Ok(sample(wire).unwrap_or_else(|| "example".to_owned()))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds in the document are small"
)]
pub(super) fn bounded(schema: &Node, wanted: f64) -> i64 {
    let min = schema.number_at("minimum").unwrap_or(0.0);
    let max = schema.number_at("maximum").unwrap_or(f64::MAX);
    wanted.max(min).min(max) as i64
}

/// Returns a sample of an input with everything set that can be set.
pub(super) fn input_sample(input: &Input) -> String {
    let args: Vec<_> = input
        .required
        .iter()
        .map(|arg| arg.sample.as_str())
        .collect();
    let mut text = format!("{}::new({})", input.name, args.join(", "));
    for setter in &input.optional {
        text.push_str(&format!(".{}({})", setter.name, setter.sample));
    }
    text
}
