//! The dependencies between files: every path in code and every private import, resolved to the file that defines the item.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ExprClosure, ExprPath, Field, ImplItem, Item, ItemFn, ItemMacro, ItemUse,
    Macro, Meta, PatIdent, Stmt, TraitItem, TypePath, VisRestricted, Visibility,
};

use super::resolve::{Target, resolve, traits_in};
use super::tree::{ImportPath, Leaf, ModuleId, Package, attributes, is_for_tests, leaves};

/// For each pair of files, the places where the first refers to an item of the second.
pub(crate) type Arrows = BTreeMap<(PathBuf, PathBuf), BTreeSet<Place>>;

/// A line that refers to an item of another file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) text: String,
    /// Whether the place causes the dependency. Imports and paths through a module do; uses of an imported name do not.
    pub(crate) decisive: bool,
}

/// Collects the dependencies between the files of a package.
pub(crate) fn arrows(package: &Package) -> Arrows {
    let mut found = Arrows::new();
    for (id, module) in package.modules.iter().enumerate() {
        let mut reader = Reader {
            package,
            module: id,
            file: &module.file,
            scopes: Vec::new(),
            found: &mut found,
        };
        for item in &module.items {
            reader.visit_item(item);
        }
    }
    found
}

/// Visits the items of one module.
struct Reader<'a> {
    package: &'a Package,
    module: ModuleId,
    file: &'a Path,
    /// The names bound by blocks, the innermost last.
    scopes: Vec<Scope>,
    found: &'a mut Arrows,
}

/// The names bound by a function or a block.
#[derive(Default)]
struct Scope {
    imports: HashMap<String, ImportPath>,
    items: HashSet<String>,
    variables: HashSet<String>,
}

impl Reader<'_> {
    /// Records the items that a path in code refers to.
    fn name(&mut self, path: &ImportPath, line: usize) {
        let text = path.segments.join("::");
        let mut path = path.clone();
        if !path.external
            && let Some(first) = path.segments.first()
        {
            for scope in self.scopes.iter().rev() {
                let is_variable = path.segments.len() == 1 && scope.variables.contains(first);
                if is_variable || scope.items.contains(first) {
                    return;
                }
                if let Some(import) = scope.imports.get(first) {
                    let rest = path.segments.split_off(1);
                    path = import.clone();
                    path.segments.extend(rest);
                    break;
                }
            }
        }
        let targets = resolve(self.package, self.module, &path);
        let head = ImportPath {
            external: path.external,
            segments: path.segments.iter().take(1).cloned().collect(),
        };
        let decisive = path.segments.len() > 1
            && resolve(self.package, self.module, &head)
                .iter()
                .any(|target| matches!(target, Target::Module(_)));
        self.record(targets, line, &text, decisive);
    }

    /// Records the items that a private import refers to.
    fn import(&mut self, leaf: Leaf) {
        let Leaf { path, name, line } = leaf;
        let text = path.segments.join("::");
        if name.is_some() {
            let targets = resolve(self.package, self.module, &path);
            self.record(targets, line, &format!("use {text}"), true);
        } else {
            let targets = traits_in(self.package, self.module, &path);
            self.record(targets, line, &format!("use {text}::*"), true);
        }
    }

    fn record(&mut self, targets: Vec<Target>, line: usize, text: &str, decisive: bool) {
        for target in targets {
            // A module is not an item; the items used from it are recorded elsewhere.
            let Target::Item { home, .. } = target else {
                continue;
            };
            let file = &self.package.modules[home].file;
            if file != self.file {
                let text = text.to_owned();
                self.found
                    .entry((self.file.to_owned(), file.clone()))
                    .or_default()
                    .insert(Place {
                        line,
                        text,
                        decisive,
                    });
            }
        }
    }

    /// Records the paths in the tokens of a macro call or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        let mut at = 0;
        while at < tokens.len() {
            let first = match &tokens[at] {
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    at += 1;
                    continue;
                }
                TokenTree::Literal(literal) => {
                    self.literal(&literal.to_string(), literal.span().start().line);
                    at += 1;
                    continue;
                }
                TokenTree::Punct(_) => {
                    at += 1;
                    continue;
                }
                TokenTree::Ident(ident) => ident,
            };
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            let after_mark = |wanted: char| matches!(before, Some(TokenTree::Punct(mark)) if mark.as_char() == wanted);
            let external = at >= 2 && is_colon(at - 1) && is_colon(at - 2);
            // A field, a method, a macro parameter, the name of an item, or the rest of a path.
            let is_name = after_mark('.')
                || after_mark('$')
                || after_mark('\'')
                || external
                || matches!(before, Some(TokenTree::Ident(word)) if word == "fn" || word == "let");
            let line = first.span().start().line;
            let mut segments = vec![first.unraw().to_string()];
            at += 1;
            while is_colon(at)
                && is_colon(at + 1)
                && let Some(TokenTree::Ident(next)) = tokens.get(at + 2)
            {
                segments.push(next.unraw().to_string());
                at += 3;
            }
            let is_called = matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
            let is_type = segments[0].starts_with(|first: char| first.is_ascii_uppercase());
            if !is_name && (segments.len() > 1 || is_called || is_type) {
                let path = ImportPath {
                    external: false,
                    segments,
                };
                self.name(&path, line);
            }
        }
    }

    /// Attributes contain paths in strings: `deserialize_with = "crate::lenient::value"`.
    fn literal(&mut self, literal: &str, line: usize) {
        let Ok(text) = syn::parse_str::<syn::LitStr>(literal) else {
            return;
        };
        if let Ok(path) = text.parse::<syn::Path>()
            && path.segments.len() > 1
        {
            self.name(&written(&path), line);
        }
    }

    /// Visits code with the names of a block in scope.
    fn within(&mut self, scope: Scope, read: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        read(self);
        self.scopes.pop();
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[Attribute] = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes: &[Attribute] = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Macro(call) => &call.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // A re-export is not a dependency; code that uses it depends on the file that defines the item.
        if matches!(item.vis, Visibility::Inherited) {
            for leaf in leaves(item) {
                self.import(leaf);
            }
        }
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        // The body of a `macro_rules!` belongs to its callers.
        if item.ident.is_none() {
            visit::visit_item_macro(self, item);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") || attribute.path().is_ident("cfg") {
            return;
        }
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => self.tokens(list.tokens.clone()),
            Meta::NameValue(pair) => self.visit_expr(&pair.value),
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let scope = Scope {
            variables: variables(|reader| visit::visit_item_fn(reader, item)),
            ..Scope::default()
        };
        self.within(scope, |reader| visit::visit_item_fn(reader, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let scope = Scope {
            variables: variables(|reader| visit::visit_impl_item_fn(reader, item)),
            ..Scope::default()
        };
        self.within(scope, |reader| visit::visit_impl_item_fn(reader, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let scope = Scope {
            variables: variables(|reader| visit::visit_trait_item_fn(reader, item)),
            ..Scope::default()
        };
        self.within(scope, |reader| visit::visit_trait_item_fn(reader, item));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let scope = Scope {
            variables: variables(|reader| visit::visit_expr_closure(reader, closure)),
            ..Scope::default()
        };
        self.within(scope, |reader| visit::visit_expr_closure(reader, closure));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let mut scope = Scope::default();
        for statement in &block.stmts {
            match statement {
                Stmt::Item(Item::Use(item)) => {
                    for leaf in leaves(item) {
                        if let Some(name) = leaf.name {
                            scope.imports.insert(name, leaf.path);
                        }
                    }
                }
                Stmt::Item(item) => scope.items.extend(item_name(item)),
                _ => {}
            }
        }
        self.within(scope, |reader| visit::visit_block(reader, block));
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        if !is_variable(&pattern.ident) {
            let path = ImportPath {
                external: false,
                segments: vec![pattern.ident.unraw().to_string()],
            };
            self.name(&path, pattern.ident.span().start().line);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        match &path.qself {
            // `<Type>::name`: the path itself refers to nothing.
            Some(own) if own.position == 0 => self.visit_type(&own.ty),
            _ => visit::visit_expr_path(self, path),
        }
    }

    fn visit_type_path(&mut self, path: &'ast TypePath) {
        match &path.qself {
            Some(own) if own.position == 0 => self.visit_type(&own.ty),
            _ => visit::visit_type_path(self, path),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            self.name(&written(path), first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }
}

/// Returns a path as written, without generic arguments.
fn written(path: &syn::Path) -> ImportPath {
    ImportPath {
        external: path.leading_colon.is_some(),
        segments: path
            .segments
            .iter()
            .map(|segment| segment.ident.unraw().to_string())
            .collect(),
    }
}

/// Distinguishes a variable in a pattern from a constant or variant by its first letter, as Rust's lints require.
fn is_variable(ident: &syn::Ident) -> bool {
    ident
        .unraw()
        .to_string()
        .starts_with(|first: char| !first.is_uppercase())
}

/// Collects the variables that are bound by patterns in the visited code.
fn variables(read: impl FnOnce(&mut Variables)) -> HashSet<String> {
    let mut found = Variables(HashSet::new());
    read(&mut found);
    found.0
}

struct Variables(HashSet<String>);

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        if is_variable(&pattern.ident) {
            self.0.insert(pattern.ident.unraw().to_string());
        }
        visit::visit_pat_ident(self, pattern);
    }
}

/// Returns the name of an item in a block.
fn item_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.unraw().to_string())
}
