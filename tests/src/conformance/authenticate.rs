//! Cases of the kinds `authenticate` and `verify_token`.

use std::time::Duration;

use clerk_core::adapter::RequestView;
use clerk_core::{
    AcceptedTokens, AllowedRedirectOrigins, Auth, AuthStatus, Clerk, ClerkBuilder,
    OrganizationSync, Reason, RequestState, TokenType,
};
use http::HeaderMap;
use serde_json::{Value, json};
use url::Url;

use super::{Answerer, text, texts};

impl Answerer {
    pub(super) async fn authenticate(&self, case: &Value) -> Value {
        let id = case["id"].as_str().unwrap_or_default();
        let base_url = self.backend.script(id, &case["backend"]);
        let mut answer = match self.build(case, &base_url) {
            Ok(clerk) => match Request::read(&case["request"]) {
                Some(request) => match clerk.authenticate_request(&request).await {
                    Ok(state) => state_json(&state, case["treat_pending_as_signed_out"] != false),
                    Err(error) => json!({ "error": error.to_string() }),
                },
                None => json!({ "error": "the URL of the request cannot be parsed" }),
            },
            Err(error) => json!({ "error": error }),
        };
        answer["backend_calls"] = Value::Array(self.backend.calls(id));
        answer
    }

    pub(super) async fn verify_token(&self, case: &Value) -> Value {
        let id = case["id"].as_str().unwrap_or_default();
        let options = &case["options"];
        let base_url = self.backend.script(id, &case["backend"]);
        // Only the token matters here: no publishable key is needed if only machine tokens are accepted.
        let builder = claim_options(self.builder(case, options, &base_url), options)
            .accepts(TokenType::M2mToken)
            .machine_secret_key("ak_unused");
        let mut answer = match builder.build() {
            Ok(clerk) => match clerk
                .verify_token(case["token"].as_str().unwrap_or_default())
                .await
            {
                Ok(session) => json!({ "claims": session.claims().as_map() }),
                Err(error) => {
                    json!({ "error": { "reason": error.reason().as_str(), "message": error.message() } })
                }
            },
            Err(error) => json!({ "error": error.to_string() }),
        };
        answer["backend_calls"] = Value::Array(self.backend.calls(id));
        answer
    }

    fn build(&self, case: &Value, base_url: &str) -> Result<Clerk, String> {
        let options = &case["options"];
        let mut builder = claim_options(self.builder(case, options, base_url), options)
            .accepts(accepted_tokens(&options["accepts_token"]))
            .allowed_redirect_origins(AllowedRedirectOrigins::any())
            .is_satellite(options["is_satellite"] == true)
            .satellite_auto_sync(options["satellite_auto_sync"] == true);
        if let Some(key) = text(options, "publishable_key") {
            builder = builder.publishable_key(key);
        }
        if let Some(domain) = text(options, "domain") {
            builder = builder.domain(domain);
        }
        if let Some(url) = text(options, "proxy_url") {
            builder = builder.proxy_url(url);
        }
        if let Some(url) = text(options, "sign_in_url") {
            builder = builder.sign_in_url(url);
        }
        if let Some(url) = text(options, "sign_up_url") {
            builder = builder.sign_up_url(url);
        }
        let sync = &options["organization_sync"];
        let sync = OrganizationSync::new(
            texts(&sync["organization_patterns"]),
            texts(&sync["personal_account_patterns"]),
        );
        builder
            .organization_sync(sync.map_err(|error| error.to_string())?)
            .build()
            .map_err(|error| error.to_string())
    }
}

fn claim_options(mut builder: ClerkBuilder, options: &Value) -> ClerkBuilder {
    builder = builder
        .authorized_parties(texts(&options["authorized_parties"]))
        .audience(texts(&options["audience"]))
        .issuer(texts(&options["issuer"]));
    if let Some(pem) = text(options, "jwt_key") {
        builder = builder.jwt_key(pem);
    }
    if let Some(skew) = options["clock_skew_ms"].as_u64() {
        builder = builder.clock_skew(Duration::from_millis(skew));
    }
    builder
}

pub(super) fn accepted_tokens(accepts: &Value) -> AcceptedTokens {
    let kind = |name: &Value| match name.as_str() {
        Some("api_key") => TokenType::ApiKey,
        Some("m2m_token") => TokenType::M2mToken,
        Some("oauth_token") => TokenType::OAuthToken,
        _ => TokenType::SessionToken,
    };
    match accepts {
        Value::String(any) if any == "any" => AcceptedTokens::any(),
        Value::Array(list) => AcceptedTokens::list(list.iter().map(kind)),
        other => kind(other).into(),
    }
}

fn state_json(state: &RequestState, treat_pending_as_signed_out: bool) -> Value {
    let auth = match state.status() {
        AuthStatus::Handshake => Value::Null,
        _ if treat_pending_as_signed_out => auth_json(state.auth()),
        _ => auth_json(&state.auth().clone().pending_as_signed_in()),
    };
    let signed_in = state.status() == AuthStatus::SignedIn;
    json!({
        "status": state.status().as_str(),
        "reason": state.reason().map(Reason::as_str),
        "message": if signed_in { Value::Null } else { json!(state.message()) },
        "token_type": state.auth().token_type().map(TokenType::as_str),
        "is_authenticated": signed_in,
        "headers": headers_json(state.headers()),
        "token": token(state.auth()),
        "auth": auth,
    })
}

fn auth_json(auth: &Auth) -> Value {
    serde_json::to_value(auth).unwrap_or_else(|error| json!({ "error": error.to_string() }))
}

fn token(auth: &Auth) -> Option<&str> {
    match auth {
        Auth::SignedOut(signed_out) => signed_out
            .pending_session()
            .map(|session| session.expose_token()),
        Auth::Session(session) => Some(session.expose_token()),
        Auth::ApiKey(key) => Some(key.expose_token()),
        Auth::M2mToken(token) => Some(token.expose_token()),
        Auth::OAuthToken(token) => Some(token.expose_token()),
        _ => None,
    }
}

fn headers_json(headers: &HeaderMap) -> Vec<[String; 2]> {
    let mut list: Vec<[String; 2]> = headers
        .iter()
        .map(|(name, value)| {
            [
                name.as_str().to_owned(),
                value
                    .as_bytes()
                    .iter()
                    .map(|&byte| char::from(byte))
                    .collect(),
            ]
        })
        .collect();
    // A stable sort, so that several `set-cookie` headers keep their order.
    list.sort_by(|a, b| a[0].cmp(&b[0]));
    list
}

/// The request of a case. Header values are Latin-1, as on the wire.
#[derive(Debug)]
pub(super) struct Request {
    method: String,
    url: Url,
    path_and_query: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    pub(super) fn read(request: &Value) -> Option<Self> {
        let url = Url::parse(request["url"].as_str()?).ok()?;
        let path_and_query = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        let latin1 = |text: &str| {
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect()
        };
        let headers = request["headers"]
            .as_array()?
            .iter()
            .filter_map(|pair| {
                Some((
                    pair[0].as_str()?.to_ascii_lowercase(),
                    latin1(pair[1].as_str()?),
                ))
            })
            .collect();
        Some(Self {
            method: request["method"].as_str()?.to_owned(),
            url,
            path_and_query,
            headers,
        })
    }
}

impl RequestView for Request {
    fn method(&self) -> &str {
        &self.method
    }

    fn scheme(&self) -> Option<&str> {
        Some(self.url.scheme())
    }

    fn authority(&self) -> Option<&str> {
        Some(&self.url[url::Position::BeforeHost..url::Position::AfterPort])
    }

    fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.headers
            .iter()
            .filter(|(known, _)| known == name)
            .for_each(|(_, value)| visit(value));
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.headers
            .iter()
            .for_each(|(name, value)| visit(name, value));
    }
}
