//! The HTML page that a browser shows when a page request is refused.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The request is not signed in, or its token is not accepted.
    Unauthenticated,
    /// The request is signed in, but not allowed.
    Forbidden,
    /// The request was refused by a guard that hides which routes exist.
    NotFound,
    /// The request could not be authenticated, because Clerk could not be reached.
    Undecided,
    /// The path cannot be decoded.
    MalformedPath,
    /// The webhook could not be verified, or is too long.
    Webhook,
    /// The application is misconfigured; the log says how.
    Misconfigured,
}

/// What someone can do whose request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Sign in.
    SignIn,
    /// Sign in, instead of sending a token of another type.
    SignInInstead,
    /// Send a token of another type; a session token is not accepted.
    OtherToken,
    /// Send a token; a session token is not accepted.
    MachineToken,
}

impl Remedy {
    /// Says it to API clients.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::SignIn => "sign in, or send a valid token",
            Self::SignInInstead => {
                "a token of this type is not accepted here: sign in, or send a token of an accepted type"
            }
            Self::OtherToken => {
                "a token of this type is not accepted here: send a token of an accepted type"
            }
            Self::MachineToken => "send a valid token of an accepted type",
        }
    }

    /// Says it to people, in a title and a text.
    fn title_and_text(self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn => (
                "Please sign in",
                "You need to be signed in to see this page.",
            ),
            Self::SignInInstead => (
                "Please sign in",
                "You need to be signed in to see this page. The token that was sent instead isn’t of a type that it accepts.",
            ),
            Self::OtherToken | Self::MachineToken => (
                "This page is for programs",
                "Signing in doesn’t open it: it accepts only the tokens of programs, such as API keys.",
            ),
        }
    }
}

/// The contents of a refusal page, for [custom renderers](crate::ClerkBuilder::refusal_page).
#[derive(Clone, Copy, Debug)]
pub struct RefusalPage<'a> {
    kind: RefusalKind,
    status: StatusCode,
    message: &'a str,
    remedy: Remedy,
}

impl<'a> RefusalPage<'a> {
    pub(crate) fn new(
        kind: RefusalKind,
        status: StatusCode,
        message: &'a str,
        remedy: Remedy,
    ) -> Self {
        Self {
            kind,
            status,
            message,
            remedy,
        }
    }

    /// Returns why the request was refused.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the message that API clients get for the same refusal.
    #[must_use]
    pub fn message(&self) -> &'a str {
        self.message
    }

    fn title_and_text(&self) -> (&'static str, &'static str) {
        match self.kind {
            RefusalKind::Unauthenticated => self.remedy.title_and_text(),
            RefusalKind::Forbidden => (
                "You don’t have access to this page",
                "You are signed in, but your account doesn’t have the access that this page requires. To get access, contact \
                 the people who run this site.",
            ),
            RefusalKind::NotFound => (
                "Page not found",
                "The address may be mistyped, or the page may have moved.",
            ),
            RefusalKind::Undecided => (
                "Please try again in a moment",
                "We can’t check whether you are signed in right now. You don’t need to sign in again.",
            ),
            RefusalKind::MalformedPath => (
                "This address isn’t valid",
                "Check the address for characters that don’t belong there.",
            ),
            RefusalKind::Webhook | RefusalKind::Misconfigured => (
                "Something went wrong",
                "The site isn’t set up correctly. Its operators can find the details in the log.",
            ),
        }
    }

    /// Renders the default page. It contains nothing from the request.
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

/// Renders refusal pages: with the application's renderer if there is one, or else the default page.
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
