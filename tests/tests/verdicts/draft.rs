//! Tokens before signing: a genuine one, and those that differ from it in one or two places.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_test_support::forge::{SESSION_CATEGORY, Signer};
use proptest::sample::select;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::judges::{AUDIENCES, ISSUERS, NOW};

/// A token before signing.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    header: Part,
    payload: Part,
}

/// The header or the payload.
#[derive(Clone, Debug)]
struct Part {
    /// The members of the object in order, with the text of each value.
    members: Vec<(&'static str, String)>,
    /// The text that replaces an object with these members.
    instead: Option<Vec<u8>>,
    byte_order_mark: bool,
    padding: bool,
}

impl Part {
    fn new<const N: usize>(members: [(&'static str, String); N]) -> Self {
        Self {
            members: members.into(),
            instead: None,
            byte_order_mark: false,
            padding: false,
        }
    }

    fn encode(&self) -> String {
        let mut bytes = self.instead.clone().unwrap_or_else(|| {
            let members: Vec<String> = self
                .members
                .iter()
                .map(|(name, value)| format!("{name:?}:{value}"))
                .collect();
            // U+FFFD represents a byte that is not valid UTF-8.
            let object = format!("{{{}}}", members.join(","));
            let pieces: Vec<&[u8]> = object.split('\u{fffd}').map(str::as_bytes).collect();
            pieces.join(&0xff)
        });
        if self.byte_order_mark {
            bytes.splice(0..0, *b"\xEF\xBB\xBF");
        }
        let mut text = URL_SAFE_NO_PAD.encode(bytes);
        if self.padding {
            // As much padding as there should be, and some where there should be none.
            text.push_str(["=", "", "==", "="][text.len() % 4]);
        }
        text
    }
}

/// Whether an edit applies to the header or the payload.
#[derive(Clone, Copy, Debug)]
enum Place {
    Header,
    Payload,
}

/// A change to a draft.
#[derive(Clone, Debug)]
enum Edit {
    /// Sets a member to another value, or adds it.
    Set(&'static str, String),
    Remove(&'static str),
    /// Adds a member, even if there is already one with that name.
    Append(&'static str, String),
    Instead(Vec<u8>),
    ByteOrderMark,
    Padding,
}

impl Draft {
    fn genuine() -> Self {
        Self {
            header: Part::new([
                ("alg", text("RS256")),
                ("cat", text(SESSION_CATEGORY)),
                ("kid", text(Signer::instance().kid())),
                ("typ", text("JWT")),
            ]),
            payload: Part::new([
                ("aud", text(AUDIENCES[0])),
                ("azp", text("https://app.example.com")),
                ("exp", (NOW + 60).to_string()),
                ("iat", NOW.to_string()),
                ("iss", text(ISSUERS[0])),
                ("nbf", (NOW - 10).to_string()),
                ("sid", text("sess_1")),
                ("sub", text("user_1")),
            ]),
        }
    }

    fn edited(&self, (place, edit): &(Place, Edit)) -> Self {
        let mut draft = self.clone();
        let part = match place {
            Place::Header => &mut draft.header,
            Place::Payload => &mut draft.payload,
        };
        match edit {
            Edit::Set(name, value) => {
                let value = value.clone();
                match part.members.iter_mut().find(|(known, _)| known == name) {
                    Some(member) => member.1 = value,
                    None => part.members.push((name, value)),
                }
            }
            Edit::Remove(name) => part.members.retain(|(known, _)| known != name),
            Edit::Append(name, value) => part.members.push((name, value.clone())),
            Edit::Instead(bytes) => part.instead = Some(bytes.clone()),
            Edit::ByteOrderMark => part.byte_order_mark = true,
            Edit::Padding => part.padding = true,
        }
        draft
    }

    /// Signs the token with the algorithm in its header, or with RS256 if that is not supported.
    pub(crate) fn sign(&self, signer: &Signer) -> String {
        let algorithm = self.header.members.iter().find(|(name, _)| *name == "alg");
        let bits = match algorithm.map(|(_, value)| value.as_str()) {
            Some("\"RS384\"") => 384,
            Some("\"RS512\"") => 512,
            _ => 256,
        };
        let signed = format!("{}.{}", self.header.encode(), self.payload.encode());
        signer.sign_parts(bits, &signed)
    }
}

/// Returns the genuine token, each token with one edit, and `pairs` tokens with two edits.
pub(crate) fn drafts(pairs: usize) -> Vec<Draft> {
    let genuine = Draft::genuine();
    let edits = edits();
    let mut drafts = vec![genuine.clone()];
    drafts.extend(edits.iter().map(|edit| genuine.edited(edit)));
    let mut runner = TestRunner::deterministic();
    let edit = select(edits);
    let pair = (edit.clone(), edit);
    drafts.extend((0..pairs).filter_map(|_| {
        let (first, second) = pair.new_tree(&mut runner).ok()?.current();
        Some(genuine.edited(&first).edited(&second))
    }));
    drafts
}

fn edits() -> Vec<(Place, Edit)> {
    let mut edits = Vec::new();
    for (name, value) in header_values() {
        edits.push((Place::Header, Edit::Set(name, value)));
    }
    for (name, value) in claim_values() {
        edits.push((Place::Payload, Edit::Set(name, value)));
    }
    for (name, value) in [
        ("alg", text("none")),
        ("alg", text("RS256")),
        ("cat", text("x")),
        ("crit", "[]".into()),
        ("kid", text("x")),
        ("other", "1".into()),
        ("typ", text("JWT")),
    ] {
        edits.push((Place::Header, Edit::Remove(name)));
        edits.push((Place::Header, Edit::Append(name, value)));
    }
    for (name, value) in [
        ("aud", text(AUDIENCES[1])),
        ("exp", (NOW - 60).to_string()),
        ("exp", (NOW + 90).to_string()),
        ("iat", NOW.to_string()),
        ("iss", text(ISSUERS[1])),
        ("nbf", NOW.to_string()),
        ("sid", text("sess_2")),
        ("sub", text("user_2")),
    ] {
        edits.push((Place::Payload, Edit::Remove(name)));
        edits.push((Place::Payload, Edit::Append(name, value)));
    }
    for place in [Place::Header, Place::Payload] {
        edits.push((place, Edit::ByteOrderMark));
        edits.push((place, Edit::Padding));
        let instead = [
            "", " ", "{}", "[]", "null", "true", "5", "\"x\"", "{", "{}{}", "{} ", " {}", "\0",
        ];
        edits.extend(instead.map(|text| (place, Edit::Instead(text.into()))));
    }
    edits
}

fn header_values() -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    let of_each_type = [
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "\"\"",
        "\"x\"",
        "[]",
        "[\"x\"]",
        "[1]",
        "{}",
        "{\"a\":null}",
    ];
    for name in [
        "alg", "cat", "crit", "cty", "jwk", "kid", "other", "typ", "x5c", "zip",
    ] {
        values.extend(of_each_type.map(|value| (name, value.into())));
    }
    for algorithm in [
        "none", "None", "HS256", "HS512", "RS256", "rs256", "RS384", "RS512", "PS256", "ES256",
        "EdDSA", "RS256 ",
    ] {
        values.push(("alg", text(algorithm)));
    }
    values.push(("other", text("\u{fffd}")));
    for kind in ["JWT", "jwt", "at+jwt", "application/at+jwt", "JWT\0"] {
        values.push(("typ", text(kind)));
    }
    for category in ["cl_B7d4PD222AAA", "cl_B7d4PD333AAA", "cl_I7d4PD111III"] {
        values.push(("cat", text(category)));
    }
    values
}

fn claim_values() -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    let of_each_type = [
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "\"\"",
        "\"x\"",
        "[]",
        "[null]",
        "{}",
        "{\"a\":1}",
    ];
    for name in [
        "aud", "azp", "exp", "iat", "iss", "nbf", "other", "sid", "sub",
    ] {
        values.extend(of_each_type.map(|value| (name, value.into())));
    }
    let now = NOW as f64;
    for name in ["exp", "iat", "nbf"] {
        for seconds in [
            -3600, -61, -60, -6, -5, -4, -2, -1, 0, 1, 2, 4, 5, 6, 60, 61, 3600,
        ] {
            values.push((name, (NOW.cast_signed() + seconds).to_string()));
        }
        for seconds in [
            -5.5, -5.1, -0.6, -0.5, -0.4, 0.1, 0.4, 0.5, 0.9, 5.4, 5.5, 5.6,
        ] {
            values.push((name, format!("{:.1}", now + seconds)));
        }
        for number in [
            "3e9",
            "3.00000006e9",
            "-0",
            "-0.0",
            "1e-400",
            "8640000000000",
            "8640000000000.5",
            "8640000000001",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775809",
            "1e18",
            "1e20",
            "1e300",
            "1e400",
            "-1e300",
            "\"3000000060\"",
            "[3000000060]",
        ] {
            values.push((name, number.into()));
        }
    }
    for (name, [first, second]) in [("aud", AUDIENCES), ("iss", ISSUERS)] {
        let escaped = format!(
            "\"\\u{:04x}{}\"",
            u32::from(first.as_bytes()[0]),
            &first[1..]
        );
        for value in [
            text(first),
            text(second),
            text(&first.to_uppercase()),
            text(&format!("{first}/")),
            text(&format!(" {first}")),
            text(&format!("{first} {second}")),
            format!("[{first:?}]"),
            format!("[{second:?},{first:?}]"),
            format!("[{first:?},{first:?}]"),
            format!("[\"x\",{second:?}]"),
            format!("[\"\",{first:?}]"),
            format!("[{first:?},5]"),
            format!("[[{first:?}]]"),
            format!("[{escaped}]"),
            escaped,
            "[\"x\"]".into(),
            "[\"\"]".into(),
            "[\"\",\"\"]".into(),
            "[\"\",\"x\"]".into(),
            "[5]".into(),
        ] {
            values.push((name, value));
        }
    }
    for depth in [100, 125, 126, 127, 128, 200] {
        values.push(("other", "[".repeat(depth) + &"]".repeat(depth)));
    }
    for length in [10_000, 40_000, 60_000] {
        values.push(("other", text(&"x".repeat(length))));
    }
    for other in [
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\u{e9}\"",
        "\"\t\"",
        "01",
        "1.",
        "+1",
    ] {
        values.push(("other", other.into()));
    }
    for subject in ["user_1", "\u{e9}", "\u{fffd}", "a b"] {
        values.push(("sub", text(subject)));
    }
    values
}

/// Formats a JSON string. No value here needs more escaping than Rust's.
fn text(text: &str) -> String {
    format!("{text:?}").replace("\\0", "\\u0000")
}
