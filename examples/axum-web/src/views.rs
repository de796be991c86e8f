//! The templates, and what they show.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use clerk_axum::components::{
    Markup, MountPoint, OrganizationSwitcher, SignInButton, SignUpButton, UserButton,
};
use clerk_axum::{ClerkPage, SignedIn};
use pages_demo::{Application, HTMX_CONFIG, Note};

/// Renders a template as the response.
pub(crate) struct View<T>(pub(crate) T);

impl<T: Template> IntoResponse for View<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// The layout that surrounds every page: its head, the navigation and the visitor.
pub(crate) struct Layout {
    page: ClerkPage,
    title: &'static str,
    htmx_config: &'static str,
}

/// The pages of the navigation.
const PAGES: [(&str, &str); 4] = [
    ("/notes", "Notes"),
    ("/organizations", "Organizations"),
    ("/pricing", "Pricing"),
    ("/profile", "Profile"),
];

impl Layout {
    pub(crate) fn new(page: ClerkPage, title: &'static str) -> Self {
        Self {
            page,
            title,
            htmx_config: HTMX_CONFIG,
        }
    }

    pub(crate) fn mount(&self, component: impl Into<MountPoint>) -> Markup {
        self.page.mount(component)
    }

    fn pages(&self) -> [(&'static str, &'static str); 4] {
        PAGES
    }

    fn scripts(&self) -> Markup {
        self.page.scripts()
    }

    fn nonce(&self) -> &str {
        self.page.nonce().unwrap_or_default()
    }

    fn is_signed_in(&self) -> bool {
        self.page.is_signed_in()
    }

    /// Returns what the corner of the page shows: the user, or links to sign in, or neither if Clerk cannot be reached.
    fn visitor(&self) -> Vec<Markup> {
        if self.page.is_signed_in() {
            vec![
                self.page.mount(
                    OrganizationSwitcher::new()
                        .after_select_organization_url("/notes")
                        .after_select_personal_url("/notes"),
                ),
                self.page.mount(UserButton::new()),
            ]
        } else if self.page.is_signed_out() {
            vec![
                self.page
                    .button(SignInButton::new("Sign in").class("button quiet")),
            ]
        } else {
            Vec::new()
        }
    }

    fn sign_up_button(&self) -> Markup {
        self.page
            .button(SignUpButton::new("Start writing").class("button"))
    }
}

#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomeView {
    pub(crate) layout: Layout,
}

/// A page with one component, or two, or with text only.
#[derive(Template)]
#[template(path = "component.html")]
pub(crate) struct ComponentView {
    pub(crate) layout: Layout,
    pub(crate) second: Option<Markup>,
    lead: Option<&'static str>,
    component: Option<Markup>,
}

impl ComponentView {
    pub(crate) fn new(layout: Layout, lead: &'static str, component: Markup) -> Self {
        Self {
            layout,
            second: None,
            lead: Some(lead),
            component: Some(component),
        }
    }

    /// Creates a page with nothing but a title and a sentence.
    pub(crate) fn text(layout: Layout, lead: &'static str) -> Self {
        Self {
            layout,
            second: None,
            lead: Some(lead),
            component: None,
        }
    }

    /// Creates a page with nothing but the component, which has a title of its own.
    pub(crate) fn centered(layout: Layout, component: Markup) -> Self {
        Self {
            layout,
            second: None,
            lead: None,
            component: Some(component),
        }
    }
}

#[derive(Template)]
#[template(path = "notes.html")]
pub(crate) struct NotesView {
    pub(crate) layout: Layout,
    pub(crate) panel: NotesPanel,
}

/// The part of the page that htmx replaces.
#[derive(Template)]
#[template(path = "notes_panel.html")]
pub(crate) struct NotesPanel {
    notes: Vec<Note>,
}

impl NotesPanel {
    pub(crate) fn of(app: &Application, session: &SignedIn) -> Self {
        Self {
            notes: app.notes().of(session),
        }
    }
}
