//! A simulated browser for the Frontend API, whose responses are validated against the document.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use clerk_emulator::Emulator;
use clerk_tests::document::{Document, Operation, Success};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::report;

/// The origin of the application.
pub(super) const ORIGIN: &str = "http://localhost:3000";

/// Operations that the browser SDK calls and the document lacks.
const ADDITIONS: &[&str] = &[
    "/v1/me/billing/credits",
    "/billing/credits/history",
    "/v1/organizations/{organizationID}/billing/credits",
    "/v1/organizations/{organizationID}/billing/payment_attempts",
    "/v1/organizations/{organizationID}/billing/payment_attempts/{paymentAttemptID}",
];

/// The document, the number of validated responses, and the complaints about them.
#[derive(Clone, Default)]
pub(super) struct Judge(Option<Arc<(Vec<Operation>, Mutex<Record>)>>);

#[derive(Default)]
struct Record {
    walked: BTreeSet<String>,
    answers: usize,
    complaints: Vec<String>,
}

impl Judge {
    /// Uses the document next to the workspace; accepts everything if there is none.
    pub(super) fn beside_workspace() -> Self {
        let path = Document::frontend_path();
        if !path.exists() {
            report(
                "!!! SKIPPED: the emulator against the document of the Frontend API (there is none beside the \
                 workspace)",
            );
            return Self(None);
        }
        let operations = Document::load_answers(&path).unwrap();
        Self(Some(Arc::new((operations, Mutex::default()))))
    }

    /// Validates a response to the operation with this template.
    fn look(&self, method: &Method, template: &str, answer: &Answer) {
        let Some((operations, record)) = self.0.as_deref() else {
            return;
        };
        let mut record = record.lock().unwrap();
        if ADDITIONS.iter().any(|path| template.ends_with(path)) {
            return;
        }
        let Some(operation) = operations
            .iter()
            .find(|one| one.method() == method && one.path() == template)
        else {
            record
                .complaints
                .push(format!("the document has no {method} {template}"));
            return;
        };
        record.answers += 1;
        record.walked.insert(operation.to_string());
        if answer.status.is_client_error() {
            if answer.code().is_empty() {
                record
                    .complaints
                    .push(format!("{operation}: an error without a code"));
            }
            return;
        }
        let promised = operation.success();
        let redirects = answer.status.is_redirection();
        if answer.status != promised.status() && !redirects {
            let complaint = format!("{operation}: status {} for {promised:?}", answer.status);
            record.complaints.push(complaint);
        } else if matches!(promised, Success::Json(_)) && !redirects {
            let mut body = as_documented(answer.body.clone());
            // The browser SDK reads these bare, where the document wraps them.
            if template.contains("/payment_attempts") {
                body = json!({ "response": body, "client": null });
            }
            for complaint in operation.complaints_about_answer(&body) {
                let body: String = answer.body.to_string().chars().take(400).collect();
                let complaint: String = complaint.chars().take(600).collect();
                record
                    .complaints
                    .push(format!("{operation}: {complaint}\n    {body}"));
            }
        }
    }

    /// Fails if there are complaints.
    pub(super) fn verdict(&self) {
        if let Some((_, record)) = self.0.as_deref() {
            let record = record.lock().unwrap();
            assert!(
                record.complaints.is_empty(),
                "{} complaints:\n{}",
                record.complaints.len(),
                record.complaints.join("\n")
            );
        }
    }

    /// The operations that were called, if there is a document.
    pub(super) fn walked(&self) -> Option<Walked> {
        let (operations, record) = self.0.as_deref()?;
        let all = operations
            .iter()
            .map(|one| (one.method().clone(), one.path().to_owned()));
        let record = record.lock().unwrap();
        Some(Walked {
            operations: all.collect(),
            walked: record.walked.clone(),
            answers: record.answers,
        })
    }
}

/// Returns the operations of the document, and those that were called.
pub(super) struct Walked {
    pub(super) operations: Vec<(Method, String)>,
    pub(super) walked: BTreeSet<String>,
    pub(super) answers: usize,
}

/// Adds what the document requires and the browser SDK must not see: the strategy of a sign-up's verification before
/// one was chosen. The SDK would assume that a code has been sent, and never request one.
fn as_documented(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        if fields.get("next_action") == Some(&json!("needs_prepare")) {
            let strategy = fields["supported_strategies"][0].clone();
            fields.insert("strategy".to_owned(), strategy);
            fields.insert("expire_at".to_owned(), json!(0));
        }
        for field in fields.values_mut() {
            *field = as_documented(field.take());
        }
    } else if let Value::Array(items) = &mut value {
        for item in items {
            *item = as_documented(item.take());
        }
    }
    value
}

/// A response.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    /// Returns the code of the first error.
    pub(super) fn code(&self) -> &str {
        self.body["errors"][0]["code"].as_str().unwrap_or_default()
    }

    /// Returns the requested object, which must be present.
    pub(super) fn response(&self) -> &Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        &self.body["response"]
    }

    /// Returns the target of the redirect.
    pub(super) fn location(&self) -> Url {
        let location = self
            .headers
            .get(LOCATION)
            .unwrap_or_else(|| panic!("{self:?}"));
        Url::parse(location.to_str().unwrap()).unwrap()
    }
}

/// How a browser is recognized.
#[derive(Debug, Clone)]
enum Identity {
    DevBrowser(String),
    Cookies(Vec<(String, String)>),
    Native(String),
}

/// One browser.
pub(super) struct Browser {
    client: reqwest::Client,
    base_url: String,
    identity: Identity,
    pub(super) judge: Judge,
}

impl Browser {
    /// Creates an unused browser of a development instance.
    pub(super) async fn new(emulator: &Emulator, judge: &Judge) -> Self {
        let mut browser = Self::bare(emulator, judge, Identity::DevBrowser(String::new()));
        let made = browser.post("/v1/dev_browser", &[], &[]).await;
        let token = made.body["id"].as_str().unwrap().to_owned();
        browser.identity = Identity::DevBrowser(token);
        browser
    }

    /// Creates a browser of a production instance, which keeps cookies.
    pub(super) fn production(emulator: &Emulator, judge: &Judge) -> Self {
        Self::bare(emulator, judge, Identity::Cookies(Vec::new()))
    }

    /// Creates a native application.
    pub(super) fn native(emulator: &Emulator, judge: &Judge) -> Self {
        Self::bare(emulator, judge, Identity::Native(String::new()))
    }

    fn bare(emulator: &Emulator, judge: &Judge, identity: Identity) -> Self {
        Self {
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .build()
                .unwrap(),
            base_url: emulator.frontend_api_url(),
            identity,
            judge: judge.clone(),
        }
    }

    /// Returns the token of the development browser.
    pub(super) fn token(&self) -> &str {
        match &self.identity {
            Identity::DevBrowser(token) | Identity::Native(token) => token,
            Identity::Cookies(_) => "",
        }
    }

    /// Creates another browser with the same token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self {
            client: self.client.clone(),
            base_url: self.base_url.clone(),
            identity: Identity::DevBrowser(token.to_owned()),
            judge: self.judge.clone(),
        }
    }

    /// Returns the value of a cookie that the emulator set.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        match &self.identity {
            Identity::Cookies(cookies) => {
                let mut found = cookies.iter().filter(|(known, _)| known == name);
                found.next().map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }

    /// Sends a form as the browser SDK does: every method but `GET` is a `POST` with the method in the query.
    pub(super) async fn send(
        &mut self,
        method: Method,
        template: &str,
        arguments: &[&str],
        body: Body<'_>,
    ) -> Answer {
        let (path, query) = template.split_once('?').unwrap_or((template, ""));
        let mut url =
            Url::parse(&format!("{}{}", self.base_url, fill_in(path, arguments))).unwrap();
        url.set_query(Some(query));
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("__clerk_api_version", "2026-05-12");
        pairs.append_pair("_clerk_js_version", "6.40.0");
        let tunnelled = ![Method::GET, Method::POST].contains(&method);
        if tunnelled {
            pairs.append_pair("_method", method.as_str());
        }
        match &self.identity {
            Identity::DevBrowser(token) if !token.is_empty() => {
                pairs.append_pair("__clerk_db_jwt", token);
            }
            Identity::Native(_) => {
                pairs.append_pair("_is_native", "1");
            }
            _ => {}
        }
        drop(pairs);
        let sent = if method == Method::GET {
            Method::GET
        } else {
            Method::POST
        };
        let mut request = self.client.request(sent, url.as_str());
        request = match &self.identity {
            Identity::DevBrowser(_) => request.header("origin", ORIGIN),
            Identity::Native(token) => request.header("authorization", token),
            Identity::Cookies(cookies) => {
                let pairs: Vec<String> = cookies
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                request
                    .header("origin", ORIGIN)
                    .header(COOKIE, pairs.join("; "))
            }
        };
        request = match body {
            Body::Form(fields) => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Serializer::new(String::new()).extend_pairs(fields).finish()),
            Body::File(file) => {
                let mut form = b"--b0undary\r\ncontent-disposition: form-data; name=\"file\"; \
                                 filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n"
                    .to_vec();
                form.extend_from_slice(file);
                form.extend_from_slice(b"\r\n--b0undary--\r\n");
                let kind = "multipart/form-data; boundary=b0undary";
                request.header("content-type", kind).body(form)
            }
            Body::Json(token, value) => request
                .header("content-type", "application/json")
                .bearer_auth(token)
                .body(value.to_string()),
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| json!({ "text": String::from_utf8_lossy(&bytes) }));
        self.remember(&headers);
        let answer = Answer {
            status,
            headers,
            body,
        };
        assert!(!status.is_server_error(), "{method} {template}: {answer:?}");
        self.judge.look(&method, path, &answer);
        answer
    }

    fn remember(&mut self, headers: &HeaderMap) {
        match &mut self.identity {
            Identity::Cookies(cookies) => {
                for cookie in headers.get_all(SET_COOKIE) {
                    let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                    let (name, value) = pair.split_once('=').unwrap();
                    cookies.retain(|(known, _)| known != name);
                    cookies.push((name.to_owned(), value.to_owned()));
                }
            }
            Identity::Native(token) => {
                if let Some(fresh) = headers.get("authorization") {
                    *token = fresh.to_str().unwrap().to_owned();
                }
            }
            Identity::DevBrowser(_) => {}
        }
    }

    pub(super) async fn get(&mut self, template: &str, arguments: &[&str]) -> Answer {
        self.send(Method::GET, template, arguments, Body::Form(&[]))
            .await
    }

    pub(super) async fn post(
        &mut self,
        template: &str,
        arguments: &[&str],
        form: &[(&str, &str)],
    ) -> Answer {
        self.send(Method::POST, template, arguments, Body::Form(form))
            .await
    }

    pub(super) async fn patch(
        &mut self,
        template: &str,
        arguments: &[&str],
        form: &[(&str, &str)],
    ) -> Answer {
        self.send(Method::PATCH, template, arguments, Body::Form(form))
            .await
    }

    pub(super) async fn delete(&mut self, template: &str, arguments: &[&str]) -> Answer {
        self.send(Method::DELETE, template, arguments, Body::Form(&[]))
            .await
    }

    /// Returns the client as the browser sees it.
    pub(super) async fn client(&mut self) -> Value {
        self.get("/v1/client", &[]).await.body["response"].clone()
    }

    /// Signs in with a password, activates the session, and returns its ID.
    pub(super) async fn sign_in(&mut self, identifier: &str, password: &str) -> String {
        let fields = [("identifier", identifier), ("password", password)];
        let answer = self.post("/v1/client/sign_ins", &[], &fields).await;
        let sign_in = answer.response();
        assert_eq!(sign_in["status"], "complete", "{sign_in}");
        let session = sign_in["created_session_id"].as_str().unwrap().to_owned();
        self.activate(&session).await;
        session
    }

    /// Activates a session, as the browser SDK does before it continues.
    pub(super) async fn activate(&mut self, session: &str) {
        let touched = self
            .post(
                "/v1/client/sessions/{session_id}/touch",
                &[session],
                &[("intent", "select_session")],
            )
            .await;
        assert_eq!(touched.response()["id"], session);
    }
}

/// The body of a request.
pub(super) enum Body<'a> {
    Form(&'a [(&'a str, &'a str)]),
    File(&'a [u8]),
    /// JSON, with a session token.
    Json(&'a str, Value),
}

fn fill_in(template: &str, arguments: &[&str]) -> String {
    let mut path = String::new();
    let mut arguments = arguments.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        path.push_str(before);
        path.push_str(arguments.next().expect("an argument for each parameter"));
        rest = after;
    }
    assert!(
        arguments.next().is_none(),
        "too many arguments for {template}"
    );
    path + rest
}

/// Returns the ID of an object in a response.
pub(super) fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{value} has no id"))
        .to_owned()
}
