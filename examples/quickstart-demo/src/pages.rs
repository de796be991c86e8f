//! The pages of the quickstarts.

use std::fmt;

/// The visitor of a page.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Visitor {
    /// A visitor who is not signed in.
    Nobody,
    /// A signed-in user.
    Person {
        /// The ID of the user.
        id: String,
        /// The name to greet the user with.
        name: String,
    },
}

/// A page, which displays as HTML.
#[derive(Clone, Debug)]
pub struct Page {
    title: &'static str,
    visitor: Visitor,
    sign_out_url: Option<String>,
}

impl Page {
    /// Creates a page with this title for this visitor. The page links to `sign_out_url` if it is given.
    #[must_use]
    pub fn new(title: &'static str, visitor: Visitor, sign_out_url: Option<String>) -> Self {
        Self {
            title,
            visitor,
            sign_out_url,
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title>\
             <style>body{{font:1rem/1.5 system-ui;margin:3rem auto;max-width:40rem}}nav a{{margin-right:1rem}}</style>\
             <nav><a href=\"/\">Home</a><a href=\"/dashboard\">Dashboard</a><a href=\"/admin\">Admin</a></nav><h1>{0}</h1>",
            self.title
        )?;
        match &self.visitor {
            Visitor::Nobody => {
                f.write_str("<p id=\"greeting\">Hello, visitor.</p><p><a id=\"sign-in\" href=\"/dashboard\">Sign in</a></p>")?;
            }
            Visitor::Person { id, name } => {
                write!(
                    f,
                    "<p id=\"greeting\">Hello, {}.</p><p>You are <code id=\"user-id\">{}</code>.</p>",
                    Escaped(name),
                    Escaped(id)
                )?;
                if let Some(url) = &self.sign_out_url {
                    write!(
                        f,
                        "<p><a id=\"sign-out\" href=\"{}\">Sign out</a></p>",
                        Escaped(url)
                    )?;
                }
            }
        }
        f.write_str("</html>")
    }
}

/// Displays text with the special characters of HTML escaped.
struct Escaped<'a>(&'a str);

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
