use serde_json::{Value, json};

use super::Shapes;
use crate::instance::INSTANCE_ID;
use crate::model::oauth_application::OAuthApplication;

impl Shapes<'_> {
    /// Renders an OAuth application without its secret.
    pub(crate) fn oauth_application(self, one: &OAuthApplication) -> Value {
        let url = &self.instance.url;
        let logo = one.logo.as_ref();
        json!({
            "object": "oauth_application",
            "id": one.id,
            "instance_id": INSTANCE_ID,
            "name": one.name,
            "client_id": one.client_id,
            "client_uri": one.client_uri,
            "client_image_url": logo.map(|logo| self.instance.image_url(&one.id, Some(logo))),
            "dynamically_registered": one.dynamically_registered,
            "consent_screen_enabled": one.consent_screen_enabled,
            "pkce_required": one.pkce_required,
            "public": one.public,
            "device_authorization_grant_enabled": one.device_authorization_grant_enabled,
            "scopes": one.scopes,
            "redirect_uris": one.redirect_uris,
            "callback_url": one.redirect_uris.first().map_or("", String::as_str),
            "authorize_url": format!("{url}/oauth/authorize"),
            "token_fetch_url": format!("{url}/oauth/token"),
            "user_info_url": format!("{url}/oauth/userinfo"),
            "discovery_url": format!("{url}/.well-known/openid-configuration"),
            "token_introspection_url": format!("{url}/oauth/token_info"),
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        })
    }

    /// Renders an OAuth application with its secret, which a public one does not have.
    pub(crate) fn oauth_application_with_secret(self, one: &OAuthApplication) -> Value {
        let mut json = self.oauth_application(one);
        let secret = if one.public { "" } else { &one.client_secret.0 };
        json["client_secret"] = json!(secret);
        json
    }
}
