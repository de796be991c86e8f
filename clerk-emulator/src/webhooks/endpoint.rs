use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::error::Error;
use crate::secret::Secret;

/// The default signing secret. It is fixed, so that an application's settings survive a restart.
pub(crate) const DEFAULT_SECRET: &str = "whsec_Y2xlcmstZW11bGF0b3Itd2ViaG9vay1zZWNyZXQ=";

/// The URL that events are sent to, and the secret that signs them.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: Url,
    pub(crate) secret: Secret,
    key: hmac::Key,
}

impl Endpoint {
    /// Checks a URL and a secret of the form `whsec_<base64>`.
    pub(crate) fn new(url: &str, secret: Secret) -> Result<Self, Error> {
        let invalid = |expected| Error::Invalid {
            what: "the webhook url",
            value: url.to_owned(),
            expected,
        };
        let parsed = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| invalid("an absolute URL, as in http://localhost:3000/webhooks"))?;
        if parsed.scheme() == "https" && !cfg!(feature = "cli") {
            return Err(invalid(
                "an http URL: https takes the feature `cli` of clerk-emulator",
            ));
        }
        let key = secret
            .0
            .strip_prefix("whsec_")
            .and_then(|key| STANDARD.decode(key).ok())
            .filter(|key| !key.is_empty())
            .ok_or_else(|| Error::Invalid {
                what: "the webhook signing secret",
                value: "(not shown)".to_owned(),
                expected: "whsec_ and base64",
            })?;
        Ok(Self {
            url: parsed,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            secret,
        })
    }

    /// Signs a message as Svix does: version 1 of `svix-signature`.
    pub(crate) fn sign(&self, id: &str, seconds: i64, payload: &str) -> String {
        let signed = format!("{id}.{seconds}.{payload}");
        let tag = hmac::sign(&self.key, signed.as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}
