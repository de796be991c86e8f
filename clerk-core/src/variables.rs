//! The environment variables that configure an instance.
//!
//! Values often arrive with quotes, whitespace or line breaks around them, as placeholders, or as the wrong key. Where the
//! intended value is clear, it is used with a warning. Everything else is an error that names the variable.

use std::collections::BTreeMap;

use crate::ecma::parse_decimal_int;
use crate::key_check::{KeyFault, KeyKind};

/// The kind of value that a variable has.
#[derive(Clone, Copy)]
enum Form {
    Key(KeyKind),
    /// Origins or patterns of origins, separated by commas.
    Origins,
    /// A URL, a path, a host name or another single word.
    Word,
}

/// A variable, the builder method for the same setting, and the kind of its value.
struct Variable {
    name: &'static str,
    setter: &'static str,
    form: Form,
}

macro_rules! variables {
    ($($name:ident, $setter:ident, $form:expr;)*) => {
        $(pub(crate) const $name: &str = stringify!($name);)*
        const VARIABLES: &[Variable] = &[
            $(Variable { name: stringify!($name), setter: stringify!($setter), form: $form },)*
        ];
    };
}

variables! {
    CLERK_SECRET_KEY, secret_key, Form::Key(KeyKind::Secret);
    CLERK_PUBLISHABLE_KEY, publishable_key, Form::Key(KeyKind::Publishable);
    CLERK_MACHINE_SECRET_KEY, machine_secret_key, Form::Key(KeyKind::Machine);
    CLERK_JWT_KEY, jwt_key, Form::Key(KeyKind::Jwt);
    CLERK_WEBHOOK_SIGNING_SECRET, webhook_signing_secret, Form::Key(KeyKind::Webhook);
    CLERK_AUTHORIZED_PARTIES, authorized_parties, Form::Origins;
    CLERK_AUTHORIZED_PARTY_PATTERNS, authorized_party_patterns, Form::Origins;
    CLERK_API_URL, api_url, Form::Word;
    CLERK_API_VERSION, api_version, Form::Word;
    CLERK_PROXY_URL, proxy_url, Form::Word;
    CLERK_PUBLIC_URL, public_url, Form::Word;
    CLERK_DOMAIN, domain, Form::Word;
    CLERK_IS_SATELLITE, is_satellite, Form::Word;
    CLERK_SIGN_IN_URL, sign_in_url, Form::Word;
    CLERK_SIGN_UP_URL, sign_up_url, Form::Word;
    CLERK_DEVELOPMENT_ALLOW_HTTP, dangerous_allow_http, Form::Word;
}

/// Prefixes that frontend projects add to our variables, because bundlers expose only such names to browsers.
const FRONT_END_PREFIXES: [&str; 8] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "EXPO_PUBLIC_",
    "NUXT_PUBLIC_",
    "NUXT_",
    "GATSBY_",
    "PUBLIC_",
];

/// Names that guides and older SDKs use for a setting.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("CLERK_API_KEY", CLERK_SECRET_KEY),
    ("CLERK_SECRET", CLERK_SECRET_KEY),
    ("CLERK_WEBHOOK_SECRET", CLERK_WEBHOOK_SIGNING_SECRET),
    ("CLERK_SIGNING_SECRET", CLERK_WEBHOOK_SIGNING_SECRET),
    ("CLERK_FRONTEND_API", CLERK_PUBLISHABLE_KEY),
];

/// Returns the builder method for the setting of a variable.
pub(crate) fn setter_of(name: &str) -> &'static str {
    variable(name).map_or("from_vars", |variable| variable.setter)
}

fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

/// A problem with the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) variable: &'static str,
    /// The end of a sentence that begins with the name of the variable. It does not contain the value.
    pub(crate) problem: String,
    /// What to do.
    pub(crate) advice: String,
}

impl Remark {
    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.problem, self.advice)
    }
}

/// The values of the variables that are set, and the problems with them.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    values: BTreeMap<&'static str, String>,
    /// Variables with unusable values.
    pub(crate) unusable: Vec<Remark>,
    /// Variables with questionable values, which are used.
    pub(crate) doubtful: Vec<Remark>,
    /// For variables that are not set: another variable that seems to contain the setting.
    pub(crate) other_names: BTreeMap<&'static str, String>,
}

impl Variables {
    /// Reads names and values. The last value of a name counts, and an empty value counts as absent.
    pub(crate) fn read<N: AsRef<str>, V: AsRef<str>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut read = Self::default();
        let mut values = BTreeMap::new();
        for (name, value) in variables {
            let (name, value) = (name.as_ref(), value.as_ref());
            if let Some(variable) = variable(name) {
                values.insert(variable.name, value.to_owned());
            } else if let Some(ours) = other_name_of(name)
                && !value.trim().is_empty()
            {
                read.other_names.insert(ours, name.to_owned());
            }
        }
        values.retain(|_, value| !value.is_empty());
        read.other_names
            .retain(|ours, _| !values.contains_key(ours));
        for Variable { name, form, .. } in VARIABLES {
            if let Some(value) = values.get(name) {
                read.check(name, *form, value);
            }
        }
        read
    }

    /// Reads the environment of this process.
    pub(crate) fn of_the_process() -> Self {
        let mut unreadable = Vec::new();
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => variables.push((name, value)),
                Err(_) => unreadable.extend(variable(&name).map(|variable| variable.name)),
            }
        }
        let mut read = Self::read(variables);
        read.other_names
            .retain(|ours, _| !unreadable.contains(ours));
        for variable in unreadable {
            read.refuse(
                variable,
                "is not valid Unicode",
                "use ASCII characters only",
            );
        }
        read
    }

    fn check(&mut self, name: &'static str, form: Form, value: &str) {
        let undressed = undressed(value);
        if undressed.is_empty() {
            return self.refuse(
                name,
                "contains only whitespace or quotes",
                "set it, or remove it",
            );
        }
        let mut used = undressed.to_owned();
        match form {
            Form::Key(kind) => {
                // An unknown prefix may be one that Clerk introduces later.
                let fault = KeyFault::find(kind, undressed);
                if let Some(fault) = fault.filter(|fault| *fault != KeyFault::UnknownPrefix) {
                    return self.refuse(name, fault.problem(), fault.advice(kind));
                }
            }
            Form::Origins => {
                let origins: Vec<&str> = undressed
                    .split(',')
                    .map(self::undressed)
                    .filter(|origin| !origin.is_empty())
                    .collect();
                if origins.is_empty() {
                    return self.refuse(name, "contains no origin", "set it, or remove it");
                }
                used = origins.join(",");
            }
            Form::Word if undressed.contains(is_unseen) => {
                return self.refuse(name, "contains whitespace", "remove the whitespace");
            }
            Form::Word => {}
        }
        // PEM keys end with a line break, and lists are often written with spaces.
        let is_dressed = match name {
            CLERK_JWT_KEY => undressed != value.trim(),
            _ => undressed != value && !matches!(form, Form::Origins),
        };
        if is_dressed {
            self.doubtful.push(Remark {
                variable: name,
                problem: "has whitespace or quotes around its value, which are ignored".to_owned(),
                advice: "remove them where the variable is set".to_owned(),
            });
        }
        self.values.insert(name, used);
    }

    fn refuse(
        &mut self,
        variable: &'static str,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.unusable.push(Remark {
            variable,
            problem: problem.into(),
            advice: advice.into(),
        });
    }

    /// Returns true if a variable is set, even to an unusable value.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.unusable.iter().any(|remark| remark.variable == name)
    }

    /// Returns the value of a variable, or `None` if it is not set or unusable.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// Returns the elements of a list.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let list = self.values.get(name).map(|list| list.split(','));
        list.into_iter().flatten().map(str::to_owned).collect()
    }

    /// Returns true for `true`, ignoring case, and for text that begins with a number above zero.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|text| {
            text.eq_ignore_ascii_case("true")
                || parse_decimal_int(text).is_some_and(|number| number > 0.0)
        })
    }
}

/// Returns our name of the setting that other programs call `name`.
fn other_name_of(name: &str) -> Option<&'static str> {
    let listed = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    listed.map(|(_, ours)| *ours).or_else(|| {
        FRONT_END_PREFIXES
            .iter()
            .filter_map(|prefix| variable(name.strip_prefix(prefix)?))
            .map(|variable| variable.name)
            .next()
    })
}

/// Removes whitespace around a value, and one pair of quotes unless there are more of them inside.
fn undressed(value: &str) -> &str {
    const QUOTES: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’')];
    let value = value.trim_matches(is_unseen);
    QUOTES
        .iter()
        .find_map(|(open, close)| {
            let inside = value.strip_prefix(*open)?.strip_suffix(*close)?;
            (!inside.contains([*open, *close])).then(|| inside.trim_matches(is_unseen))
        })
        .unwrap_or(value)
}

/// Returns true for whitespace, control characters, and invisible characters that are easily copied along.
fn is_unseen(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_value_is_read_or_refused(
            at in 0..VARIABLES.len(),
            value in "((sk|pk)_(test|live)_|whsec_|ak_)?[\\PC\\s\"'\u{feff}]{0,20}",
        ) {
            let name = VARIABLES[at].name;
            let read = Variables::read([(name, &value)]);
            prop_assert_eq!(read.is_set(name), !value.is_empty());
            prop_assert_eq!(read.text(name).is_none(), value.is_empty() || !read.unusable.is_empty());
            // What was read once is read the same again.
            if let Some(text) = read.text(name) {
                let again = Variables::read([(name, &text)]);
                if !matches!(VARIABLES[at].form, Form::Origins) {
                    prop_assert_eq!(again.text(name), Some(text));
                }
            }
        }
    }
}
