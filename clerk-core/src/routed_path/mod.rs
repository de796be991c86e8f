//! The path that a request is routed by.

#[cfg(feature = "route-matcher")]
mod readings;

/// The path of a request, with the readings of it that the router may use, for
/// [`AuthContext::protect`](crate::adapter::AuthContext::protect).
///
/// Guards follow a rule that is safe with every router: a path is guarded if a router may take it for a guarded route, or if
/// it is ambiguous.
///
/// - A guard for certain routes ([`only`](crate::Protect::only)) applies if *any* reading of the path matches. An empty
///   segment counts as a parameter.
/// - A guard with exceptions ([`except`](crate::Protect::except)) lets a request through only if *every* reading matches
///   exactly, and never if the path has dot segments or backslashes.
///
/// Both guard a path of more than 2 KiB that has more than one reading.
///
/// ```
/// use clerk_core::adapter::RoutedPath;
///
/// // A router that decodes the path before it compares.
/// let path = RoutedPath::received("/caf%C3%A9").decoded_as("/café");
/// // A router that strips the prefix for nested routers.
/// let path = RoutedPath::received("/api/users").nested_as("/users");
/// # let _ = path;
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
#[cfg_attr(
    not(feature = "route-matcher"),
    expect(dead_code, reason = "only patterns are compared with paths")
)]
pub struct RoutedPath<'a> {
    received: &'a str,
    decoded: Option<&'a str>,
    nested: Option<&'a str>,
}

impl<'a> RoutedPath<'a> {
    /// Creates the value from the path as it was received: encoded, and without the query.
    pub fn received(path: &'a str) -> Self {
        Self {
            received: path,
            decoded: None,
            nested: None,
        }
    }

    /// Sets the text that the router compares with its routes, if the router decodes the path.
    pub fn decoded_as(mut self, text: &'a str) -> Self {
        self.decoded = Some(text);
        self
    }

    /// Sets the rest of the path that the nested router sees, if the guard is inside one.
    pub fn nested_as(mut self, path: &'a str) -> Self {
        self.nested = Some(path);
        self
    }
}
