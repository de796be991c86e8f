//! Real servers on loopback, and a client that changes nothing.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use clerk_core::Clerk;

use crate::{actix_app, axum_app};

/// One of the two frameworks, serving the application of the scenarios.
pub(crate) trait Running {
    fn address(&self) -> SocketAddr;
}

/// An axum application on its own port, served by the runtime of the test.
pub(crate) struct AxumServer {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl AxumServer {
    pub(crate) async fn start(app: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { address, task }
    }
}

impl Running for AxumServer {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for AxumServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An actix-web application on its own port, served by its own thread.
pub(crate) struct ActixServer {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// Serves `$app`, an expression that each worker evaluates. This is a macro because the type of an `App` cannot be
/// named.
macro_rules! serve_actix {
    ($workers:expr, $app:expr) => {
        $crate::servers::ActixServer::start(move |listener| {
            actix_web::HttpServer::new(move || $app)
                .workers($workers)
                .disable_signals()
                .listen(listener)
                .unwrap()
                .run()
        })
    };
}
pub(crate) use serve_actix;

impl ActixServer {
    pub(crate) fn start(
        serve: impl FnOnce(TcpListener) -> actix_web::dev::Server + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = serve(listener);
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self {
            address,
            handle: receive.recv().unwrap(),
            thread: Some(thread),
        }
    }
}

impl Running for ActixServer {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ActixServer {
    fn drop(&mut self) {
        // Creating the future sends the command; the server's own thread executes it.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// The application of the scenarios in both frameworks.
pub(crate) struct Pair {
    pub(crate) axum: AxumServer,
    pub(crate) actix: ActixServer,
}

impl Pair {
    /// Each framework has its own Clerk, so that neither benefits from the caches of the other.
    pub(crate) async fn start(for_axum: Option<Clerk>, for_actix: Option<Clerk>) -> Self {
        Self {
            axum: AxumServer::start(axum_app::app(for_axum)).await,
            actix: ActixServer::start(move |listener| {
                HttpServer::new(move || actix_app::app(for_actix.clone()))
                    .workers(1)
                    .disable_signals()
                    .listen(listener)
                    .unwrap()
                    .run()
            }),
        }
    }
}
