//! Converts names in the document to Rust names.

use std::collections::BTreeMap;

/// Converts `apiKeyID`, `frontendApi` and `two-words` to snake case.
pub(crate) fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut before = None;
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            if before.is_some_and(|b: char| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
        } else if c.is_ascii_alphanumeric() {
            text.push(c);
        } else {
            text.push('_');
        }
        before = Some(c);
    }
    text
}

/// Converts `oauth_access_tokens` to the case of types, with the special words of the overlay.
pub(crate) fn pascal(name: &str, words: &BTreeMap<String, String>) -> String {
    let name = snake(name);
    let parts = name.split('_').filter(|word| !word.is_empty());
    parts
        .map(|word| match words.get(word) {
            Some(special) => special.clone(),
            None => {
                let (first, rest) = word.split_at(1);
                format!("{}{rest}", first.to_ascii_uppercase())
            }
        })
        .collect()
}

/// Returns the variant for one value of an enum.
pub(crate) fn variant(value: &str, words: &BTreeMap<String, String>) -> String {
    match value {
        "" => "Unset".to_owned(),
        "*" => "All".to_owned(),
        _ => pascal(value, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds_become_rust() {
        assert_eq!(snake("apiKeyID"), "api_key_id");
        assert_eq!(
            snake("adminPortalLinkTokenID"),
            "admin_portal_link_token_id"
        );
        assert_eq!(snake("payer-credits"), "payer_credits");
        let words = BTreeMap::from([("oauth".to_owned(), "OAuth".to_owned())]);
        assert_eq!(
            pascal("list_oauth_access_tokens", &words),
            "ListOAuthAccessTokens"
        );
        assert_eq!(variant("past_due", &words), "PastDue");
        assert_eq!(variant("", &words), "Unset");
        assert_eq!(variant("*", &words), "All");
    }
}
