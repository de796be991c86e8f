//! Sets of UTF-16 code units, and the case folding of JavaScript regular expressions.
//!
//! A JavaScript regular expression without the `u` flag matches UTF-16 code units, and Rust's engines match characters. The
//! two differ outside the Basic Multilingual Plane, where one character is two code units. Patterns and paths are therefore
//! both converted to text with a placeholder character for each surrogate (see [`to_units`]).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Placeholders are private-use characters of the last plane, at the same offset as the surrogates.
const SURROGATE_OFFSET: u32 = 0x10_0000;
const FIRST_SURROGATE: u16 = 0xD800;
const LAST_SURROGATE: u16 = 0xDFFF;

/// Replaces every character outside the Basic Multilingual Plane with the placeholders of its two surrogates.
pub(super) fn to_units(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| u32::from(c) <= 0xFFFF) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.encode_utf16().filter_map(stand_in).collect())
}

/// Reverses [`to_units`]. An unpaired surrogate becomes U+FFFD.
pub(super) fn from_units(text: &str) -> String {
    let units = text.chars().map(|c| {
        let code = u32::from(c);
        // Every character outside the first plane is a placeholder, and subtracting the offset leaves a surrogate.
        let unit = if code > 0xFFFF {
            code - SURROGATE_OFFSET
        } else {
            code
        };
        u16::try_from(unit).unwrap_or(0xFFFD)
    });
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn stand_in(unit: u16) -> Option<char> {
    let code = u32::from(unit);
    if (FIRST_SURROGATE..=LAST_SURROGATE).contains(&unit) {
        char::from_u32(SURROGATE_OFFSET + code)
    } else {
        char::from_u32(code)
    }
}

/// A set of code units, as sorted ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UnitSet(Vec<(u16, u16)>);

impl UnitSet {
    pub(super) fn all() -> Self {
        Self(vec![(0, u16::MAX)])
    }

    pub(super) fn one(unit: u16) -> Self {
        Self(vec![(unit, unit)])
    }

    pub(super) fn of(ranges: &[(u16, u16)]) -> Self {
        let mut set = Self(ranges.to_vec());
        set.normalize();
        set
    }

    pub(super) fn digits() -> Self {
        Self::of(&[(0x30, 0x39)])
    }

    /// Returns the set of `\w`, which is ASCII only.
    pub(super) fn word() -> Self {
        Self::of(&[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
    }

    /// Returns the set of `\s`: white space and line terminators of ECMAScript.
    pub(super) fn space() -> Self {
        Self::of(&[
            (0x09, 0x0D),
            (0x20, 0x20),
            (0xA0, 0xA0),
            (0x1680, 0x1680),
            (0x2000, 0x200A),
            (0x2028, 0x2029),
            (0x202F, 0x202F),
            (0x205F, 0x205F),
            (0x3000, 0x3000),
            (0xFEFF, 0xFEFF),
        ])
    }

    pub(super) fn add(&mut self, first: u16, last: u16) {
        self.0.push((first, last));
        self.normalize();
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        self.normalize();
    }

    pub(super) fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0_u32;
        for &(first, last) in &self.0 {
            if next < u32::from(first) {
                push_range(&mut ranges, next, u32::from(first) - 1);
            }
            next = u32::from(last) + 1;
        }
        if next <= u32::from(u16::MAX) {
            push_range(&mut ranges, next, u32::from(u16::MAX));
        }
        Self(ranges)
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        let mut outside = self.complement();
        outside.add_all(other);
        outside.complement()
    }

    /// Returns the set with every unit that matches one of its members when case is ignored.
    pub(super) fn ignoring_case(mut self) -> Self {
        let mut added = Vec::new();
        for class in CASE_CLASSES.values() {
            let members = class.iter().filter(|unit| self.contains(**unit)).count();
            if members != 0 && members != class.len() {
                added.extend(class.iter().map(|unit| (*unit, *unit)));
            }
        }
        self.0.extend(added);
        self.normalize();
        self
    }

    /// Writes the set as a character class in Rust's syntax, for text converted by [`to_units`].
    pub(super) fn write(&self, out: &mut String) {
        let whole = Self::all();
        if *self == whole {
            out.push_str("(?s:.)");
            return;
        }
        if self.0.is_empty() {
            out.push_str(r"[^\x{0}-\x{10FFFF}]");
            return;
        }
        if let [(first, last)] = self.0[..]
            && first == last
            && let Some(c) = char::from_u32(first.into()).filter(char::is_ascii_alphanumeric)
        {
            out.push(c);
            return;
        }
        let complement = self.complement();
        let (negated, ranges) = if complement.0.len() < self.0.len() {
            (true, &complement.0)
        } else {
            (false, &self.0)
        };
        out.push_str(if negated { "[^" } else { "[" });
        for &(first, last) in ranges {
            write_range(out, first, last.min(FIRST_SURROGATE - 1));
            write_range(out, first.max(FIRST_SURROGATE), last.min(LAST_SURROGATE));
            write_range(out, first.max(LAST_SURROGATE + 1), last);
        }
        out.push(']');
    }

    fn contains(&self, unit: u16) -> bool {
        let at = self.0.partition_point(|range| range.1 < unit);
        self.0.get(at).is_some_and(|range| range.0 <= unit)
    }

    fn normalize(&mut self) {
        self.0.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            match merged.last_mut() {
                Some(previous) if u32::from(first) <= u32::from(previous.1) + 1 => {
                    previous.1 = previous.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        self.0 = merged;
    }
}

fn push_range(ranges: &mut Vec<(u16, u16)>, first: u32, last: u32) {
    if let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(last)) {
        ranges.push((first, last));
    }
}

fn write_range(out: &mut String, first: u16, last: u16) {
    if first > last {
        return;
    }
    let offset = if (FIRST_SURROGATE..=LAST_SURROGATE).contains(&first) {
        SURROGATE_OFFSET
    } else {
        0
    };
    let (first, last) = (u32::from(first) + offset, u32::from(last) + offset);
    out.push_str(&format!(r"\x{{{first:X}}}-\x{{{last:X}}}"));
}

/// Implements `Canonicalize` of ECMA-262 section 22.2.2.7.3 for a case-insensitive expression without the `u` flag.
///
/// Returns the uppercase letter, unless that takes more than one unit or maps a unit outside ASCII to one inside. So `k` and
/// U+212A KELVIN SIGN differ.
fn canonicalize(unit: u16) -> u16 {
    let Some(c) = char::from_u32(unit.into()) else {
        return unit;
    };
    let mut upper = c.to_uppercase();
    match (upper.next().map(u32::from), upper.next()) {
        (Some(upper), None) => match u16::try_from(upper) {
            Ok(upper) if unit < 128 || upper >= 128 => upper,
            _ => unit,
        },
        _ => unit,
    }
}

/// The classes of two or more units that match each other when case is ignored, by their canonical unit.
static CASE_CLASSES: LazyLock<HashMap<u16, Vec<u16>>> = LazyLock::new(|| {
    let mut classes: HashMap<u16, Vec<u16>> = HashMap::new();
    for unit in 0..=u16::MAX {
        let canonical = canonicalize(unit);
        if canonical != unit {
            classes
                .entry(canonical)
                .or_insert_with(|| vec![canonical])
                .push(unit);
        }
    }
    classes
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_as_in_javascript() {
        let folded = |c: char| UnitSet::one(u16::try_from(u32::from(c)).unwrap()).ignoring_case();
        assert_eq!(folded('k'), UnitSet::of(&[(0x4B, 0x4B), (0x6B, 0x6B)]));
        assert_eq!(folded('\u{212A}'), UnitSet::one(0x212A));
        assert_eq!(folded('ß'), UnitSet::one(0xDF));
        assert_eq!(folded('é'), UnitSet::of(&[(0xC9, 0xC9), (0xE9, 0xE9)]));
        assert_eq!(folded('σ'), UnitSet::of(&[(0x3A3, 0x3A3), (0x3C2, 0x3C3)]));
    }

    #[test]
    fn complement_and_difference() {
        let set = UnitSet::of(&[(5, 9), (10, 12), (0xFFFF, 0xFFFF)]);
        assert_eq!(set, UnitSet(vec![(5, 12), (0xFFFF, 0xFFFF)]));
        assert_eq!(set.complement(), UnitSet(vec![(0, 4), (13, 0xFFFE)]));
        assert_eq!(set.complement().complement(), set);
        assert_eq!(
            set.without(&UnitSet::of(&[(7, 8)])),
            UnitSet(vec![(5, 6), (9, 12), (0xFFFF, 0xFFFF)])
        );
        assert_eq!(UnitSet::all().complement(), UnitSet::default());
    }

    #[test]
    fn text_survives_the_way_through_units() {
        for text in ["", "/caf\u{e9}", "/\u{1F600}/x", "\u{10FFFF}\u{10000}"] {
            assert_eq!(from_units(&to_units(text)), text);
        }
        assert_eq!(to_units("\u{1F600}").chars().count(), 2);
    }
}
