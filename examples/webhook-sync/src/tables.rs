//! The database: SQLite or PostgreSQL, depending on its URL.

use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Row as _, SqlSafeStr as _};

use crate::change::Change;
use crate::row::{Decision, Kind, Row, decide};
use crate::sync_error::SyncError;

/// How long to wait for a connection. Clerk gives up on a webhook after 15 seconds and sends it again later.
const PATIENCE: Duration = Duration::from_secs(5);

/// The tables.
#[derive(Clone, Debug)]
pub struct Tables {
    pool: AnyPool,
}

/// The message that a change comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) id: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) occurred_at: Option<i64>,
}

/// Clerk's answer about an object, and the row as it was before Clerk was asked.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) seen: Row,
    pub(crate) now: Row,
}

/// The outcome of a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was written.
    Written,
    /// The row is newer.
    Kept,
    /// The message was applied before.
    Duplicate,
    /// Nothing was written: Clerk must be asked first. Contains the current row.
    Ask(Row),
}

impl Tables {
    /// Connects to the database and creates the tables if there are none.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached, or if its tables are those of another version.
    pub async fn open(url: &str) -> Result<Self, SyncError> {
        Self::connect(url).await.map_err(SyncError::Unusable)
    }

    async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        // A pool would report only that the time is up.
        AnyConnection::connect(url).await?.close().await?;
        let sqlite = url.starts_with("sqlite:");
        let pool = AnyPoolOptions::new()
            // SQLite has one writer at a time.
            .max_connections(if sqlite { 1 } else { 8 })
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    if connection.backend_name() == "SQLite" {
                        let pragma = "PRAGMA journal_mode = WAL";
                        sqlx::query(pragma).execute(connection).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        let tables = Migration::new(
            1,
            "tables".into(),
            MigrationType::Simple,
            include_str!("../migrations/1_tables.sql").into_sql_str(),
            false,
        );
        Migrator::with_migrations(vec![tables]).run(&pool).await?;
        Ok(Self { pool })
    }

    /// Returns the rows of objects that are not deleted, by ID.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn live(&self, kind: Kind) -> Result<Vec<(String, Row)>, sqlx::Error> {
        let sql = format!(
            "SELECT id, version, deleted_at, created_at, {} FROM {} WHERE id IN (SELECT id FROM {}) ORDER BY id",
            kind.columns().join(", "),
            kind.table(),
            kind.view(),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, read(kind, row)?)))
            .collect()
    }

    /// Returns the number of objects that are not deleted.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn count(&self, kind: Kind) -> Result<i64, sqlx::Error> {
        let sql = format!("SELECT COUNT(*) FROM {}", kind.view());
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&self.pool)
            .await
    }

    /// Returns the row of an object, which can be a tombstone.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn row(&self, kind: Kind, id: &str) -> Result<Option<Row>, sqlx::Error> {
        let sql = format!(
            "SELECT version, deleted_at, created_at, {} FROM {} WHERE id = $1",
            kind.columns().join(", "),
            kind.table(),
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(kind, &row)).transpose()
    }

    /// Applies a change, and records its message in the same transaction.
    pub(crate) async fn apply(
        &self,
        message: Option<Message<'_>>,
        change: &Change,
        answer: Option<&Answer>,
    ) -> Result<Outcome, sqlx::Error> {
        // A transaction that is dropped is rolled back.
        let mut transaction = self.pool.begin().await?;
        if let Some(message) = message
            && !remember(&mut transaction, message, None).await?
        {
            return Ok(Outcome::Duplicate);
        }
        let (kind, id) = (change.kind, change.id.as_str());
        let current = lock(&mut transaction, kind, id).await?;
        let (decision, new) = match answer {
            Some(answer) if answer.seen == current => {
                let stale = answer.now.version < current.version;
                let decision = if stale {
                    Decision::Keep
                } else {
                    Decision::Write
                };
                (decision, &answer.now)
            }
            // The row changed while Clerk was asked, so decide again.
            _ => (decide(&current, &change.row), &change.row),
        };
        let outcome = match decision {
            Decision::Ask => return Ok(Outcome::Ask(current)),
            Decision::Keep => Outcome::Kept,
            Decision::Write => {
                write(&mut transaction, kind, id, new).await?;
                Outcome::Written
            }
        };
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Keeps the payload of a message that changes no table. Returns false if it was kept before.
    pub(crate) async fn keep(
        &self,
        message: Message<'_>,
        payload: &str,
    ) -> Result<bool, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        remember(&mut connection, message, Some(payload)).await
    }

    /// Returns the payload of a message that was kept.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn kept(&self, message_id: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT payload FROM webhook_messages WHERE id = $1")
            .bind(message_id)
            .fetch_optional(&self.pool)
            .await
            .map(Option::flatten)
    }

    /// Returns the pool, for the application's own queries.
    #[must_use]
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// Inserts a message. Returns false if it already exists.
async fn remember(
    connection: &mut AnyConnection,
    message: Message<'_>,
    payload: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO webhook_messages (id, event_type, occurred_at, payload) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(message.id)
    .bind(message.event_type)
    .bind(message.occurred_at)
    .bind(payload)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Locks the row of an object until the end of the transaction, and returns it. A new object gets a tombstone of
/// version 0, which is older than every state, so that two transactions cannot both insert it.
async fn lock(connection: &mut AnyConnection, kind: Kind, id: &str) -> Result<Row, sqlx::Error> {
    let table = kind.table();
    let sql = format!(
        "INSERT INTO {table} (id, version, deleted_at) VALUES ($1, 0, 0) \
         ON CONFLICT (id) DO UPDATE SET version = {table}.version \
         RETURNING version, deleted_at, created_at, {}",
        kind.columns().join(", "),
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(id)
        .fetch_one(connection)
        .await?;
    read(kind, &row)
}

async fn write(
    connection: &mut AnyConnection,
    kind: Kind,
    id: &str,
    row: &Row,
) -> Result<(), sqlx::Error> {
    let columns: Vec<String> = (kind.columns().iter().zip(5..))
        .map(|(column, index)| format!("{column} = ${index}"))
        .collect();
    let sql = format!(
        "UPDATE {} SET version = $2, deleted_at = $3, created_at = $4, {} WHERE id = $1",
        kind.table(),
        columns.join(", "),
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(id)
        .bind(row.version)
        .bind(row.deleted_at)
        .bind(row.created_at);
    for field in &row.fields {
        query = query.bind(field.as_deref());
    }
    query.execute(connection).await?;
    Ok(())
}

fn read(kind: Kind, row: &AnyRow) -> Result<Row, sqlx::Error> {
    let fields = kind.columns().iter().map(|column| row.try_get(*column));
    Ok(Row {
        version: row.try_get("version")?,
        deleted_at: row.try_get("deleted_at")?,
        created_at: row.try_get("created_at")?,
        fields: fields.collect::<Result<_, _>>()?,
    })
}
