//! A plain HTTP caller of the emulator's Backend API.

use clerk_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Calls one emulator over pooled connections.
pub(crate) struct Caller {
    client: reqwest::Client,
    base_url: String,
    key: String,
}

/// A response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// Returns the code of the first error.
    pub(crate) fn code(&self) -> &str {
        self.body["errors"][0]["code"].as_str().unwrap_or_default()
    }

    /// Returns the parameter that the first error refers to.
    pub(crate) fn param(&self) -> &str {
        self.body["errors"][0]["meta"]["param_name"]
            .as_str()
            .unwrap_or_default()
    }
}

impl Caller {
    pub(crate) fn new(emulator: &Emulator) -> Self {
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            base_url: format!("{}/v1", emulator.url()),
            key: emulator.secret_key().to_owned(),
        }
    }

    /// Returns the same caller with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            client: self.client.clone(),
            base_url: self.base_url.clone(),
            key: key.to_owned(),
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| ("application/json".to_owned(), body.to_string().into_bytes()));
        self.send(method, path, body).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(&self, method: Method, path: &str, file: &[u8]) -> Answer {
        let mut form =
            b"--b0undary\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
                         content-type: image/png\r\n\r\n"
                .to_vec();
        form.extend_from_slice(file);
        form.extend_from_slice(b"\r\n--b0undary--\r\n");
        let kind = "multipart/form-data; boundary=b0undary".to_owned();
        self.send(method, path, Some((kind, form))).await
    }

    /// Sends a body of this content type.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> Answer {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base_url))
            .bearer_auth(&self.key);
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        let response = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error:?}"));
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| json!({ "text": String::from_utf8_lossy(&bytes) }))
        };
        Answer { status, body }
    }
}
