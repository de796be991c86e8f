//! Many writers at once, of which a kill loses nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::command::Running;

const WRITERS: usize = 200;
const EACH: usize = 50;
/// The emulator is killed when this many users are acknowledged, while all writers go on.
const KILLED_AFTER: usize = WRITERS * EACH / 2;

/// A connection of a writer's own. Without optimization, a complete client takes longer than the emulator.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self {
            stream,
            received: Vec::new(),
        })
    }

    /// Creates a user and returns the status and the body; `None` if the emulator is gone.
    async fn create(&mut self, key: &str, address: &str) -> Option<(u16, Value)> {
        let body = json!({ "email_address": [address], "skip_password_requirement": true });
        let body = body.to_string();
        let request = format!(
            "POST /v1/users HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.ok()?;
        loop {
            if let Some(answer) = self.take_answer() {
                return Some(answer);
            }
            if self.stream.read_buf(&mut self.received).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Removes the response from what was received, if it is complete.
    fn take_answer(&mut self) -> Option<(u16, Value)> {
        let head = self
            .received
            .windows(4)
            .position(|end| end == b"\r\n\r\n")?
            + 4;
        let text = String::from_utf8_lossy(&self.received[..head]).to_lowercase();
        let (_, rest) = text.split_once("content-length: ").unwrap();
        let length: usize = rest.split("\r\n").next().unwrap().parse().unwrap();
        let body = self.received.get(head..head + length)?;
        let body = serde_json::from_slice(body).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        self.received.drain(..head + length);
        Some((status, body))
    }
}

fn address(writer: usize, index: usize) -> String {
    format!("{writer}.{index}@example.com")
}

/// Lets each writer create its users from where it stopped, all at once. Returns how far each came, which is to its
/// end unless the emulator was killed.
async fn write(port: u16, key: &str, from: &[usize], half: &Arc<Half>) -> Vec<usize> {
    let writers: Vec<_> = (0..WRITERS)
        .zip(from.iter().copied())
        .map(|(writer, first)| {
            let (key, half) = (key.to_owned(), Arc::clone(half));
            tokio::spawn(async move {
                let Some(mut connection) = Connection::open(port).await else {
                    return first;
                };
                for index in first..EACH {
                    let answer = connection.create(&key, &address(writer, index)).await;
                    let Some((status, body)) = answer else {
                        return index;
                    };
                    // What was written when the emulator was killed, and not acknowledged, exists already.
                    let exists = body["errors"][0]["code"] == "form_identifier_exists";
                    assert!(status == 200 || (exists && index == first), "{body}");
                    half.count();
                }
                EACH
            })
        })
        .collect();
    let mut reached = Vec::new();
    for writer in writers {
        reached.push(writer.await.unwrap());
    }
    reached
}

/// Tells when half of the users are acknowledged.
#[derive(Default)]
struct Half {
    acknowledged: AtomicUsize,
    reached: Notify,
}

impl Half {
    fn count(&self) {
        if self.acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == KILLED_AFTER {
            self.reached.notify_one();
        }
    }
}

/// Returns the addresses of all users, page by page.
async fn addresses(running: &Running) -> Vec<String> {
    let mut all = Vec::new();
    let mut path = "/users?limit=500".to_owned();
    loop {
        let (_, page) = running.api.get(&path).await;
        let page = page.as_array().unwrap();
        let Some(last) = page.last() else {
            return all;
        };
        path = format!(
            "/users?limit=500&starting_after={}",
            last["id"].as_str().unwrap()
        );
        all.extend(page.iter().map(|user| {
            let address = &user["email_addresses"][0]["email_address"];
            address.as_str().unwrap().to_owned()
        }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_writers_of_ten_thousand_users_lose_nothing_though_the_emulator_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let half = Arc::<Half>::default();
    let running = Running::start(&path);
    let (port, key) = (running.port, running.key.clone());
    let kill = async {
        half.reached.notified().await;
        running.kill();
    };
    let (reached, ()) = tokio::join!(write(port, &key, &[0; WRITERS], &half), kill);
    let acknowledged: BTreeSet<_> = (0..WRITERS)
        .flat_map(|writer| (0..reached[writer]).map(move |index| address(writer, index)))
        .collect();
    assert!((KILLED_AFTER..WRITERS * EACH).contains(&acknowledged.len()));

    let running = Running::start(&path);
    let kept = BTreeSet::from_iter(addresses(&running).await);
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let reached = write(running.port, &running.key, &reached, &half).await;
    assert_eq!(reached, [EACH; WRITERS]);
    running.kill();

    let running = Running::start(&path);
    let kept = addresses(&running).await;
    assert_eq!(kept.len(), WRITERS * EACH);
    let all = (0..WRITERS).flat_map(|one| (0..EACH).map(move |index| address(one, index)));
    assert_eq!(BTreeSet::from_iter(kept), BTreeSet::from_iter(all));
}
