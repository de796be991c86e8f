//! The frame that all pages have in common: style, head and the escaping of text.

use std::fmt;

/// Displays text with the special characters of HTML escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => write!(f, "{other}"),
        })
    }
}

/// The button that signs out. It is a form, because a link could be opened by another site.
pub(crate) fn sign_out_button(label: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/sign-out\"><button id=\"sign-out\" class=\"button\">{}</button></form>",
        Escaped(label)
    )
}

/// Returns the whole document. `body` is HTML.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} · Clerk for Rust</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n{body}\n</body>\n</html>\n",
        Escaped(title)
    )
}

const STYLE: &str = include_str!("style.css");
