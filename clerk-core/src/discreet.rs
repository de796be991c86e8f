//! Showing configured values in messages without revealing secrets.

/// The prefixes of secrets of Clerk's.
const SECRETS: [&str; 8] = [
    "sk_",
    "ak_",
    "whsec_",
    "mt_",
    "oat_",
    "dvb_",
    "eyj",
    "-----begin",
];

/// The most characters of a value that are shown.
const LONGEST: usize = 200;

/// Quotes a value for a message, unless it may be a secret.
///
/// A value may be a secret if it contains the prefix of one, or if it does not look like a URL, a path or a host. Usernames
/// and passwords of URLs are omitted.
pub(crate) fn shown(value: &str) -> String {
    const HIDDEN: &str = "(not shown: it may be a secret)";
    let lower = value.to_lowercase();
    let is_secret = SECRETS.iter().any(|secret| {
        lower.match_indices(secret).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            !before.is_some_and(char::is_alphanumeric)
        })
    });
    let is_word = value.len() <= 12 && value.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_path = value.starts_with('/');
    if is_secret || !(is_word || is_path || value.contains(['.', ':', '*'])) {
        return HIDDEN.to_owned();
    }
    let without_user = match (value.find("//"), value.rfind('@')) {
        (Some(slashes), Some(at)) if slashes < at => {
            format!("{}//…{}", &value[..slashes], &value[at..])
        }
        (None, Some(at)) => format!("…{}", &value[at..]),
        _ => value.to_owned(),
    };
    match without_user.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &without_user[..end]),
        None => format!("{without_user:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for secret in [
            "sk_test_abc",
            "sk_live_a.b:c",
            "https://sk_test_abc",
            "https://example.com/?key=SK_LIVE_abc",
            "ak_abc.def",
            "whsec_a.b",
            "eyJhbGciOiJSUzI1NiJ9.e30.x",
            "-----BEGIN PUBLIC KEY-----\nAA:A",
            "C2FVsBQIhrscChlQIMV",
            "hunter2",
        ] {
            assert!(shown(secret).starts_with("(not shown"), "{secret}");
        }
        for (value, text) in [
            ("https://app.example.com/x", "\"https://app.example.com/x\""),
            (
                "https://task_board.example",
                "\"https://task_board.example\"",
            ),
            ("localhost", "\"localhost\""),
            ("*", "\"*\""),
            ("/__clerk", "\"/__clerk\""),
            ("https://user:word@example.com", "\"https://…@example.com\""),
            ("user:word@example.com", "\"…@example.com\""),
            ("a.b\n", "\"a.b\\n\""),
        ] {
            assert_eq!(shown(value), text);
        }
        assert_eq!(shown(&"a.".repeat(400)).chars().count(), LONGEST + 3);
    }
}
