//! The pages of refused requests and of unknown addresses, with a way back.

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
    let text = format!(
        "{text}</p>\n<p>An API client gets JSON: <code>{}</code>.",
        Escaped(page.message())
    );
    with_way_back(page.status().as_u16(), title, &text, &more)
}

/// Renders the page for addresses that the application does not have. It contains nothing from the request.
#[must_use]
pub fn not_found_page() -> String {
    let text =
        "The quickstart has no page at this address. The home page leads to those that it has.";
    with_way_back(404, "Page not found", text, "")
}

/// `text` and `more` are HTML.
fn with_way_back(status: u16, title: &str, text: &str, more: &str) -> String {
    let body = format!(
        "<div class=\"centered\"><main>\n<p class=\"status\">{status}</p>\n<h1>{title}</h1>\n<p>{text}</p>\n\
         <div class=\"actions\"><a class=\"button main\" href=\"/\">Back to the home page</a>{more}</div>\n</main></div>"
    );
    document(title, &body)
}
