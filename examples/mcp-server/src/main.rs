//! Serves the tools at `/mcp` on the port in `PORT`, which defaults to 3000. `MCP_URL` is the public URL if it is not
//! `http://localhost:<port>/mcp`.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process and
//! prints how to call the tools.

use std::error::Error;

use axum::http::Uri;
use clerk_axum::Clerk;
use clerk_emulator::{Emulator, UserSeed};
use mcp_server::{EMAIL_SCOPE, SCOPE, app, resource};
use quickstart_demo::Instance;
use tokio::net::TcpListener;

const USER: &str = "ada@example.com";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_target(false).init();
    let listener = TcpListener::from_std(Instance::listen()?)?;
    let port = listener.local_addr()?.port();
    let url = variable("MCP_URL").unwrap_or_else(|| format!("http://localhost:{port}/mcp"));
    let host = url.parse::<Uri>()?.host().unwrap_or_default().to_owned();
    let builder = Clerk::builder().oauth_resource(resource(&url)?);
    if Instance::has_keys() {
        let clerk = builder.from_env().build()?;
        say(&format!("Add {url} as a server to an MCP client."));
        axum::serve(listener, app(&clerk, &host)).await?;
        return Ok(());
    }
    let emulator = Emulator::builder()
        .user(UserSeed::new(USER).first_name("Ada").last_name("Lovelace"))
        .start()
        .await?;
    let clerk = builder.from_vars(emulator.env()).build()?;
    say(&what_to_try(&emulator, &url)?);
    axum::serve(listener, app(&clerk, &host)).await?;
    Ok(())
}

fn what_to_try(emulator: &Emulator, url: &str) -> Result<String, Box<dyn Error>> {
    let token = |scopes: &[&str]| {
        let token = emulator.oauth_token(USER);
        scopes
            .iter()
            .fold(token, |token, scope| token.scope(*scope))
            .mint()
    };
    let (good, no_scope) = (token(&[SCOPE, EMAIL_SCOPE])?, token(&[])?);
    let metadata = resource(url)?.metadata_url();
    let call = |tool: &str, token: &str| {
        format!(
            "curl -i {url} -H 'Authorization: Bearer {token}' \\\n  \
             -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\\n  \
             -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{{\"protocolVersion\":\"2025-06-18\",\
             \"capabilities\":{{}},\"clientInfo\":{{\"name\":\"{tool}\",\"version\":\"1\"}}}}}}'"
        )
    };
    Ok(format!(
        "No Clerk keys are set, so an emulator is running in this process.\n\n\
         # 401: the challenge names the metadata\ncurl -i -X POST {url}\n\
         # where to get a token\ncurl {metadata}\n\
         # 403: the token lacks a scope\n{}\n\
         # 200: a session opens\n{}\n\n\
         To call the tools, start the MCP Inspector (npx @modelcontextprotocol/inspector), choose Streamable HTTP,\n\
         enter {url} and, as bearer token, {good}",
        call("curl", &no_scope),
        call("curl", &good),
    ))
}

#[expect(
    clippy::disallowed_methods,
    reason = "an application reads its own environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(
    clippy::disallowed_macros,
    reason = "the person who started this reads it"
)]
fn say(text: &str) {
    println!("{text}");
}
