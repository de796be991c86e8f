//! Diagnosis of a running instance: what it has observed, and what the Backend API reports.

use std::time::{Duration, UNIX_EPOCH};

use clerk_backend_api::{Error, ErrorCode, RawResponse, Retry};
use http::Method;
use http::header::DATE;
use serde_json::Value;
use url::Url;

use crate::diagnosis::{Diagnosis, Severity};
use crate::discreet::shown;
use crate::error_chain::WithCauses;
use crate::instance::Instance;
use crate::urls::with_scheme;
use crate::variables as names;

/// How long the diagnosis waits for each response of the Backend API.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Clock differences up to this are ignored, because the `Date` header has whole seconds.
const UNNOTICED: i64 = 2;

/// Reports the settings, and what the instance has observed.
pub(crate) fn offline(instance: &Instance) -> Diagnosis {
    let mut diagnosis = instance.report.clone();
    let outcomes = instance.outcomes.read();
    let early = outcomes.early_tokens;
    if early.count > 0 {
        diagnosis.add(
            Severity::Error,
            "clock-behind",
            None,
            format!(
                "{} requests had tokens that are not valid yet according to this machine's clock; the last one: {}",
                early.count, early.last
            ),
            "synchronize this machine's clock, preferably with NTP",
        );
    }
    let foreign = outcomes.foreign_parties;
    if foreign.count > 0 {
        diagnosis.add(
            Severity::Warning,
            "authorized-party-refused",
            Some(names::CLERK_AUTHORIZED_PARTIES),
            format!(
                "{} requests had tokens that were issued to an origin that is not an authorized party; the \
                 last one: {}",
                foreign.count, foreign.last
            ),
            "if the origin is yours, add it to CLERK_AUTHORIZED_PARTIES",
        );
    }
    let keys = instance.signing_keys.stats();
    if keys.failures > 0 && keys.age.is_none() {
        diagnosis.add(
            Severity::Error,
            "signing-keys-unavailable",
            None,
            format!(
                "the download of signing keys failed {} times",
                keys.failures
            ),
            "call diagnose_online for the cause, or read the log",
        );
    }
    diagnosis
}

/// Reports the same, and what the Backend API reports about the keys.
pub(crate) async fn online(instance: &Instance) -> Diagnosis {
    let mut diagnosis = offline(instance);
    match ask(instance, "jwks").await {
        Ok(answer) => {
            compare_clocks(instance, &answer, &mut diagnosis);
            check_signing_keys(instance, &answer, &mut diagnosis);
            if let Ok(domains) = ask(instance, "domains").await {
                compare_instances(instance, &domains, &mut diagnosis);
            }
        }
        Err(error) => report_failure(instance, &error, &mut diagnosis),
    }
    diagnosis
}

async fn ask(instance: &Instance, path: &str) -> Result<RawResponse, Error> {
    let request = instance.client.request(Method::GET, [path]);
    request
        .retry(Retry::none())
        .timeout(TIME_LIMIT)
        .send()
        .await
}

fn report_failure(instance: &Instance, error: &Error, diagnosis: &mut Diagnosis) {
    let url = shown(instance.client.api_url());
    match error.status() {
        None if matches!(error, Error::InvalidRequest(_)) => diagnosis.add(
            Severity::Note,
            "backend-api-not-asked",
            Some(names::CLERK_SECRET_KEY),
            format!("the Backend API was not called: {error}"),
            "",
        ),
        None => {
            diagnosis.add(
                Severity::Error,
                "backend-api-unreachable",
                Some(names::CLERK_API_URL),
                format!(
                    "the Backend API at {url} cannot be reached: {}",
                    WithCauses(error)
                ),
                "check the network, proxies and firewalls, and CLERK_API_URL",
            );
        }
        Some(_) if error.has_code(ErrorCode::CLERK_KEY_INVALID) || error.is_unauthorized() => {
            diagnosis.add(
                Severity::Error,
                "secret-key-refused",
                Some(names::CLERK_SECRET_KEY),
                format!("the Backend API at {url} refused the secret key"),
                "copy CLERK_SECRET_KEY again from the API keys page of the Clerk Dashboard, and check that it is the key of \
                 this API",
            );
        }
        Some(status) => diagnosis.add(
            Severity::Error,
            "backend-api-failed",
            Some(names::CLERK_API_URL),
            format!(
                "the Backend API at {url} responded to the request for signing keys with {status}"
            ),
            "check CLERK_API_URL; a 5xx status may be temporary",
        ),
    }
}

/// Compares this machine's clock with the `Date` of the response (RFC 9110 section 6.6.1).
fn compare_clocks(instance: &Instance, answer: &RawResponse, diagnosis: &mut Diagnosis) {
    let theirs = answer
        .headers()
        .get(DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
        .and_then(|date| i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok());
    let Some(theirs) = theirs else {
        return;
    };
    let ours = instance.clock.now() / 1000;
    let difference = ours.saturating_sub(theirs);
    let seconds = difference.unsigned_abs();
    let tolerated = instance.config.rules.clock_skew / 1000;
    let side = if difference < 0 { "behind" } else { "ahead of" };
    let severity = match difference.abs() {
        0..=UNNOTICED => return,
        difference if difference <= tolerated => Severity::Warning,
        _ => Severity::Error,
    };
    diagnosis.add(
        severity,
        if difference < 0 { "clock-behind" } else { "clock-ahead" },
        None,
        format!(
            "this machine's clock is {seconds} s {side} Clerk's; {tolerated} s are tolerated, and beyond them tokens are \
             refused"
        ),
        "synchronize this machine's clock, preferably with NTP",
    );
}

fn check_signing_keys(instance: &Instance, answer: &RawResponse, diagnosis: &mut Diagnosis) {
    let body = answer.json::<Value>().unwrap_or_default();
    let keys = body["keys"].as_array().map_or(&[][..], Vec::as_slice);
    if keys.is_empty() {
        diagnosis.add(
            Severity::Error,
            "signing-keys-missing",
            Some(names::CLERK_API_URL),
            "the response of the Backend API contains no signing keys",
            "check that CLERK_API_URL leads to Clerk's Backend API",
        );
    } else if let Some(pem) = &instance.pem
        && !keys.iter().any(|key| pem.is_pem_of(key))
    {
        diagnosis.add(
            Severity::Error,
            "jwt-key-of-another-instance",
            Some(names::CLERK_JWT_KEY),
            "CLERK_JWT_KEY is not a signing key of the instance that CLERK_SECRET_KEY belongs to",
            "copy the JWKS public key (PEM) from the API keys page of the Clerk Dashboard, from the same page as the \
             secret key stands",
        );
    }
}

/// Compares the instance of the secret key, by its domains, with that of the publishable key.
fn compare_instances(instance: &Instance, answer: &RawResponse, diagnosis: &mut Diagnosis) {
    let Some(key) = &instance.config.publishable_key else {
        return;
    };
    let host = |url: &str| {
        let url = Url::parse(&with_scheme(url)).ok()?;
        url.host_str().map(str::to_owned)
    };
    let proxy = instance.config.proxy_url.as_deref();
    let ours: Vec<String> = [Some(key.frontend_api()), proxy]
        .into_iter()
        .flatten()
        .filter_map(host)
        .collect();
    let body = answer.json::<Value>().unwrap_or_default();
    let domains = body["data"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |domain: &Value, name: &str| {
        let text = domain[name].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let theirs: Vec<String> = domains
        .iter()
        .filter_map(|domain| host(&text(domain, "frontend_api_url")?))
        .collect();
    // Where a Frontend API is proxied, its host is that of an application.
    let is_proxied = domains
        .iter()
        .any(|domain| text(domain, "proxy_url").is_some());
    let is_known = theirs.iter().any(|host| ours.contains(host));
    if !theirs.is_empty() && !is_known && !is_proxied {
        let theirs: Vec<String> = theirs.iter().map(|host| shown(host)).collect();
        diagnosis.add(
            Severity::Error,
            "keys-of-different-instances",
            Some(names::CLERK_SECRET_KEY),
            format!(
                "CLERK_PUBLISHABLE_KEY belongs to the instance of {}, and CLERK_SECRET_KEY to that of {}",
                shown(key.frontend_api()),
                theirs.join(", ")
            ),
            "copy both from the same API keys page of the Clerk Dashboard",
        );
    }
}
