//! The emulator as a command.

use std::net::IpAddr;
use std::process::ExitCode;

use clerk_emulator::{Emulator, EmulatorBuilder, Seed};

const USAGE: &str = "\
A Clerk-compatible server on loopback, for development and tests only.

Usage: clerk-emulator [--port PORT] [--seed FILE] [--allow-origin ORIGIN]...
                      [--dangerous-bind ADDRESS] [--public-url URL] [--webhook-url URL]
                      [--data FILE] [--export FILE] [--secret-key KEY] [--signing-key FILE]
                      [--clerk-js DIR] [--json]

  --port PORT                port to listen on (default 4000; 0 takes a free one)
  --seed FILE                JSON or YAML file with users, organizations, roles, templates, machines and
                             plans, or what --export wrote
  --data FILE                SQLite file that keeps the state; the seed is for a new one
  --export FILE              write the state of the data file as a seed, in YAML where the name ends with
                             .yaml, and end
  --secret-key KEY           secret key of the instance, as in sk_test_...
  --signing-key FILE         PEM file with the RSA key that signs tokens
  --allow-origin ORIGIN      origin, besides loopback ones, that browsers may be sent back to
  --dangerous-bind ADDRESS   address to listen on instead of loopback, as in 0.0.0.0; whoever reaches
                             it can sign in as anybody
  --public-url URL           URL under which applications and browsers reach the emulator, as in
                             http://clerk-emulator:4000
  --webhook-url URL          endpoint that is told of every event, as in http://localhost:3000/webhooks
  --clerk-js DIR             folder with the unpacked npm packages @clerk/clerk-js and @clerk/ui, as in
                             node_modules, which are served to browsers below /npm/
  --json                     print one line of JSON once ready, with the URLs and the variables
  --help                     this text
";

#[derive(Debug, Default)]
struct Arguments {
    port: Option<u16>,
    seed: Option<std::path::PathBuf>,
    origins: Vec<String>,
    bind: Option<IpAddr>,
    public_url: Option<String>,
    webhook_url: Option<String>,
    data: Option<std::path::PathBuf>,
    export: Option<std::path::PathBuf>,
    secret_key: Option<String>,
    signing_key: Option<std::path::PathBuf>,
    clerk_js: Option<std::path::PathBuf>,
    json: bool,
    help: bool,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let arguments = arguments()?;
    if arguments.help {
        say(USAGE);
        return Ok(());
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let mut builder = Emulator::builder().port(arguments.port.unwrap_or(4000));
    if let Some(path) = arguments.seed {
        builder = builder.seed(Seed::from_file(path)?);
    }
    for origin in arguments.origins {
        builder = builder.allow_origin(origin);
    }
    if let Some(address) = arguments.bind {
        builder = builder.dangerous_bind(address);
    }
    if let Some(url) = arguments.public_url {
        builder = builder.public_url(url);
    }
    if let Some(url) = arguments.webhook_url {
        builder = builder.webhook_url(url);
    }
    if let Some(key) = arguments.secret_key {
        builder = builder.secret_key(key);
    }
    if let Some(path) = arguments.signing_key {
        let pem = std::fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        builder = builder.signing_key(pem);
    }
    if let Some(folder) = arguments.clerk_js {
        builder = builder.clerk_js(folder);
    }
    if let Some(path) = &arguments.data {
        builder = builder.data_file(path);
    }
    if let Some(path) = arguments.export {
        if !arguments.data.is_some_and(|data| data.exists()) {
            return Err("--export takes --data with a file that exists".into());
        }
        return export(builder.port(0), &path).await;
    }
    let stop = Stop::listen()?;
    let emulator = builder.start().await?;
    if arguments.json {
        let env: serde_json::Map<String, serde_json::Value> = emulator
            .env()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let ready = serde_json::json!({
            "backend_api_url": emulator.url(),
            "frontend_api_url": emulator.url(),
            "admin_url": emulator.admin_url(),
            "env": env,
        });
        say(&format!("{ready}\n"));
    } else {
        for (name, value) in emulator.env() {
            say(&format!("{name}={value}\n"));
        }
        say(&format!("\nSign in at {}\n", emulator.sign_in_url()));
    }
    stop.requested().await?;
    Ok(())
}

/// Writes the state as a seed.
async fn export(builder: EmulatorBuilder, path: &std::path::Path) -> Result<(), Failure> {
    let seed = builder.start().await?.export();
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    let text = if is_yaml {
        seed.to_yaml()?
    } else {
        seed.to_json()?
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // It holds keys.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()).into())
}

/// Tells when the command is to stop. From when it is made, no signal ends the process by itself.
#[cfg(unix)]
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn requested(mut self) -> std::io::Result<()> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        Ok(())
    }
}

/// Tells when the command is to stop.
#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn requested(self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

fn arguments() -> Result<Arguments, Failure> {
    use lexopt::prelude::*;

    let mut parsed = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => parsed.port = Some(parser.value()?.parse()?),
            Long("seed") => parsed.seed = Some(parser.value()?.into()),
            Long("allow-origin") => parsed.origins.push(parser.value()?.string()?),
            Long("dangerous-bind") => parsed.bind = Some(parser.value()?.parse()?),
            Long("public-url") => parsed.public_url = Some(parser.value()?.string()?),
            Long("webhook-url") => parsed.webhook_url = Some(parser.value()?.string()?),
            Long("data") => parsed.data = Some(parser.value()?.into()),
            Long("export") => parsed.export = Some(parser.value()?.into()),
            Long("secret-key") => parsed.secret_key = Some(parser.value()?.string()?),
            Long("signing-key") => parsed.signing_key = Some(parser.value()?.into()),
            Long("clerk-js") => parsed.clerk_js = Some(parser.value()?.into()),
            Long("json") => parsed.json = true,
            Long("help") | Short('h') => parsed.help = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(parsed)
}

fn say(text: &str) {
    use std::io::Write as _;

    // The reader may close the pipe.
    let mut out = std::io::stdout();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn complain(error: &dyn std::error::Error) {
    use std::io::Write as _;

    let mut text = format!("clerk-emulator: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text.push('\n');
    // There is no other place to report to when this fails.
    drop(std::io::stderr().write_all(text.as_bytes()));
}
