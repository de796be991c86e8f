//! The request as it reached the outermost router.

use axum::extract::OriginalUri;
use clerk_core::RequestView;
use http::{Request, Uri};

/// A request with the URL that was asked for: a nested router sees one without its prefix, which must not become the
/// address that a browser is sent back to.
pub(crate) struct OriginalRequest<'a, B>(pub(crate) &'a Request<B>);

impl<B> OriginalRequest<'_, B> {
    pub(crate) fn uri(&self) -> &Uri {
        self.0
            .extensions()
            .get::<OriginalUri>()
            .map_or_else(|| self.0.uri(), |original| &original.0)
    }
}

impl<B> RequestView for OriginalRequest<'_, B> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn scheme(&self) -> Option<&str> {
        self.uri().scheme_str()
    }

    fn authority(&self) -> Option<&str> {
        self.uri().authority().map(http::uri::Authority::as_str)
    }

    fn path_and_query(&self) -> &str {
        self.uri()
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str)
    }

    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.header(name, visit);
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        RequestView::headers(self.0, visit);
    }
}
