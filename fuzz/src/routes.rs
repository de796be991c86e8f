//! Route patterns, paths, and URLs to redirect to.

use clerk_core::{AllowedRedirectOrigins, Protect, Redirect, ReturnBack, RouteMatcher};
use http::Request;
use url::Url;

use crate::instance::{attach, production};
use crate::parts;

/// A path that a pattern matches is guarded by it, and a path that is an exception is guarded by what guards only it.
///
/// The lines of the input are a pattern and a path.
pub fn routes(input: &[u8]) {
    let [pattern, path] = parts(input).map(String::from_utf8_lossy);
    let Ok(matcher) = RouteMatcher::new([pattern.as_ref()]) else {
        return;
    };
    let Ok(request) = Request::get("/").body(()) else {
        return;
    };
    let Some(nobody) = attach(production(), &request).and_then(|passed| passed.context) else {
        return;
    };
    let path = path.as_ref();
    let is_open = |guard: Protect| nobody.protect(&guard, &request, path).is_ok();
    let is_guarded = !is_open(Protect::new().only(matcher.clone()));
    let is_exception = is_open(Protect::new().except(matcher.clone()));
    // What one guard lets through as an exception, the guard for exactly these routes refuses.
    assert!(
        is_guarded || !is_exception,
        "{pattern} lets {path:?} through both ways"
    );
    if matches!(matcher.is_match(path), Ok(true)) {
        assert!(
            is_guarded,
            "{pattern} matches {path:?}, which is not guarded"
        );
    }
}

/// A redirect leads to the configured page, and an allowed target is on an allowed origin.
///
/// The lines of the input are the URL of the request, the URL of the sign-in page, an allowed origin, and the URL to come
/// back to.
pub fn redirects(input: &[u8]) {
    let [base, sign_in, allowed, back] = parts(input).map(String::from_utf8_lossy);
    let redirect = Redirect::new(&base).sign_in_url(Some(&sign_in));
    for back in [ReturnBack::Here, ReturnBack::Nowhere, ReturnBack::To(&back)] {
        let Ok(location) = redirect.sign_in(back) else {
            continue;
        };
        let base = Url::parse(&base);
        let resolve = |text: &str| match &base {
            Ok(base) => base.join(text),
            Err(_) => Url::parse(text),
        };
        let Ok(location) = resolve(&location) else {
            panic!("{sign_in} becomes {location:?}");
        };
        if let Ok(page) = resolve(&sign_in) {
            let place = |url: &Url| {
                let host = url.host_str().map(str::to_owned);
                (url.scheme().to_owned(), host, url.port_or_known_default())
            };
            assert_eq!(place(&location), place(&page), "{sign_in} {location}");
        }
    }
    let (Ok(target), Ok(own)) = (Url::parse(&back), Url::parse(&base)) else {
        return;
    };
    let Ok(list) = AllowedRedirectOrigins::list([allowed.as_ref()]) else {
        return;
    };
    if list.allows(&target, &own) {
        assert!(matches!(target.scheme(), "http" | "https"), "{target}");
        let origins = Url::parse(&allowed).map(|url| url.origin());
        let is_loopback = target.host_str().is_some_and(|host| {
            host == "localhost"
                || host == "[::1]"
                || host.starts_with("127.")
                || host.ends_with(".localhost")
        });
        assert!(
            is_loopback
                || target.origin() == own.origin()
                || origins.is_ok_and(|one| one == target.origin()),
            "{target} is allowed for {own} and {allowed}"
        );
    }
}
