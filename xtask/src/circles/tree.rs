//! The modules of a package, with their files and the names that they bind.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Item, ItemUse, Lit, Meta, Token, UseTree, Visibility};

/// The text of each file by its path, relative to the package directory.
pub(crate) type Sources = BTreeMap<PathBuf, String>;

/// The index of a module in [`Package::modules`].
pub(crate) type ModuleId = usize;

/// The modules of all targets of one package.
pub(crate) struct Package {
    pub(crate) modules: Vec<Module>,
    /// The name under which binaries import the library, and its root module.
    pub(crate) library: Option<(String, ModuleId)>,
}

/// A module, which either has its own file or is inline.
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) parent: Option<ModuleId>,
    pub(crate) root: ModuleId,
    pub(crate) names: HashMap<String, Vec<Binding>>,
    pub(crate) globs: Vec<Glob>,
    /// The variants of each enum, which a glob import of the enum binds.
    pub(crate) variants: HashMap<String, Vec<String>>,
    /// The items other than modules, without test code.
    pub(crate) items: Vec<Item>,
}

/// What a name refers to in a module.
pub(crate) struct Binding {
    pub(crate) meaning: Meaning,
    pub(crate) private: bool,
}

pub(crate) enum Meaning {
    Module(ModuleId),
    Import(ImportPath),
    /// An item, and the module whose file contains it.
    Definition(Definition, ModuleId),
}

/// The kind of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    /// A type; its associated functions and variants are in the same file.
    Type,
    /// Like [`Definition::Type`], but a glob import brings its methods into scope without naming it.
    Trait,
    /// A function, a constant or a static.
    Value,
    Macro,
}

/// A glob import of a module or enum.
pub(crate) struct Glob {
    pub(crate) path: ImportPath,
    pub(crate) private: bool,
}

/// A path as written, without generic arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ImportPath {
    /// `::name`, which always refers to another crate.
    pub(crate) external: bool,
    pub(crate) segments: Vec<String>,
}

/// One name of a `use` item.
pub(crate) struct Leaf {
    pub(crate) path: ImportPath,
    /// The name that it binds: none for `*`, `_` for an unnamed trait import.
    pub(crate) name: Option<String>,
    pub(crate) line: usize,
}

impl Package {
    /// Parses the library and the binaries of the package `name`.
    pub(crate) fn parse(name: &str, sources: &Sources) -> Result<Self, String> {
        let mut package = Self {
            modules: Vec::new(),
            library: None,
        };
        for file in sources.keys() {
            let is_library = file == Path::new("src/lib.rs");
            let is_binary = file == Path::new("src/main.rs")
                || file.parent() == Some(Path::new("src/bin"))
                || (file.ends_with("main.rs")
                    && file.parent().and_then(Path::parent) == Some(Path::new("src/bin")));
            if !is_library && !is_binary {
                continue;
            }
            let root = package.modules.len();
            let folder = file.parent().unwrap_or(Path::new(""));
            package.read_file(sources, file, folder, None, root)?;
            if is_library {
                package.library = Some((name.replace('-', "_"), root));
            }
        }
        Ok(package)
    }

    /// Parses a file as a module whose submodules are in `folder`.
    fn read_file(
        &mut self,
        sources: &Sources,
        file: &Path,
        folder: &Path,
        parent: Option<ModuleId>,
        root: ModuleId,
    ) -> Result<ModuleId, String> {
        let text = sources
            .get(file)
            .ok_or_else(|| format!("{} does not exist", file.display()))?;
        let parsed = syn::parse_file(text).map_err(|error| {
            let line = error.span().start().line;
            format!("{}:{line}: {error}", file.display())
        })?;
        self.read_module(sources, file, folder, parent, root, parsed.items)
    }

    fn read_module(
        &mut self,
        sources: &Sources,
        file: &Path,
        folder: &Path,
        parent: Option<ModuleId>,
        root: ModuleId,
        items: Vec<Item>,
    ) -> Result<ModuleId, String> {
        let id = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            root,
            names: HashMap::new(),
            globs: Vec::new(),
            variants: HashMap::new(),
            items: Vec::new(),
        });
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            let Item::Mod(module) = item else {
                self.bind(id, &item);
                self.modules[id].items.push(item);
                continue;
            };
            let name = module.ident.unraw().to_string();
            let inner = folder.join(&name);
            let child = if let Some((_, items)) = module.content {
                self.read_module(sources, file, &inner, Some(id), root, items)?
            } else {
                let own_path = module.attrs.iter().find_map(path_attribute);
                let (child_file, child_folder) = match own_path {
                    Some(path) => {
                        let child_file = file.parent().unwrap_or(Path::new("")).join(path);
                        let child_folder = child_file.with_file_name("");
                        (child_file, child_folder)
                    }
                    None if sources.contains_key(&inner.join("mod.rs")) => {
                        (inner.join("mod.rs"), inner)
                    }
                    None => (inner.with_extension("rs"), inner),
                };
                self.read_file(sources, &child_file, &child_folder, Some(id), root)?
            };
            let private = matches!(module.vis, Visibility::Inherited);
            self.add(id, name, Meaning::Module(child), private);
        }
        Ok(id)
    }

    /// Records the names that an item binds in its module.
    fn bind(&mut self, module: ModuleId, item: &Item) {
        let (ident, visibility, definition) = match item {
            Item::Const(item) => (&item.ident, &item.vis, Definition::Value),
            Item::Static(item) => (&item.ident, &item.vis, Definition::Value),
            Item::Fn(item) => (&item.sig.ident, &item.vis, Definition::Value),
            Item::Struct(item) => (&item.ident, &item.vis, Definition::Type),
            Item::Enum(item) => (&item.ident, &item.vis, Definition::Type),
            Item::Union(item) => (&item.ident, &item.vis, Definition::Type),
            Item::Type(item) => (&item.ident, &item.vis, Definition::Type),
            Item::Trait(item) => (&item.ident, &item.vis, Definition::Trait),
            Item::TraitAlias(item) => (&item.ident, &item.vis, Definition::Trait),
            Item::Use(item) => {
                let private = matches!(item.vis, Visibility::Inherited);
                for Leaf { path, name, .. } in leaves(item) {
                    match name {
                        Some(name) => self.add(module, name, Meaning::Import(path), private),
                        None => self.modules[module].globs.push(Glob { path, private }),
                    }
                }
                return;
            }
            Item::Macro(item) => {
                let Some(name) = &item.ident else {
                    for (name, definition) in defined_by(item.mac.tokens.clone()) {
                        self.add(module, name, Meaning::Definition(definition, module), false);
                    }
                    return;
                };
                let name = name.unraw().to_string();
                let exported = item
                    .attrs
                    .iter()
                    .any(|attribute| attribute.path().is_ident("macro_export"));
                let root = self.modules[module].root;
                if exported && root != module {
                    let meaning = Meaning::Definition(Definition::Macro, module);
                    self.add(root, name.clone(), meaning, false);
                }
                let meaning = Meaning::Definition(Definition::Macro, module);
                self.add(module, name, meaning, !exported);
                return;
            }
            _ => return,
        };
        let private = matches!(visibility, Visibility::Inherited);
        let name = ident.unraw().to_string();
        if let Item::Enum(item) = item {
            let variants = item.variants.iter();
            self.modules[module].variants.insert(
                name.clone(),
                variants
                    .map(|variant| variant.ident.unraw().to_string())
                    .collect(),
            );
        }
        self.add(
            module,
            name,
            Meaning::Definition(definition, module),
            private,
        );
    }

    fn add(&mut self, module: ModuleId, name: String, meaning: Meaning, private: bool) {
        self.modules[module]
            .names
            .entry(name)
            .or_default()
            .push(Binding { meaning, private });
    }
}

/// Returns the names that a `use` item binds.
pub(crate) fn leaves(item: &ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    let external = item.leading_colon.is_some();
    collect_leaves(&item.tree, &mut Vec::new(), external, &mut found);
    found
}

fn collect_leaves(tree: &UseTree, prefix: &mut Vec<String>, external: bool, found: &mut Vec<Leaf>) {
    let mut leaf = |segments: Vec<String>, name: Option<String>, line: usize| {
        found.push(Leaf {
            path: ImportPath { external, segments },
            name,
            line,
        });
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.unraw().to_string());
            collect_leaves(&path.tree, prefix, external, found);
            prefix.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect_leaves(tree, prefix, external, found);
            }
        }
        UseTree::Glob(glob) => leaf(prefix.clone(), None, glob.star_token.span.start().line),
        UseTree::Name(name) => {
            let segments = joined(prefix, &name.ident);
            let bound = segments.last().cloned();
            leaf(segments, bound, name.ident.span().start().line);
        }
        UseTree::Rename(name) => {
            let segments = joined(prefix, &name.ident);
            let bound = name.rename.unraw().to_string();
            leaf(segments, Some(bound), name.ident.span().start().line);
        }
    }
}

/// `a::{self}` refers to `a`.
fn joined(prefix: &[String], ident: &Ident) -> Vec<String> {
    let mut segments = prefix.to_vec();
    if prefix.is_empty() || ident != "self" {
        segments.push(ident.unraw().to_string());
    }
    segments
}

/// Returns the items that the tokens of a macro call seem to define: `struct Name` and the like.
fn defined_by(tokens: TokenStream) -> Vec<(String, Definition)> {
    let mut found = Vec::new();
    let mut expected = None;
    for token in tokens {
        let definition = expected.take();
        match token {
            TokenTree::Group(group) => found.extend(defined_by(group.stream())),
            TokenTree::Ident(ident) => {
                if let Some(definition) = definition {
                    found.push((ident.unraw().to_string(), definition));
                } else if ident == "struct" || ident == "enum" || ident == "type" {
                    expected = Some(Definition::Type);
                } else if ident == "trait" {
                    expected = Some(Definition::Trait);
                } else if ident == "fn" || ident == "const" || ident == "static" {
                    expected = Some(Definition::Value);
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// Returns the attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns true for code that exists only in test builds.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Meta>()
                    .is_ok_and(|condition| needs_test(&condition)))
    })
}

/// Returns true for conditions that require `test`.
fn needs_test(condition: &Meta) -> bool {
    let parts = || match condition {
        Meta::List(list) => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .unwrap_or_default(),
        _ => Punctuated::new(),
    };
    if condition.path().is_ident("all") {
        parts().iter().any(needs_test)
    } else if condition.path().is_ident("any") {
        let parts = parts();
        !parts.is_empty() && parts.iter().all(needs_test)
    } else {
        condition.path().is_ident("test")
    }
}

/// Returns the file in `#[path = "..."]`.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(path),
            ..
        }) if pair.path.is_ident("path") => Some(path.value()),
        _ => None,
    }
}
