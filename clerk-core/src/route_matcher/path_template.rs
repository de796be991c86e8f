//! The pattern language of path-to-regexp 6: `/users/:id`, `/files/(.*)`, `/docs{/:page}?`.

use std::fmt;

/// The characters that end a path segment. A parameter without its own expression stops before them.
const DELIMITERS: [char; 3] = ['/', '#', '?'];
const DELIMITER_CLASS: &str = r"[^\/#\?]";

/// Why a pattern was refused. Positions count UTF-16 code units from 0, as in JavaScript.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("unexpected {found} at {at}, expected {expected}")]
    Unexpected {
        found: Kind,
        at: usize,
        expected: Kind,
    },
    #[error("parameter without a name at {0}")]
    MissingName(usize),
    #[error("unclosed group at {0}")]
    Unbalanced(usize),
    #[error("empty group at {0}")]
    EmptyGroup(usize),
    #[error("a group must not begin with \"?\" (at {0})")]
    LeadingQuestionMark(usize),
    #[error("capturing group inside a group at {0}: begin it with \"(?:\"")]
    NestedCapture(usize),
    #[error("there must be text between two parameters, but there is none after {0:?}")]
    AdjacentParameters(String),
    #[error("{0:?} cannot be repeated without a prefix or suffix: put it in braces with one")]
    BareRepetition(String),
}

/// What a compiled pattern accepts at the end of a path, and for empty parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// One optional `/`, `#` or `?` after the template.
    Lenient,
    /// The template and nothing else.
    Exact,
    /// Like `Lenient`, and parameters may be empty, because routers accept an empty segment for a parameter.
    Hollow,
    /// Like `Lenient`, and a repeated parameter at the end may be empty: `/admin/` matches `/admin/:rest+`.
    EmptyRest,
}

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct PathTemplate {
    parts: Vec<Part>,
}

/// A parameter of a pattern, in the order of the capturing groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) is_repeated: bool,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Group(Group),
}

#[derive(Debug)]
struct Group {
    name: String,
    prefix: String,
    suffix: String,
    /// Empty for a group that contains only text.
    expression: String,
    modifier: Option<char>,
}

impl Group {
    fn is_repeated(&self) -> bool {
        matches!(self.modifier, Some('*' | '+'))
    }
}

impl PathTemplate {
    pub(super) fn parse(pattern: &str) -> Result<Self, TemplateError> {
        Parser {
            tokens: tokenize(pattern)?,
            at: 0,
            parts: Vec::new(),
            text: String::new(),
            unnamed: 0,
        }
        .parse()
    }

    pub(super) fn parameters(&self) -> Vec<Parameter> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Group(group) if !group.expression.is_empty() => Some(Parameter {
                    name: group.name.clone(),
                    is_repeated: group.is_repeated(),
                }),
                _ => None,
            })
            .collect()
    }

    /// Compiles the pattern to an anchored JavaScript regular expression.
    pub(super) fn to_expression(&self, end: End) -> Result<String, TemplateError> {
        let mut out = String::from("^");
        for (at, part) in self.parts.iter().enumerate() {
            let may_be_empty = match end {
                End::Lenient | End::Exact => false,
                End::Hollow => true,
                End::EmptyRest => at + 1 == self.parts.len() && self.ends_repeated(),
            };
            match part {
                Part::Text(text) => out.push_str(&escape(text)),
                Part::Group(group) if may_be_empty && !group.expression.is_empty() => {
                    let expression = format!("(?:{})?", group.expression);
                    out.push_str(&group_expression(group, &expression)?);
                }
                Part::Group(group) => out.push_str(&group_expression(group, &group.expression)?),
            }
        }
        out.push_str(match end {
            End::Lenient | End::Hollow | End::EmptyRest => r"[\/#\?]?$",
            End::Exact => "$",
        });
        Ok(out)
    }

    /// Returns true if the pattern ends with a parameter that is repeated one or more times.
    pub(super) fn ends_repeated(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Group(group)) if group.modifier == Some('+'))
    }
}

fn group_expression(group: &Group, expression: &str) -> Result<String, TemplateError> {
    let modifier = group.modifier;
    let (prefix, suffix) = (escape(&group.prefix), escape(&group.suffix));
    let modifier = modifier.map_or(String::new(), String::from);
    if expression.is_empty() {
        return Ok(format!("(?:{prefix}{suffix}){modifier}"));
    }
    if prefix.is_empty() && suffix.is_empty() {
        return if group.is_repeated() {
            Err(TemplateError::BareRepetition(group.name.clone()))
        } else {
            Ok(format!("({expression}){modifier}"))
        };
    }
    if !group.is_repeated() {
        return Ok(format!("(?:{prefix}({expression}){suffix}){modifier}"));
    }
    let optional = if modifier == "*" { "?" } else { "" };
    Ok(format!(
        "(?:{prefix}((?:{expression})(?:{suffix}{prefix}(?:{expression}))*){suffix}){optional}"
    ))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if ".+*?=^!:${}()[]|/\\".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The kind of a token. The displayed names are those of path-to-regexp's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Expression,
    Name,
    Char,
    EscapedChar,
    Modifier,
    End,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "\"{\"",
            Self::Close => "\"}\"",
            Self::Expression => "group",
            Self::Name => "parameter",
            Self::Char => "character",
            Self::EscapedChar => "escaped character",
            Self::Modifier => "modifier",
            Self::End => "end of the pattern",
        })
    }
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    at: usize,
    value: String,
}

fn tokenize(pattern: &str) -> Result<Vec<Token>, TemplateError> {
    let mut lexer = Lexer {
        rest: pattern.chars().collect(),
        i: 0,
        at: 0,
    };
    let mut tokens = Vec::new();
    loop {
        let at = lexer.at;
        let Some(c) = lexer.next() else {
            tokens.push(Token {
                kind: Kind::End,
                at,
                value: String::new(),
            });
            return Ok(tokens);
        };
        let (kind, value) = match c {
            '*' | '+' | '?' => (Kind::Modifier, c.to_string()),
            '{' => (Kind::Open, c.to_string()),
            '}' => (Kind::Close, c.to_string()),
            // A backslash at the end of the pattern matches no text.
            '\\' => (
                Kind::EscapedChar,
                lexer.next().map_or(String::new(), String::from),
            ),
            ':' => (
                Kind::Name,
                lexer.name().ok_or(TemplateError::MissingName(at))?,
            ),
            '(' => (Kind::Expression, lexer.expression(at)?),
            c => (Kind::Char, c.to_string()),
        };
        tokens.push(Token { kind, at, value });
    }
}

struct Lexer {
    rest: Vec<char>,
    i: usize,
    at: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.i).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.i += 1;
        self.at += c.len_utf16();
        Some(c)
    }

    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        {
            name.push(c);
            self.next();
        }
        (!name.is_empty()).then_some(name)
    }

    /// Reads up to the parenthesis that closes the one at `start`. Like path-to-regexp, it ignores character classes.
    fn expression(&mut self, start: usize) -> Result<String, TemplateError> {
        if self.peek() == Some('?') {
            return Err(TemplateError::LeadingQuestionMark(self.at));
        }
        let mut depth = 1;
        let mut expression = String::new();
        loop {
            let at = self.at;
            let c = self.next().ok_or(TemplateError::Unbalanced(start))?;
            match c {
                '\\' => {
                    expression.push(c);
                    expression.extend(self.next());
                    continue;
                }
                ')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                '(' => {
                    depth += 1;
                    if self.peek() != Some('?') {
                        return Err(TemplateError::NestedCapture(at));
                    }
                }
                _ => {}
            }
            expression.push(c);
        }
        if expression.is_empty() {
            return Err(TemplateError::EmptyGroup(start));
        }
        Ok(expression)
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    parts: Vec<Part>,
    text: String,
    unnamed: usize,
}

impl Parser {
    fn parse(mut self) -> Result<PathTemplate, TemplateError> {
        while self.at < self.tokens.len() {
            let char = self.take(Kind::Char);
            let name = self.take(Kind::Name);
            let expression = self.take(Kind::Expression);
            if name.is_some() || expression.is_some() {
                self.parameter(char.unwrap_or_default(), name, expression)?;
                continue;
            }
            if let Some(text) = char
                .or_else(|| self.take(Kind::EscapedChar))
                .filter(|text| !text.is_empty())
            {
                self.text.push_str(&text);
                continue;
            }
            self.flush_text();
            if self.take(Kind::Open).is_some() {
                self.braces()?;
            } else {
                self.expect(Kind::End)?;
            }
        }
        Ok(PathTemplate { parts: self.parts })
    }

    fn parameter(
        &mut self,
        char: String,
        name: Option<String>,
        expression: Option<String>,
    ) -> Result<(), TemplateError> {
        // Only these two characters become the prefix of the parameter that follows them.
        let prefix = if matches!(&*char, "/" | ".") {
            char
        } else {
            self.text.push_str(&char);
            String::new()
        };
        self.flush_text();
        let name = name.unwrap_or_else(|| self.next_unnamed());
        let expression = match expression {
            Some(expression) => expression,
            None => self.default_expression(&prefix)?,
        };
        let modifier = self.modifier();
        self.parts.push(Part::Group(Group {
            name,
            prefix,
            suffix: String::new(),
            expression,
            modifier,
        }));
        Ok(())
    }

    fn braces(&mut self) -> Result<(), TemplateError> {
        let prefix = self.consume_text();
        let name = self.take(Kind::Name);
        let expression = self.take(Kind::Expression);
        let suffix = self.consume_text();
        self.expect(Kind::Close)?;
        let (name, expression) = match (name, expression) {
            (Some(name), None) => (name, self.default_expression(&prefix)?),
            (Some(name), Some(expression)) => (name, expression),
            (None, Some(expression)) => (self.next_unnamed(), expression),
            (None, None) => (String::new(), String::new()),
        };
        let modifier = self.modifier();
        self.parts.push(Part::Group(Group {
            name,
            prefix,
            suffix,
            expression,
            modifier,
        }));
        Ok(())
    }

    /// Returns the expression of a parameter without its own: one segment.
    ///
    /// If the text before the parameter does not end a segment, the expression excludes that text, because matching could
    /// otherwise take quadratic time or more.
    fn default_expression(&self, prefix: &str) -> Result<String, TemplateError> {
        let before = match self.parts.last() {
            _ if !prefix.is_empty() => prefix,
            Some(Part::Text(text)) => text,
            Some(Part::Group(group)) => {
                return Err(TemplateError::AdjacentParameters(group.name.clone()));
            }
            None => "",
        };
        Ok(if before.is_empty() || before.contains(DELIMITERS) {
            format!("{DELIMITER_CLASS}+?")
        } else {
            format!("(?:(?!{}){DELIMITER_CLASS})+?", escape(before))
        })
    }

    fn next_unnamed(&mut self) -> String {
        self.unnamed += 1;
        (self.unnamed - 1).to_string()
    }

    fn modifier(&mut self) -> Option<char> {
        self.take(Kind::Modifier)?.chars().next()
    }

    fn flush_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn consume_text(&mut self) -> String {
        let mut text = String::new();
        while let Some(more) = self
            .take(Kind::Char)
            .or_else(|| self.take(Kind::EscapedChar))
            .filter(|more| !more.is_empty())
        {
            text.push_str(&more);
        }
        text
    }

    fn take(&mut self, kind: Kind) -> Option<String> {
        let token = self
            .tokens
            .get_mut(self.at)
            .filter(|token| token.kind == kind)?;
        self.at += 1;
        Some(std::mem::take(&mut token.value))
    }

    fn expect(&mut self, expected: Kind) -> Result<(), TemplateError> {
        match self.tokens.get(self.at) {
            Some(token) if token.kind != expected => Err(TemplateError::Unexpected {
                found: token.kind,
                at: token.at,
                expected,
            }),
            // The last token is the end of the pattern; no token is read after it.
            _ => {
                self.at += 1;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(pattern: &str) -> Result<String, TemplateError> {
        PathTemplate::parse(pattern)?.to_expression(End::Lenient)
    }

    #[test]
    fn patterns_compile_as_in_path_to_regexp() {
        for (pattern, expression) in [
            ("/foo", r"^\/foo[\/#\?]?$"),
            ("/foo(.*)", r"^\/foo(.*)[\/#\?]?$"),
            ("/foo/(.*)", r"^\/foo(?:\/(.*))[\/#\?]?$"),
            ("/foo/:id?", r"^\/foo(?:\/([^\/#\?]+?))?[\/#\?]?$"),
            (
                "/foo/:path*",
                r"^\/foo(?:\/((?:[^\/#\?]+?)(?:\/(?:[^\/#\?]+?))*))?[\/#\?]?$",
            ),
            (
                "/:a.:ext",
                r"^(?:\/([^\/#\?]+?))(?:\.((?:(?!\.)[^\/#\?])+?))[\/#\?]?$",
            ),
            ("/a{-:b}?", r"^\/a(?:-((?:(?!-)[^\/#\?])+?))?[\/#\?]?$"),
            ("/\\(group\\)", r"^\/\(group\)[\/#\?]?$"),
            ("/foo\\", r"^\/foo[\/#\?]?$"),
        ] {
            assert_eq!(compiled(pattern).unwrap(), expression, "{pattern}");
        }
    }

    #[test]
    fn refused_patterns() {
        use TemplateError::*;
        let unexpected = |found, at, expected| Unexpected {
            found,
            at,
            expected,
        };
        for (pattern, error) in [
            ("/foo*", unexpected(Kind::Modifier, 4, Kind::End)),
            ("/*", unexpected(Kind::Modifier, 1, Kind::End)),
            ("/foo/**", unexpected(Kind::Modifier, 5, Kind::End)),
            ("/:", MissingName(1)),
            ("/(", Unbalanced(1)),
            ("/()", EmptyGroup(1)),
            ("/(?:a)", LeadingQuestionMark(2)),
            ("/(a(b))", NestedCapture(3)),
            ("/a{b", unexpected(Kind::End, 4, Kind::Close)),
            ("/\u{1F600}{b", unexpected(Kind::End, 5, Kind::Close)),
            ("/:a:b", AdjacentParameters("a".to_owned())),
            ("/{a}:b", AdjacentParameters(String::new())),
            ("(.*)*", BareRepetition("0".to_owned())),
            ("/a(\\d)+", BareRepetition("0".to_owned())),
        ] {
            assert_eq!(compiled(pattern).unwrap_err(), error, "{pattern}");
        }
    }
}
