//! Offline checks of configured keys.

use crate::publishable_key::InstanceType;

/// The kinds of keys in the Clerk Dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Secret,
    Publishable,
    Machine,
    Webhook,
    /// The PEM public key.
    Jwt,
}

impl KeyKind {
    /// Determines the kind of a key from its prefix.
    fn of(text: &str) -> Option<Self> {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
        [
            (Self::Secret, &["sk_"][..]),
            (Self::Publishable, &["pk_"]),
            (Self::Machine, &["ak_"]),
            (Self::Webhook, &["whsec_"]),
            (Self::Jwt, &["-----BEGIN"]),
        ]
        .into_iter()
        .find_map(|(kind, prefixes)| begins(prefixes).then_some(kind))
    }

    /// Returns the prefixes of keys of this kind. The secret of a webhook may have none.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Secret => &["sk_test_", "sk_live_", "test_", "live_"],
            Self::Publishable => &["pk_test_", "pk_live_"],
            Self::Machine => &["ak_"],
            Self::Webhook => &["whsec_", ""],
            Self::Jwt => &[""],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Secret => "a secret key (sk_...)",
            Self::Publishable => "a publishable key (pk_...)",
            Self::Machine => "a machine's secret key or an API key (ak_...)",
            Self::Webhook => "the signing secret of a webhook (whsec_...)",
            Self::Jwt => "a PEM key",
        }
    }

    /// Says where to find the right key.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::Secret => {
                "copy the secret key (sk_test_... or sk_live_...) from the API keys page of the Clerk Dashboard"
            }
            Self::Publishable => {
                "copy the publishable key (pk_test_... or pk_live_...) from the API keys page of the Clerk Dashboard"
            }
            Self::Machine => {
                "copy the machine's secret key (ak_...) from the machines page of the Clerk Dashboard"
            }
            Self::Webhook => {
                "copy the signing secret (whsec_...) from the page of the webhook endpoint in the Clerk Dashboard"
            }
            Self::Jwt => {
                "copy the JWKS public key (PEM) from the API keys page of the Clerk Dashboard"
            }
        }
    }
}

/// A problem with the text of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    Misplaced(KeyKind),
    Placeholder,
    /// The text contains quotes.
    Quoted,
    /// The text contains whitespace or other characters that no key contains.
    Broken,
    /// The text does not begin like keys of its kind.
    UnknownPrefix,
}

impl KeyFault {
    /// Returns the problem with `text` as a key of this kind, or `None` if it looks right.
    pub(crate) fn find(kind: KeyKind, text: &str) -> Option<Self> {
        let trimmed = text.trim();
        if let Some(other) = KeyKind::of(trimmed).filter(|other| *other != kind) {
            return Some(Self::Misplaced(other));
        }
        if kind == KeyKind::Jwt {
            return None;
        }
        let body = kind
            .prefixes()
            .iter()
            .find_map(|prefix| trimmed.strip_prefix(prefix));
        if is_placeholder(body.unwrap_or(trimmed)) {
            Some(Self::Placeholder)
        } else if text.contains(['"', '\'', '`', '“', '”', '‘', '’']) {
            Some(Self::Quoted)
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Some(Self::Broken)
        } else if body.is_none() {
            Some(Self::UnknownPrefix)
        } else {
            None
        }
    }

    /// Describes the problem, as the end of a sentence that begins with the name of the setting.
    pub(crate) fn problem(self) -> String {
        match self {
            Self::Misplaced(other) => format!("contains {}", other.name()),
            Self::Placeholder => "contains a placeholder, or only a prefix".to_owned(),
            Self::Quoted => "contains quotes".to_owned(),
            Self::Broken => {
                "contains whitespace, a line break or another character that no key contains"
                    .to_owned()
            }
            Self::UnknownPrefix => "does not begin like keys of its kind".to_owned(),
        }
    }

    /// Says what to do.
    pub(crate) fn advice(self, kind: KeyKind) -> String {
        let source = kind.source();
        match self {
            Self::Misplaced(KeyKind::Secret) if kind == KeyKind::Publishable => format!(
                "{source}; browsers must never see a secret key: if a page was served with it, replace the secret key as well"
            ),
            Self::Misplaced(_) | Self::Placeholder => source.to_owned(),
            Self::Quoted => format!("{source}, without quotes"),
            Self::Broken => format!("{source}, on one line"),
            Self::UnknownPrefix => format!("if Clerk refuses the key, {source}"),
        }
    }

    /// Returns a stable code for the problem.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Misplaced(_) => "key-misplaced",
            Self::Placeholder => "key-placeholder",
            Self::Quoted => "key-quoted",
            Self::Broken => "key-broken",
            Self::UnknownPrefix => "key-prefix-unknown",
        }
    }
}

/// Returns the environment that a secret or publishable key belongs to, or `None` if its prefix does not say.
pub(crate) fn environment(key: &str) -> Option<InstanceType> {
    let key = key
        .strip_prefix("sk_")
        .or_else(|| key.strip_prefix("pk_"))
        .unwrap_or(key);
    if key.starts_with("test_") {
        Some(InstanceType::Development)
    } else if key.starts_with("live_") {
        Some(InstanceType::Production)
    } else {
        None
    }
}

/// Returns true for text that documentation and templates contain in the place of a key. Genuine keys consist of letters and
/// digits.
fn is_placeholder(body: &str) -> bool {
    let lower = body.to_lowercase();
    let holds = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    let is_one_of = |words: &[&str]| words.contains(&&*lower);
    lower.is_empty()
        || holds(&["<", ">", "{", "}", "$", "*", "…", "..."])
        || holds(&["your_", "your-", "your ", "_here", "-here", "placeholder"])
        || holds(&["change_me", "change-me", "replace_me", "replace-me"])
        || is_one_of(&["changeme", "replaceme", "todo", "null", "undefined", "none"])
        || (lower.len() >= 3 && lower.bytes().all(|byte| byte == b'x'))
}
