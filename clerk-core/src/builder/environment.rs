//! Settings of the builder from environment variables.

use super::ClerkBuilder;
use crate::variables::{self as names, Variables};

impl ClerkBuilder {
    /// Sets the variables of [`Clerk::from_env`](crate::Clerk::from_env) from names and values, such as those of an emulator.
    ///
    /// Other names are ignored. A variable that is absent or empty changes nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clerk = clerk_core::Clerk::builder()
    ///     .from_vars([
    ///         ("CLERK_SECRET_KEY", "sk_test_example"),
    ///         ("CLERK_PUBLISHABLE_KEY", "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"),
    ///     ])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_vars<N, V>(self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        self.with_variables(Variables::read(variables))
    }

    /// Sets the variables of [`Clerk::from_env`](crate::Clerk::from_env) from the environment.
    pub fn from_env(self) -> Self {
        self.with_variables(Variables::of_the_process())
    }

    fn with_variables(mut self, variables: Variables) -> Self {
        let has = |name| variables.is_set(name);
        self.reads_keys |= has(names::CLERK_SECRET_KEY) || has(names::CLERK_PUBLISHABLE_KEY);
        if has(names::CLERK_SECRET_KEY) {
            self.secret_key = variables.text(names::CLERK_SECRET_KEY).map(Into::into);
        }
        if has(names::CLERK_MACHINE_SECRET_KEY) {
            let key = variables.text(names::CLERK_MACHINE_SECRET_KEY);
            self.machine_secret_key = key.map(Into::into);
        }
        if has(names::CLERK_WEBHOOK_SIGNING_SECRET) {
            let secret = variables.text(names::CLERK_WEBHOOK_SIGNING_SECRET);
            self.webhook_signing_secret = secret.map(Into::into);
        }
        if has(names::CLERK_AUTHORIZED_PARTIES) {
            self.authorized_parties = variables.list(names::CLERK_AUTHORIZED_PARTIES);
        }
        if has(names::CLERK_AUTHORIZED_PARTY_PATTERNS) {
            self.authorized_party_patterns = variables.list(names::CLERK_AUTHORIZED_PARTY_PATTERNS);
        }
        if has(names::CLERK_DEVELOPMENT_ALLOW_HTTP) {
            self.allow_http = variables.flag(names::CLERK_DEVELOPMENT_ALLOW_HTTP);
        }
        if has(names::CLERK_IS_SATELLITE) {
            self.is_satellite = variables.flag(names::CLERK_IS_SATELLITE);
        }
        for (name, field) in [
            (names::CLERK_PUBLISHABLE_KEY, &mut self.publishable_key),
            (names::CLERK_JWT_KEY, &mut self.jwt_key),
            (names::CLERK_API_URL, &mut self.api_url),
            (names::CLERK_API_VERSION, &mut self.api_version),
            (names::CLERK_PROXY_URL, &mut self.proxy_url),
            (names::CLERK_PUBLIC_URL, &mut self.public_url),
            (names::CLERK_DOMAIN, &mut self.domain),
            (names::CLERK_SIGN_IN_URL, &mut self.sign_in_url),
            (names::CLERK_SIGN_UP_URL, &mut self.sign_up_url),
        ] {
            if variables.is_set(name) {
                *field = variables.text(name);
            }
        }
        self.unusable.retain(|remark| !has(remark.variable));
        self.doubtful.retain(|remark| !has(remark.variable));
        self.other_names.retain(|name, _| !has(name));
        self.unusable.extend(variables.unusable);
        self.doubtful.extend(variables.doubtful);
        self.other_names.extend(variables.other_names);
        self
    }
}
