//! State in a file, which outlives the process no matter how it ends.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction, params};
use serde_json::Value;

use super::storage::Storage;
use super::tables::{KeptRow, Tables, TablesDump};
use crate::error::Error;

/// The application ID that marks a file as the emulator's: `CLKE`.
const APPLICATION_ID: i64 = 0x434c_4b45;

/// A field that a later version of the format adds or no longer has.
struct ChangedField {
    table: &'static str,
    /// The name, after those of the objects that contain it, separated by slashes.
    field: &'static str,
    /// The JSON value for rows without the field, or `None` if it is gone.
    value: Option<&'static str>,
}

/// The steps that turn files of version 1, 2 and so on into files of the next version.
const MIGRATIONS: &[&[ChangedField]] = &[
    // Messages of version 1 did not count their tries.
    &[ChangedField {
        table: "webhook_messages",
        field: "tries",
        value: Some("0"),
    }],
    // Test runs of version 2 did not note the outcome, and tickets no organization.
    &[
        ChangedField {
            table: "tickets",
            field: "organization_id",
            value: Some("null"),
        },
        ChangedField {
            table: "test_runs",
            field: "account",
            value: Some("null"),
        },
        ChangedField {
            table: "test_runs",
            field: "problem",
            value: Some("null"),
        },
    ],
    // Organizations of version 3 had no role set of their own.
    &[ChangedField {
        table: "organizations",
        field: "role_set",
        value: Some("null"),
    }],
    // Roles of version 4 stored what follows from their permissions.
    &[ChangedField {
        table: "roles",
        field: "is_creator_eligible",
        value: None,
    }],
    // OAuth applications of version 5 let no devices sign in, and their grants had no organization; connections of companies
    // created accounts. The settings did not tell where sessions are synced and where the application runs.
    &[
        ChangedField {
            table: "oauth_applications",
            field: "device_authorization_grant_enabled",
            value: Some("false"),
        },
        ChangedField {
            table: "oauth_applications",
            field: "dynamically_registered",
            value: Some("false"),
        },
        ChangedField {
            table: "oauth_applications",
            field: "client_uri",
            value: Some("null"),
        },
        ChangedField {
            table: "authorization_codes",
            field: "organization_id",
            value: Some("null"),
        },
        // It had no effect.
        ChangedField {
            table: "settings",
            field: "restrictions/allowlist_blocklist_disabled_on_sign_in",
            value: Some("true"),
        },
        ChangedField {
            table: "enterprise_connections",
            field: "disable_jit_provisioning",
            value: Some("false"),
        },
        ChangedField {
            table: "refresh_grants",
            field: "organization_id",
            value: Some("null"),
        },
        ChangedField {
            table: "settings",
            field: "url_based_session_syncing",
            value: Some("null"),
        },
        ChangedField {
            table: "settings",
            field: "development_origin",
            value: Some("\"\""),
        },
    ],
];

/// The version of the files that the emulator writes.
const VERSION: usize = MIGRATIONS.len() + 1;

/// State in a SQLite file, with one row of JSON for each row of a table. The file is read once and written with every
/// operation.
#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    connection: Connection,
    tables: Tables,
}

/// The reason why a file cannot be used.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("it is no data file of the emulator")]
    Foreign,
    #[error(
        "it was written by a newer version of the emulator (format {0}, this one writes {VERSION})"
    )]
    Newer(i64),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("row {id} of {table} cannot be read: {reason}")]
    Row {
        table: String,
        id: String,
        reason: String,
    },
}

impl Sqlite {
    /// Opens a data file, or creates one. A file that cannot be used is left unchanged.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::try_open(path).map_err(|problem| Error::DataFile {
            path: path.to_owned(),
            source: problem.into(),
        })
    }

    fn try_open(path: &Path) -> Result<Self, Problem> {
        let is_new = !path.exists();
        if is_new {
            create_private(path)?;
        }
        let mut connection = Connection::open(path)?;
        // Only one emulator can use a file. The lock is released with the process, no matter how it ends.
        connection.busy_timeout(Duration::from_millis(500))?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        let is_empty = is_new || std::fs::metadata(path)?.len() == 0;
        let mut tables = Tables::default();
        if is_empty {
            create(&mut connection)?;
        } else {
            let version = check(&connection)?;
            let dump = read(&connection, version)?;
            tables.load(dump);
            migrate(&mut connection, version, &tables)?;
        }
        tables.commit();
        // With a write-ahead log, a commit is a single append, which the operating system keeps even if the process
        // dies.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            tables,
        })
    }

    fn keep(&mut self) -> Result<(), Problem> {
        let transaction = self.connection.transaction()?;
        if self.tables.is_replaced() {
            transaction.execute("DELETE FROM rows", [])?;
            self.tables
                .visit_all(|table, id, row| keep_row(&transaction, table, id, row))?;
        } else {
            self.tables
                .visit_changes(|table, id, row| keep_row(&transaction, table, id, row))?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Storage for Sqlite {
    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn tables_mut(&mut self) -> &mut Tables {
        &mut self.tables
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.keep().map_err(|problem| Error::DataFile {
            path: self.path.clone(),
            source: problem.into(),
        })?;
        self.tables.commit();
        Ok(())
    }

    fn roll_back(&mut self) {
        self.tables.roll_back();
    }
}

/// Creates an empty file that only its owner can read, because it will contain keys.
fn create_private(path: &Path) -> Result<(), std::io::Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

fn create(connection: &mut Connection) -> Result<(), Problem> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE rows (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            tbl TEXT NOT NULL,
            id TEXT NOT NULL,
            json TEXT NOT NULL,
            UNIQUE (tbl, id)
        );",
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION as i64)?;
    transaction.commit()?;
    Ok(())
}

/// Returns the version of a file, after checks that do not write anything.
fn check(connection: &Connection) -> Result<usize, Problem> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("application_id")? != APPLICATION_ID {
        return Err(Problem::Foreign);
    }
    let found = pragma("user_version")?;
    let version = usize::try_from(found).unwrap_or_default();
    if version == 0 {
        return Err(Problem::Damaged("it has no version".to_owned()));
    }
    if version > VERSION {
        return Err(Problem::Newer(found));
    }
    let verdict: String =
        connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Problem::Damaged(verdict));
    }
    Ok(version)
}

/// Reads all rows, upgraded to the current version.
fn read(connection: &Connection, version: usize) -> Result<TablesDump, Problem> {
    let mut dump = TablesDump::default();
    let mut statement = connection.prepare("SELECT tbl, id, json FROM rows ORDER BY position")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, id, json): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let unreadable = |reason: String| Problem::Row {
            table: table.clone(),
            id: id.clone(),
            reason,
        };
        let json =
            upgraded(&table, &json, version).map_err(|error| unreadable(error.to_string()))?;
        match dump.push(&table, &json) {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(unreadable(error.to_string())),
            None => return Err(unreadable("there is no such table".to_owned())),
        }
    }
    Ok(dump)
}

/// Applies what later versions changed.
fn upgraded(table: &str, json: &str, version: usize) -> Result<String, serde_json::Error> {
    let mut changed = MIGRATIONS
        .iter()
        .skip(version - 1)
        .flat_map(|fields| fields.iter())
        .filter(|field| field.table == table)
        .peekable();
    if changed.peek().is_none() {
        return Ok(json.to_owned());
    }
    let mut row: Value = serde_json::from_str(json)?;
    for field in changed {
        let (parent, name) = match field.field.rsplit_once('/') {
            Some((parent, name)) => (format!("/{parent}"), name),
            None => (String::new(), field.field),
        };
        let parent = row.pointer_mut(&parent).and_then(Value::as_object_mut);
        match (field.value, parent) {
            (Some(value), Some(fields)) => {
                fields.insert(name.to_owned(), serde_json::from_str(value)?);
            }
            (None, Some(fields)) => {
                fields.remove(name);
            }
            (_, None) => {}
        }
    }
    Ok(row.to_string())
}

/// Rewrites a file of an older version in the current one.
fn migrate(connection: &mut Connection, version: usize, tables: &Tables) -> Result<(), Problem> {
    if version == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM rows", [])?;
    tables.visit_all(|table, id, row| keep_row(&transaction, table, id, row))?;
    transaction.pragma_update(None, "user_version", VERSION as i64)?;
    transaction.commit()?;
    Ok(())
}

fn keep_row(
    transaction: &Transaction<'_>,
    table: &str,
    id: &str,
    row: KeptRow,
) -> Result<(), Problem> {
    let (statement, json) = match row {
        KeptRow::New(json) => (
            "INSERT INTO rows (tbl, id, json) VALUES (?1, ?2, ?3)",
            Some(json),
        ),
        KeptRow::Changed(json) => (
            "UPDATE rows SET json = ?3 WHERE tbl = ?1 AND id = ?2",
            Some(json),
        ),
        KeptRow::Gone => ("DELETE FROM rows WHERE tbl = ?1 AND id = ?2", None),
    };
    let mut statement = transaction.prepare_cached(statement)?;
    match json {
        Some(json) => statement.execute(params![table, id, json])?,
        None => statement.execute(params![table, id])?,
    };
    Ok(())
}
