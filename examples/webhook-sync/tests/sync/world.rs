//! An emulator, a database, and the application between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use clerk_axum::Clerk;
use clerk_axum::testing::WebhookSigner;
use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use webhook_sync::{Kind, Row, Sync, Tables, app};

/// Messages by ID.
type Messages = Arc<Mutex<Vec<(String, String)>>>;

pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) clerk: Clerk,
    pub(crate) signer: WebhookSigner,
    pub(crate) sync: Sync,
    messages: Messages,
    /// The database file, if it is SQLite.
    _directory: Option<TempDir>,
}

impl World {
    pub(crate) async fn on_sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("sync.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        Self::new(&url, Some(directory)).await
    }

    /// Creates a database of this name, which must not be that of another test.
    #[expect(
        clippy::disallowed_methods,
        reason = "where the server is depends on who started it"
    )]
    pub(crate) async fn on_postgres(name: &str) -> Self {
        let socket = std::env::var("TEST_POSTGRES_SOCKET")
            .expect("TEST_POSTGRES_SOCKET is the directory of the server's socket");
        let url = |name: &str| format!("postgres://postgres@localhost/{name}?host={socket}");
        sqlx::any::install_default_drivers();
        let server = sqlx::AnyPool::connect(&url("postgres")).await.unwrap();
        // PostgreSQL cuts longer names.
        let name: String = name.chars().take(60).collect();
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(&server)
                .await
                .unwrap();
        }
        server.close().await;
        Self::new(&url(&name), None).await
    }

    async fn new(url: &str, directory: Option<TempDir>) -> Self {
        let messages = Messages::default();
        let collector = collect(Arc::clone(&messages)).await;
        let signer = WebhookSigner::new();
        let emulator = Emulator::builder()
            .webhook(collector, signer.secret())
            .user(UserSeed::new("ada@example.com").first_name("Ada"))
            .user(UserSeed::new("alan@example.com").first_name("Alan"))
            .organization(
                OrganizationSeed::new("Acme", "acme")
                    .member("ada@example.com", "org:admin")
                    .member("alan@example.com", "org:member"),
            )
            .start()
            .await
            .unwrap();
        // The signing secret is among the variables.
        let clerk = Clerk::builder().from_vars(emulator.env()).build().unwrap();
        let tables = Tables::open(url).await.unwrap();
        Self {
            sync: Sync::new(tables, &clerk),
            emulator,
            clerk,
            signer,
            messages,
            _directory: directory,
        }
    }

    pub(crate) async fn close(&self) {
        self.tables().pool().close().await;
    }

    /// Returns the messages that the emulator has sent so far.
    pub(crate) async fn messages(&self) -> Vec<(String, String)> {
        self.emulator.settle().await;
        self.messages.lock().unwrap().clone()
    }

    pub(crate) fn tables(&self) -> &Tables {
        self.sync.tables()
    }

    pub(crate) fn router(&self) -> Router {
        app(self.clerk.clone(), self.sync.clone())
    }

    /// Signs a message and sends it to the application.
    pub(crate) async fn send(&self, id: &str, body: &Value) -> StatusCode {
        let request = self.message(id, body.to_string());
        let response = self.router().oneshot(request).await.unwrap();
        response.status()
    }

    pub(crate) fn message(&self, id: &str, body: String) -> Request<Body> {
        let now = self.clerk.now().div_euclid(1000);
        let headers = self.signer.sign(id, now, body.as_bytes());
        let mut request = Request::post("/webhooks").body(Body::from(body)).unwrap();
        request.headers_mut().extend(headers);
        request
    }

    /// Sends an event of this time with this data, as a message of its own, and expects it to be accepted.
    pub(crate) async fn event(&self, event_type: &str, timestamp: i64, data: Value) {
        let body = event(event_type, timestamp, data);
        let id = format!("msg_{}", fastrand::u64(..));
        assert_eq!(self.send(&id, &body).await, StatusCode::NO_CONTENT);
    }

    pub(crate) async fn row(&self, kind: Kind, id: &str) -> Option<Row> {
        self.tables().row(kind, id).await.unwrap()
    }

    /// Returns a column of a live row.
    pub(crate) async fn field(&self, kind: Kind, id: &str, column: &str) -> Option<String> {
        let live = self.tables().live(kind).await.unwrap();
        let (_, row) = live.into_iter().find(|(other, _)| other == id)?;
        row.field(kind, column).map(str::to_owned)
    }

    pub(crate) async fn ids(&self, kind: Kind) -> Vec<String> {
        let live = self.tables().live(kind).await.unwrap();
        live.into_iter().map(|(id, _)| id).collect()
    }

    /// Returns the number of requests to exactly this path so far.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.emulator.requests_to(path).len()
    }

    /// Compares the tables with what the emulator has.
    pub(crate) async fn assert_equal(&self) {
        let (mut users, mut organizations, mut memberships) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let api = self.clerk.api();
        for user in api.users().list().stream().try_collect().await.unwrap() {
            users.insert(user.id.clone(), Row::from(&user));
        }
        let list = api.organizations().list().stream();
        for organization in list.try_collect().await.unwrap() {
            organizations.insert(organization.id.clone(), Row::from(&organization));
        }
        let list = api.organization_memberships().list_all().stream();
        for membership in list.try_collect().await.unwrap() {
            memberships.insert(membership.id.clone(), Row::from(&membership));
        }
        for (kind, expected) in [
            (Kind::User, users),
            (Kind::Organization, organizations),
            (Kind::Membership, memberships),
        ] {
            let live = self.tables().live(kind).await.unwrap();
            let live: BTreeMap<_, _> = live.into_iter().collect();
            let ids: BTreeSet<&String> = live.keys().chain(expected.keys()).collect();
            for id in ids {
                // No event tells that nothing but the time of an object has changed.
                let timeless = |rows: &BTreeMap<String, Row>| {
                    let row = rows.get(id).cloned();
                    row.map(|row| Row { version: 0, ..row })
                };
                assert_eq!(timeless(&live), timeless(&expected), "{kind:?} {id}");
            }
        }
    }
}

/// Starts an endpoint that keeps the messages of the emulator, and returns its URL.
async fn collect(messages: Messages) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let keep = post(async move |headers: HeaderMap, body: String| {
        let id = headers["svix-id"].to_str().unwrap().to_owned();
        messages.lock().unwrap().push((id, body));
    });
    let router = Router::new().route("/", keep);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

pub(crate) fn event(event_type: &str, timestamp: i64, data: Value) -> Value {
    let mut event = json!({ "type": event_type, "object": "event", "timestamp": timestamp });
    event["data"] = data;
    event
}

pub(crate) fn hidden() -> MultiProgress {
    MultiProgress::with_draw_target(ProgressDrawTarget::hidden())
}

/// A user with this first name, as events contain it.
pub(crate) fn user(id: &str, updated_at: i64, first_name: &str) -> Value {
    json!({
        "id": id,
        "object": "user",
        "first_name": first_name,
        "last_name": null,
        "created_at": 1_700_000_000_000_i64,
        "updated_at": updated_at,
        "public_metadata": {},
    })
}

pub(crate) fn organization(id: &str, updated_at: i64) -> Value {
    json!({ "id": id, "object": "organization", "name": id, "slug": id, "updated_at": updated_at })
}

pub(crate) fn membership(id: &str, updated_at: i64, user: &str, organization: &str) -> Value {
    json!({
        "id": id,
        "object": "organization_membership",
        "role": "org:member",
        "organization": self::organization(organization, updated_at),
        "public_user_data": { "user_id": user },
        "updated_at": updated_at,
    })
}
