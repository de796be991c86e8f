use std::{
    collections::HashSet,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::{
    answer,
    error::Error,
    page::{Page, RowFailure},
    raw_response::RawResponse,
    request::Request,
};

/// All entries of a list, fetched page by page as needed.
///
/// No request is sent before the first entry is polled, nor after the stream is dropped. A page
/// that cannot be fetched ends the stream with its error, and so does a server that sends the same
/// page again instead of the next one. An entry that cannot be read is left out and reported by
/// [`failures`](Self::failures).
///
/// ```
/// use clerk_backend_api::{ClerkClient, Error};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// let mut users = client.users().list().query("smith").stream();
/// while let Some(user) = users.try_next().await? {
///     println!("{}", user.id);
/// }
/// # Ok(())
/// # }
/// ```
///
/// It also implements [`Stream`], for the combinators of the `futures` crates.
///
/// # Concurrent changes
///
/// Users are paged by cursor where their order allows it, so that created and deleted users do not
/// shift the others. All other lists, and users in another order, are paged by offset. If an entry
/// of an earlier page is deleted in the meantime, an existing entry is skipped; if one is added
/// before the current page, an entry is returned twice. To delete entries of such a list while
/// iterating, [collect](Self::try_collect) it first.
#[must_use = "a stream fetches nothing until it is polled"]
pub struct PageStream<T> {
    request: Request,
    /// The key of the entries in a response that is an object.
    key: &'static str,
    id: fn(&T) -> Option<&str>,
    position: Position,
    page_size: u64,
    entries: std::vec::IntoIter<T>,
    failures: Vec<RowFailure>,
    /// The previous page, to detect a server that sends it again.
    previous: Option<Seen>,
    call: Option<Call>,
    finished: bool,
}

type Call = Pin<Box<dyn Future<Output = Result<RawResponse, Error>> + Send>>;

/// Where the next page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// After this number of entries.
    Offset(u64),
    /// After the last entry, identified by its ID.
    Cursor,
}

/// What is kept of a page for comparison.
#[derive(PartialEq)]
struct Seen {
    ids: Vec<String>,
    total_count: Option<u64>,
}

impl<T> PageStream<T> {
    /// Pages by offset, with `page_size` entries per page unless the request sets a limit.
    pub(crate) fn by_offset(
        mut request: Request,
        key: &'static str,
        page_size: u64,
        id: fn(&T) -> Option<&str>,
    ) -> Self {
        let asked = |name| request.query_value(name)?.parse().ok();
        let offset = asked("offset").unwrap_or(0);
        let page_size = asked("limit").unwrap_or(page_size).max(1);
        request.set_query("limit", page_size.to_string());
        Self {
            request,
            key,
            id,
            position: Position::Offset(offset),
            page_size,
            entries: Vec::new().into_iter(),
            failures: Vec::new(),
            previous: None,
            call: None,
            finished: false,
        }
    }

    /// Pages by the ID of the last entry, if the requested order allows it.
    pub(crate) fn by_cursor(
        request: Request,
        key: &'static str,
        page_size: u64,
        id: fn(&T) -> Option<&str>,
    ) -> Self {
        let by_creation = request
            .query_value("order_by")
            .is_none_or(|order| order.trim_start_matches(['+', '-']) == "created_at");
        let from_start = request
            .query_value("offset")
            .is_none_or(|offset| offset == "0");
        let mut stream = Self::by_offset(request, key, page_size, id);
        if by_creation && from_start {
            stream.request.remove_query("offset");
            stream.position = Position::Cursor;
        }
        stream
    }

    /// Returns the entries that could not be read so far, with their positions on their pages.
    #[must_use]
    pub fn failures(&self) -> &[RowFailure] {
        &self.failures
    }

    fn next_call(&mut self) -> Call {
        if let Position::Offset(offset) = self.position {
            self.request.set_query("offset", offset.to_string());
        }
        Box::pin(self.request.clone().execute())
    }

    /// Takes the entries of a page. Returns false if it is the previous page again.
    fn accept(&mut self, page: Page<T>, body: &[u8]) -> bool {
        let received = page.received();
        let total_count = page.total_count;
        let (entries, failures) = page.into_parts();
        let ids = entries.iter().filter_map(|entry| (self.id)(entry));
        let mut ids: Vec<_> = ids.map(str::to_owned).collect();
        let last_failed = failures
            .last()
            .filter(|failure| failure.index() + 1 == received)
            .and_then(RowFailure::id)
            .map(str::to_owned);
        let last = last_failed.clone().or_else(|| ids.last().cloned());
        ids.extend(last_failed);
        if ids.is_empty() && received > 0 {
            // Entries without IDs are compared as a whole page.
            ids.push(String::from_utf8_lossy(body).into_owned());
        }
        let seen = Seen { ids, total_count };
        let repeated = match (&self.position, &self.previous) {
            // An entry after the cursor cannot be part of the previous page.
            (Position::Cursor, Some(before)) => {
                let before: HashSet<_> = before.ids.iter().collect();
                seen.ids.iter().any(|id| before.contains(id))
            }
            // New entries at the top push others onto the next page; then the total count changes.
            (Position::Offset(_), Some(before)) => !seen.ids.is_empty() && seen == *before,
            (_, None) => false,
        };
        if repeated {
            return false;
        }
        self.previous = Some(seen);
        let full = received as u64 >= self.page_size;
        self.finished = match &mut self.position {
            Position::Offset(offset) => {
                *offset += received as u64;
                // A short page is the last one, unless the server returns fewer entries than
                // requested.
                let more = total_count.is_some_and(|total| total > *offset);
                received == 0 || !(full || more)
            }
            Position::Cursor => match last {
                Some(last) => {
                    self.request.set_query("starting_after", last);
                    !full
                }
                None => true,
            },
        };
        self.entries = entries.into_iter();
        self.failures.extend(failures);
        true
    }
}

impl<T: DeserializeOwned> PageStream<T> {
    /// Fetches the next entry; `None` after the last one.
    ///
    /// # Errors
    /// Fails if a page cannot be fetched, which ends the stream.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        poll_fn(|context| self.poll_entry(context))
            .await
            .transpose()
    }

    /// Fetches all remaining entries.
    ///
    /// # Errors
    /// Fails if a page cannot be fetched; the entries fetched so far are lost.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(entry) = self.try_next().await? {
            all.push(entry);
        }
        Ok(all)
    }

    fn poll_entry(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Poll::Ready(Some(Ok(entry)));
            }
            if self.call.is_none() {
                if self.finished {
                    return Poll::Ready(None);
                }
                self.call = Some(self.next_call());
            }
            let Some(call) = &mut self.call else {
                continue;
            };
            let answer = ready!(call.as_mut().poll(context));
            self.call = None;
            if let Err(error) = answer.and_then(|answer| self.read(&answer)) {
                self.finished = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn read(&mut self, answer: &RawResponse) -> Result<(), Error> {
        let page = answer::page::<T>(answer, self.key)?;
        if self.accept(page, answer.body()) {
            Ok(())
        } else {
            Err(answer.repeated_page())
        }
    }
}

impl<T: DeserializeOwned + Unpin> Stream for PageStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_entry(context)
    }
}

impl<T> fmt::Debug for PageStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageStream")
            .field("request", &self.request)
            .field("page_size", &self.page_size)
            .field("buffered", &self.entries.len())
            .field("failures", &self.failures)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}
