//! Serves the application on the port in `PORT`, which defaults to 3000, and sends traces and metrics to the
//! OpenTelemetry collector in `OTEL_EXPORTER_OTLP_ENDPOINT`, which defaults to `http://localhost:4318`.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process and
//! prints commands to try.

use std::error::Error;

use observability::{Telemetry, app};
use quickstart_demo::Instance;
use tokio::net::TcpListener;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "an application reads its own environment"
    )]
    let collector = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT")
        .unwrap_or_else(|_| "http://localhost:4318".to_owned());
    let telemetry = Telemetry::new(&collector)?;
    // The spans have the level DEBUG.
    let spans = Targets::new()
        .with_target("clerk_core", LevelFilter::DEBUG)
        .with_target("clerk_backend_api", LevelFilter::DEBUG);
    tracing_subscriber::registry()
        .with(
            fmt::layer()
                .with_target(false)
                .with_filter(LevelFilter::INFO),
        )
        .with(telemetry.layer().with_filter(spans))
        .init();

    let listener = TcpListener::from_std(Instance::listen()?)?;
    let port = listener.local_addr()?.port();
    let instance = Instance::set_up(port).await?;
    let clerk = instance.clerk();
    telemetry.watch(&clerk);
    let url = format!("http://localhost:{port}");
    let mut text =
        format!("Metrics for Prometheus: {url}/metrics\nTraces and metrics go to {collector}\n");
    if let Some(emulator) = instance.emulator() {
        let token = emulator
            .session_token("ada@example.com")
            .authorized_party(&url)
            .mint()?;
        text.push_str(&format!(
            "\nNo Clerk keys are set, so an emulator is running in this process.\n\n\
             # a request that is counted, and one that makes a span\n\
             curl -H 'Authorization: Bearer {token}' {url}/me\n\
             curl -H 'Authorization: Bearer {token}' {url}/name\n\
             # 401, counted\ncurl -i {url}/me\n\
             # the numbers\ncurl {url}/metrics\n"
        ));
    }
    #[expect(
        clippy::disallowed_macros,
        reason = "the person who started this reads it"
    )]
    {
        println!("{text}");
    }
    axum::serve(listener, app(&clerk)).await?;
    Ok(())
}
