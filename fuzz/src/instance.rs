//! Instances that verify tokens without network, and requests to them.

use std::sync::OnceLock;

use clerk_core::adapter::{AnswerBody, AuthContext, Next};
use clerk_core::{Auth, Clerk, ManualClock};
use clerk_test_support::forge::{NOW, Signer};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use url::Url;

/// A development instance, which starts handshakes with a token in the query.
pub(crate) fn development() -> &'static Clerk {
    static INSTANCE: OnceLock<Clerk> = OnceLock::new();
    INSTANCE.get_or_init(|| instance("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k", "sk_test_fuzz"))
}

/// A production instance.
pub(crate) fn production() -> &'static Clerk {
    static INSTANCE: OnceLock<Clerk> = OnceLock::new();
    INSTANCE.get_or_init(|| instance("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "sk_live_fuzz"))
}

#[expect(clippy::expect_used, reason = "the settings are constant")]
fn instance(publishable_key: &str, secret_key: &str) -> Clerk {
    Clerk::builder()
        .publishable_key(publishable_key)
        .secret_key(secret_key)
        .jwt_key(Signer::instance().pem())
        .api_url("http://127.0.0.1:9")
        .sign_in_url("/sign-in")
        .clock(ManualClock::new(NOW * 1000))
        .build()
        .expect("the settings are valid")
}

/// Builds a request for a page. Values that HTTP does not allow in a header are left out, as servers refuse them.
pub(crate) fn page(path: &str, headers: &[(&'static str, &[u8])]) -> Option<Request<()>> {
    let mut request = Request::get(path).body(()).ok()?;
    let fixed: [(_, &[u8]); 3] = [
        ("host", b"app.example.com"),
        ("sec-fetch-dest", b"document"),
        ("accept", b"text/html"),
    ];
    for (name, value) in fixed.iter().chain(headers) {
        let Ok(value) = HeaderValue::from_bytes(value) else {
            continue;
        };
        let name = HeaderName::from_static(name);
        // What the input says replaces what is fixed.
        if headers.iter().any(|(other, _)| *other == name.as_str()) {
            request.headers_mut().remove(&name);
        }
        request.headers_mut().append(name, value);
    }
    Some(request)
}

/// What the application and the browser get.
pub(crate) struct Passed {
    /// What the application gets, unless the middleware answers by itself.
    pub(crate) context: Option<AuthContext>,
    /// The cookies that the browser is told to set.
    pub(crate) cookies: Vec<HeaderValue>,
}

/// Authenticates a request as far as that takes no network, and checks what every outcome has in common.
pub(crate) fn attach(clerk: &Clerk, request: &Request<()>) -> Option<Passed> {
    match clerk.attach(request) {
        Next::GoOn(go_on) => {
            let mut response = Response::new(());
            go_on.completion.complete(&mut response);
            Some(Passed {
                context: Some(go_on.context),
                cookies: cookies(response.headers()),
            })
        }
        Next::Answer(answer) => {
            check_answer(&answer);
            Some(Passed {
                context: None,
                cookies: cookies(answer.headers()),
            })
        }
        _ => None,
    }
}

fn cookies(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(SET_COOKIE).iter().cloned().collect()
}

/// The middleware answers by itself with a redirect only, whatever a client sends, and the redirect can be followed.
fn check_answer(answer: &Response<AnswerBody>) {
    assert_eq!(answer.status(), 307);
    let location = answer.headers().get(LOCATION).map(HeaderValue::to_str);
    let Some(Ok(location)) = location else {
        panic!("a redirect to {location:?}");
    };
    let url = Url::parse(location).or_else(|_| {
        let base = Url::parse("https://app.example.com/");
        base.and_then(|base| base.join(location))
    });
    let Ok(url) = url else {
        panic!("a redirect to {location:?}");
    };
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
}

/// Nothing was signed, so nobody is signed in, and no cookie is set but our own.
pub(crate) fn assert_nobody(passed: Option<&Passed>) {
    let Some(passed) = passed else {
        return;
    };
    if let Some(context) = &passed.context {
        let auth = context.auth();
        assert!(matches!(auth, Auth::SignedOut(_)), "{auth:?}");
    }
    for cookie in &passed.cookies {
        assert!(is_our_own(cookie), "{cookie:?}");
    }
}

/// Returns true for the counter of redirects, and for the removal of a handshake.
pub(crate) fn is_our_own(cookie: &HeaderValue) -> bool {
    let is_removal = || {
        let Ok(text) = cookie.to_str() else {
            return false;
        };
        text.starts_with("__clerk_handshake") && text.contains("=; Path=/; Max-Age=0")
    };
    cookie.as_bytes().starts_with(b"__clerk_redirect_count=") || is_removal()
}
