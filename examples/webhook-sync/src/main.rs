//! Keeps the tables in `DATABASE_URL` in sync with the users, organizations and memberships of a Clerk instance.
//!
//! ```text
//! webhook-sync              receives webhooks on the port in PORT, which defaults to 3000
//! webhook-sync import       writes everything that the instance has
//! webhook-sync reconcile    also deletes what the instance no longer has
//! webhook-sync show         prints the tables
//! ```
//!
//! `DATABASE_URL` is a `sqlite:` or `postgres:` URL, and `sqlite://webhook-sync.db?mode=rwc` unless set. If neither
//! `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, the first command starts a Clerk emulator in this process.

use std::error::Error;
use std::io;

use clerk_axum::Clerk;
use clerk_axum::core::SystemClock;
use clerk_emulator::Emulator;
use indicatif::MultiProgress;
use quickstart_demo::Instance;
use tokio::net::TcpListener;
use webhook_sync::{Kind, Report, Sync, Tables, app};

/// The signing secret of the emulator in this process.
const EMULATED_SECRET: &str = "whsec_d2ViaG9vay1zeW5jIG9uIHRoZSBlbXVsYXRvcg==";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let bars = MultiProgress::new();
    let writer = AboveBars(bars.clone());
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_target(false)
        .init();
    let command = std::env::args().nth(1);
    let tables = Tables::open(&database_url()).await?;
    match command.as_deref() {
        None => serve(tables, &bars).await,
        Some("import") => {
            let report = Sync::new(tables, &Clerk::from_env()?).import(&bars).await?;
            say(&describe(report));
            Ok(())
        }
        Some("reconcile") => {
            let sync = Sync::new(tables, &Clerk::from_env()?);
            let report = sync.reconcile(&bars).await?;
            say(&describe(report));
            Ok(())
        }
        Some("show") => show(&tables).await,
        Some(other) => Err(format!(
            "unknown command {other}: expected import, reconcile, show or nothing"
        )
        .into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an application reads its own environment"
)]
fn database_url() -> String {
    std::env::var("DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
        .unwrap_or_else(|| "sqlite://webhook-sync.db?mode=rwc".to_owned())
}

async fn serve(tables: Tables, bars: &MultiProgress) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::from_std(Instance::listen()?)?;
    let port = listener.local_addr()?.port();
    if Instance::has_keys() {
        let clerk = Clerk::from_env()?;
        let sync = Sync::new(tables, &clerk);
        say(&format!(
            "Add http://<your host>:{port}/webhooks as an endpoint in the Clerk Dashboard."
        ));
        let first_time = sync.tables().count(Kind::User).await? == 0;
        let first_import = async {
            if first_time {
                say(&describe(sync.import(bars).await?));
            }
            Ok::<_, Box<dyn Error>>(())
        };
        // Webhooks are received while the import runs.
        tokio::try_join!(serve_forever(listener, &clerk, &sync), first_import)?;
        return Ok(());
    }
    let url = format!("http://127.0.0.1:{port}/webhooks");
    let emulator = Emulator::builder().webhook(url, EMULATED_SECRET);
    let instance = Instance::on_emulator(port, emulator, SystemClock::default()).await?;
    let clerk = instance.clerk();
    let sync = Sync::new(tables, &clerk);
    // Every emulator starts empty, and the tables may come from an earlier one.
    let reconcile = async {
        let report = sync.reconcile(bars).await?;
        say(&describe(report));
        if let Some(emulator) = instance.emulator() {
            say(&what_to_try(emulator, port)?);
        }
        Ok::<_, Box<dyn Error>>(())
    };
    tokio::try_join!(serve_forever(listener, &clerk, &sync), reconcile)?;
    Ok(())
}

async fn serve_forever(
    listener: TcpListener,
    clerk: &Clerk,
    sync: &Sync,
) -> Result<(), Box<dyn Error>> {
    Ok(axum::serve(listener, app(clerk.clone(), sync.clone())).await?)
}

/// Prints every table, one row per line, without the columns of URLs and JSON.
async fn show(tables: &Tables) -> Result<(), Box<dyn Error>> {
    for kind in Kind::ALL {
        let columns: Vec<&str> = (kind.columns().iter().copied())
            .filter(|column| !matches!(*column, "image_url" | "public_metadata"))
            .collect();
        say(&format!("{}: id, {}", kind.view(), columns.join(", ")));
        for (id, row) in tables.live(kind).await? {
            let values = columns
                .iter()
                .map(|column| row.field(kind, column).unwrap_or("null"));
            say(&format!(
                "  {id}, {}",
                values.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    Ok(())
}

fn describe(report: Report) -> String {
    let Report {
        listed,
        written,
        deleted,
        unreadable,
    } = report;
    format!(
        "{listed} objects listed, {written} written, {deleted} deleted, {unreadable} unreadable"
    )
}

fn what_to_try(emulator: &Emulator, port: u16) -> Result<String, Box<dyn Error>> {
    let user = emulator.user_id("alan@example.com")?;
    let users = format!("{}/v1/users", emulator.url());
    let key = format!("-H 'Authorization: Bearer {}'", emulator.secret_key());
    let json = "-H 'Content-Type: application/json'";
    let variables: Vec<String> = (emulator.env().iter())
        .map(|(name, value)| format!("export {name}={value}"))
        .collect();
    Ok(format!(
        "\nNo Clerk keys are set, so an emulator is running in this process. It sends its webhooks here.\n\n\
         # the number of rows\ncurl http://localhost:{port}/\n\
         # rename a user, and see the row change\n\
         curl -s -o /dev/null -X PATCH {key} {json} -d '{{\"first_name\":\"Alan M.\"}}' {users}/{user}\n\
         # delete the user\n\
         curl -s -o /dev/null -X DELETE {key} {users}/{user}\n\
         # print the tables\n\
         cargo run -p webhook-sync -- show\n\n\
         To run `import` or `reconcile` in another terminal, set these variables there:\n{}\n",
        variables.join("\n")
    ))
}

#[expect(
    clippy::disallowed_macros,
    reason = "the person who started this reads it"
)]
fn say(text: &str) {
    println!("{text}");
}

/// A writer to standard error that moves the progress bars out of the way of each line.
#[derive(Clone)]
struct AboveBars(MultiProgress);

impl io::Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
