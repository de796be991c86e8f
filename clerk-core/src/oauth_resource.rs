//! OAuth protected resource metadata, which tells OAuth clients how to get a token for this application (RFC 9728).

use std::fmt;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
    RETRY_AFTER,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::json;
use url::Url;

use crate::error_chain::write_with_causes;
use crate::urls::{is_http, is_loopback};

/// A part of this application that OAuth clients, such as MCP clients, call with access tokens that Clerk issued.
///
/// Register it with [`ClerkBuilder::oauth_resource`](crate::ClerkBuilder::oauth_resource). The middleware then serves the
/// resource's metadata, and guards that accept OAuth tokens refer to the metadata in their challenge, so that clients can
/// find out where to get a token (RFC 9728; MCP specification: "Authorization").
///
/// ```
/// use clerk_core::OAuthResource;
///
/// # fn main() -> Result<(), clerk_core::OAuthResourceError> {
/// let mcp = OAuthResource::new("https://app.example.com/mcp")?.scopes(["email", "profile"]);
/// # let _ = mcp;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct OAuthResource {
    /// The URL exactly as it was given, because clients compare it with the URL that they know.
    resource: String,
    url: Url,
    scopes: Vec<String>,
    name: Option<String>,
    documentation: Option<String>,
}

/// The error for a URL that cannot identify a protected resource.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the URL of the OAuth resource {resource:?} {problem}: use the public URL of the guarded routes, such as \
     https://app.example.com/mcp"
)]
pub struct OAuthResourceError {
    resource: String,
    problem: &'static str,
}

impl fmt::Debug for OAuthResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

impl OAuthResource {
    /// Creates a resource for the routes at and below this public URL.
    ///
    /// The metadata contains the URL exactly as given, with or without a trailing slash, so give it as clients know it.
    ///
    /// # Errors
    /// Returns [`OAuthResourceError`] if the URL is neither an https URL nor an http URL on loopback, or if it has a query,
    /// a fragment, a username or a password.
    pub fn new(url: impl Into<String>) -> Result<Self, OAuthResourceError> {
        let resource = url.into();
        let problem = match Url::parse(&resource) {
            Err(_) => "is not an absolute URL",
            Ok(url) if !is_http(&url) || (url.scheme() == "http" && !is_loopback(&url)) => {
                "must use https; http is accepted on loopback only"
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                "has a query or a fragment"
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "contains a username or password"
            }
            Ok(_) if resource.trim() != resource => "begins or ends with whitespace",
            Ok(url) => {
                return Ok(Self {
                    resource,
                    url,
                    scopes: Vec::new(),
                    name: None,
                    documentation: None,
                });
            }
        };
        Err(OAuthResourceError { resource, problem })
    }

    /// Sets the scopes that clients may request (`scopes_supported`).
    pub fn scopes<I>(mut self, scopes: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the name of the resource that clients show to users (`resource_name`).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the URL of the documentation for developers (`resource_documentation`).
    pub fn documentation(mut self, url: impl Into<String>) -> Self {
        self.documentation = Some(url.into());
        self
    }

    /// Returns the URL of the metadata, which has the well-known path between the host and the path (RFC 9728 section 3.1).
    #[must_use]
    pub fn metadata_url(&self) -> Url {
        let mut url = self.url.clone();
        url.set_path(&self.metadata_path());
        url
    }

    fn metadata_path(&self) -> String {
        match self.url.path() {
            "/" => PROTECTED_RESOURCE.to_owned(),
            path => format!("{PROTECTED_RESOURCE}{path}"),
        }
    }

    /// Returns true if a path is that of the resource or below it.
    fn covers(&self, path: &str) -> bool {
        let own = self.url.path().trim_end_matches('/');
        path.strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn metadata(&self, authorization_server: &str) -> serde_json::Value {
        let mut metadata = json!({
            "resource": self.resource,
            "authorization_servers": [authorization_server],
            "bearer_methods_supported": ["header"],
        });
        if !self.scopes.is_empty() {
            metadata["scopes_supported"] = json!(self.scopes);
        }
        if let Some(name) = &self.name {
            metadata["resource_name"] = json!(name);
        }
        if let Some(documentation) = &self.documentation {
            metadata["resource_documentation"] = json!(documentation);
        }
        metadata
    }
}

/// The protected resources of an application.
#[derive(Clone, Debug, Default)]
pub(crate) struct OAuthResources(Vec<OAuthResource>);

impl OAuthResources {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, resource: OAuthResource) {
        self.0.push(resource);
    }

    /// Returns the URL of the metadata for a client that requested this path: that of the resource with the longest path
    /// that covers it, or else of the first resource.
    pub(crate) fn metadata_url(&self, path: &str) -> Option<String> {
        let covering = self.0.iter().filter(|resource| resource.covers(path));
        let resource = covering
            .max_by_key(|resource| resource.url.path().len())
            .or(self.0.first())?;
        Some(resource.metadata_url().into())
    }

    /// Answers a request for metadata of a protected resource, or of the authorization server, which clients that predate
    /// RFC 9728 ask for.
    pub(crate) fn answer(
        &self,
        method: &str,
        path: &str,
        authorization_server: impl FnOnce() -> Option<String>,
    ) -> Option<MetadataAnswer> {
        let first = self.0.first()?;
        if !path.starts_with("/.well-known/oauth-") {
            return None;
        }
        let is_read = matches!(method, "GET" | "HEAD");
        if !is_read && method != "OPTIONS" {
            return None;
        }
        let resource = if path == PROTECTED_RESOURCE {
            Some(first)
        } else {
            let named = |resource: &&OAuthResource| resource.metadata_path() == path;
            let but_for_a_slash = |resource: &&OAuthResource| {
                resource.metadata_path().trim_end_matches('/') == path.trim_end_matches('/')
            };
            let mut resources = self.0.iter();
            resources
                .clone()
                .find(named)
                .or_else(|| resources.find(but_for_a_slash))
        };
        let is_of_server = path
            .strip_prefix(AUTHORIZATION_SERVER)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if resource.is_none() && !is_of_server {
            return None;
        }
        let server = authorization_server()?;
        Some(match resource {
            _ if !is_read => {
                let mut response = Response::default();
                *response.status_mut() = StatusCode::NO_CONTENT;
                open_to_every_origin(response.headers_mut());
                MetadataAnswer::Ready(response)
            }
            Some(resource) => {
                let text = resource.metadata(&server).to_string();
                MetadataAnswer::Ready(document(text.into()))
            }
            None => MetadataAnswer::OfServer,
        })
    }
}

/// The answer to a request for metadata.
#[derive(Debug)]
pub(crate) enum MetadataAnswer {
    /// It is this.
    Ready(Response<Bytes>),
    /// It is the [`server_document`].
    OfServer,
}

/// Returns the answer with the metadata of the authorization server, or 503 if it is not known.
pub(crate) fn server_document(metadata: Option<Bytes>) -> Response<Bytes> {
    if let Some(metadata) = metadata {
        return document(metadata);
    }
    let problem = r#"{"error":"temporarily_unavailable"}"#;
    let mut response = document(Bytes::from_static(problem.as_bytes()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    for (name, value) in [(CACHE_CONTROL, "no-store"), (RETRY_AFTER, "5")] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn document(text: Bytes) -> Response<Bytes> {
    let mut response = Response::new(text);
    open_to_every_origin(response.headers_mut());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Allows every origin, because metadata is public and clients in browsers may have any origin.
fn open_to_every_origin(headers: &mut HeaderMap) {
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (ACCESS_CONTROL_EXPOSE_HEADERS, "WWW-Authenticate"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
        (CACHE_CONTROL, "public, max-age=300"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(urls: &[&str]) -> OAuthResources {
        let resources = urls.iter().map(|url| OAuthResource::new(*url).unwrap());
        OAuthResources(resources.collect())
    }

    #[test]
    fn the_longest_resource_that_covers_a_path_is_named() {
        let mut urls = [
            "https://a.example/",
            "https://a.example/mcp",
            "https://a.example/mcp/admin",
        ];
        let base = "https://a.example/.well-known/oauth-protected-resource";
        // In whichever order they were registered.
        for _ in 0..2 {
            let all = resources(&urls);
            let url = |path| all.metadata_url(path).unwrap();
            assert_eq!(url("/"), base);
            assert_eq!(url("/other"), base);
            assert_eq!(url("/mcpx"), base);
            assert_eq!(url("/mcp"), format!("{base}/mcp"));
            assert_eq!(url("/mcp/sse"), format!("{base}/mcp"));
            assert_eq!(url("/mcp/admin/x"), format!("{base}/mcp/admin"));
            urls.reverse();
        }
        let slash = resources(&["https://a.example/mcp/"]);
        assert_eq!(slash.metadata_url("/mcp").unwrap(), format!("{base}/mcp/"));
        assert_eq!(
            slash.metadata_url("/elsewhere").unwrap(),
            format!("{base}/mcp/")
        );
        assert_eq!(resources(&[]).metadata_url("/mcp"), None);
    }

    #[test]
    fn metadata_repeats_the_resource_as_it_was_typed() {
        for typed in [
            "https://a.example",
            "https://a.example/",
            "https://A.example/mcp",
            "https://a.example/mcp/",
        ] {
            let resource = OAuthResource::new(typed)
                .unwrap()
                .scopes(["email"])
                .name("Notes");
            let path = resource.metadata_path();
            let mut all = OAuthResources::default();
            all.push(resource);
            let server = || Some("https://clerk.a.example".to_owned());
            for path in [
                path.as_str(),
                PROTECTED_RESOURCE,
                &format!("{}/", path.trim_end_matches('/')),
            ] {
                let Some(MetadataAnswer::Ready(answer)) = all.answer("GET", path, server) else {
                    panic!("no metadata at {path}");
                };
                let metadata: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
                assert_eq!(metadata["resource"], typed, "{path}");
                assert_eq!(
                    metadata["authorization_servers"],
                    json!(["https://clerk.a.example"])
                );
                assert_eq!(metadata["scopes_supported"], json!(["email"]));
                assert_eq!(metadata["resource_name"], "Notes");
            }
            assert!(all.answer("POST", &path, server).is_none());
            assert!(
                all.answer("GET", "/.well-known/oauth-other", server)
                    .is_none()
            );
            assert!(
                all.answer("GET", &format!("{PROTECTED_RESOURCE}/elsewhere"), server)
                    .is_none()
            );
            assert!(all.answer("GET", "/mcp", server).is_none());
        }
    }

    #[test]
    fn what_cannot_identify_a_resource_is_refused() {
        for text in [
            "",
            "/mcp",
            "app.example.com/mcp",
            "http://app.example.com/mcp",
            "https://app.example.com/mcp?a=b",
            "https://app.example.com/mcp#a",
            "https://ada@app.example.com/mcp",
            " https://app.example.com/mcp",
            "ftp://app.example.com",
        ] {
            let error = OAuthResource::new(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
        assert!(OAuthResource::new("http://localhost:3000/mcp").is_ok());
    }
}
