//! The static files of the examples.
//!
//! `htmx-2.0.11.min.js` is htmx 2.0.11 as it is published, under the license in `htmx-LICENSE.txt` (0BSD). It is part
//! of this folder, so that the examples work without a network.

/// A static file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The contents.
    pub contents: &'static str,
}

/// Settings of htmx for a page with a Content-Security-Policy: nothing is evaluated, and no styles are inserted.
pub const HTMX_CONFIG: &str =
    r#"{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true}"#;

/// Returns the file with this name.
#[must_use]
pub fn asset(name: &str) -> Option<Asset> {
    let (content_type, contents) = match name {
        "htmx.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../assets/htmx-2.0.11.min.js"),
        ),
        "style.css" => (
            "text/css; charset=utf-8",
            include_str!("../assets/style.css"),
        ),
        "icon.svg" => ("image/svg+xml", include_str!("../assets/icon.svg")),
        _ => return None,
    };
    Some(Asset {
        content_type,
        contents,
    })
}
