//! Parts of requests that clients choose: cookies, forwarded headers, handshakes.

use clerk_core::ReturnBack;
use clerk_test_support::forge::Signer;
use serde_json::{Value, json};
use url::Url;

use crate::instance::{assert_nobody, attach, development, is_our_own, page, production};
use crate::parts;

/// Cookies without a signed token sign nobody in.
///
/// The input is a `Cookie` header.
pub fn cookies(input: &[u8]) {
    for clerk in [development(), production()] {
        for path in ["/", "/page?a=%2F&__clerk_db_jwt=dvb_1"] {
            if let Some(request) = page(path, &[("cookie", input)]) {
                assert_nobody(attach(clerk, &request).as_ref());
            }
        }
    }
}

/// The URL to come back to is one of http or https without credentials, whatever the headers say.
///
/// The lines of the input are `Host`, `X-Forwarded-Host`, `X-Forwarded-Proto`, `Forwarded`, the path, and a cookie.
pub fn forwarded_headers(input: &[u8]) {
    let [host, forwarded_host, proto, forwarded, path, cookie] = parts(input);
    let path = std::str::from_utf8(path).unwrap_or("/");
    let headers: [(_, &[u8]); 6] = [
        ("host", host),
        ("x-forwarded-host", forwarded_host),
        ("x-forwarded-proto", proto),
        ("cloudfront-forwarded-proto", proto),
        ("forwarded", forwarded),
        ("cookie", cookie),
    ];
    let Some(request) = page(path, &headers) else {
        return;
    };
    for clerk in [development(), production()] {
        assert_nobody(attach(clerk, &request).as_ref());
        let Ok(sign_in) = clerk.build_sign_in_url(&request, ReturnBack::Here) else {
            continue;
        };
        let Ok(sign_in) = Url::parse(&sign_in) else {
            // Relative to the application.
            continue;
        };
        for (name, back) in sign_in.query_pairs() {
            if name == "redirect_url" {
                let back = Url::parse(&back);
                let Ok(back) = back else {
                    panic!("{sign_in} returns to {back:?}");
                };
                assert!(matches!(back.scheme(), "http" | "https"), "{back}");
                assert!(
                    back.username().is_empty() && back.password().is_none(),
                    "{back}"
                );
            }
        }
    }
}

/// A signed handshake sets the cookies that it lists, and no others.
///
/// The input is the payload of a handshake token; or, if it is not JSON, its directives line by line.
pub fn handshakes(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let directives: Vec<&str> = text.lines().collect();
    let listed = json!({ "handshake": directives }).to_string();
    let signer = Signer::instance();
    let header = signer.header().to_string();
    for payload in [text.as_ref(), &listed] {
        let token = signer.sign_text(&header, payload);
        let allowed = listed_cookies(payload);
        let cookie = format!("__clerk_handshake={token}; __clerk_db_jwt=dvb_1");
        let query = format!("/page?__clerk_handshake={token}&__clerk_db_jwt=dvb_1");
        for clerk in [development(), production()] {
            let in_cookie = page("/page", &[("cookie", cookie.as_bytes())]);
            let in_query = page(&query, &[]);
            for request in [in_cookie, in_query].into_iter().flatten() {
                let passed = attach(clerk, &request);
                for cookie in passed.iter().flat_map(|passed| &passed.cookies) {
                    let is_listed = allowed.iter().any(|one| one == cookie.as_bytes());
                    assert!(is_listed || is_our_own(cookie), "{cookie:?}");
                }
            }
        }
    }
    // Unsigned, it does nothing at all.
    let cookie = [b"__clerk_handshake=", input].concat();
    if let Some(request) = page("/page", &[("cookie", &cookie)]) {
        assert_nobody(attach(production(), &request).as_ref());
    }
}

/// Returns the cookies that a payload lists, as another parser reads it. Each byte of a header is a character up to U+00FF.
fn listed_cookies(payload: &str) -> Vec<Vec<u8>> {
    let payload: Value = serde_json::from_str(payload).unwrap_or_default();
    let directives = payload["handshake"].as_array().into_iter().flatten();
    let texts = directives.filter_map(Value::as_str);
    let bytes = texts.map(|text| {
        let text = text.trim_matches([' ', '\t', '\r', '\n']).chars();
        text.map(|char| u8::try_from(u32::from(char)).ok())
            .collect::<Option<Vec<u8>>>()
    });
    bytes.flatten().collect()
}
