//! A server that validates requests and responds as the document describes.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    Document, Operation, Success,
    offer::used,
    request::{Complaint, Content, Incoming, Part, error_body},
};

/// The largest request body: images have at most 10 MB, and no other request is larger.
const MAX_BODY: usize = 16 << 20;

/// A server on loopback that accepts only requests that match the document. Dropping it stops it.
#[derive(Debug)]
pub struct DocumentServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    document: Arc<Document>,
    /// The names of the values in the last request to each operation.
    used: Mutex<HashMap<usize, BTreeSet<String>>>,
    /// Responses that replace the generated ones, by the operation's position in the document.
    answers: Mutex<HashMap<usize, Bytes>>,
}

impl DocumentServer {
    /// Starts on a free port.
    ///
    /// # Errors
    /// Fails if no port is available.
    pub async fn start(document: Arc<Document>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            document,
            used: Mutex::default(),
            answers: Mutex::default(),
        });
        let application = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // Serving ends only when the task ends.
            let _ = axum::serve(listener, application).await;
        });
        Ok(Self {
            shared,
            address,
            task,
        })
    }

    /// Returns the base URL for a client, without the version segment.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the names of the values in the last request to the operation, in the format of [`Operation::offered`].
    #[must_use]
    pub fn used(&self, operation: &Operation) -> BTreeSet<String> {
        let used = self
            .shared
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let index = self.index(operation);
        index
            .and_then(|index| used.get(&index).cloned())
            .unwrap_or_default()
    }

    fn index(&self, operation: &Operation) -> Option<usize> {
        let mut operations = self.shared.document.operations().iter();
        operations.position(|known| std::ptr::eq(known, operation))
    }

    /// Makes the operation respond with this body to every request.
    pub fn set_answer(&self, operation: &Operation, body: impl Into<Bytes>) {
        if let Some(index) = self.index(operation) {
            self.shared.lock().insert(index, body.into());
        }
    }

    /// Makes the operation validate requests and respond as the document describes again.
    pub fn clear_answer(&self, operation: &Operation) {
        if let Some(index) = self.index(operation) {
            self.shared.lock().remove(&index);
        }
    }
}

impl Drop for DocumentServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Bytes>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match judge(&shared, request).await {
        Ok(response) => response,
        Err(complaints) => {
            let status = complaints
                .first()
                .map_or(StatusCode::BAD_REQUEST, |first| first.status);
            respond(
                status,
                Some("application/json"),
                error_body(&complaints).to_string().into(),
            )
        }
    }
}

async fn judge(shared: &Shared, request: Request) -> Result<Response, Vec<Complaint>> {
    let document = &shared.document;
    let (head, body) = request.into_parts();
    let segments = document
        .segments(head.uri.path())
        .map_err(|error| vec![error])?;
    let (index, path_values) = document
        .route(&head.method, &segments)
        .map_err(|error| vec![error])?;
    let operation = &document.operations()[index];
    let set = shared.lock().get(&index).cloned();
    if let Some(set) = set {
        return Ok(respond(
            operation.success().status(),
            Some("application/json"),
            set,
        ));
    }
    let multipart = head
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"multipart/form-data"));
    let unreadable = |error: String| vec![Complaint::unreadable(error)];
    let judge = |body: Content<'_>| {
        let used = used(head.uri.query().unwrap_or_default(), &body);
        shared
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(index, used);
        let incoming = Incoming {
            query: head.uri.query().unwrap_or_default(),
            headers: &head.headers,
            body,
        };
        document.complaints(operation, &path_values, incoming)
    };
    let complaints = if multipart {
        let request = Request::from_parts(head.clone(), body);
        let parts = parts(request).await.map_err(unreadable)?;
        judge(Content::Parts(&parts))
    } else {
        let bytes = to_bytes(body, MAX_BODY).await;
        let bytes = bytes.map_err(|error| unreadable(error.to_string()))?;
        judge(Content::Bytes(&bytes))
    };
    if complaints.is_empty() {
        success(operation)
    } else {
        Err(complaints)
    }
}

fn success(operation: &Operation) -> Result<Response, Vec<Complaint>> {
    Ok(match operation.success() {
        Success::Json(status) => {
            let answer = operation
                .answer(0)
                .map_err(|error| vec![Complaint::unanswerable(error)])?;
            let body = answer
                .map_or(Value::Null, |answer| answer.value)
                .to_string();
            respond(status, Some("application/json"), body.into())
        }
        Success::Html(status) => {
            let page = "<!doctype html><title>Loading</title><script src=\"clerk.js\"></script>";
            respond(status, Some("text/html; charset=utf-8"), page.into())
        }
        Success::Empty(status) => respond(status, None, Bytes::new()),
    })
}

fn respond(status: StatusCode, content_type: Option<&'static str>, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        let value = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

async fn parts(request: Request) -> Result<Vec<Part>, String> {
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| error.body_text())?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| error.body_text())? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(str::to_owned),
            content: field
                .bytes()
                .await
                .map_err(|error| error.body_text())?
                .to_vec(),
        });
    }
    Ok(parts)
}
