//! URLs: editing query parameters as browsers do, and recognizing loopback hosts.

use std::borrow::Cow;

use url::{Host, Url};

/// Returns true if the scheme of the URL is `http` or `https`, the only ones that browsers are redirected to.
pub(crate) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Returns true if the host of the URL is a loopback address or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Returns the URL of a Frontend API that is configured as a host or as a URL.
pub(crate) fn with_scheme(frontend_api: &str) -> Cow<'_, str> {
    if frontend_api.starts_with("http") {
        Cow::Borrowed(frontend_api)
    } else {
        Cow::Owned(format!("https://{frontend_api}"))
    }
}

/// Returns the decoded value of the first query parameter with this name.
pub(crate) fn query_parameter<'a>(url: &'a Url, name: &str) -> Option<Cow<'a, str>> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// Sets a query parameter as `URLSearchParams.set` does (WHATWG URL): sets the first one with this name and removes the
/// others, or appends it if there is none.
pub(crate) fn set_query_parameter(url: &mut Url, name: &str, value: &str) {
    let mut is_set = false;
    edit_query(url, |pairs| {
        pairs.retain_mut(|(key, old)| {
            if key != name {
                return true;
            }
            value.clone_into(old);
            !std::mem::replace(&mut is_set, true)
        });
        if !is_set {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    });
}

/// Appends a query parameter as `URLSearchParams.append` does.
pub(crate) fn append_query_parameter(url: &mut Url, name: &str, value: &str) {
    edit_query(url, |pairs| pairs.push((name.to_owned(), value.to_owned())));
}

/// Removes query parameters as `URLSearchParams.delete` does.
pub(crate) fn remove_query_parameters(url: &mut Url, names: &[&str]) {
    edit_query(url, |pairs| {
        pairs.retain(|(key, _)| !names.contains(&&**key));
    });
}

/// Edits the list of parameters. The whole query is form-encoded again, as browsers do, and removed if it is empty.
fn edit_query(url: &mut Url, edit: impl FnOnce(&mut Vec<(String, String)>)) {
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    edit(&mut pairs);
    url.set_query(None);
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(url: &str, edit: impl FnOnce(&mut Url)) -> String {
        let mut url = Url::parse(url).unwrap();
        edit(&mut url);
        url.into()
    }

    #[test]
    fn parameters_are_set_added_and_removed() {
        let url = "https://a.example/p?k=1&x=%20y&k=2#f";
        assert_eq!(
            edited(url, |url| set_query_parameter(url, "k", "3&")),
            "https://a.example/p?k=3%26&x=+y#f"
        );
        assert_eq!(
            edited(url, |url| set_query_parameter(url, "n", "")),
            "https://a.example/p?k=1&x=+y&k=2&n=#f"
        );
        assert_eq!(
            edited(url, |url| append_query_parameter(url, "k", "3")),
            "https://a.example/p?k=1&x=+y&k=2&k=3#f"
        );
        assert_eq!(
            edited(url, |url| remove_query_parameters(url, &["k", "x"])),
            "https://a.example/p#f"
        );
        assert_eq!(
            query_parameter(&Url::parse(url).unwrap(), "x").as_deref(),
            Some(" y")
        );
    }

    #[test]
    fn this_machine() {
        for (url, is_this) in [
            ("http://localhost:3000/", true),
            ("http://localhost./", true),
            ("http://a.localhost/", true),
            ("http://127.8.9.1/", true),
            ("http://[::1]/", true),
            ("http://localhost.example/", false),
            ("http://128.0.0.1/", false),
            ("data:text/plain,x", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), is_this, "{url}");
        }
    }
}
