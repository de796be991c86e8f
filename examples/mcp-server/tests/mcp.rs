//! The server, called by the client of the `rmcp` crate and by plain HTTP.
#![cfg(test)]

use clerk_axum::Clerk;
use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use clerk_test_support::start::serves_without_keys;
use mcp_server::{EMAIL_SCOPE, SCOPE, app, resource};
use reqwest::header::WWW_AUTHENTICATE;
use reqwest::{Client, Response, StatusCode};
use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ADA: &str = "ada@example.com";
const ALAN: &str = "alan@example.com";

struct Server {
    emulator: Emulator,
    origin: String,
    http: Client,
}

impl Server {
    async fn start() -> Self {
        let emulator = Emulator::builder()
            .user(UserSeed::new(ADA).first_name("Ada").last_name("Lovelace"))
            .user(UserSeed::new(ALAN))
            .organization(OrganizationSeed::new("Acme", "acme").member(ADA, "org:admin"))
            .start()
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clerk = Clerk::builder()
            .from_vars(emulator.env())
            .oauth_resource(resource(&format!("{origin}/mcp")).unwrap())
            .build()
            .unwrap();
        let router = app(&clerk, "127.0.0.1");
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            emulator,
            origin,
            http: Client::new(),
        }
    }

    fn url(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    fn metadata_url(&self) -> String {
        format!("{}/.well-known/oauth-protected-resource/mcp", self.origin)
    }

    fn token(&self, user: &str, scopes: &[&str]) -> String {
        let token = self.emulator.oauth_token(user);
        let token = scopes
            .iter()
            .fold(token, |token, scope| token.scope(*scope));
        token.mint().unwrap()
    }

    /// Connects as the `rmcp` crate does.
    async fn connect(&self, token: Option<&str>) -> Result<RunningService<RoleClient, ()>, String> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url());
        if let Some(token) = token {
            config = config.auth_header(token);
        }
        let transport = StreamableHttpClientTransport::from_config(config);
        ().serve(transport)
            .await
            .map_err(|error| format!("{error:?}"))
    }

    /// Opens a session of a protocol version that has sessions.
    async fn initialize(&self, token: &str) -> Response {
        let body = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            },
        });
        self.post(token, None, &body).await
    }

    async fn post(&self, token: &str, session: Option<&str>, body: &Value) -> Response {
        let mut request = self
            .http
            .post(self.url())
            .bearer_auth(token)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(body.to_string());
        if let Some(session) = session {
            request = request
                .header("mcp-session-id", session)
                .header("mcp-protocol-version", "2025-06-18");
        }
        request.send().await.unwrap()
    }

    async fn json(&self, url: &str) -> Value {
        let response = self.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }
}

async fn call(client: &RunningService<RoleClient, ()>, tool: &'static str) -> (bool, String) {
    let result = client
        .call_tool(CallToolRequestParams::new(tool))
        .await
        .unwrap();
    let text = result.content[0].as_text().unwrap().text.clone();
    (result.is_error == Some(true), text)
}

#[tokio::test]
async fn an_agent_finds_its_way_from_the_challenge_to_the_tools() {
    let server = Server::start().await;

    // Without a token, the client learns from the challenge where the metadata is.
    let refused = server.connect(None).await.unwrap_err();
    assert!(refused.contains("AuthRequired"), "{refused}");
    assert!(refused.contains(&server.metadata_url()), "{refused}");
    assert!(!refused.contains("invalid_token"), "{refused}");

    // The metadata names the resource as it was typed, and the server that gives tokens.
    let metadata = server.json(&server.metadata_url()).await;
    assert_eq!(metadata["resource"], server.url());
    assert_eq!(metadata["scopes_supported"], json!([SCOPE, EMAIL_SCOPE]));
    let issuer = metadata["authorization_servers"][0].as_str().unwrap();
    let path = "/.well-known/oauth-authorization-server";
    let of_issuer = server.json(&format!("{issuer}{path}")).await;
    let token_endpoint = of_issuer["token_endpoint"].as_str().unwrap();
    assert!(token_endpoint.starts_with(issuer), "{token_endpoint}");
    // Clients that predate protected resources ask the application instead.
    let of_application = server.json(&format!("{}{path}", server.origin)).await;
    assert_eq!(of_application, of_issuer);

    // A token without the scope is refused with the scope to ask for.
    let refused = server
        .connect(Some(&server.token(ADA, &[])))
        .await
        .unwrap_err();
    assert!(refused.contains("InsufficientScope"), "{refused}");
    assert!(refused.contains(&format!("Some({SCOPE:?})")), "{refused}");

    // A token with it is accepted, and the tools know whom it is of.
    let client = server
        .connect(Some(&server.token(ADA, &[SCOPE])))
        .await
        .unwrap();
    let tools = client.list_all_tools().await.unwrap();
    let mut names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["email_address", "who_am_i"]);
    let (failed, text) = call(&client, "who_am_i").await;
    assert!(!failed && text.contains("Ada Lovelace"), "{text}");
    assert!(
        text.contains(&server.emulator.user_id(ADA).unwrap()),
        "{text}"
    );
    let (failed, text) = call(&client, "email_address").await;
    assert!(failed && text.contains("insufficient_scope"), "{text}");
    client.cancel().await.unwrap();

    let both = server.token(ADA, &[SCOPE, EMAIL_SCOPE]);
    let client = server.connect(Some(&both)).await.unwrap();
    assert_eq!(
        call(&client, "email_address").await,
        (false, ADA.to_owned())
    );
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn other_tokens_are_refused_with_the_same_challenge() {
    let server = Server::start().await;
    let session = server.emulator.session_token(ADA).mint().unwrap();
    let key = server.emulator.api_key(ADA).scope(SCOPE).mint().unwrap();
    let expired = server.emulator.oauth_token(ADA).scope(SCOPE).expired();
    for token in [session, key, expired.mint().unwrap()] {
        let response = server.initialize(&token).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains(&server.metadata_url()), "{challenge}");
        assert!(challenge.contains(r#"scope="profile""#), "{challenge}");
    }
}

#[tokio::test]
async fn a_session_belongs_to_a_user_and_a_client() {
    let server = Server::start().await;
    let mint = |user: &str, client: &str| {
        let token = server.emulator.oauth_token(user).scope(SCOPE);
        token.client_id(client).mint().unwrap()
    };
    let first = mint(ADA, "client_1");
    let response = server.initialize(&first).await;
    assert_eq!(response.status(), StatusCode::OK);
    let session = response.headers()["mcp-session-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let post =
        async |token: &str, body: &Value| server.post(token, Some(&session), body).await.status();
    assert_eq!(post(&first, &initialized).await, StatusCode::ACCEPTED);

    // A renewed token of the same user and client continues the session.
    let renewed = mint(ADA, "client_1");
    assert_ne!(renewed, first);
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    assert_eq!(post(&renewed, &list).await, StatusCode::OK);

    // Nobody else finds it, and nobody else ends it.
    for (user, client) in [(ALAN, "client_1"), (ADA, "client_2"), (ALAN, "client_2")] {
        let other = mint(user, client);
        assert_eq!(post(&other, &list).await, StatusCode::NOT_FOUND);
        let delete = server.http.delete(server.url()).bearer_auth(&other);
        let delete = delete
            .header("mcp-session-id", &session)
            .send()
            .await
            .unwrap();
        assert_eq!(delete.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(post(&renewed, &list).await, StatusCode::OK);
    let unknown = server.post(&renewed, Some("unknown"), &list).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);

    let delete = server.http.delete(server.url()).bearer_auth(&renewed);
    let delete = delete
        .header("mcp-session-id", &session)
        .send()
        .await
        .unwrap();
    assert!(delete.status().is_success(), "{}", delete.status());
    assert_eq!(post(&renewed, &list).await, StatusCode::NOT_FOUND);
}

#[test]
fn it_starts_without_configuration() {
    let paths = [
        ("/mcp", 401),
        ("/.well-known/oauth-protected-resource/mcp", 200),
        ("/.well-known/oauth-authorization-server", 200),
    ];
    let program = env!("CARGO_BIN_EXE_mcp-server");
    let text = serves_without_keys(program, &[], "as bearer token", &paths);
    assert!(text.contains("MCP Inspector"), "{text}");
}
