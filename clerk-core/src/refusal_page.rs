//! The page that a person sees where a browser asked for a document and was refused.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nobody is signed in, or the token is not accepted here.
    Unauthenticated,
    /// Somebody is signed in, and may not.
    Forbidden,
    /// Refused without saying why.
    NotFound,
    /// Clerk is out of reach.
    Undecided,
    /// The path cannot be decoded.
    MalformedPath,
    /// The webhook does not verify, or is too long.
    Webhook,
    /// The application is set up wrongly; the log says how.
    Misconfigured,
}

/// What a refusal page has to tell, for a renderer of one's own ([`ClerkBuilder::refusal_page`]).
///
/// [`ClerkBuilder::refusal_page`]: crate::ClerkBuilder::refusal_page
#[derive(Clone, Copy, Debug)]
pub struct RefusalPage<'a> {
    kind: RefusalKind,
    status: StatusCode,
    message: &'a str,
}

impl<'a> RefusalPage<'a> {
    pub(crate) fn new(kind: RefusalKind, status: StatusCode, message: &'a str) -> Self {
        Self {
            kind,
            status,
            message,
        }
    }

    /// Returns why the request is refused.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns what API clients are told, in one sentence.
    #[must_use]
    pub fn message(&self) -> &'a str {
        self.message
    }

    fn title_and_text(&self) -> (&'static str, &'static str) {
        match self.kind {
            RefusalKind::Unauthenticated => (
                "Please sign in",
                "This page is for people who are signed in.",
            ),
            RefusalKind::Forbidden => (
                "You don’t have access to this page",
                "You are signed in, but your account lacks what this page requires. Whoever runs this site can give you \
                 access.",
            ),
            RefusalKind::NotFound => (
                "Page not found",
                "The address may be wrong, or the page may have moved.",
            ),
            RefusalKind::Undecided => (
                "Please try again in a moment",
                "We can’t check your sign-in right now. There is no need to sign in again.",
            ),
            RefusalKind::MalformedPath => (
                "This address can’t be read",
                "Check the address for characters that do not belong there.",
            ),
            RefusalKind::Webhook | RefusalKind::Misconfigured => (
                "Something went wrong",
                "The site is not set up correctly. Its log says what is wrong.",
            ),
        }
    }

    /// The page that is shown unless the application renders its own. Nothing of the request stands in it.
    fn to_html(self) -> String {
        let (title, text) = self.title_and_text();
        let status = self.status.as_u16();
        let again = match self.kind {
            RefusalKind::Undecided => "<a href=\"\">Try again</a>",
            _ => "",
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <p class=\"status\">{status}</p>\n<h1>{title}</h1>\n<p>{text}</p>\n\
             <nav>{again}<a href=\"/\">Go to the start page</a></nav>\n</main>\n</body>\n</html>\n"
        )
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#17171c;--soft:#5e5f6e;--paper:#f7f7f8;--card:#fff;--line:#e3e3e8;--key:#5b3df5}\
@media(prefers-color-scheme:dark){:root{--ink:#f4f4f6;--soft:#a9aab8;--paper:#131316;--card:#1c1c21;--line:#303038;--key:#a594ff}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);\
font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
main{width:100%;max-width:27rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.9rem}\
.status{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.06em}\
h1{margin:.35rem 0 .6rem;font-size:1.35rem;line-height:1.3;text-wrap:balance}\
main>p:not(.status){margin:0;color:var(--soft)}\
nav{margin-top:1.5rem;display:flex;flex-wrap:wrap;gap:1.25rem}\
a{color:var(--key);font-weight:550;text-underline-offset:.2em}";

type Renderer = dyn Fn(&RefusalPage<'_>) -> String + Send + Sync;

/// How refusal pages are made: as the application says, else as the library does.
#[derive(Clone, Default)]
pub(crate) struct RefusalPages(Option<Arc<Renderer>>);

impl RefusalPages {
    pub(crate) fn rendered_by(
        render: impl Fn(&RefusalPage<'_>) -> String + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(render)))
    }

    pub(crate) fn render(&self, page: &RefusalPage<'_>) -> String {
        match &self.0 {
            Some(render) => render(page),
            None => page.to_html(),
        }
    }
}

impl fmt::Debug for RefusalPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "RefusalPages(application)",
            None => "RefusalPages(default)",
        })
    }
}
