use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::{error::Error, page::Page, raw_response::RawResponse, request::Request};

/// All entries of a list, fetched page by page as they are asked for.
///
/// Nothing is sent before the first entry is asked for, and nothing more once it is dropped. A
/// page that cannot be fetched ends the stream with its error.
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
/// It is a [`Stream`] too, for the combinators of the `futures` crates.
#[must_use = "a stream fetches nothing until it is polled"]
pub struct PageStream<T> {
    request: Request,
    position: Position<T>,
    page_size: u64,
    entries: std::vec::IntoIter<T>,
    call: Option<Call>,
    finished: bool,
}

type Call = Pin<Box<dyn Future<Output = Result<RawResponse, Error>> + Send>>;

/// Where the next page begins.
enum Position<T> {
    /// After this many entries.
    Offset(u64),
    /// After the last entry, which is named by its id.
    Cursor(fn(&T) -> &str),
}

impl<T> PageStream<T> {
    /// Pages by number of entries, `page_size` unless the request says otherwise.
    pub(crate) fn by_offset(mut request: Request, page_size: u64) -> Self {
        let asked = |name| request.query_value(name)?.parse().ok();
        let offset = asked("offset").unwrap_or(0);
        let page_size = asked("limit").unwrap_or(page_size).max(1);
        request.set_query("limit", page_size.to_string());
        Self {
            request,
            position: Position::Offset(offset),
            page_size,
            entries: Vec::new().into_iter(),
            call: None,
            finished: false,
        }
    }

    /// Pages by the id of the last entry, where the order that was asked for allows that.
    pub(crate) fn by_cursor(request: Request, page_size: u64, id: fn(&T) -> &str) -> Self {
        let by_creation = request
            .query_value("order_by")
            .is_none_or(|order| order.trim_start_matches(['+', '-']) == "created_at");
        let from_start = request
            .query_value("offset")
            .is_none_or(|offset| offset == "0");
        let mut stream = Self::by_offset(request, page_size);
        if by_creation && from_start {
            stream.request.remove_query("offset");
            stream.position = Position::Cursor(id);
        }
        stream
    }

    fn next_call(&mut self) -> Call {
        if let Position::Offset(offset) = self.position {
            self.request.set_query("offset", offset.to_string());
        }
        Box::pin(self.request.clone().execute())
    }

    fn accept(&mut self, page: Page<T>) {
        let received = page.data.len() as u64;
        let full = received >= self.page_size;
        self.finished = match &mut self.position {
            Position::Offset(offset) => {
                *offset += received;
                // A short page is the last one, unless the server gives less than was asked for.
                let more = page.total_count.is_some_and(|total| total > *offset);
                received == 0 || !(full || more)
            }
            Position::Cursor(id) => {
                if let Some(last) = page.data.last() {
                    self.request
                        .set_query("starting_after", id(last).to_owned());
                }
                !full
            }
        };
        self.entries = page.data.into_iter();
    }
}

impl<T: DeserializeOwned> PageStream<T> {
    /// The next entry, or `None` after the last one.
    ///
    /// # Errors
    /// When a page cannot be fetched. The stream is then at its end.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        poll_fn(|context| self.poll_entry(context))
            .await
            .transpose()
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
            match answer.and_then(|answer| answer.json::<Page<T>>()) {
                Ok(page) => self.accept(page),
                Err(error) => {
                    self.finished = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
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
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}
