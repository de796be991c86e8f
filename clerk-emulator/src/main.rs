//! The command-line interface of the emulator.

use std::net::IpAddr;
use std::process::ExitCode;

use clerk_emulator::{Emulator, EmulatorBuilder, Seed};

const USAGE: &str = "\
A Clerk-compatible server on loopback, for development and tests only.

Usage: clerk-emulator [OPTIONS]

Address:
  --port PORT               Port to listen on; 0 picks a free one [default: 4000]
  --public-url URL          URL under which applications and browsers reach the emulator, such as
                            http://clerk-emulator:4000; used in emails, handshakes and metadata
  --allow-origin ORIGIN     Origin, besides loopback ones, whose pages may call the Frontend API
                            and be returned to; may be repeated
  --dangerous-bind ADDRESS  Address to listen on instead of loopback, such as 0.0.0.0. Anyone who
                            reaches it can sign in as any user and read all state

State:
  --seed FILE               JSON or YAML file with users, organizations, roles, settings, faults
                            and more, or a file written by --export
  --data FILE               SQLite file that keeps the state across restarts; the seed fills a new
                            file
  --export FILE             Write the state of the data file as a seed (YAML if the name ends in
                            .yaml or .yml, JSON otherwise) and exit

Instance:
  --production              Behave as a production instance instead of a development one
  --setting NAME=VALUE      Instance setting, such as sign_up_mode=waitlist; the value is JSON or
                            plain text; may be repeated
  --frontend-api-host HOST  Host name in the publishable key and the issuer of tokens
  --secret-key KEY          Secret key, such as sk_test_abc; live keys are refused
  --signing-key FILE        PEM file with the RSA key that signs tokens [default: a new key]
  --clerk-js DIR            Folder with the unpacked npm packages @clerk/clerk-js and @clerk/ui,
                            such as node_modules; browsers get them below /npm/

Webhooks:
  --webhook-url URL         Endpoint that receives every event, such as
                            http://localhost:3000/webhooks
  --webhook-secret SECRET   Secret that signs the events, such as whsec_c2VjcmV0

Output:
  --json                    Print one line of JSON when ready, with the URLs and the environment
                            variables
  -h, --help                Print this text
  -V, --version             Print the version

Examples:
  clerk-emulator --seed seed.json
  clerk-emulator --port 0 --json
  clerk-emulator --data clerk.db --webhook-url http://localhost:3000/webhooks
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
    production: bool,
    settings: Vec<String>,
    frontend_api_host: Option<String>,
    webhook_secret: Option<String>,
    json: bool,
    information: Option<Information>,
}

/// The information that is printed instead of starting.
#[derive(Debug, Clone, Copy)]
enum Information {
    Help,
    Version,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            complain(error.as_ref());
            write_to(
                std::io::stderr(),
                "Run clerk-emulator --help for the options.\n",
            );
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.information {
        Some(Information::Help) => {
            say(USAGE);
            return Ok(());
        }
        Some(Information::Version) => {
            say(concat!("clerk-emulator ", env!("CARGO_PKG_VERSION"), "\n"));
            return Ok(());
        }
        None => {}
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let mut builder = Emulator::builder().port(arguments.port.unwrap_or(4000));
    if let Some(path) = arguments.seed {
        builder = builder.seed(Seed::from_file(path)?);
    }
    for setting in &arguments.settings {
        builder = builder.seed(seed_of_setting(setting)?);
    }
    if arguments.production {
        builder = builder.production();
    }
    if let Some(host) = arguments.frontend_api_host {
        builder = builder.frontend_api_host(host);
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
    builder = match (arguments.webhook_url, arguments.webhook_secret) {
        (Some(url), Some(secret)) => builder.webhook(url, secret),
        (Some(url), None) => builder.webhook_url(url),
        (None, Some(_)) => return Err("--webhook-secret needs --webhook-url".into()),
        (None, None) => builder,
    };
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
            return Err("--export needs --data with a file that exists".into());
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
            "dashboard_url": format!("{}/", emulator.url()),
            "admin_url": emulator.admin_url(),
            "port": emulator.address().port(),
            "env": env,
        });
        say(&format!("{ready}\n"));
    } else {
        for (name, value) in emulator.env() {
            say(&format!("{name}={value}\n"));
        }
        say(&format!(
            "\nDashboard: {}/\nSign in:   {}\n",
            emulator.url(),
            emulator.sign_in_url()
        ));
    }
    stop.requested().await?;
    Ok(())
}

/// Parses a setting of the form `NAME=VALUE`, whose value is JSON or plain text.
fn seed_of_setting(setting: &str) -> Result<Seed, Failure> {
    let (name, value) = setting
        .split_once('=')
        .ok_or_else(|| format!("--setting {setting}: write it as NAME=VALUE"))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::from(value));
    let seed = serde_json::json!({ "settings": { name: value } });
    serde_json::from_value(seed).map_err(|error| format!("--setting {setting}: {error}").into())
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
    // The file contains keys.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()).into())
}

/// Waits for a signal to stop. While this exists, no such signal terminates the process by itself.
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

/// Waits for a signal to stop.
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
            Long("production") => parsed.production = true,
            Long("setting") => parsed.settings.push(parser.value()?.string()?),
            Long("frontend-api-host") => {
                parsed.frontend_api_host = Some(parser.value()?.string()?);
            }
            Long("webhook-secret") => parsed.webhook_secret = Some(parser.value()?.string()?),
            Long("json") => parsed.json = true,
            Long("help") | Short('h') => parsed.information = Some(Information::Help),
            Long("version") | Short('V') => parsed.information = Some(Information::Version),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(parsed)
}

fn say(text: &str) {
    write_to(std::io::stdout(), text);
}

fn complain(error: &dyn std::error::Error) {
    let mut text = format!("clerk-emulator: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text.push('\n');
    write_to(std::io::stderr(), &text);
}

fn write_to(mut out: impl std::io::Write, text: &str) {
    // The reader may have closed the pipe, and there is no other place to report to.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
