//! The first import, and reconciliation after events were lost.

use std::collections::HashSet;

use clerk_axum::core::api::PageStream;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;

use crate::change::Change;
use crate::row::{Kind, Row};
use crate::sync::Sync;
use crate::sync_error::SyncError;
use crate::tables::Outcome;

/// The result of a pass over all objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of objects that were listed.
    pub listed: usize,
    /// The number of rows that were written.
    pub written: usize,
    /// The number of rows that were deleted because their objects no longer exist.
    pub deleted: usize,
    /// The number of entries of the lists that could not be read.
    pub unreadable: usize,
}

impl Sync {
    /// Writes every object that Clerk lists, unless its row is newer. Webhooks may arrive meanwhile.
    ///
    /// # Errors
    /// Returns an error if the database or Clerk cannot be reached. What was written is kept, and another import
    /// continues from there.
    pub async fn import(&self, bars: &MultiProgress) -> Result<Report, SyncError> {
        Ok(self.pass(bars).await?.0)
    }

    /// Imports, and deletes the rows of objects that no longer exist: those that the lists do not have and that are not
    /// found by ID either.
    ///
    /// A list can lack an object because others are deleted while it is read, so absence alone deletes nothing.
    ///
    /// # Errors
    /// Returns the same errors as [`import`](Self::import), and [`SyncError::Incomplete`] if entries could not be read.
    /// Nothing is deleted unless all lists were read to their end.
    pub async fn reconcile(&self, bars: &MultiProgress) -> Result<Report, SyncError> {
        let (mut report, listed) = self.pass(bars).await?;
        if report.unreadable > 0 {
            return Err(SyncError::Incomplete(report.unreadable));
        }
        for kind in Kind::ALL {
            for (id, row) in self.tables().live(kind).await? {
                if listed.contains(&id) {
                    continue;
                }
                // A state without a time makes the synchronization ask Clerk.
                let row = Row { version: 0, ..row };
                let change = Change { kind, id, row };
                if self.apply(None, &change).await? == Outcome::Written
                    && self.is_deleted(&change).await?
                {
                    tracing::info!(object = change.id, "is deleted: its event was lost");
                    report.deleted += 1;
                }
            }
        }
        Ok(report)
    }

    async fn is_deleted(&self, change: &Change) -> Result<bool, SyncError> {
        let row = self.tables().row(change.kind, &change.id).await?;
        Ok(row.is_some_and(|row| row.deleted_at.is_some()))
    }

    /// Lists and writes everything. Returns the IDs of what was listed.
    async fn pass(&self, bars: &MultiProgress) -> Result<(Report, HashSet<String>), SyncError> {
        let mut pass = Pass {
            sync: self,
            report: Report::default(),
            listed: HashSet::new(),
        };
        let api = self.clerk().api();

        let total = api.users().count().send().await?;
        let bar = progress(bars, Kind::User, Some(total));
        let users = api.users().list().stream();
        pass.write_all(Kind::User, users, |user| &user.id, &bar)
            .await?;

        let first = api.organizations().list().limit(1).send().await?;
        let bar = progress(bars, Kind::Organization, first.total_count);
        let organizations = api.organizations().list().stream();
        pass.write_all(Kind::Organization, organizations, |one| &one.id, &bar)
            .await?;

        let first = api
            .organization_memberships()
            .list_all()
            .limit(1)
            .send()
            .await?;
        let bar = progress(bars, Kind::Membership, first.total_count);
        let memberships = api.organization_memberships().list_all().stream();
        pass.write_all(Kind::Membership, memberships, |one| &one.id, &bar)
            .await?;
        Ok((pass.report, pass.listed))
    }
}

struct Pass<'a> {
    sync: &'a Sync,
    report: Report,
    listed: HashSet<String>,
}

impl Pass<'_> {
    async fn write_all<T>(
        &mut self,
        kind: Kind,
        mut entries: PageStream<T>,
        id: fn(&T) -> &String,
        bar: &ProgressBar,
    ) -> Result<(), SyncError>
    where
        T: DeserializeOwned + Unpin,
        for<'a> Row: From<&'a T>,
    {
        while let Some(entry) = entries.try_next().await? {
            let change = Change {
                kind,
                id: id(&entry).clone(),
                row: Row::from(&entry),
            };
            if self.sync.apply(None, &change).await? == Outcome::Written {
                self.report.written += 1;
            }
            self.report.listed += 1;
            self.listed.insert(change.id);
            bar.inc(1);
        }
        for failure in entries.failures() {
            tracing::warn!("{} were not imported: {failure}", kind.view());
        }
        self.report.unreadable += entries.failures().len();
        bar.finish();
        Ok(())
    }
}

fn progress(bars: &MultiProgress, kind: Kind, total: Option<u64>) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(total.unwrap_or(0)));
    let style = "{msg:13} {wide_bar:.cyan} {human_pos}/{human_len}  {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(kind.view());
    bar
}
