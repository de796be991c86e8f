//! Determines the group, and thereby the file, of each type.

use super::*;

impl<'a> Resolver<'a> {
    pub(super) fn groups(&mut self, operations: &[Operation]) -> Vec<Group> {
        let mut groups = Vec::new();
        for (accessor, entry) in &self.overlay.groups {
            if !operations
                .iter()
                .any(|operation| operation.group == *accessor)
            {
                self.problems
                    .push(format!("overlay.toml: group {accessor} has no operations"));
            }
            let doc = self.docs.groups.get(accessor).map(|docs| docs.doc.trim());
            let doc = match doc {
                Some(doc) if !doc.is_empty() => doc.to_owned(),
                _ => {
                    self.undocumented.push(format!("group {accessor}"));
                    format!("`{accessor}`.")
                }
            };
            groups.push(Group {
                accessor: accessor.clone(),
                handle: pascal(accessor, &self.overlay.words) + "Api",
                feature: entry.feature.clone(),
                doc,
            });
        }
        groups
    }

    /// Returns the group whose file contains each type: the one that uses it, or if there are
    /// several, one that is always enabled.
    pub(super) fn homes(&mut self, operations: &[Operation]) -> BTreeMap<String, String> {
        let mut homes = BTreeMap::new();
        for operation in operations {
            homes.insert(operation.request.clone(), operation.group.clone());
            if let Some(input) = &operation.input {
                homes.insert(input.clone(), operation.group.clone());
            }
        }
        let given = self
            .overlay
            .schemas
            .iter()
            .map(|(schema, entry)| (self.schema_type(schema).0, entry));
        let given = given.chain(
            self.overlay
                .types
                .iter()
                .map(|(name, entry)| (name.clone(), entry)),
        );
        for (name, entry) in given {
            if let Some(group) = &entry.group {
                homes.insert(name, group.clone());
            }
        }
        let mut waiting: Vec<String> = self.users.keys().cloned().collect();
        loop {
            let mut left = Vec::new();
            for name in &waiting {
                if homes.contains_key(name) {
                    continue;
                }
                let groups: Option<Vec<String>> = self.users[name]
                    .iter()
                    .map(|user| match user {
                        User::Group(group) => Some(group.clone()),
                        User::Type(owner) => homes.get(owner).cloned(),
                    })
                    .collect();
                match groups.and_then(|groups| self.home(name, &groups)) {
                    Some(home) => {
                        homes.insert(name.clone(), home);
                    }
                    None => left.push(name.clone()),
                }
            }
            if left.is_empty() {
                return homes;
            }
            if left.len() == waiting.len() {
                self.problems
                    .push(format!("overlay.toml: give these types a group: {left:?}"));
                return homes;
            }
            waiting = left;
        }
    }

    pub(super) fn home(&self, name: &str, groups: &[String]) -> Option<String> {
        let entry = |group: &String| self.overlay.groups.get(group);
        let namesake = groups.iter().find(|group| {
            entry(group).is_some_and(|entry| pascal(&entry.singular, &self.overlay.words) == name)
        });
        let open = |group: &&String| entry(group).is_some_and(|entry| entry.feature.is_none());
        namesake
            .or_else(|| groups.iter().find(open))
            .or(groups.first())
            .cloned()
    }
}
