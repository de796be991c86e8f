//! The markup of the pages.

use actix_web::web::Html;
use clerk_actix::ClerkPage;
use clerk_actix::components::{
    Markup as Component, OrganizationSwitcher, SignInButton, SignUpButton, UserButton,
};
use maud::{DOCTYPE, Markup, html};
use pages_demo::{HTMX_CONFIG, Note};

/// The pages of the navigation.
const PAGES: [(&str, &str); 4] = [
    ("/notes", "Notes"),
    ("/organizations", "Organizations"),
    ("/pricing", "Pricing"),
    ("/profile", "Profile"),
];

/// Surrounds the content of a page with its head, the navigation and the visitor.
pub(crate) fn layout(page: &ClerkPage, title: &str, content: &Markup) -> Html {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=(HTMX_CONFIG);
                title { (title) " · Margin" }
                link rel="icon" href="/assets/icon.svg";
                link rel="stylesheet" href="/assets/style.css";
                (page.scripts())
                script src="/assets/htmx.js" nonce=[page.nonce()] defer {}
            }
            body {
                header.bar {
                    a.brand href="/" { img src="/assets/icon.svg" alt=""; "Margin" }
                    nav hx-boost="true" {
                        @for (path, name) in PAGES {
                            a href=(path) aria-current=[(name == title).then_some("page")] { (name) }
                        }
                    }
                    div.visitor { (visitor(page)) }
                }
                (content)
                footer { "An example of Clerk for Rust, with actix-web, maud and htmx" }
            }
        }
    };
    Html::new(whole.into_string())
}

/// Renders what the corner of the page shows: the user, or links to sign in, or neither if Clerk cannot be reached.
fn visitor(page: &ClerkPage) -> Markup {
    let switcher = OrganizationSwitcher::new()
        .after_select_organization_url("/notes")
        .after_select_personal_url("/notes");
    html! {
        @if page.is_signed_in() {
            (page.mount(switcher))
            (page.mount(UserButton::new()))
        } @else if page.is_signed_out() {
            (page.button(SignInButton::new("Sign in").class("button quiet")))
        }
    }
}

pub(crate) fn home(page: &ClerkPage) -> Markup {
    html! {
        main {
            section.hero {
                h1 { "Notes in the margin, for you and your team" }
                p.lead {
                    "Write something down where you will find it again. Keep it to yourself, or share it with an organization."
                }
                div.actions {
                    @if page.is_signed_in() {
                        a.button href="/notes" { "Open your notes" }
                    } @else {
                        (page.button(SignUpButton::new("Start writing").class("button")))
                    }
                    a.button.quiet href="/pricing" { "See the plans" }
                }
            }
            ul.features {
                li { h2 { "Yours" } p { "Sign in on pages of this application, in its own colors." } }
                li { h2 { "Shared" } p { "Switch to an organization, and everyone in it sees the same notes." } }
                li { h2 { "Patient" } p { "Leave the tab open over lunch: the next note is saved all the same." } }
            }
        }
    }
}

pub(crate) fn content(content: &Markup) -> Markup {
    html! { main { (content) } }
}

/// Renders a page with nothing but a component, which has a title of its own.
pub(crate) fn centered(component: &Component) -> Markup {
    html! { main.center { (component) } }
}

/// Renders the part of the page that htmx replaces.
pub(crate) fn notes(notes: &[Note]) -> Markup {
    html! {
        section.panel #notes {
            form.add method="post" action="/notes" hx-post="/notes" hx-target="#notes" hx-swap="outerHTML" {
                input name="text" maxlength="200" placeholder="What do you want to remember?" aria-label="New note"
                    required autofocus autocomplete="off";
                button.button { "Add" }
            }
            @if notes.is_empty() {
                p.empty { "No notes yet." }
            } @else {
                ul.notes {
                    @for note in notes {
                        @let remove = format!("/notes/{}/remove", note.id);
                        li {
                            span { (note.text) }
                            form method="post" action=(remove) hx-post=(remove) hx-target="#notes" hx-swap="outerHTML" {
                                button aria-label="Remove this note" { "Remove" }
                            }
                        }
                    }
                }
            }
        }
    }
}
