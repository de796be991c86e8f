//! OAuth clients that register themselves (RFC 7591), if the instance allows it.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::json;

use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::{Reply, json_response};
use crate::rules::api_error::ApiError;
use crate::rules::oauth_applications::{self, ApplicationFields};
use crate::rules::oauth_grants;
use crate::rules::settings;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/oauth/register", post(register))
}

const METHODS: &[&str] = &["client_secret_basic", "client_secret_post", "none"];

/// What a client says about itself.
struct Metadata {
    fields: ApplicationFields,
    method: String,
    logo_uri: Option<String>,
}

impl Metadata {
    /// Reads what a client says about itself. Unknown metadata is ignored, as RFC 7591 section 2 requires.
    fn read(body: &Body) -> Result<Self, ApiError> {
        let redirect_uris = body
            .texts("redirect_uris")?
            .filter(|uris| !uris.is_empty())
            .ok_or_else(|| ApiError::missing("redirect_uris"))?;
        let method = body
            .one_of("token_endpoint_auth_method", METHODS)?
            .unwrap_or_else(|| METHODS[0].to_owned());
        Ok(Self {
            fields: ApplicationFields {
                name: body.text("client_name")?.filter(|name| !name.is_empty()),
                redirect_uris: Some(redirect_uris),
                scopes: body.text("scope")?.filter(|scope| !scope.is_empty()),
                // No one vouches for such clients, so users are always asked.
                consent_screen_enabled: Some(true),
                pkce_required: Some(false),
                public: Some(method == "none"),
                dynamically_registered: Some(true),
                client_uri: body.text("client_uri")?,
                ..ApplicationFields::default()
            },
            method,
            logo_uri: body.text("logo_uri")?,
        })
    }
}

async fn register(State(app): State<Arc<App>>, body: Body) -> Reply {
    app.write(|tables, now| {
        if !settings::get(tables)?.oauth.dynamic_oauth_client_registration {
            return Err(ApiError::forbidden(
                "oauth_dynamic_client_registration_disabled",
                "The instance does not let clients register. Set dynamic_oauth_client_registration with PATCH \
                 /v1/instance/oauth_application_settings.",
            ));
        }
        let metadata = match Metadata::read(&body) {
            Ok(metadata) => metadata,
            Err(error) => return Ok(refusal(&error)),
        };
        let mut fields = metadata.fields;
        if fields.scopes.is_none() {
            fields.scopes = Some(oauth_grants::default_scopes(tables).join(" "));
        }
        let registered = match oauth_applications::create(tables, fields, now) {
            Ok(application) => application.clone(),
            Err(error) => return Ok(refusal(&error)),
        };
        let name = match registered.name.as_str() {
            "" => registered.client_id.as_str(),
            name => name,
        };
        let mut answer = json!({
            "client_id": registered.client_id,
            "client_id_issued_at": now.div_euclid(1_000),
            // Never.
            "client_secret_expires_at": 0,
            "client_name": name,
            "redirect_uris": registered.redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": registered.scopes,
            "token_endpoint_auth_method": metadata.method,
        });
        if !registered.public {
            answer["client_secret"] = json!(registered.client_secret.0);
        }
        for (name, uri) in [
            ("client_uri", registered.client_uri),
            ("logo_uri", metadata.logo_uri),
        ] {
            if let Some(uri) = uri {
                answer[name] = json!(uri);
            }
        }
        Ok(json_response(StatusCode::CREATED, &answer))
    })
}

/// Returns an error in OAuth's format.
fn refusal(error: &ApiError) -> Response {
    let code = if error.param_name.as_deref() == Some("redirect_uris") {
        "invalid_redirect_uri"
    } else {
        "invalid_client_metadata"
    };
    let body = json!({ "error": code, "error_description": error.message });
    json_response(StatusCode::BAD_REQUEST, &body)
}
