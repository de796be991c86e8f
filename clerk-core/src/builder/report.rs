//! The report on the settings of a builder.

use clerk_backend_api::{MachineSecretKey, SecretKey};
use secrecy::ExposeSecret as _;
use url::Url;

use super::ClerkBuilder;
use super::build::DEFAULT_API_URL;
use crate::config::ForwardedHeaders;
use crate::diagnosis::{Diagnosis, Severity};
use crate::discreet::shown;
use crate::key_check::{KeyFault, KeyKind, environment};
use crate::publishable_key::{InstanceType, PublishableKey};
use crate::token::TokenType;
use crate::variables as names;

impl ClerkBuilder {
    /// Reports the settings and the problems with them, even if [`build`](Self::build) fails. Does no I/O.
    ///
    /// [`Clerk::diagnose`](crate::Clerk::diagnose) also reports what the instance has observed since it was built.
    #[must_use]
    pub fn diagnose(&self) -> Diagnosis {
        let error = match self.clone().build() {
            Ok(clerk) => return clerk.diagnose(),
            Err(error) => error,
        };
        let mut diagnosis = self.report();
        let variable = error.variable();
        let is_known = diagnosis
            .findings()
            .iter()
            .any(|finding| finding.severity == Severity::Error && finding.variable == variable);
        if !is_known {
            diagnosis.add(
                Severity::Error,
                "configuration-refused",
                variable,
                // With its causes.
                format!("{error:?}"),
                "",
            );
        }
        diagnosis
    }

    pub(super) fn report(&self) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        self.report_settings(&mut diagnosis);
        self.report_variables(&mut diagnosis);
        self.report_keys(&mut diagnosis);
        self.report_parties(&mut diagnosis);
        if self.allow_http && self.instance_type() == Some(InstanceType::Production) {
            diagnosis.add(
                Severity::Warning,
                "plain-http-allowed",
                Some(names::CLERK_DEVELOPMENT_ALLOW_HTTP),
                "plain http to the Backend API is allowed for a production instance",
                "remove CLERK_DEVELOPMENT_ALLOW_HTTP, or the call of dangerous_allow_http",
            );
        }
        diagnosis
    }

    /// Returns the environment of the publishable key, or else of the secret key.
    fn instance_type(&self) -> Option<InstanceType> {
        let secret = self.secret_key.as_ref().map(SecretKey::expose_secret);
        let keys = [self.publishable_key.as_deref(), secret];
        keys.into_iter().flatten().find_map(environment)
    }

    fn report_settings(&self, diagnosis: &mut Diagnosis) {
        let secret = self.secret_key.as_ref().map(SecretKey::expose_secret);
        diagnosis.set(
            "instance",
            match self.instance_type() {
                Some(InstanceType::Development) => "development",
                Some(InstanceType::Production) => "production",
                None => "unknown",
            },
        );
        let publishable = self.publishable_key.as_deref();
        match publishable.map(PublishableKey::parse) {
            Some(Ok(key)) => {
                let frontend_api = shown(key.frontend_api());
                diagnosis.set("publishable key", format!("set, of {frontend_api}"));
            }
            Some(Err(_)) => diagnosis.set("publishable key", "set, but invalid"),
            None => diagnosis.set("publishable key", self.unset(names::CLERK_PUBLISHABLE_KEY)),
        }
        diagnosis.set(
            "secret key",
            match secret.map(environment) {
                Some(Some(InstanceType::Development)) => "set, for a development instance",
                Some(Some(InstanceType::Production)) => "set, for a production instance",
                Some(None) => "set",
                None => self.unset(names::CLERK_SECRET_KEY),
            },
        );
        for (name, variable) in [
            ("machine secret key", names::CLERK_MACHINE_SECRET_KEY),
            (
                "webhook signing secret",
                names::CLERK_WEBHOOK_SIGNING_SECRET,
            ),
        ] {
            let is_set = self.is_set(variable);
            diagnosis.set(name, if is_set { "set" } else { self.unset(variable) });
        }
        diagnosis.set(
            "signing keys",
            if self.jwt_key.is_some() {
                "the PEM key, without network access"
            } else {
                "downloaded from the Backend API"
            },
        );
        diagnosis.set("Backend API", self.reported_api_url());
        diagnosis.set("authorized parties", self.reported_parties());
        for (name, value) in [
            ("public URL", &self.public_url),
            ("proxy URL", &self.proxy_url),
            ("sign-in page", &self.sign_in_url),
            ("sign-up page", &self.sign_up_url),
        ] {
            if let Some(value) = value {
                diagnosis.set(name, shown(value));
            }
        }
        if self.is_satellite {
            let domain = self.domain.as_deref().map_or_else(String::new, shown);
            diagnosis.set("satellite", format!("yes {domain}"));
        }
        diagnosis.set(
            "forwarded headers",
            match &self.forwarded_headers {
                ForwardedHeaders::Trust => "believed",
                ForwardedHeaders::Ignore => "ignored",
                ForwardedHeaders::Hosts(_) => "trusted for listed hosts",
            },
        );
    }

    /// Returns the text for a setting without a value.
    fn unset(&self, variable: &str) -> &'static str {
        let mut unusable = self.unusable.iter();
        if unusable.any(|remark| remark.variable == variable) {
            "set, but unusable"
        } else {
            "not set"
        }
    }

    fn reported_api_url(&self) -> String {
        match (&self.api_client, &self.api_url) {
            (Some(client), _) => shown(client.api_url()),
            (None, Some(url)) => shown(url),
            (None, None) => shown(DEFAULT_API_URL),
        }
    }

    fn reported_parties(&self) -> String {
        let mut parties: Vec<String> = self
            .authorized_parties
            .iter()
            .chain(&self.authorized_party_patterns)
            .map(|party| shown(party))
            .collect();
        if self.authorized_party_predicate.is_some() {
            parties.push("what a predicate accepts".to_owned());
        }
        if parties.is_empty() {
            "any".to_owned()
        } else {
            parties.join(", ")
        }
    }

    fn report_variables(&self, diagnosis: &mut Diagnosis) {
        let unusable = self
            .unusable
            .iter()
            .filter(|remark| !self.is_set(remark.variable))
            .map(|remark| (Severity::Error, "variable-unusable", remark.clone()));
        let doubtful = self
            .doubtful
            .iter()
            .map(|remark| (Severity::Warning, "variable-trimmed", remark.clone()));
        let misnamed = self
            .misnamed()
            .into_iter()
            .map(|remark| (Severity::Warning, "variable-misnamed", remark));
        for (severity, code, remark) in unusable.chain(doubtful).chain(misnamed) {
            let message = format!("{} {}", remark.variable, remark.problem);
            diagnosis.add(
                severity,
                code,
                Some(remark.variable),
                message,
                remark.advice,
            );
        }
    }

    fn report_keys(&self, diagnosis: &mut Diagnosis) {
        let machine = self.machine_secret_key.as_ref();
        let webhook = self.webhook_signing_secret.as_ref();
        let secret = self.secret_key.as_ref().map(SecretKey::expose_secret);
        for (variable, kind, key) in [
            (names::CLERK_SECRET_KEY, KeyKind::Secret, secret),
            (
                names::CLERK_PUBLISHABLE_KEY,
                KeyKind::Publishable,
                self.publishable_key.as_deref(),
            ),
            (
                names::CLERK_MACHINE_SECRET_KEY,
                KeyKind::Machine,
                machine.map(MachineSecretKey::expose_secret),
            ),
            (
                names::CLERK_WEBHOOK_SIGNING_SECRET,
                KeyKind::Webhook,
                webhook.map(|secret| secret.expose_secret()),
            ),
            (names::CLERK_JWT_KEY, KeyKind::Jwt, self.jwt_key.as_deref()),
        ] {
            if let Some(fault) = key.and_then(|key| KeyFault::find(kind, key)) {
                let severity = match fault {
                    KeyFault::UnknownPrefix => Severity::Warning,
                    _ => Severity::Error,
                };
                let message = format!("{variable} {}", fault.problem());
                let advice = fault.advice(kind);
                diagnosis.add(severity, fault.code(), Some(variable), message, advice);
            }
        }
        let environments = [secret, self.publishable_key.as_deref()].map(|key| environment(key?));
        if let [Some(secret), Some(publishable)] = environments
            && secret != publishable
        {
            diagnosis.add(
                Severity::Error,
                "keys-of-different-environments",
                Some(names::CLERK_SECRET_KEY),
                "one of CLERK_SECRET_KEY and CLERK_PUBLISHABLE_KEY belongs to a development instance, the other to a \
                 production instance",
                "copy both from the same API keys page of the Clerk Dashboard",
            );
        }
    }

    fn report_parties(&self, diagnosis: &mut Diagnosis) {
        if !self.accepts.accepts(TokenType::SessionToken) {
            return;
        }
        let Ok(parties) = self.checked_parties() else {
            // A build fails with it.
            return;
        };
        if parties.is_empty() {
            if self.instance_type() == Some(InstanceType::Production) {
                diagnosis.add(
                    Severity::Warning,
                    "authorized-parties-missing",
                    Some(names::CLERK_AUTHORIZED_PARTIES),
                    "no authorized parties are configured for a production instance: a token that another application of \
                     the same instance obtained is accepted here",
                    "set CLERK_AUTHORIZED_PARTIES to the origins of your pages, such as https://app.example.com",
                );
            }
            return;
        }
        let public = self.public_url.as_deref().map(Url::parse);
        if let Some(Ok(url)) = public {
            let origin = url.origin().ascii_serialization();
            if !parties.contains(&origin) {
                diagnosis.add(
                    Severity::Warning,
                    "public-url-not-authorized",
                    Some(names::CLERK_AUTHORIZED_PARTIES),
                    format!(
                        "the public URL {} is not among the authorized parties: tokens that its pages obtain are refused",
                        shown(&origin)
                    ),
                    "add it to CLERK_AUTHORIZED_PARTIES, unless all pages have other origins",
                );
            }
        }
    }
}
