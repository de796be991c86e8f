//! A server that follows a script, with one step per request, and records its requests.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The server's reaction to one request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends the whole response.
    Answer(Answer),
    /// Closes the connection before the first byte of the response.
    Hangup,
    /// Closes the connection after this many bytes of the body.
    Cut(Answer, usize),
    /// Sends nothing more after this many bytes of the body and keeps the connection open.
    Stall(Answer, usize),
    /// Sends nothing and keeps the connection open.
    Silence,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub(crate) fn answer(status: u16) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// A response in the form that the API returns.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    answer(status)
        .header("content-type", "application/json")
        .body(body)
}

/// The user that the tests request.
pub(crate) fn user() -> Answer {
    json(
        200,
        r#"{ "object": "user", "id": "user_1", "first_name": "Ada" }"#,
    )
}

impl Answer {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Returns the head and body; the head always states the length of the whole body.
    fn bytes(&self) -> (Vec<u8>, &[u8]) {
        let mut head = format!("HTTP/1.1 {} Told\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        (head.into_bytes(), &self.body)
    }
}

impl From<Answer> for Act {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// A received request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query as received.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// Returns the only value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} came twice");
        value
    }
}

/// The server, on its own port, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
}

impl Server {
    /// Creates a server that responds with 501 once the script has ended.
    pub(crate) async fn start<A: Into<Act>>(script: impl IntoIterator<Item = A>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        *shared.script.lock().unwrap() = script.into_iter().map(Into::into).collect();
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Appends to the script.
    pub(crate) fn then(&self, act: impl Into<Act>) {
        self.shared.script.lock().unwrap().push_back(act.into());
    }

    /// Returns every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Returns the number of requests so far.
    pub(crate) fn count(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(perform(stream, Arc::clone(&shared)));
    }
}

async fn perform(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    shared.seen.lock().unwrap().push(request);
    let act = shared.script.lock().unwrap().pop_front();
    let (answer, sent, stays) = match act.unwrap_or_else(|| answer(501).into()) {
        Act::Answer(answer) => (answer, usize::MAX, false),
        Act::Cut(answer, sent) => (answer, sent, false),
        Act::Stall(answer, sent) => (answer, sent, true),
        Act::Hangup => return,
        Act::Silence => return wait_for_the_end(stream).await,
    };
    let (head, body) = answer.bytes();
    // The client may already be gone, which does not matter here.
    let _ = stream.write_all(&head).await;
    let _ = stream.write_all(&body[..body.len().min(sent)]).await;
    if stays {
        wait_for_the_end(stream).await;
    }
}

/// Keeps the connection open until the client gives up.
async fn wait_for_the_end(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let headers: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen {
        method: first.next().unwrap().to_owned(),
        target: first.next().unwrap().to_owned(),
        headers,
        body,
    })
}
