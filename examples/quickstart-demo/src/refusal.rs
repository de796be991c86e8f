//! The page of a refused request, with a way back.

use clerk_core::{ClerkBuilder, RefusalKind, RefusalPage};

use crate::style::{Escaped, document, sign_out_button};

/// Sets the page that browsers get when a page request is refused.
pub fn with_refusal_page(clerk: ClerkBuilder) -> ClerkBuilder {
    clerk.refusal_page(refusal_page)
}

fn refusal_page(page: &RefusalPage<'_>) -> String {
    let (title, text) = match page.kind() {
        RefusalKind::Forbidden => (
            "You don’t have access to this page",
            "You are signed in, but your account doesn’t have the access that this page requires. On the emulator, Ada \
             Lovelace has it.",
        ),
        RefusalKind::Unauthenticated => ("Please sign in", "This page is for signed-in users."),
        RefusalKind::Undecided => (
            "Please try again in a moment",
            "Clerk could not be asked whether you are signed in. The log of this application says why.",
        ),
        RefusalKind::MalformedPath => (
            "This address isn’t valid",
            "It contains characters that cannot be decoded.",
        ),
        RefusalKind::NotFound => ("Page not found", "The address may be mistyped."),
        _ => (
            "Something went wrong",
            "The log of this application says what.",
        ),
    };
    let more = match page.kind() {
        RefusalKind::Forbidden => sign_out_button("Sign out"),
        RefusalKind::Undecided => "<a class=\"button\" href=\"\">Try again</a>".to_owned(),
        _ => String::new(),
    };
    let body = format!(
        "<div class=\"centered\"><main>\n<p class=\"status\">{}</p>\n<h1>{title}</h1>\n<p>{text}</p>\n\
         <p>An API client gets JSON: <code>{}</code>.</p>\n\
         <div class=\"actions\"><a class=\"button main\" href=\"/\">Back to the home page</a>{more}</div>\n</main></div>",
        page.status().as_u16(),
        Escaped(page.message()),
    );
    document(title, &body)
}
