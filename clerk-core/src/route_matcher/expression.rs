//! Translates JavaScript regular expressions (ECMA-262 section 22.2.1 with Annex B.1.2, flag `i`, no `u`) to Rust's syntax.
//!
//! Custom groups of route patterns are JavaScript. Most of their syntax means the same to Rust's engines, but not all:
//! `\d`, `\w` and `\b` are ASCII only, `$` matches only at the very end, `[^]` is a class, `\p` is the letter p, `{` may be
//! literal, and case folding has other rules. Expressions are therefore parsed by the rules of JavaScript and written in
//! syntax that means the same everywhere.
//!
//! One rule differs on purpose: `.` matches line terminators. Otherwise a guard for `/admin(.*)` would not match
//! `/admin%0A`.

use super::code_units::UnitSet;

/// The deepest nesting of groups. Deeper groups are refused, so that no pattern can exhaust the stack.
const MAX_DEPTH: usize = 100;

/// Why an expression was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpressionError {
    #[error("unbalanced parentheses")]
    UnbalancedGroup,
    #[error("groups are nested too deeply")]
    TooDeep,
    #[error("unknown kind of group after \"(?\"")]
    UnknownGroup,
    #[error("a group name is malformed or used twice")]
    GroupName,
    #[error("a quantifier has nothing to repeat")]
    NothingToRepeat,
    #[error("the numbers of a quantifier are out of order")]
    QuantifierOrder,
    #[error("unclosed character class")]
    OpenClass,
    #[error("a range of a character class is out of order")]
    RangeOrder,
    #[error("trailing backslash")]
    TrailingBackslash,
    #[error("backreferences are not supported")]
    Backreference,
}

/// Whether uppercase and lowercase letters match each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetterCase {
    Ignored,
    Distinct,
}

/// Translates the JavaScript expression `source` to Rust's syntax, for text converted by `to_units`.
pub(super) fn translate(source: &str, case: LetterCase) -> Result<String, ExpressionError> {
    let units: Vec<u16> = source.encode_utf16().collect();
    let mut parser = Parser {
        case,
        has_named_groups: false,
        groups: 0,
        units: &units,
        at: 0,
        names: Vec::new(),
    };
    parser.count_groups();
    let node = parser.disjunction(0)?;
    if parser.at != units.len() {
        return Err(ExpressionError::UnbalancedGroup);
    }
    let mut out = String::with_capacity(source.len() * 2);
    node.write(&mut out);
    Ok(out)
}

#[derive(Debug)]
enum Node {
    Set(UnitSet),
    Start,
    End,
    WordBoundary {
        negated: bool,
    },
    Look {
        behind: bool,
        negated: bool,
        node: Box<Self>,
    },
    Capture(Box<Self>),
    Repeat {
        node: Box<Self>,
        min: u32,
        max: Option<u32>,
        lazy: bool,
    },
    Sequence(Vec<Self>),
    Alternatives(Vec<Self>),
}

impl Node {
    fn empty() -> Self {
        Self::Sequence(Vec::new())
    }

    fn is_assertion(&self) -> bool {
        matches!(self, Self::Start | Self::End | Self::WordBoundary { .. })
            || matches!(self, Self::Look { behind: true, .. })
    }

    /// Returns true if the node never consumes anything. Capturing groups are excluded, because they are counted.
    fn is_zero_width(&self) -> bool {
        match self {
            Self::Set(_) | Self::Capture(_) => false,
            Self::Start | Self::End | Self::WordBoundary { .. } | Self::Look { .. } => true,
            Self::Repeat { node, .. } => node.is_zero_width(),
            Self::Sequence(nodes) | Self::Alternatives(nodes) => {
                nodes.iter().all(Self::is_zero_width)
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Set(set) => set.write(out),
            Self::Start => out.push_str(r"\A"),
            Self::End => out.push_str(r"\z"),
            Self::WordBoundary { negated } => write_word_boundary(*negated, out),
            Self::Look {
                behind: false,
                negated,
                node,
            } => {
                out.push_str(if *negated { "(?!" } else { "(?=" });
                node.write(out);
                out.push(')');
            }
            Self::Look {
                behind: true,
                negated,
                node,
            } => write_look_behind(*negated, node, out),
            Self::Capture(node) => {
                out.push('(');
                node.write(out);
                out.push(')');
            }
            Self::Repeat {
                node,
                min,
                max,
                lazy,
            } => {
                let is_set = matches!(**node, Self::Set(_));
                out.push_str(if is_set { "" } else { "(?:" });
                node.write(out);
                out.push_str(if is_set { "" } else { ")" });
                match (min, max) {
                    (0, None) => out.push('*'),
                    (1, None) => out.push('+'),
                    (0, Some(1)) => out.push('?'),
                    (min, None) => out.push_str(&format!("{{{min},}}")),
                    (min, Some(max)) => out.push_str(&format!("{{{min},{max}}}")),
                }
                out.push_str(if *lazy { "?" } else { "" });
            }
            Self::Sequence(nodes) => nodes.iter().for_each(|node| node.write(out)),
            Self::Alternatives(nodes) => {
                out.push_str("(?:");
                for (i, node) in nodes.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "|" });
                    node.write(out);
                }
                out.push(')');
            }
        }
    }
}

/// Writes each alternative as a lookbehind of its own, so that they may have different lengths.
fn write_look_behind(negated: bool, node: &Node, out: &mut String) {
    let alternatives = match node {
        Node::Alternatives(nodes) => nodes.as_slice(),
        node => std::slice::from_ref(node),
    };
    let (open, between) = if negated { ("(?<!", "") } else { ("(?<=", "|") };
    out.push_str("(?:");
    for (i, node) in alternatives.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { between });
        out.push_str(open);
        node.write(out);
        out.push(')');
    }
    out.push(')');
}

fn write_word_boundary(negated: bool, out: &mut String) {
    let mut word = String::new();
    UnitSet::word().write(&mut word);
    out.push_str(&if negated {
        format!("(?:(?<={word})(?={word})|(?<!{word})(?!{word}))")
    } else {
        format!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))")
    });
}

struct Parser<'a> {
    case: LetterCase,
    units: &'a [u16],
    at: usize,
    groups: u32,
    has_named_groups: bool,
    names: Vec<String>,
}

enum ClassItem {
    Unit(u16),
    Set(UnitSet),
}

impl Parser<'_> {
    /// Counts the groups of the whole expression, which decide whether `\1` and `\k` are backreferences.
    fn count_groups(&mut self) {
        let mut in_class = false;
        let mut i = 0;
        while let Some(c) = self.ascii(i) {
            match c {
                '\\' => i += 1,
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => {
                    let named = self.ascii(i + 1) == Some('?')
                        && self.ascii(i + 2) == Some('<')
                        && !matches!(self.ascii(i + 3), Some('=' | '!'));
                    if named || self.ascii(i + 1) != Some('?') {
                        self.groups += 1;
                    }
                    self.has_named_groups |= named;
                }
                _ => {}
            }
            i += 1;
        }
    }

    /// Returns the unit at `i` as a character, with `char::MAX` for every unit outside ASCII.
    fn ascii(&self, i: usize) -> Option<char> {
        let unit = *self.units.get(i)?;
        Some(
            u8::try_from(unit)
                .ok()
                .filter(u8::is_ascii)
                .map_or(char::MAX, char::from),
        )
    }

    fn peek(&self) -> Option<char> {
        self.ascii(self.at)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn eat_all(&mut self, text: &str) -> bool {
        let found = text
            .chars()
            .enumerate()
            .all(|(i, c)| self.ascii(self.at + i) == Some(c));
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn disjunction(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        if depth > MAX_DEPTH {
            return Err(ExpressionError::TooDeep);
        }
        let mut alternatives = vec![self.sequence(depth)?];
        while self.eat('|') {
            alternatives.push(self.sequence(depth)?);
        }
        Ok(match alternatives.pop() {
            Some(only) if alternatives.is_empty() => only,
            last => {
                alternatives.extend(last);
                Node::Alternatives(alternatives)
            }
        })
    }

    fn sequence(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        let mut nodes: Vec<Node> = Vec::new();
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let atom = self.atom(depth)?;
            let node = self.quantified(atom)?;
            // A negative lookahead for units before a set of units is a single class. Merging them avoids the backtracking
            // engine for patterns such as `/:a-:b`, where path-to-regexp generates this lookahead.
            let merged = match (nodes.last(), &node) {
                (
                    Some(Node::Look {
                        behind: false,
                        negated: true,
                        node: not,
                    }),
                    Node::Set(set),
                ) => match &**not {
                    Node::Set(not) => Some(Node::Set(set.without(not))),
                    _ => None,
                },
                _ => None,
            };
            match merged {
                Some(merged) => {
                    nodes.pop();
                    nodes.push(merged);
                }
                None => nodes.push(node),
            }
        }
        Ok(if nodes.len() == 1 {
            nodes.swap_remove(0)
        } else {
            Node::Sequence(nodes)
        })
    }

    fn atom(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        let unit = self.units[self.at];
        let c = self.peek();
        self.at += 1;
        match c {
            Some('^') => Ok(Node::Start),
            Some('$') => Ok(Node::End),
            Some('.') => Ok(Node::Set(UnitSet::all())),
            Some('(') => self.group(depth),
            Some('[') => self.class(),
            Some('\\') => self.atom_escape(),
            Some('*' | '+' | '?') => Err(ExpressionError::NothingToRepeat),
            Some('{') => {
                self.at -= 1;
                if self.braces().is_some() {
                    return Err(ExpressionError::NothingToRepeat);
                }
                self.at += 1;
                Ok(self.literal(unit))
            }
            _ => Ok(self.literal(unit)),
        }
    }

    fn quantified(&mut self, atom: Node) -> Result<Node, ExpressionError> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.braces() {
                Some(range) => {
                    // `braces` is already past the closing brace, and the other quantifiers are one unit long.
                    self.at -= 1;
                    range
                }
                None => return Ok(atom),
            },
            _ => return Ok(atom),
        };
        self.at += 1;
        if atom.is_assertion() {
            return Err(ExpressionError::NothingToRepeat);
        }
        if max.is_some_and(|max| max < min) {
            return Err(ExpressionError::QuantifierOrder);
        }
        let lazy = self.eat('?');
        if atom.is_zero_width() {
            // Repeating an assertion changes nothing, and zero repetitions assert nothing.
            return Ok(if min == 0 { Node::empty() } else { atom });
        }
        Ok(Node::Repeat {
            node: Box::new(atom),
            min,
            max,
            lazy,
        })
    }

    /// Parses `{n}`, `{n,}` or `{n,m}`. Otherwise, the brace is literal and nothing is consumed.
    fn braces(&mut self) -> Option<(u32, Option<u32>)> {
        let start = self.at;
        let range = self.eat('{').then(|| {
            let min = self.decimal()?;
            let max = if self.eat(',') {
                if self.peek() == Some('}') {
                    None
                } else {
                    Some(self.decimal()?)
                }
            } else {
                Some(min)
            };
            self.eat('}').then_some((min, max))
        });
        let range = range.flatten();
        if range.is_none() {
            self.at = start;
        }
        range
    }

    fn decimal(&mut self) -> Option<u32> {
        let mut value: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            value = Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit));
            self.at += 1;
        }
        value
    }

    fn group(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        enum Kind {
            Capture,
            Plain,
            Look { behind: bool, negated: bool },
        }
        let kind = if !self.eat('?') {
            Kind::Capture
        } else if self.eat(':') {
            Kind::Plain
        } else if self.eat('=') {
            Kind::Look {
                behind: false,
                negated: false,
            }
        } else if self.eat('!') {
            Kind::Look {
                behind: false,
                negated: true,
            }
        } else if self.eat_all("<=") {
            Kind::Look {
                behind: true,
                negated: false,
            }
        } else if self.eat_all("<!") {
            Kind::Look {
                behind: true,
                negated: true,
            }
        } else if self.eat('<') {
            self.group_name()?;
            Kind::Capture
        } else {
            return Err(ExpressionError::UnknownGroup);
        };
        let node = self.disjunction(depth + 1)?;
        if !self.eat(')') {
            return Err(ExpressionError::UnbalancedGroup);
        }
        Ok(match kind {
            Kind::Capture => Node::Capture(Box::new(node)),
            // A plain group remains one atom, so that a quantifier after it applies to all of it.
            Kind::Plain => Node::Alternatives(match node {
                Node::Alternatives(nodes) => nodes,
                node => vec![node],
            }),
            Kind::Look { behind, negated } => Node::Look {
                behind,
                negated,
                node: Box::new(node),
            },
        })
    }

    fn group_name(&mut self) -> Result<(), ExpressionError> {
        let start = self.at;
        while matches!(self.peek(), Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | char::MAX))
        {
            self.at += 1;
        }
        let name = String::from_utf16_lossy(&self.units[start..self.at]);
        let valid = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
        if !valid || !self.eat('>') || self.names.contains(&name) {
            return Err(ExpressionError::GroupName);
        }
        self.names.push(name);
        Ok(())
    }

    fn atom_escape(&mut self) -> Result<Node, ExpressionError> {
        match self.peek() {
            Some('b' | 'B') => {
                let negated = self.eat('B');
                self.at += usize::from(!negated);
                Ok(Node::WordBoundary { negated })
            }
            Some('1'..='9') => {
                let start = self.at;
                if self.decimal().is_some_and(|number| number <= self.groups) {
                    return Err(ExpressionError::Backreference);
                }
                self.at = start;
                self.character_escape().map(|unit| self.literal(unit))
            }
            Some('k') if self.has_named_groups => Err(ExpressionError::Backreference),
            _ => match self.set_escape() {
                Some(set) => Ok(Node::Set(self.folded(set))),
                None => self.character_escape().map(|unit| self.literal(unit)),
            },
        }
    }

    fn set_escape(&mut self) -> Option<UnitSet> {
        let set = match self.peek()? {
            'd' => UnitSet::digits(),
            'D' => UnitSet::digits().complement(),
            's' => UnitSet::space(),
            'S' => UnitSet::space().complement(),
            'w' => UnitSet::word(),
            'W' => UnitSet::word().complement(),
            _ => return None,
        };
        self.at += 1;
        Some(set)
    }

    /// Parses an escape sequence for one unit, after its backslash.
    fn character_escape(&mut self) -> Result<u16, ExpressionError> {
        let unit = *self
            .units
            .get(self.at)
            .ok_or(ExpressionError::TrailingBackslash)?;
        let c = self.peek();
        self.at += 1;
        Ok(match c {
            Some('f') => 0x0C,
            Some('n') => 0x0A,
            Some('r') => 0x0D,
            Some('t') => 0x09,
            Some('v') => 0x0B,
            Some('c') => match self.peek() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    self.at += 1;
                    self.units[self.at - 1] % 32
                }
                _ => {
                    // Both the backslash and the c after it are literal.
                    self.at -= 1;
                    u16::from(b'\\')
                }
            },
            Some('x') => self.hexadecimal(2).unwrap_or(unit),
            Some('u') => self.hexadecimal(4).unwrap_or(unit),
            Some(first @ '0'..='7') => self.octal(first),
            _ => unit,
        })
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u16> {
        let mut value = 0;
        for i in 0..digits {
            let digit = self.ascii(self.at + i)?.to_digit(16)?;
            value = value * 16 + digit;
        }
        self.at += digits;
        u16::try_from(value).ok()
    }

    /// Parses up to three octal digits with a value of at most `377`.
    fn octal(&mut self, first: char) -> u16 {
        let mut value = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            match self.peek().and_then(|c| c.to_digit(8)) {
                Some(digit) if value * 8 + digit <= 0o377 => {
                    value = value * 8 + digit;
                    self.at += 1;
                }
                _ => break,
            }
        }
        u16::try_from(value).unwrap_or(0)
    }

    fn class(&mut self) -> Result<Node, ExpressionError> {
        let negated = self.eat('^');
        let mut set = UnitSet::default();
        loop {
            if self.at >= self.units.len() {
                return Err(ExpressionError::OpenClass);
            }
            if self.eat(']') {
                break;
            }
            let first = self.class_item()?;
            let is_range =
                self.peek() == Some('-') && !matches!(self.ascii(self.at + 1), None | Some(']'));
            if !is_range {
                match first {
                    ClassItem::Unit(unit) => set.add(unit, unit),
                    ClassItem::Set(items) => set.add_all(&items),
                }
                continue;
            }
            self.at += 1;
            match (first, self.class_item()?) {
                (ClassItem::Unit(first), ClassItem::Unit(last)) if first > last => {
                    return Err(ExpressionError::RangeOrder);
                }
                (ClassItem::Unit(first), ClassItem::Unit(last)) => set.add(first, last),
                // If either end is a set, the hyphen is literal.
                (first, last) => {
                    set.add(u16::from(b'-'), u16::from(b'-'));
                    for item in [first, last] {
                        match item {
                            ClassItem::Unit(unit) => set.add(unit, unit),
                            ClassItem::Set(items) => set.add_all(&items),
                        }
                    }
                }
            }
        }
        let set = self.folded(set);
        Ok(Node::Set(if negated { set.complement() } else { set }))
    }

    fn class_item(&mut self) -> Result<ClassItem, ExpressionError> {
        let unit = *self.units.get(self.at).ok_or(ExpressionError::OpenClass)?;
        self.at += 1;
        if unit != u16::from(b'\\') {
            return Ok(ClassItem::Unit(unit));
        }
        if self.eat('b') {
            return Ok(ClassItem::Unit(0x08));
        }
        if self.peek() == Some('k') && self.has_named_groups {
            return Err(ExpressionError::Backreference);
        }
        if self.peek() == Some('c')
            && matches!(self.ascii(self.at + 1), Some(c) if c.is_ascii_digit() || c == '_')
        {
            self.at += 2;
            return Ok(ClassItem::Unit(self.units[self.at - 1] % 32));
        }
        match self.set_escape() {
            Some(set) => Ok(ClassItem::Set(set)),
            None => Ok(ClassItem::Unit(self.character_escape()?)),
        }
    }

    fn literal(&self, unit: u16) -> Node {
        Node::Set(self.folded(UnitSet::one(unit)))
    }

    fn folded(&self, set: UnitSet) -> UnitSet {
        match self.case {
            LetterCase::Ignored => set.ignoring_case(),
            LetterCase::Distinct => set,
        }
    }
}
