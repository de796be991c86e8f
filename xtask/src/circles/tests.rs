use super::*;

/// Splits files given as `== path` and their text.
fn tree(text: &str) -> Sources {
    text.split("== ")
        .skip(1)
        .map(|file| {
            let (path, text) = file.split_once('\n').unwrap();
            (PathBuf::from(path), text.to_owned())
        })
        .collect()
}

/// The dependencies of a tree, as `from -> to` without `src/` and `.rs`.
fn arrows_of(text: &str) -> Vec<String> {
    let package = Package::parse("some-crate", &tree(text)).unwrap();
    let short = |path: &Path| {
        let path = path.strip_prefix("src").unwrap().with_extension("");
        path.display().to_string()
    };
    arrows(&package)
        .keys()
        .map(|(from, to)| format!("{} -> {}", short(from), short(to)))
        .collect()
}

#[test]
fn the_crates_of_this_workspace_have_no_circles() {
    let packages = packages().unwrap();
    assert!(packages.contains(&"clerk-core".to_owned()));
    let problems: Vec<String> = packages
        .iter()
        .filter_map(|package| {
            let report = check(package, &sources(package).unwrap(), ALLOWED).unwrap();
            judge(package, &report).err()
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn declaring_a_module_imports_nothing() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
pub mod b;
== src/a.rs
== src/b/mod.rs
mod c;
== src/b/c.rs
",
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn imports_of_each_form_lead_to_the_file_of_the_item() {
    let modules = "== src/lib.rs
mod a;
mod b;
== src/b.rs
pub(crate) struct Thing;
pub(crate) trait Does {}
pub(crate) enum Choice { One, Two }
pub(crate) const LIMIT: usize = 1;
pub(crate) fn make() {}
pub(crate) mod inner { pub(crate) struct Deep; }
== src/a.rs
";
    for code in [
        "use crate::b::Thing;",
        "use super::b::Thing;",
        "use crate::b::{Thing as Other};",
        "use crate::{b::{self, Thing}};",
        "use crate::b::Does as _;",
        "use crate::b::inner::Deep;",
        "use crate::b::Choice::{One, Two};",
        "use crate::b::Choice::*; fn f() { One; }",
        "use crate::b; fn f() { b::make(); }",
        "use crate::b as other; fn f(at: other::Thing) {}",
        "use crate::b::*; fn f() -> Thing { g() }",
        "use crate::b::*;", // the trait
        "fn f() { use crate::b::make; make(); }",
        "fn f() { use crate::b; b::make(); }",
    ] {
        let found = arrows_of(&format!("{modules}{code}\n"));
        assert_eq!(found, ["a -> b"], "{code}");
    }
}

#[test]
fn importing_a_module_needs_only_what_is_used_of_it() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
mod b;
== src/a.rs
use crate::b;
fn f() { b::make(); }
== src/b/mod.rs
mod make;
pub(crate) use make::make;
pub(crate) struct NotUsed;
== src/b/make.rs
pub(crate) fn make() {}
",
    );
    assert_eq!(found, ["a -> b/make"]);
}

#[test]
fn inline_paths_count_wherever_they_stand() {
    let modules = "== src/lib.rs
mod a;
mod b;
== src/b.rs
pub(crate) struct Thing;
impl Thing { pub(crate) const MAX: usize = 1; pub(crate) fn new() -> Self { Self } }
pub(crate) enum Choice { One, Two(u8) }
pub(crate) trait Does { type Output; fn go(); }
pub(crate) const LIMIT: usize = 1;
pub(crate) fn make() {}
pub(crate) static mut PLACE: u8 = 0;
== src/a.rs
";
    for code in [
        "fn f() { crate::b::make(); }",
        "fn f() { super::b::make(); }",
        "fn f() { let g = crate::b::make; }",
        "fn f() { crate::b::Thing::new(); }",
        "fn f() -> usize { crate::b::Thing::MAX }",
        "fn f(at: &crate::b::Thing) {}",
        "fn f(at: Option<Vec<crate::b::Thing>>) {}",
        "fn f<T: crate::b::Does>() {}",
        "fn f() where u8: crate::b::Does {}",
        "fn f() -> impl crate::b::Does { 1 }",
        "fn f(at: &dyn crate::b::Does) {}",
        "impl crate::b::Thing { fn f() {} }",
        "impl crate::b::Does for u8 {}",
        "fn f() { <u8 as crate::b::Does>::go(); }",
        "fn f() { <crate::b::Thing>::new(); }",
        "fn f(at: <u8 as crate::b::Does>::Output) {}",
        "type Other = crate::b::Thing;",
        "struct Holder(crate::b::Thing);",
        "enum Holder { One(crate::b::Thing) }",
        "const SIZE: [u8; crate::b::LIMIT] = [0];",
        "fn f(at: u8) { match at { crate::b::LIMIT => {}, _ => {} } }",
        "fn f(at: u8) { if let crate::b::Choice::Two(_) = at {} }",
        "fn f() { g(|x| crate::b::Choice::Two(x)); }",
        "fn f() { g!(\"{}\", crate::b::make()); }",
        "fn f() { g!({ \"a\": [1, crate::b::LIMIT] }); }",
        "g! { struct A { b: crate::b::Thing } }",
        "#[serde(with = \"crate::b::make\")] struct A;",
        "#[derive(crate::b::Does)] struct A;",
        "mod inner { fn f() { super::super::b::make(); } }",
        "mod inner { fn f() { crate::b::make(); } }",
        "async fn f() { async { crate::b::make() }.await }",
    ] {
        let found = arrows_of(&format!("{modules}{code}\n"));
        assert_eq!(found, ["a -> b"], "{code}");
    }
}

#[test]
fn what_names_no_item_of_another_file_counts_not() {
    let modules = "== src/lib.rs
mod a;
mod b;
== src/b.rs
pub(crate) struct Thing;
pub(crate) fn make() {}
#[macro_export]
macro_rules! exported { () => { $crate::a::own() } }
== src/a.rs
";
    for code in [
        "fn own() {} fn f() { own(); self::own(); crate::a::own(); }",
        "use crate::b;",
        "fn f(make: u8) { make; }",
        "use std::fmt; fn f(at: fmt::Error) {}",
        "use ::b::Thing;",
        "fn f() { other::b::make(); b::make(); }",
        "fn f() { struct Thing; Thing; }",
        "fn f() { g!(b.make(), x.b::<u8>()); }",
        "macro_rules! m { () => { crate::b::make() } }",
        "/// [`crate::b::Thing`]\nfn f() {}",
        "pub(crate) use crate::b::Thing;",
        "pub use crate::b::*;",
        "pub(in crate::b) fn f() {}",
    ] {
        let found = arrows_of(&format!("{modules}{code}\n"));
        assert_eq!(found, Vec::<String>::new(), "{code}");
    }
}

#[test]
fn re_exports_lead_through_to_the_defining_file() {
    let modules = "== src/lib.rs
mod a;
mod b;
pub use b::{Thing, other::Named as Renamed};
pub mod prelude { pub use crate::b::*; }
== src/b/mod.rs
mod thing;
pub(crate) mod other;
mod hidden;
pub use thing::*;
pub(crate) use self::hidden::hidden;
== src/b/thing.rs
pub struct Thing;
== src/b/other.rs
pub struct Named;
== src/b/hidden.rs
pub(crate) fn hidden() {}
== src/a.rs
";
    for (code, to) in [
        ("use crate::Thing;", "b/thing"),
        ("use crate::b::Thing;", "b/thing"),
        ("use crate::prelude::*; fn f(at: Thing) {}", "b/thing"),
        ("use crate::prelude::Thing;", "b/thing"),
        ("use crate::Renamed;", "b/other"),
        ("use super::*; fn f(at: Renamed) {}", "b/other"),
        ("fn f() { crate::b::hidden(); }", "b/hidden"),
        ("fn f() { crate::b::other::Named::new(); }", "b/other"),
        (
            "pub(crate) use crate::Thing as Mine; fn f() { Mine::new(); }",
            "b/thing",
        ),
    ] {
        let found = arrows_of(&format!("{modules}{code}\n"));
        assert_eq!(found, [format!("a -> {to}")], "{code}");
    }
}

#[test]
fn re_exports_in_a_circle_end() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
mod b;
mod c;
== src/a.rs
pub use crate::b::*;
pub struct Thing;
== src/b.rs
pub use crate::a::*;
== src/c.rs
use crate::b::Thing;
use crate::b::Missing;
",
    );
    assert_eq!(found, ["c -> a", "c -> b"]);
}

#[test]
fn a_module_and_a_function_may_share_a_name() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
mod make;
pub use make::make;
== src/make.rs
pub fn make() {}
pub fn more() {}
== src/a.rs
use crate::make;
fn f() { make(); make::more(); }
",
    );
    assert_eq!(found, ["a -> make"]);
}

#[test]
fn a_private_import_is_not_seen_through_a_glob_of_a_stranger() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
mod b;
mod c;
== src/a.rs
use crate::b::*;
fn f(at: Thing) {}
== src/b.rs
use crate::c::Thing;
mod inner { use super::*; fn f(at: Thing) {} }
== src/c.rs
pub struct Thing;
",
    );
    assert_eq!(found, ["b -> c"]);
}

#[test]
fn files_of_modules_are_found_by_each_of_rusts_rules() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
mod b { pub mod c; }
#[path = \"odd/place.rs\"]
mod d;
mod r#type;
fn f() { a::e::f(); b::c::f(); d::f(); r#type::f(); }
== src/a.rs
pub mod e;
== src/a/e.rs
pub fn f() {}
== src/b/c/mod.rs
pub fn f() {}
== src/odd/place.rs
pub fn f() {}
== src/type.rs
pub fn f() {}
",
    );
    assert_eq!(
        found,
        [
            "lib -> a/e",
            "lib -> b/c/mod",
            "lib -> odd/place",
            "lib -> type"
        ]
    );
}

#[test]
fn code_for_tests_counts_not() {
    let modules = "== src/lib.rs
mod a;
mod b;
== src/b.rs
pub fn make() {}
== src/a.rs
";
    for code in [
        "#[cfg(test)] mod tests { use crate::b::make; fn f() { crate::b::make(); } }",
        "#[cfg(test)] mod file_that_is_not_read;",
        "#[cfg(test)] use crate::b::make;",
        "#[cfg(all(test, feature = \"x\"))] fn f() { crate::b::make(); }",
        "#[cfg(any(test, all(test, unix)))] fn f() { crate::b::make(); }",
        "#[test] fn f() { crate::b::make(); }",
        "impl A { #[cfg(test)] fn f() { crate::b::make(); } }",
        "fn f() { #[cfg(test)] crate::b::make!(); }",
        "fn f() { #[cfg(test)] let x = crate::b::make(); }",
    ] {
        let found = arrows_of(&format!("{modules}{code}\n"));
        assert_eq!(found, Vec::<String>::new(), "{code}");
    }
    for code in [
        "#[cfg(not(test))] fn f() { crate::b::make(); }",
        "#[cfg(any(test, unix))] fn f() { crate::b::make(); }",
        "#[cfg(feature = \"test\")] fn f() { crate::b::make(); }",
    ] {
        let found = arrows_of(&format!("{modules}{code}\n"));
        assert_eq!(found, ["a -> b"], "{code}");
    }
}

#[test]
fn macros_and_what_they_define_are_found() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
mod b;
mod c;
pub use b::*;
== src/a.rs
use crate::Made;
use crate::b::{model, Strange};
use crate::c::PathOnly;
crate::exported!();
== src/b.rs
macro_rules! model { () => {} }
pub(crate) use model;
model! { pub struct Made { id: String } }
other! { Strange }
== src/c.rs
#[macro_export]
macro_rules! exported { () => {} }
",
    );
    assert_eq!(found, ["a -> b", "a -> c"]);
}

#[test]
fn a_binary_needs_the_library_by_its_name() {
    let found = arrows_of(
        "== src/lib.rs
mod a;
pub use a::Thing;
== src/a.rs
pub struct Thing;
== src/main.rs
mod own;
use some_crate::Thing;
fn main() { own::go(); }
== src/own.rs
pub fn go() {}
== src/bin/tool.rs
fn main() { some_crate::Thing::new(); }
",
    );
    assert_eq!(found, ["bin/tool -> a", "main -> a", "main -> own"]);
}

#[test]
fn the_report_names_the_lines_that_make_a_circle() {
    let sources = tree(
        "== src/lib.rs
mod a;
mod b;
mod c;
== src/a.rs
use crate::b::B;
pub struct A(B);
== src/b.rs
use std::fmt;
use crate::{
    c::C,
};
pub struct B(C);
== src/c.rs
pub struct C;
fn f() {
    crate::a::A::new();
    super::b::B::new();
}
",
    );
    assert_eq!(
        check("x", &sources, &[]).unwrap(),
        "x: 3 files depend on each other: src/a.rs, src/b.rs, src/c.rs
  cycle of 2:
    src/b.rs -> src/c.rs
      x/src/b.rs:3: use crate::c::C
    src/c.rs -> src/b.rs
      x/src/c.rs:4: super::b::B::new
"
    );
}

#[test]
fn only_the_named_pair_may_need_each_other() {
    let pair = |first, second| Pair {
        package: "x",
        files: [first, second],
        reason: "",
    };
    let two = tree(
        "== src/lib.rs
mod a;
mod b;
mod c;
== src/a.rs
pub struct A(crate::b::B);
== src/b.rs
pub struct B(crate::a::A);
== src/c.rs
",
    );
    let allowed = |pairs: &[Pair]| check("x", &two, pairs).unwrap();
    assert!(allowed(&[]).starts_with("x: 2 files depend on each other"));
    assert_eq!(allowed(&[pair("src/b.rs", "src/a.rs")]), "");
    assert_eq!(
        allowed(&[pair("src/a.rs", "src/b.rs"), pair("src/a.rs", "src/c.rs")]),
        "x: src/a.rs and src/c.rs do not form a cycle; remove them from ALLOWED\n"
    );
    // A third file in the cycle is not allowed.
    let mut three = two.clone();
    three.insert(
        PathBuf::from("src/c.rs"),
        "pub struct C(crate::a::A);".into(),
    );
    three.insert(
        PathBuf::from("src/b.rs"),
        "pub struct B(crate::a::A, crate::c::C);".into(),
    );
    let report = check("x", &three, &[pair("src/a.rs", "src/b.rs")]).unwrap();
    assert!(
        report.starts_with("x: 3 files depend on each other"),
        "{report}"
    );
    assert!(report.ends_with("remove them from ALLOWED\n"), "{report}");
}

#[test]
fn generated_files_are_followed_but_not_judged() {
    let sources = tree(
        "== src/lib.rs
mod a;
mod generated;
mod b;
== src/a.rs
use crate::generated::Made;
use crate::generated::B;
pub struct A;
== src/generated.rs
// Generated by a tool.
use crate::a::A;
pub use crate::b::B;
pub struct Made(A);
== src/b.rs
use crate::a::A;
pub struct B;
",
    );
    let report = check("x", &sources, &[]).unwrap();
    assert!(
        report.starts_with("x: 2 files depend on each other: src/a.rs, src/b.rs\n"),
        "{report}"
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let missing = check("x", &tree("== src/lib.rs\nmod gone;\n"), &[]);
    assert_eq!(missing, Err("x/src/gone.rs does not exist".into()));
    let broken = check("x", &tree("== src/lib.rs\nfn f() {}\nfn 1() {}\n"), &[]).unwrap_err();
    assert!(broken.starts_with("x/src/lib.rs:2: "), "{broken}");
}
