#![allow(missing_docs, dead_code, clippy::all)]
use url::Url;
#[derive(Clone, Debug, Default)]
pub struct AllowedRedirectOrigins;
impl AllowedRedirectOrigins {
    pub fn any() -> Self {
        Self
    }
    pub fn allows(&self, _: &Url, _: &Url) -> bool {
        true
    }
}
pub(crate) fn set_query_parameter(url: &mut Url, name: &str, value: &str) {
    let mut seen = false;
    let mut out = vec![];
    for (k, v) in url.query_pairs() {
        if k == name {
            if !seen {
                seen = true;
                out.push((k.into_owned(), value.to_owned()));
            }
        } else {
            out.push((k.into_owned(), v.into_owned()));
        }
    }
    if !seen {
        out.push((name.into(), value.into()));
    }
    url.set_query(None);
    url.query_pairs_mut().extend_pairs(out);
}
