#![allow(missing_docs, dead_code, clippy::all)]
#[derive(Clone, Debug)]
pub struct RouteMatcher;
#[derive(Debug, Clone, thiserror::Error)]
#[error("x")]
pub struct RoutePatternError;
#[derive(Debug, Clone, thiserror::Error)]
#[error("x")]
pub struct MalformedPath;
impl RouteMatcher {
    pub fn is_match(&self, _: &str) -> Result<bool, MalformedPath> {
        Ok(false)
    }
}
#[derive(Clone, Debug)]
pub(crate) struct PathPattern;
impl PathPattern {
    pub(crate) fn new<S: AsRef<str>>(_: &[S]) -> Result<Self, RoutePatternError> {
        Ok(Self)
    }
    pub(crate) fn matches(&self, _: &str) -> Option<Params> {
        None
    }
}
pub(crate) struct Params;
impl Params {
    pub(crate) fn get(&self, _: &str) -> Option<&str> {
        None
    }
}
