//! The question whether an application may have access to an account.

use axum::response::Response;
use http::StatusCode;

use super::layout::{escape, heading, page, person};
use crate::model::session::Session;
use crate::rules::api_error::ApiError;
use crate::rules::oauth_grants::{self, ORGANIZATION_SCOPE};
use crate::rules::{accounts, memberships, organizations};
use crate::store::tables::Tables;

/// A question that the user answers with one of two buttons. All texts are without escaping.
pub(crate) struct Question<'a> {
    /// The name of the application.
    pub(crate) application: &'a str,
    pub(crate) scopes: &'a [String],
    /// Where the answer is posted.
    pub(crate) action: &'a str,
    pub(crate) hidden: &'a [(&'a str, &'a str)],
    /// The name of the field that is `true` or `false`.
    pub(crate) decision: &'a str,
    /// A line below the buttons.
    pub(crate) notice: &'a str,
}

impl Question<'_> {
    /// Responds with the page that asks the user of a session.
    pub(crate) fn page(self, tables: &Tables, session: &Session) -> Result<Response, ApiError> {
        let user = accounts::find(tables, &session.user_id)?;
        let scopes: String = self
            .scopes
            .iter()
            .map(|scope| oauth_grants::described(scope).unwrap_or(scope))
            .map(|text| format!("<li><span>{}</span></li>", escape(text)))
            .collect();
        let hidden: String = self
            .hidden
            .iter()
            .map(|(name, value)| {
                let value = escape(value);
                format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
            })
            .collect();
        let headline = format!("{} wants to access your account", self.application);
        let decision = self.decision;
        let html = format!(
            "{}<div class=\"row\">{}</div><p>If you allow it, {} gets:</p><ul class=\"plain\">{scopes}</ul>\
             <form method=\"post\" action=\"{}\">{hidden}{}<div class=\"row\">\
             <button class=\"primary\" name=\"{decision}\" value=\"true\">Allow</button>\
             <button name=\"{decision}\" value=\"false\">Deny</button></div></form>\
             <p class=\"quiet small\">{}</p>",
            heading("", &headline, ""),
            person(&user.display_name(), user.identifier()),
            escape(self.application),
            escape(self.action),
            self.organizations(tables, session),
            escape(self.notice),
        );
        Ok(page(StatusCode::OK, &headline, &html, None))
    }

    /// Lets the user choose an organization, if the application learns about one.
    fn organizations(&self, tables: &Tables, session: &Session) -> String {
        if !self.scopes.iter().any(|scope| scope == ORGANIZATION_SCOPE) {
            return String::new();
        }
        let options: String = memberships::of_user(tables, &session.user_id)
            .filter_map(|one| organizations::find(tables, &one.organization_id).ok())
            .map(|one| {
                let is_active = session.organization_id.as_ref() == Some(&one.id);
                let selected = if is_active { " selected" } else { "" };
                let (id, name) = (escape(&one.id), escape(&one.name));
                format!("<option value=\"{id}\"{selected}>{name}</option>")
            })
            .collect();
        if options.is_empty() {
            return String::new();
        }
        format!("<label>Organization<select name=\"organization_id\">{options}</select></label>")
    }
}
