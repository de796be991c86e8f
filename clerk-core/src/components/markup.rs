//! HTML as a value that is safe to insert into a page.

use std::fmt::{self, Write as _};

/// HTML that is safe to insert into a page: everything in it that came from outside is escaped.
///
/// Template engines that escape values automatically must insert it unescaped:
///
/// | engine | feature | in a template |
/// |---|---|---|
/// | askama | `askama` | `{{ page.scripts() }}` |
/// | maud | `maud` | `(page.scripts())` |
/// | minijinja | `minijinja` | `{{ scripts }}`, with `scripts => page.scripts()` in the context |
/// | others | | the raw output of [`as_str`](Self::as_str) |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Markup(String);

impl Markup {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Returns the HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the HTML.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// Appends a tag, such as `<div class="box">`. Attributes with `None` are omitted; their values are escaped.
    pub(super) fn tag<'v>(
        mut self,
        name: &'static str,
        attributes: impl IntoIterator<Item = (&'static str, Option<&'v str>)>,
    ) -> Self {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(self.0, " {attribute}=\"{}\"", Escaped(value));
            }
        }
        self.0.push('>');
        self
    }

    /// Appends an end tag.
    pub(super) fn end(mut self, name: &'static str) -> Self {
        let _ = write!(self.0, "</{name}>");
        self
    }

    /// Appends text, escaped.
    pub(super) fn text(mut self, text: &str) -> Self {
        let _ = write!(self.0, "{}", Escaped(text));
        self
    }

    /// Appends other markup.
    pub(super) fn markup(mut self, markup: &Self) -> Self {
        self.0.push_str(&markup.0);
        self
    }

    /// Appends the text of a script of this crate, which is not escaped.
    pub(super) fn script(mut self, text: &'static str) -> Self {
        self.0.push_str(text);
        self
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Markup> for String {
    fn from(markup: Markup) -> Self {
        markup.0
    }
}

/// Inserts the markup into askama templates unescaped.
#[cfg(feature = "askama")]
impl askama::filters::HtmlSafe for Markup {}

/// Inserts the markup into maud templates unescaped.
#[cfg(feature = "maud")]
impl maud::Render for Markup {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.0);
    }
}

/// Inserts the markup into minijinja templates unescaped.
#[cfg(feature = "minijinja")]
impl From<Markup> for minijinja::Value {
    fn from(markup: Markup) -> Self {
        Self::from_safe_string(markup.0)
    }
}

/// Displays text with the special characters of HTML escaped, for text and for quoted attribute values.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            // Parsers replace it in any case (WHATWG HTML section 13.2.5).
            '\0' => f.write_char('\u{fffd}'),
            other => f.write_char(other),
        })
    }
}
