//! Patterns for request paths, in the syntax of path-to-regexp.

mod code_units;
mod error;
mod expression;
mod matcher;
mod path_template;

pub use error::{MalformedPath, RoutePatternError};
pub use matcher::RouteMatcher;
pub(crate) use matcher::{PathPattern, normalize};
