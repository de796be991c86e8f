//! The emulator's webhooks: signed, retried, recorded in a log, and stopped with the emulator.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use clerk_core::WebhookVerifier;
use clerk_emulator::{Emulator, Error, OrganizationSeed, UserSeed};
use futures_util::FutureExt as _;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::caller::Caller;

pub(crate) const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiB3ZWJob29rcw==";

/// An endpoint on loopback that records what it receives.
#[derive(Clone)]
pub(crate) struct Receiver {
    url: String,
    kept: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// The responses to return before it accepts.
    refusals: Arc<Mutex<VecDeque<StatusCode>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/webhooks", listener.local_addr().unwrap()),
            kept: Arc::default(),
            refusals: Arc::default(),
        };
        let router = Router::new()
            .route("/webhooks", post(Self::receive))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    async fn receive(State(receiver): State<Self>, headers: HeaderMap, body: Bytes) -> StatusCode {
        receiver.kept.lock().unwrap().push((headers, body));
        let refusal = receiver.refusals.lock().unwrap().pop_front();
        refusal.unwrap_or(StatusCode::NO_CONTENT)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn refuse(&self, statuses: &[StatusCode]) {
        self.refusals.lock().unwrap().extend(statuses);
    }

    fn kept(&self) -> Vec<(HeaderMap, Bytes)> {
        self.kept.lock().unwrap().clone()
    }

    /// Returns the received events.
    pub(crate) fn payloads(&self) -> Vec<Value> {
        let kept = self.kept();
        kept.iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    /// Returns how many of the received events have this type.
    pub(crate) fn count(&self, event: &str) -> usize {
        self.types().iter().filter(|one| *one == event).count()
    }

    fn types(&self) -> Vec<String> {
        let payloads = self.payloads();
        let types = payloads
            .iter()
            .map(|payload| payload["type"].as_str().unwrap().to_owned());
        types.collect()
    }
}

async fn emulator(receiver: &Receiver) -> (Emulator, Caller) {
    let emulator = Emulator::builder()
        .webhook(receiver.url(), SECRET)
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    (emulator, caller)
}

async fn create_user(caller: &Caller, address: &str) -> String {
    let body = json!({ "email_address": [address], "skip_password_requirement": true });
    let answer = caller.call(Method::POST, "/users", Some(&body)).await;
    answer.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_event_is_signed_with_the_secret_in_the_environment() {
    let receiver = Receiver::start().await;
    let (emulator, caller) = emulator(&receiver).await;
    let bob = create_user(&caller, "bob@example.com").await;
    emulator.settle().await;
    let kept = receiver.kept();
    assert_eq!(
        kept.len(),
        1,
        "seeding must not send events: {:?}",
        receiver.types()
    );
    let (_, secret) = emulator
        .env()
        .into_iter()
        .find(|(name, _)| *name == "CLERK_WEBHOOK_SIGNING_SECRET")
        .unwrap();
    let (headers, body) = &kept[0];
    let seconds: i64 = headers["svix-timestamp"].to_str().unwrap().parse().unwrap();
    let now = seconds * 1_000;
    let verifier = WebhookVerifier::new(secret).unwrap();
    let event = verifier.verify(headers, body, now).unwrap();
    assert_eq!(event.event_type().unwrap().as_str(), "user.created");
    let payload: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(payload["data"]["id"], json!(bob));
    let mut spoiled = body.to_vec();
    spoiled[10] ^= 1;
    assert!(verifier.verify(headers, &spoiled, now).is_err());
    let log = emulator.webhooks();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].id(), headers["svix-id"]);
    assert!(log[0].is_delivered());
}

#[tokio::test]
async fn invisible_changes_and_rejected_operations_send_no_events() {
    let receiver = Receiver::start().await;
    let (emulator, caller) = emulator(&receiver).await;
    let ada = emulator.user_id("ada@example.com").unwrap();
    let path = format!("/users/{ada}");
    for (method, path, body) in [
        (
            Method::PATCH,
            path.clone(),
            json!({ "first_name": "Ada", "password": "short" }),
        ),
        (Method::PATCH, path.clone(), json!({})),
        (Method::GET, path.clone(), Value::Null),
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email_address": ["ada@example.com"] }),
        ),
        (
            Method::POST,
            "/invitations/bulk".to_owned(),
            json!([{ "email_address": "a@b.c" }, { "email_address": "" }]),
        ),
    ] {
        caller.call(method, &path, Some(&body)).await;
    }
    emulator.settle().await;
    assert_eq!(receiver.types(), Vec::<String>::new());
    caller
        .call(Method::PATCH, &path, Some(&json!({ "first_name": "Ada" })))
        .await;
    caller.call(Method::DELETE, &path, None).await;
    emulator.settle().await;
    let mut types = receiver.types();
    types.sort();
    assert_eq!(
        types,
        [
            "organizationMembership.deleted",
            "user.deleted",
            "user.updated"
        ]
    );
}

#[tokio::test]
async fn a_refused_event_is_sent_again_and_can_be_replayed() {
    let receiver = Receiver::start().await;
    let (emulator, caller) = emulator(&receiver).await;
    receiver.refuse(&[StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND]);
    create_user(&caller, "bob@example.com").await;
    emulator.settle().await;
    let log = emulator.webhooks();
    let statuses: Vec<_> = log[0]
        .attempts()
        .map(|attempt| attempt.status().unwrap())
        .collect();
    assert_eq!(statuses, [500, 302, 204]);
    let ids: Vec<_> = receiver
        .kept()
        .iter()
        .map(|(headers, _)| headers["svix-id"].clone())
        .collect();
    assert!(ids.iter().all(|id| id == log[0].id()), "{ids:?}");
    emulator.replay_webhook(log[0].id()).unwrap();
    emulator.settle().await;
    assert_eq!(receiver.kept().len(), 4);
    assert!(matches!(
        emulator.replay_webhook("msg_nobody"),
        Err(Error::Unknown { .. })
    ));
}

/// Rejects every request of a connection, and returns when the other side closes it.
async fn refuse_all(mut stream: TcpStream) {
    let mut received = Vec::new();
    while stream
        .read_buf(&mut received)
        .await
        .is_ok_and(|read| read > 0)
    {
        while let Some(length) = first_request(&received) {
            received.drain(..length);
            let refusal = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
            if stream.write_all(refusal).await.is_err() {
                return;
            }
        }
    }
}

/// Returns the length of the first request, if it is complete.
fn first_request(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
    let (_, rest) = text.split_once("content-length: ")?;
    let body: usize = rest.split("\r\n").next()?.parse().ok()?;
    (received.len() >= head + body).then_some(head + body)
}

#[tokio::test]
async fn nothing_is_delivered_after_a_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::builder()
        .webhook(
            format!("http://{}/", listener.local_addr().unwrap()),
            SECRET,
        )
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    for index in 0..20 {
        create_user(&caller, &format!("user{index}@example.com")).await;
    }
    let (stream, _) = listener.accept().await.unwrap();
    let mut connections = JoinSet::new();
    connections.spawn(refuse_all(stream));
    // The runtime of the deliveries is gone when this returns, and with it everything that could keep a connection
    // open.
    drop(emulator);
    // No new connections are made, so the waiting ones are the last.
    let mut all_closed = async || {
        while let Some(Ok((stream, _))) = listener.accept().now_or_never() {
            connections.spawn(refuse_all(stream));
        }
        while connections.join_next().await.is_some() {}
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, all_closed())
        .await
        .expect("a connection stays open");
    assert!(
        listener.accept().now_or_never().is_none(),
        "unexpected connection"
    );
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_used_stops_the_start() {
    for (url, secret) in [
        ("localhost:3000", SECRET),
        ("ftp://localhost/", SECRET),
        ("http://localhost:3000/", "secret"),
        ("http://localhost:3000/", "whsec_"),
        ("http://localhost:3000/", "whsec_?"),
    ] {
        let error = Emulator::builder()
            .webhook(url, secret)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{url}: {error}");
        assert!(!error.to_string().contains("secret\""), "{error}");
    }
}

/// Whoever invites: each invitation is in the inbox once, and causes one event, with the slug and the text of its template.
#[tokio::test]
async fn every_invitation_arrives_once_in_the_inbox_and_as_an_event() {
    let receiver = Receiver::start().await;
    let emulator = Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .first_name("Ada")
                .last_name("Lovelace"),
        )
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .webhook(receiver.url(), SECRET)
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let post = async |path: &str, body: Value| {
        let answer = caller.call(Method::POST, path, Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.body
    };
    let ada = emulator.user_id("ada@example.com").unwrap();
    let template = json!({
        "name": "Invitation",
        "subject": "{{inviter_name}} wants you in {{org.name}}",
        "body": "{{action_url}}",
    });
    let path = "/templates/email/organization_invitation";
    let changed = caller.call(Method::PUT, path, Some(&template)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);

    let to = |address: &str| json!({ "email_address": address });
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let member = |address: &str| with(to(address), "role", json!("org:member"));
    post("/invitations", to("a@example.com")).await;
    let waitlist = json!("waitlist_invitation");
    post(
        "/invitations",
        with(to("b@example.com"), "template_slug", waitlist),
    )
    .await;
    post("/invitations/bulk", json!([to("c@example.com")])).await;
    let allowed = json!({ "identifier": "d@example.com", "notify": true });
    post("/allowlist_identifiers", allowed).await;
    let waiting = post("/waitlist_entries", to("e@example.com")).await;
    let path = format!(
        "/waitlist_entries/{}/invite",
        waiting["id"].as_str().unwrap()
    );
    post(&path, json!({})).await;
    let path = "/organizations/acme/invitations";
    post(
        path,
        with(member("f@example.com"), "inviter_user_id", json!(ada)),
    )
    .await;
    post(&format!("{path}/bulk"), json!([member("g@example.com")])).await;
    let quiet = json!(false);
    post(
        "/invitations",
        with(to("h@example.com"), "notify", quiet.clone()),
    )
    .await;
    post(path, with(member("i@example.com"), "notify", quiet)).await;
    emulator.settle().await;

    let payloads = receiver.payloads();
    for (address, slugs) in [
        ("a@example.com", ["invitation"].as_slice()),
        ("b@example.com", &["waitlist_invitation"]),
        ("c@example.com", &["invitation"]),
        ("d@example.com", &["invitation"]),
        (
            "e@example.com",
            &["waitlist_confirmation", "waitlist_invitation"],
        ),
        ("f@example.com", &["organization_invitation"]),
        ("g@example.com", &["organization_invitation"]),
        ("h@example.com", &[]),
        ("i@example.com", &[]),
    ] {
        let mails = emulator.inbox(address);
        let kinds: Vec<_> = mails.iter().map(|one| one.kind()).collect();
        assert_eq!(kinds, slugs, "{address}");
        for mail in mails
            .iter()
            .filter(|one| one.kind().ends_with("invitation"))
        {
            assert!(mail.link().unwrap().contains("/v1/tickets/accept?ticket="));
        }
        let told: Vec<_> = payloads
            .iter()
            .filter(|one| one["type"] == "email.created")
            .map(|one| &one["data"])
            .filter(|data| data["to_email_address"] == address)
            .collect();
        let told_slugs: Vec<_> = told.iter().map(|data| &data["slug"]).collect();
        assert_eq!(told_slugs, slugs, "{address}");
        if address == "f@example.com" {
            assert_eq!(told[0]["subject"], "Ada Lovelace wants you in Acme");
            assert_eq!(told[0]["body"].as_str(), mails[0].link());
        }
    }
}
