//! The pages of the quickstarts.

use std::fmt::Write as _;

use crate::excerpt::excerpt;
use crate::instance::{Instance, SetUpError};
use crate::style::{Escaped, document, sign_out_button};
use crate::trial::{CALLS, tokens};
use crate::visitor::Visitor;

/// A page of the quickstarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topic {
    /// The home page, for everybody.
    Home,
    /// A page for signed-in users.
    Dashboard,
    /// A page for admins of the active organization.
    Administration,
    /// A page for users with the permission to create invoices.
    Invoices,
    /// Commands to try the API with.
    Try,
}

const TOPICS: [Topic; 5] = [
    Topic::Home,
    Topic::Dashboard,
    Topic::Administration,
    Topic::Invoices,
    Topic::Try,
];

impl Topic {
    fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Dashboard => "Dashboard",
            Self::Administration => "Administration",
            Self::Invoices => "Invoices",
            Self::Try => "Try the API",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Dashboard => "/dashboard",
            Self::Administration => "/admin",
            Self::Invoices => "/invoices",
            Self::Try => "/try",
        }
    }

    /// What it proves that this page is shown.
    fn proof(self) -> &'static str {
        match self {
            Self::Home => {
                "This page is for everybody. It greets you by name if you are signed in, and works if you are not."
            }
            Self::Dashboard => {
                "You see this page because you are signed in. Your name, your email address and the name of your organization were \
                 looked up; everything else was read from the verified session token, without a call to Clerk."
            }
            Self::Administration => {
                "You see this page because your role in the active organization is org:admin. The guard checks the session \
                 token before the handler runs."
            }
            Self::Invoices => {
                "You see this page because your role has the permission org:invoices:create. The handler asks for it in its \
                 signature, so it cannot be forgotten."
            }
            Self::Try => {
                "The same routes answer API clients, with a status and JSON instead of redirects and pages."
            }
        }
    }

    /// The beginnings of the items in the source of the quickstart that make this page what it is.
    fn code(self) -> &'static [&'static str] {
        match self {
            Self::Home => &["async fn home"],
            Self::Dashboard => &["async fn dashboard"],
            Self::Administration => &["let administration", "async fn admin"],
            Self::Invoices => &["impl Policy for CreateInvoices", "async fn invoices"],
            Self::Try => &["async fn me", "async fn create_invoice"],
        }
    }

    /// What to try after this page, as HTML.
    fn next(self, signed_in: bool, on_emulator: bool) -> Vec<&'static str> {
        match self {
            Self::Home if !signed_in => vec![
                if on_emulator {
                    "<a href=\"/dashboard\">Sign in</a> as Ada Lovelace, an admin of Acme, or as Alan Turing, a member. One click \
                     is enough."
                } else {
                    "<a href=\"/dashboard\">Sign in</a> at your Clerk instance. It sends you back here."
                },
                "Open the <a href=\"/admin\">administration</a> right away: you are asked to sign in, and return to that page.",
                "Send requests with <code>curl</code>: <a href=\"/try\">try the API</a>.",
            ],
            Self::Home => vec![
                "See what the session token says about you on the <a href=\"/dashboard\">dashboard</a>.",
                "Open the <a href=\"/admin\">administration</a>, which requires the role <code>org:admin</code>.",
                "Open the <a href=\"/invoices\">invoices</a>, which require the permission <code>org:invoices:create</code>.",
                "See what the API returns about you: <a href=\"/me\">/me</a>.",
            ],
            Self::Dashboard => vec![
                "Wait for a minute and reload: the session token has expired by then, and is renewed without your noticing.",
                "Delete the cookie <code>__session</code> in the developer tools and reload: a handshake with Clerk brings it \
                 back.",
                "Sign out and come back to this page: you are asked to sign in.",
            ],
            Self::Administration if on_emulator => vec![
                "Sign out, sign in as Alan Turing, who is a member, and open this page again: it refuses you.",
                "Stop the application and change the role of the guard: nothing else is needed to protect these routes.",
            ],
            Self::Administration => vec![
                "Change your role in the Clerk Dashboard, wait a minute for the next session token, and reload.",
            ],
            Self::Invoices if on_emulator => vec![
                "Sign out, sign in as Alan Turing, whose role has no permissions, and open this page again: it refuses you.",
                "Create an invoice as an API client would: <a href=\"/try\">try the API</a>.",
            ],
            Self::Invoices => vec![
                "Take the permission from your role in the Clerk Dashboard, wait a minute for the next session token, and \
                 reload.",
            ],
            Self::Try => vec![
                "Watch the terminal of this application: its log says why each request is refused.",
            ],
        }
    }
}

impl Instance {
    /// Renders a page for this visitor. `source` is the source text of the quickstart, from which the page shows the lines
    /// that it is made of.
    ///
    /// # Errors
    /// Returns an error if the emulator cannot create the tokens of [`Topic::Try`].
    pub fn page(
        &self,
        topic: Topic,
        visitor: &Visitor,
        source: &str,
    ) -> Result<String, SetUpError> {
        let on_emulator = self.emulator().is_some();
        let mut body = bar(topic, visitor);
        body.push_str("\n<main>\n");
        match (topic, visitor.first_name()) {
            (Topic::Home, name) => {
                let name = name.unwrap_or("visitor");
                push(
                    &mut body,
                    format_args!("<h1 id=\"greeting\">Hello, {}.</h1>\n", Escaped(name)),
                );
            }
            (topic, _) => push(&mut body, format_args!("<h1>{}</h1>\n", topic.title())),
        }
        push(
            &mut body,
            format_args!("<p class=\"lead\">{}</p>\n", topic.proof()),
        );
        if visitor.is_undecided() {
            body.push_str(
                "<p class=\"note\">Clerk could not be asked who you are. The log of this application says why.</p>\n",
            );
        }
        match topic {
            Topic::Home | Topic::Administration | Topic::Invoices => {}
            Topic::Dashboard => body.push_str(&facts(visitor)),
            Topic::Try => body.push_str(&self.calls()?),
        }
        body.push_str("<section><h2>Try next</h2>\n<ul>\n");
        for suggestion in topic.next(visitor.session().is_some(), on_emulator) {
            push(&mut body, format_args!("<li>{suggestion}</li>\n"));
        }
        body.push_str("</ul></section>\n<section><h2>The code behind this page</h2>\n");
        for start in topic.code() {
            push(
                &mut body,
                format_args!(
                    "<pre class=\"source\"><code>{}</code></pre>\n",
                    Escaped(&excerpt(source, start))
                ),
            );
        }
        body.push_str("</section>\n</main>");
        Ok(document(topic.title(), &body))
    }

    fn calls(&self) -> Result<String, SetUpError> {
        let mut html = String::new();
        let origin = self.origin();
        match self.emulator() {
            Some(emulator) => {
                html.push_str(
                    "<section><h2>First, the tokens</h2>\n<p>Paste these lines into a terminal; a click selects all of them. The tokens are valid for a \
                     day, as long as this process runs.</p>\n<pre id=\"tokens\"><code>",
                );
                for (name, token) in tokens(emulator, origin)? {
                    push(&mut html, format_args!("{name}={}\n", Escaped(&token)));
                }
                html.push_str("</code></pre></section>\n");
            }
            None => html.push_str(
                "<section><h2>First, a token</h2>\n<p>Sign in, and copy the value of the cookie <code>__session</code> from the \
                 developer tools of the browser. A page with Clerk’s browser SDK gets one with <code>await \
                 Clerk.session.getToken()</code>. The token is valid for a minute. Set it as <code>ADA</code> if you are an \
                 admin of your organization, or as <code>ALAN</code> if you are a member; it is <code>EXPIRED</code> soon \
                 enough.</p></section>\n",
            ),
        }
        html.push_str("<section><h2>Then, the requests</h2>\n");
        for call in &CALLS {
            let class = if call.status < 400 { "good" } else { "bad" };
            push(
                &mut html,
                format_args!(
                    "<div class=\"call\"><span>{}</span><strong class=\"{class}\">{}</strong>\
                     <pre><code>{}</code></pre></div>\n",
                    call.why,
                    call.status,
                    Escaped(&call.command(origin))
                ),
            );
        }
        html.push_str("</section>\n");
        if let Some(emulator) = self.emulator() {
            html.push_str(
                "<section><h2>The emulator, from other programs</h2>\n<p>With these variables, another application uses the \
                 emulator of this one, and needs no changes.</p>\n<pre><code>",
            );
            for (name, value) in emulator.env() {
                push(&mut html, format_args!("{name}={}\n", Escaped(&value)));
            }
            html.push_str("</code></pre></section>\n");
        }
        Ok(html)
    }
}

/// The bar with the pages, and who is signed in.
fn bar(topic: Topic, visitor: &Visitor) -> String {
    let mut html = "<header class=\"bar\"><div><nav>".to_owned();
    for other in TOPICS {
        let current = if other == topic {
            " aria-current=\"page\""
        } else {
            ""
        };
        push(
            &mut html,
            format_args!(
                "<a href=\"{}\"{current}>{}</a>",
                other.path(),
                other.title()
            ),
        );
    }
    html.push_str("</nav><div class=\"account\">");
    match (visitor.full_name(), visitor.initials()) {
        (Some(name), Some(initials)) => {
            push(
                &mut html,
                format_args!(
                    "<span class=\"initials\" aria-hidden=\"true\">{}</span><span>{}<small>{}</small></span>{}",
                    Escaped(&initials),
                    Escaped(&name),
                    Escaped(&membership(visitor)),
                    sign_out_button("Sign out"),
                ),
            );
        }
        _ => {
            html.push_str("<a id=\"sign-in\" class=\"button main\" href=\"/dashboard\">Sign in</a>")
        }
    }
    html.push_str("</div></div></header>");
    html
}

/// The role and the organization in a few words.
fn membership(visitor: &Visitor) -> String {
    match (visitor.organization(), visitor.role()) {
        (Some(organization), Some(role)) => {
            format!("{} of {organization}", role.trim_start_matches("org:"))
        }
        (Some(organization), None) => organization.to_owned(),
        (None, _) => "no organization active".to_owned(),
    }
}

/// What is known of the visitor.
fn facts(visitor: &Visitor) -> String {
    let Some(session) = visitor.session() else {
        return String::new();
    };
    let code = |text: &str| format!("<code>{}</code>", Escaped(text));
    let mut html = "<section><h2>Who you are</h2>\n<dl>\n".to_owned();
    let mut fact = |name: &str, value: &str| {
        push(&mut html, format_args!("<dt>{name}</dt><dd>{value}</dd>\n"));
    };
    if let Some(name) = visitor.full_name() {
        fact("Name", &Escaped(&name).to_string());
    }
    if let Some(address) = visitor.email_address() {
        fact("Email", &Escaped(address).to_string());
    }
    fact(
        "User",
        &format!("<code id=\"user-id\">{}</code>", Escaped(session.user_id())),
    );
    if let Some(id) = session.session_id() {
        fact("Session", &code(id));
    }
    match session.organization() {
        Some(active) => {
            let name = visitor.organization().unwrap_or(active.id);
            fact(
                "Organization",
                &format!("{} {}", Escaped(name), code(active.id)),
            );
            if let Some(role) = active.role.as_deref() {
                fact("Role", &code(role));
            }
            let permissions: Vec<String> =
                active.permissions().iter().map(|key| code(key)).collect();
            if permissions.is_empty() {
                fact("Permissions", "none");
            } else {
                fact("Permissions", &permissions.join(" "));
            }
        }
        None => fact("Organization", "none is active"),
    }
    html.push_str("</dl></section>\n");
    html
}

/// Appends formatted text.
fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(what);
}
