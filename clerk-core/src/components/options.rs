//! Typed options of components, stored as the JSON that the browser SDK accepts.

/// Declares types whose methods set options. The type `text` means everything that converts into a string, and `json`
/// every JSON value.
macro_rules! options {
    ($($(#[$docs:meta])* $type:ident { $($(#[$option_docs:meta])* $option:ident: $kind:ident = $name:literal,)* })*) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[must_use]
        pub struct $type(serde_json::Map<String, serde_json::Value>);

        impl $type {
            /// Creates a value without any options.
            pub fn new() -> Self {
                Self::default()
            }

            $crate::components::options::setters! { $($(#[$option_docs])* $option: $kind = $name,)* }

            /// Sets an option for which this type has no method.
            pub fn option(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.0.insert(name.to_owned(), value.into());
                self
            }
        }

        impl From<$type> for serde_json::Value {
            fn from(value: $type) -> Self {
                Self::Object(value.0)
            }
        }
    )*};
}

/// Declares the setters of [`options`] for a type with a method `option`.
macro_rules! setters {
    ($($(#[$docs:meta])* $option:ident: $kind:ident = $name:literal,)*) => {
        $($crate::components::options::setter! { $(#[$docs])* $option: $kind = $name })*
    };
}

macro_rules! setter {
    ($(#[$docs:meta])* $option:ident: text = $name:literal) => {
        $(#[$docs])*
        pub fn $option(self, value: impl Into<String>) -> Self {
            self.option($name, value.into())
        }
    };
    ($(#[$docs:meta])* $option:ident: json = $name:literal) => {
        $(#[$docs])*
        pub fn $option(self, value: impl Into<serde_json::Value>) -> Self {
            self.option($name, value)
        }
    };
    ($(#[$docs:meta])* $option:ident: $type:ident = $name:literal) => {
        $(#[$docs])*
        pub fn $option(self, value: $type) -> Self {
            self.option($name, value)
        }
    };
}

/// Declares enums that are strings in JSON.
macro_rules! choices {
    ($($(#[$docs:meta])* $type:ident { $($(#[$choice_docs:meta])* $choice:ident = $name:literal,)* })*) => {$(
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$choice_docs])* $choice,)*
        }

        impl From<$type> for serde_json::Value {
            fn from(value: $type) -> Self {
                Self::from(match value {
                    $($type::$choice => $name,)*
                })
            }
        }
    )*};
}

pub(super) use {choices, options, setter, setters};
