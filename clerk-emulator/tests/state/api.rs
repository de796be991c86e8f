//! Calls of the Backend API.

use serde_json::{Value, json};

/// Calls the emulator at this URL.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Api {
    pub(crate) fn new(url: &str, key: &str) -> Self {
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: url.to_owned(),
            key: key.to_owned(),
        }
    }

    pub(crate) fn of(emulator: &clerk_emulator::Emulator) -> Self {
        Self::new(emulator.url(), emulator.secret_key())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.client.get(self.at(path))).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.try_post(path, body).await.unwrap()
    }

    /// Posts to an emulator that may be gone.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let request = self.client.post(self.at(path));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        self.send(request).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}/v1{path}", self.url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
        let response = request.bearer_auth(&self.key).send().await.ok()?;
        let status = response.status().as_u16();
        let body = response.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    pub(crate) async fn user_count(&self) -> u64 {
        let (_, count) = self.get("/users/count").await;
        count["total_count"].as_u64().unwrap()
    }

    /// True if the password is the user's.
    pub(crate) async fn password_is(&self, user: &str, password: &str) -> bool {
        let body = json!({ "password": password });
        let (status, _) = self
            .post(&format!("/users/{user}/verify_password"), &body)
            .await;
        status == 200
    }
}
