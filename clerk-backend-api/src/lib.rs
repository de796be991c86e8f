#![allow(
    missing_docs,
    clippy::all,
    unreachable_pub,
    missing_debug_implementations
)]
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
macro_rules! sec {
    ($n:ident) => {
        #[derive(Clone, Debug)]
        pub struct $n(secrecy::SecretString);
        impl $n {
            pub fn expose_secret(&self) -> &str {
                use secrecy::ExposeSecret;
                self.0.expose_secret()
            }
        }
        impl From<&str> for $n {
            fn from(s: &str) -> Self {
                Self(s.into())
            }
        }
        impl From<String> for $n {
            fn from(s: String) -> Self {
                Self(s.into())
            }
        }
    };
}
sec!(SecretKey);
sec!(MachineSecretKey);
#[derive(Clone, Debug)]
pub struct ClerkClient {
    http: reqwest::Client,
    base: String,
    version: String,
    key: Option<SecretKey>,
    mkey: Option<MachineSecretKey>,
}
#[derive(Clone, Debug, Default)]
pub struct ClerkClientBuilder {
    http: Option<reqwest::Client>,
    base: Option<String>,
    version: Option<String>,
    key: Option<SecretKey>,
    mkey: Option<MachineSecretKey>,
}
#[derive(Debug, thiserror::Error)]
#[error("cfg")]
pub struct ConfigError;
impl ClerkClientBuilder {
    pub fn secret_key(mut self, k: impl Into<SecretKey>) -> Self {
        self.key = Some(k.into());
        self
    }
    pub fn machine_secret_key(mut self, k: impl Into<MachineSecretKey>) -> Self {
        self.mkey = Some(k.into());
        self
    }
    pub fn base_url(mut self, k: impl Into<String>) -> Self {
        self.base = Some(k.into());
        self
    }
    pub fn api_version(mut self, k: impl Into<String>) -> Self {
        self.version = Some(k.into());
        self
    }
    pub fn http_client(mut self, k: reqwest::Client) -> Self {
        self.http = Some(k);
        self
    }
    pub fn build(self) -> Result<ClerkClient, ConfigError> {
        Ok(ClerkClient {
            http: self.http.unwrap_or_default(),
            base: self.base.unwrap_or("https://api.clerk.com".into()),
            version: self.version.unwrap_or("v1".into()),
            key: self.key,
            mkey: self.mkey,
        })
    }
}
#[derive(Clone, Copy, Debug)]
pub struct Retry;
impl Retry {
    pub fn none() -> Self {
        Retry
    }
}
impl ClerkClient {
    pub fn builder() -> ClerkClientBuilder {
        Default::default()
    }
    pub fn request<I, S>(&self, m: http::Method, path: I) -> RawRequest
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let segs: Vec<String> = path.into_iter().map(|s| s.as_ref().to_owned()).collect();
        let bad = segs.iter().any(|s| {
            s.is_empty()
                || s == "."
                || s == ".."
                || s.split(['/', '\\']).any(|p| {
                    let d = percent_encoding::percent_decode_str(p)
                        .decode_utf8_lossy()
                        .into_owned();
                    d == "." || d == ".."
                })
        });
        let mut url = url::Url::parse(&self.base).unwrap();
        url.path_segments_mut().unwrap().pop_if_empty();
        RawRequest {
            c: self.clone(),
            m,
            segs,
            bad,
            url,
            unv: false,
            q: vec![],
            body: None,
            mk: None,
            t: None,
        }
    }
}
pub struct RawRequest {
    c: ClerkClient,
    m: http::Method,
    segs: Vec<String>,
    bad: bool,
    url: url::Url,
    unv: bool,
    q: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    mk: Option<MachineSecretKey>,
    t: Option<Duration>,
}
impl RawRequest {
    pub fn unversioned(mut self) -> Self {
        self.unv = true;
        self
    }
    pub fn query(mut self, n: &str, v: impl ToString) -> Self {
        self.q.push((n.into(), v.to_string()));
        self
    }
    pub fn json<T: Serialize + ?Sized>(mut self, b: &T) -> Self {
        self.body = Some(serde_json::to_vec(b).unwrap());
        self
    }
    pub fn timeout(mut self, d: Duration) -> Self {
        self.t = Some(d);
        self
    }
    pub fn retry(self, _: Retry) -> Self {
        self
    }
    pub fn machine_secret_key(mut self, k: MachineSecretKey) -> Self {
        self.mk = Some(k);
        self
    }
    pub async fn send(mut self) -> Result<RawResponse, Error> {
        if self.bad {
            return Err(Error::InvalidRequest("path".into()));
        }
        {
            let mut p = self.url.path_segments_mut().unwrap();
            if !self.unv {
                p.push(&self.c.version);
            }
            p.extend(&self.segs);
        }
        if !self.q.is_empty() {
            self.url.query_pairs_mut().extend_pairs(&self.q);
        }
        let mut r = self.c.http.request(self.m, self.url);
        if let Some(k) = &self.mk {
            r = r.bearer_auth(k.expose_secret());
        } else if let Some(k) = &self.c.key {
            r = r.bearer_auth(k.expose_secret());
        }
        if let Some(t) = self.t {
            r = r.timeout(t);
        }
        if let Some(b) = self.body {
            r = r.header("content-type", "application/json").body(b);
        }
        let resp = r.send().await.map_err(|_| Error::Transport)?;
        let status = resp.status();
        let body = resp.bytes().await.map_err(|_| Error::Transport)?;
        if status.is_success() {
            Ok(RawResponse { status, body })
        } else {
            let errors = serde_json::from_slice::<serde_json::Value>(&body)
                .ok()
                .and_then(|v| v.get("errors")?.as_array().cloned())
                .unwrap_or_default()
                .into_iter()
                .filter_map(|e| {
                    Some(ApiErrorItem {
                        code: ErrorCode(e.get("code")?.as_str()?.to_owned()),
                    })
                })
                .collect();
            Err(Error::Api(Box::new(ApiError {
                status,
                errors,
                body,
            })))
        }
    }
}
#[derive(Debug)]
pub struct RawResponse {
    pub status: http::StatusCode,
    body: Bytes,
}
impl RawResponse {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| Error::Decode)
    }
}
#[derive(Debug)]
pub struct ErrorCode(String);
impl ErrorCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
#[derive(Debug)]
pub struct ApiErrorItem {
    pub code: ErrorCode,
}
#[derive(Debug)]
pub struct ApiError {
    pub status: http::StatusCode,
    pub errors: Vec<ApiErrorItem>,
    pub body: Bytes,
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("api")]
    Api(Box<ApiError>),
    #[error("decode")]
    Decode,
    #[error("transport")]
    Transport,
    #[error("invalid")]
    InvalidRequest(String),
}
impl Error {
    pub fn has_code(&self, c: &str) -> bool {
        matches!(self, Error::Api(a) if a.errors.iter().any(|e| e.code.0 == c))
    }
}
