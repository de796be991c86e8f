//! The client over real HTTP, against a server with scripted faults.
#![cfg(test)]

mod answers;
mod bodies;
mod hostile;
mod identity;
mod keys;
mod network;
mod pages;
mod personal;
mod raw;
mod redirects;
mod reported;
mod retries;
mod server;
#[cfg(feature = "serialize")]
mod shown;
mod timeouts;
mod times;
mod traces;
mod writes;

use std::time::Duration;

use clerk_backend_api::{ClerkClient, ClerkClientBuilder, Retry};

use server::Server;

/// The key of every client in these tests. No visible text may contain it.
const SECRET: &str = "sk_test_planted_c2VjcmV0";

/// Up to two retries, without a delay.
fn at_once() -> Retry {
    Retry::default().first_delay(Duration::ZERO)
}

fn builder(server: &Server) -> ClerkClientBuilder {
    ClerkClient::builder()
        .secret_key(SECRET)
        .api_url(server.url())
        .retry(at_once())
}

fn client(server: &Server) -> ClerkClient {
    builder(server).build().unwrap()
}

/// The URL of a port that is reserved but has no listener, as long as the socket lives.
fn nobody() -> (String, tokio::net::TcpSocket) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (format!("http://{}", socket.local_addr().unwrap()), socket)
}
