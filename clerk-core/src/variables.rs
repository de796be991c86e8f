//! The environment variables that configure an instance.

use std::collections::BTreeMap;

use crate::ecma::parse_decimal_int;

/// The variables that were set, by name.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, String>,
}

impl Variables {
    /// Reads names and values. Of a name that comes twice the last value counts, and an empty one is as good as absent.
    pub(crate) fn read<N: AsRef<str>, V: AsRef<str>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut read = Self::default();
        for (name, value) in variables {
            let (name, value) = (name.as_ref(), value.as_ref());
            if name.starts_with("CLERK_") && !value.is_empty() {
                read.values.insert(name.to_owned(), value.to_owned());
            }
        }
        read
    }

    /// Reads the environment of this process.
    pub(crate) fn of_the_process() -> Self {
        // A value that is not Unicode reads as absent: no variable of Clerk's can be one.
        Self::read(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }
}

/// `true` in any case, or text that begins with a number above zero.
pub(crate) fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || parse_decimal_int(text).is_some_and(|number| number > 0.0)
}
