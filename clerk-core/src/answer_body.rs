//! The body of a response that does not come from the application.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of a response that does not come from the application: a few bytes, or a stream from the Frontend API.
#[derive(Default)]
pub struct AnswerBody(Source);

/// The error of a response from the Frontend API that ended early.
#[derive(Debug, thiserror::Error)]
#[error("the response of the Frontend API ended early")]
pub struct AnswerError(#[source] Box<dyn Error + Send + Sync>);

enum Source {
    Whole(Bytes),
    Streaming(reqwest::Body),
}

impl Default for Source {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl AnswerBody {
    pub(crate) fn streaming(body: reqwest::Body) -> Self {
        Self(Source::Streaming(body))
    }
}

impl From<Bytes> for AnswerBody {
    fn from(whole: Bytes) -> Self {
        Self(Source::Whole(whole))
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Whole(_) => "AnswerBody(whole)",
            Source::Streaming(_) => "AnswerBody(streaming)",
        })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        match &mut self.0 {
            Source::Whole(whole) => {
                let whole = std::mem::take(whole);
                Poll::Ready((!whole.is_empty()).then(|| Ok(Frame::data(whole))))
            }
            Source::Streaming(body) => Pin::new(body).poll_frame(cx).map(|frame| {
                frame.map(|frame| frame.map_err(|error| AnswerError(Box::new(error.without_url()))))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Whole(whole) => whole.is_empty(),
            Source::Streaming(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Whole(whole) => SizeHint::with_exact(whole.len() as u64),
            Source::Streaming(body) => body.size_hint(),
        }
    }
}
