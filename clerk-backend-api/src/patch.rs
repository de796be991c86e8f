/// The change that an update makes to a nullable value: keep it, clear it, or set it.
///
/// Setters take `impl Into<Patch<T>>`. Passing a value sets it, passing `None` clears it, and not
/// calling the setter keeps it. An `Option` that is `None` therefore clears the value; pass
/// [`Patch::Keep`] to keep it.
///
/// ```no_run
/// use clerk_backend_api::{ClerkClient, Error};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// client
///     .users()
///     .update("user_2abc")
///     .first_name("Augusta") // set
///     .username(None) // cleared
///     .send() // everything else is kept
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the three cases are complete")]
pub enum Patch<T> {
    /// Keeps the value; nothing is sent.
    #[default]
    Keep,
    /// Clears the value; null is sent.
    Clear,
    /// Replaces the value.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies `f` to the value to set.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(f(value)),
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

impl From<&String> for Patch<String> {
    fn from(value: &String) -> Self {
        Self::Set(value.clone())
    }
}

impl<const N: usize> From<[&str; N]> for Patch<Vec<String>> {
    fn from(values: [&str; N]) -> Self {
        Self::Set(values.map(str::to_owned).into())
    }
}

impl From<Vec<&str>> for Patch<Vec<String>> {
    fn from(values: Vec<&str>) -> Self {
        Self::Set(values.into_iter().map(str::to_owned).collect())
    }
}

impl<T, const N: usize> From<[T; N]> for Patch<Vec<T>> {
    fn from(values: [T; N]) -> Self {
        Self::Set(values.into())
    }
}
