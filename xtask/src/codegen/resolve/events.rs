//! Models of the data of webhook events.

use super::*;

impl<'a> Resolver<'a> {
    /// Returns the types of events in alphabetical order.
    pub(super) fn events(&mut self, webhooks: &'a Document) -> Vec<Event> {
        let mut events = Vec::new();
        for (wire, operation, data) in webhooks.events() {
            match self.event(wire, operation, data) {
                Ok(event) => events.push(event),
                Err(problem) => self.problems.push(format!("{wire}: {problem}")),
            }
        }
        events.sort_by(|one, other| one.wire.cmp(&other.wire));
        for event in self.overlay.events.keys() {
            if !events.iter().any(|known| known.wire == *event) {
                self.problems
                    .push(format!("overlay.toml: events.{event} matches nothing"));
            }
        }
        for event in self.docs.events.keys() {
            if !events.iter().any(|known| known.wire == *event) {
                self.problems
                    .push(format!("docs.toml: events.{event} matches nothing"));
            }
        }
        events
    }

    fn event(&mut self, wire: &str, operation: &'a Node, data: Option<&'a Node>) -> Result<Event> {
        let data = data.ok_or("the event has no data")?;
        let doc = match self.docs.events.get(wire) {
            Some(doc) => doc.trim().to_owned(),
            None => {
                self.undocumented.push(format!("events {wire}"));
                format!("`{wire}`.")
            }
        };
        let doc = with_source(doc, operation.addition().as_deref());
        Ok(Event {
            wire: wire.to_owned(),
            variant: variant(wire, &self.overlay.words),
            data: self.event_data(wire, data)?,
            doc,
        })
    }

    /// Returns the type of an event's data.
    fn event_data(&mut self, wire: &str, data: &'a Node) -> Result<String> {
        let members = data.get("allOf").map_or(&[][..], Node::items);
        let schema = data
            .text_at("$ref")
            .or_else(|| members.iter().find_map(|member| member.text_at("$ref")));
        let Some(schema) = schema.and_then(|reference| reference.rsplit('/').next()) else {
            return match data.entries().iter().all(|(key, _)| key.starts_with("x-")) {
                true => Ok("Value".to_owned()),
                false => Err("the data has no name".to_owned()),
            };
        };
        let skipped = self.overlay.events.get(wire).map(|entry| &entry.skip);
        for member in members {
            for (property, _) in member.get("properties").map_or(&[][..], Node::entries) {
                if !skipped.is_some_and(|skipped| skipped.contains(property)) {
                    return Err(format!("{property} next to {schema} is not read"));
                }
            }
        }
        let (name, handwritten) = self.schema_type(schema);
        if handwritten {
            self.used.tick(format!("schemas.{schema}"));
            return Ok(name);
        }
        self.named_model(schema)?;
        self.mention(&name, User::Group(WEBHOOKS.to_owned()));
        Ok(name)
    }
}
