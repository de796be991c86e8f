//! Checks of the guide: every page is in the table of contents and compiled, and no link is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::root;

/// Returns the pages of the guide, by file name.
fn pages() -> BTreeMap<String, String> {
    let folder = root().join("docs/guide");
    let files = fs::read_dir(folder).expect("the guide is there");
    files
        .map(|file| file.expect("its files can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).expect("a page is text");
            (name.into_owned(), text)
        })
        .collect()
}

/// Returns the targets of links, without those to other sites.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.starts_with("http"))
}

/// Returns the anchors with which mdBook and GitHub link to the headings of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    page.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            heading
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

#[test]
fn no_link_leads_nowhere() {
    let pages = pages();
    for (name, text) in &pages {
        for link in links(text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name.as_str() } else { file };
            let target = pages.get(file);
            let found =
                target.is_some_and(|page| anchor.is_empty() || anchors(page).contains(anchor));
            assert!(found, "{name} links to {link}");
        }
    }
}

#[test]
fn every_page_is_listed_and_compiled() {
    let mut pages = pages();
    let summary = pages
        .remove("SUMMARY.md")
        .expect("there is a table of contents");
    let listed: BTreeSet<&str> = links(&summary).collect();
    let compiled =
        fs::read_to_string(root().join("tests/src/lib.rs")).expect("the doc tests are there");
    for (name, text) in &pages {
        assert!(
            listed.contains(name.as_str()),
            "{name} is not in SUMMARY.md"
        );
        assert!(
            compiled.contains(&format!("\"{name}\"")),
            "{name} is not compiled"
        );
        assert!(
            name == "index.md" || text.contains("\n```rust"),
            "{name} has no snippet"
        );
    }
}
