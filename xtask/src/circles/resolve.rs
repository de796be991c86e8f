//! Resolves a path to the items that it refers to, through modules, imports and re-exports.

use std::collections::HashSet;

use super::tree::{Definition, ImportPath, Meaning, ModuleId, Package};

/// The target of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Module(ModuleId),
    Item {
        /// The module whose file contains the item.
        home: ModuleId,
        name: String,
        /// `None` for an item that a macro defines, which is assumed to be in the file of the path's last module.
        definition: Option<Definition>,
    },
}

/// The imports that are being followed, so that cycles of re-exports end.
type Trail = HashSet<(ModuleId, String, usize)>;

/// Resolves `path` in module `from`. Returns nothing for other crates, and several items if a module and a function share
/// a name.
pub(crate) fn resolve(package: &Package, from: ModuleId, path: &ImportPath) -> Vec<Target> {
    resolve_path(package, from, path, &mut Trail::new())
}

/// The traits that a glob import of `path` brings into scope.
pub(crate) fn traits_in(package: &Package, from: ModuleId, path: &ImportPath) -> Vec<Target> {
    let mut found = Vec::new();
    for target in resolve(package, from, path) {
        let Target::Module(module) = target else {
            continue;
        };
        for name in package.modules[module].names.keys() {
            let named = look_up(package, from, module, name, &mut Trail::new());
            found.extend(named.into_iter().filter(is_trait));
        }
        for glob in &package.modules[module].globs {
            if !glob.private && module != from {
                found.extend(traits_in(package, module, &glob.path));
            }
        }
    }
    found
}

fn is_trait(target: &Target) -> bool {
    matches!(
        target,
        Target::Item {
            definition: Some(Definition::Trait),
            ..
        }
    )
}

fn resolve_path(
    package: &Package,
    from: ModuleId,
    path: &ImportPath,
    trail: &mut Trail,
) -> Vec<Target> {
    let Some((first, rest)) = path.segments.split_first() else {
        return Vec::new();
    };
    if path.external {
        return Vec::new();
    }
    let module = &package.modules[from];
    let mut found = match first.as_str() {
        "crate" => vec![Target::Module(module.root)],
        "self" => vec![Target::Module(from)],
        "super" => module.parent.map(Target::Module).into_iter().collect(),
        "Self" => return Vec::new(),
        name => {
            let found = look_up(package, from, from, name, trail);
            match &package.library {
                Some((library, root)) if found.is_empty() && library == name => {
                    vec![Target::Module(*root)]
                }
                _ => found,
            }
        }
    };
    for name in rest {
        found = found
            .into_iter()
            .flat_map(|target| match target {
                Target::Module(module) if name == "super" => {
                    let parent = package.modules[module].parent;
                    parent.map(Target::Module).into_iter().collect()
                }
                Target::Module(module) => {
                    let named = look_up(package, from, module, name, trail);
                    if named.is_empty() {
                        vec![Target::Item {
                            home: module,
                            name: name.clone(),
                            definition: None,
                        }]
                    } else {
                        named
                    }
                }
                // A variant or associated function is in the file of its type.
                Target::Item {
                    definition: Some(Definition::Value | Definition::Macro),
                    ..
                } => Vec::new(),
                item @ Target::Item { .. } => vec![item],
            })
            .collect();
    }
    found
}

/// Resolves `name` in `module` for code in module `from`.
fn look_up(
    package: &Package,
    from: ModuleId,
    module: ModuleId,
    name: &str,
    trail: &mut Trail,
) -> Vec<Target> {
    let visible = |private: bool| !private || is_within(package, from, module);
    let mut found = Vec::new();
    let bindings = package.modules[module].names.get(name);
    for (index, binding) in bindings.into_iter().flatten().enumerate() {
        if !visible(binding.private) {
            continue;
        }
        match &binding.meaning {
            Meaning::Module(child) => add(&mut found, [Target::Module(*child)]),
            Meaning::Definition(definition, home) => add(
                &mut found,
                [Target::Item {
                    home: *home,
                    name: name.to_owned(),
                    definition: Some(*definition),
                }],
            ),
            Meaning::Import(path) => {
                let step = (module, name.to_owned(), index);
                if trail.insert(step.clone()) {
                    add(&mut found, resolve_path(package, module, path, trail));
                    trail.remove(&step);
                }
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    // Explicit names shadow glob imports. Counting down distinguishes globs from bindings in the trail.
    for (index, glob) in package.modules[module].globs.iter().enumerate() {
        let step = (module, name.to_owned(), usize::MAX - index);
        if !visible(glob.private) || !trail.insert(step.clone()) {
            continue;
        }
        for target in resolve_path(package, module, &glob.path, trail) {
            match target {
                Target::Module(inner) => {
                    add(&mut found, look_up(package, module, inner, name, trail));
                }
                Target::Item {
                    home,
                    name: enumeration,
                    ..
                } => {
                    let variants = package.modules[home].variants.get(&enumeration);
                    if variants.is_some_and(|variants| variants.iter().any(|known| known == name)) {
                        let definition = Some(Definition::Type);
                        add(
                            &mut found,
                            [Target::Item {
                                home,
                                name: enumeration,
                                definition,
                            }],
                        );
                    }
                }
            }
        }
        trail.remove(&step);
    }
    found
}

fn add(found: &mut Vec<Target>, more: impl IntoIterator<Item = Target>) {
    for target in more {
        if !found.contains(&target) {
            found.push(target);
        }
    }
}

/// Returns true if `module` is `ancestor` or inside it.
fn is_within(package: &Package, module: ModuleId, ancestor: ModuleId) -> bool {
    let mut at = Some(module);
    while let Some(module) = at {
        if module == ancestor {
            return true;
        }
        at = package.modules[module].parent;
    }
    false
}
