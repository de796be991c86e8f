//! Judges requests and responses by the OpenAPI document of the Backend API.
//!
//! [`Document`] reads the document, [`DocumentServer`] is a server on loopback that validates every request against it and
//! responds as it describes, and [`mutations`] changes such responses in the ways in which real ones were seen to deviate.
//!
//! This module does not know the client or its generator, so both sides of the comparison are independent.

mod addition;
mod answer;
mod mutation;
mod offer;
mod operation;
mod request;
mod sample;
mod schema;
mod server;
mod webhooks;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub use answer::{Answer, Place, Step};
pub use mutation::{Change, Mutation, mutations, poisoned};
pub use operation::{Operation, Success};
pub use request::Complaint;
pub use sample::Sample;
pub use server::DocumentServer;
pub use webhooks::{WebhookDocument, examples as webhook_examples};

use schema::Schemas;

/// The document, with every reference followed and every schema compiled.
#[derive(Debug)]
pub struct Document {
    version: String,
    base_path: String,
    operations: Vec<Operation>,
}

impl Document {
    /// The path of the document next to the workspace. It is not part of the repository, so it may be absent.
    #[must_use]
    pub fn default_path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/openapi/bapi/2026-05-12.yml")
    }

    /// Reads the document next to the workspace. Returns `None` if there is none.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or contains something that this module does not understand.
    pub fn beside_workspace() -> Result<Option<Self>, DocumentError> {
        let path = Self::default_path();
        if path.exists() {
            Self::load(&path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads the document next to the workspace together with the additions in the client's overlay. Returns `None` if
    /// there is no document.
    ///
    /// # Errors
    /// Fails if a file cannot be read, or contains something that this module does not understand.
    pub fn beside_workspace_with_additions() -> Result<Option<Self>, DocumentError> {
        let path = Self::default_path();
        if !path.exists() {
            return Ok(None);
        }
        let additions = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../clerk-backend-api/codegen/additions.yml");
        let root = addition::applied(parse(&path)?, parse(&additions)?);
        Self::read(&root).map(Some)
    }

    /// Reads the document of webhooks next to the workspace, each event as an operation whose response it is; `None` if
    /// there is no document. The path of an event is its type.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or contains something that this module does not understand.
    pub fn webhooks_beside_workspace() -> Result<Option<Self>, DocumentError> {
        match webhooks::parsed()? {
            Some(root) => Self::read(&webhooks::as_operations(&root)).map(Some),
            None => Ok(None),
        }
    }

    /// The path of the Frontend API's document next to the workspace.
    #[must_use]
    pub fn frontend_path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/openapi/fapi/2026-05-12.yml")
    }

    /// Reads the document in the file at `path`.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or contains something that this module does not understand.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        Self::read(&parse(path)?)
    }

    /// Reads only the responses of the document at `path`, and ignores what it says about requests.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or a response is not understood.
    pub fn load_answers(path: &Path) -> Result<Vec<Operation>, DocumentError> {
        let root = parse(path)?;
        let schemas = Schemas::new(&root);
        let mut operations = Vec::new();
        let paths = root.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                operations.push(Operation::read_answer(&schemas, path, method, operation)?);
            }
        }
        Ok(operations)
    }

    /// Reads a document that is already parsed.
    ///
    /// # Errors
    /// Fails if it contains something that this module does not understand.
    pub fn read(root: &Value) -> Result<Self, DocumentError> {
        let schemas = Schemas::new(root);
        let version = text(root, "/info/version")?;
        let server = text(root, "/servers/0/url")?;
        let base_path = url::Url::parse(&server)
            .map_err(|error| DocumentError::new("/servers/0/url", error.to_string()))?
            .path()
            .trim_end_matches('/')
            .to_owned();
        let mut operations = Vec::new();
        let paths = root.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                operations.push(Operation::read(&schemas, path, method, operation)?);
            }
        }
        Ok(Self {
            version,
            base_path,
            operations,
        })
    }

    /// Returns the dated API version that the document describes.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns every operation, in the order of the document.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Returns the operation with this method and path template, such as `/users/{user_id}`.
    #[must_use]
    pub fn operation(&self, method: &http::Method, template: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.method == *method && operation.path == template)
    }
}

fn parse(path: &Path) -> Result<Value, DocumentError> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| DocumentError::new(&place, error.to_string()))?;
    let options = serde_saphyr::options! { budget: None };
    serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| DocumentError::new(&place, error.to_string()))
}

fn text(root: &Value, pointer: &str) -> Result<String, DocumentError> {
    root.pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| DocumentError::new(pointer, "missing, or not a string"))
}

/// A part of the document that cannot be read or is not understood.
#[derive(Debug, thiserror::Error)]
#[error("openapi document, {place}: {what}")]
pub struct DocumentError {
    place: String,
    what: String,
}

impl DocumentError {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}
