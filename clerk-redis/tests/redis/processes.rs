//! Two processes of an application, with one Redis between them.
//!
//! The second and the third process are this test program again, which then runs only the part of the application.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use clerk_core::Clerk;
use clerk_emulator::{Emulator, Fault};
use clerk_redis::RedisStore;
use clerk_test_support::log::Log;
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::server::RedisServer;
use crate::{ADA, RESUMES_WITHIN, emulator, until, verifications};

/// The variable that makes this program a process of the application. Its value is the URL of Redis.
const REDIS_URL: &str = "CLERK_REDIS_TEST_PROCESS";
const THIS_TEST: &str = "processes::two_processes_share_answers_and_survive_redis";
/// How long a call to Clerk takes while Redis stops.
const SLOW: Duration = Duration::from_millis(500);
/// How long a request waits for Redis, which is there or refuses connections.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time within which the processes must have started and connected to Redis.
const START: Duration = Duration::from_secs(60);

/// A process of the application, which does what lines on its standard input say.
struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(emulator: &Emulator, redis: &RedisServer) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([THIS_TEST, "--exact", "--include-ignored", "--nocapture"])
            .env(REDIS_URL, redis.url())
            .envs(emulator.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    fn begin(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
    }

    /// Returns what the process answers to the last command.
    fn finish(&mut self) -> String {
        let answer = |line: std::io::Result<String>| {
            let line = line.unwrap();
            line.split_once(ANSWER).map(|(_, answer)| answer.to_owned())
        };
        self.output.find_map(answer).unwrap()
    }

    fn ask(&mut self, command: &str) -> String {
        self.begin(command);
        self.finish()
    }

    /// Returns what the process has logged at INFO and above.
    fn log(&mut self) -> Vec<String> {
        let log = self.ask("log");
        log.split_terminator('\t').map(str::to_owned).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Precedes an answer on the standard output, where the test harness writes, too.
const ANSWER: &str = "answer: ";

/// The part of the application: answers each line of its standard input.
async fn run(redis_url: &str) {
    let (log, _guard) = Log::start();
    let clerk = Clerk::builder()
        .from_env()
        .shared_store(RedisStore::connect(redis_url).unwrap())
        .shared_store_wait(PATIENCE)
        .build()
        .unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(tokio::io::stdin()));
    while let Some(line) = lines.next_line().await.unwrap() {
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match command {
            // The number of these tokens that are accepted, all at the same time.
            "tokens" => {
                let verdicts = argument.split(' ').map(|token| is_accepted(&clerk, token));
                let verdicts = join_all(verdicts).await;
                verdicts
                    .into_iter()
                    .filter(|accepted| *accepted)
                    .count()
                    .to_string()
            }
            "name" => match clerk.users().get(argument).await {
                Ok(user) => user.first_name.clone().unwrap_or_default(),
                Err(error) => error.to_string(),
            },
            "rename" => {
                let rename = clerk.api().users().update("user_ada").first_name(argument);
                rename
                    .send()
                    .await
                    .map_or_else(|error| error.to_string(), |_| String::new())
            }
            "log" => log.records().join("\t"),
            _ => format!("unknown command {command}"),
        };
        let mut output = std::io::stdout().lock();
        writeln!(output, "\n{ANSWER}{answer}").unwrap();
        output.flush().unwrap();
    }
}

async fn is_accepted(clerk: &Clerk, token: &str) -> bool {
    let request = http::Request::get("https://app.example.com/")
        .header("authorization", format!("Bearer {token}"))
        .body(())
        .unwrap();
    let state = clerk.authenticate_request(&request).await;
    state.is_ok_and(|state| state.auth().is_authenticated())
}

fn tokens(emulator: &Emulator, count: usize) -> String {
    let tokens: Vec<String> = (0..count)
        .map(|_| emulator.api_key(ADA).mint().unwrap())
        .collect();
    format!("tokens {}", tokens.join(" "))
}

fn look_ups(emulator: &Emulator) -> usize {
    let requests = emulator.requests_to("/v1/users/user_ada");
    let gets = requests.iter().filter(|request| request.method() == "GET");
    gets.count()
}

/// Asks both processes until the answer of one saves the other a call, which must happen in time.
fn sharing_begins(emulator: &Emulator, one: &mut Process, other: &mut Process, limit: Duration) {
    let began = Instant::now();
    loop {
        let token = tokens(emulator, 1);
        assert_eq!(one.ask(&token), "1");
        let before = verifications(emulator);
        assert_eq!(other.ask(&token), "1");
        if verifications(emulator) == before {
            break;
        }
        assert!(began.elapsed() < limit);
    }
}

#[test]
#[ignore = "needs redis-server: .ci/run installs it"]
#[expect(
    clippy::disallowed_methods,
    reason = "the process is told by its environment what it is"
)]
fn two_processes_share_answers_and_survive_redis() {
    match std::env::var(REDIS_URL) {
        // The log is that of one thread.
        Ok(redis_url) => runtime(Builder::new_current_thread()).block_on(run(&redis_url)),
        Err(_) => runtime(Builder::new_multi_thread()).block_on(direct()),
    }
}

fn runtime(mut builder: Builder) -> Runtime {
    builder.enable_all().build().unwrap()
}

/// Tells the processes what to do, and counts what Clerk is asked.
async fn direct() {
    let emulator = emulator().await;
    let mut redis = RedisServer::running();
    let mut one = Process::start(&emulator, &redis);
    let mut other = Process::start(&emulator, &redis);
    sharing_begins(&emulator, &mut one, &mut other, START);
    sharing_begins(&emulator, &mut other, &mut one, START);

    // Both ask for the same 50 tokens and the same user: Clerk is asked once for each.
    let fifty = tokens(&emulator, 50);
    let before = verifications(&emulator);
    assert_eq!(
        (one.ask(&fifty), other.ask(&fifty)),
        ("50".into(), "50".into())
    );
    assert_eq!(verifications(&emulator), before + 50);
    for process in [&mut one, &mut other] {
        assert_eq!(process.ask("name user_ada"), "Ada");
    }
    assert_eq!(look_ups(&emulator), 1);
    // A change that one of them makes reaches the other.
    assert_eq!(one.ask("rename Augusta"), "");
    until(async || other.ask("name user_ada") == "Augusta").await;
    assert_eq!(one.ask("name user_ada"), "Augusta");
    let logged = [one.log().len(), other.log().len()];

    // Redis stops while one process looks a user up, and while Clerk has verified some of the other's 200 tokens.
    assert_eq!(one.ask("rename Ada"), "");
    emulator.clear_requests();
    let faults = emulator.faults();
    faults.add(Fault::slow(SLOW).on("/v1/users").always());
    faults.add(Fault::slow(SLOW).on("/v1/api_keys").always());
    let many = tokens(&emulator, 200);
    other.begin(&many);
    until(async || verifications(&emulator) > 50).await;
    one.begin("name user_ada");
    until(async || look_ups(&emulator) == 1).await;
    redis.stop();
    assert_eq!(one.finish(), "Ada");
    assert_eq!(other.finish(), "200");
    faults.clear();
    // Both go on without it, and have logged one warning.
    for (process, before) in [&mut one, &mut other].into_iter().zip(logged) {
        assert_eq!(process.ask(&tokens(&emulator, 10)), "10");
        let log = process.log().split_off(before);
        assert!(
            matches!(&log[..], [record] if record.contains("WARN")),
            "{log:?}"
        );
    }

    redis.start();
    sharing_begins(&emulator, &mut one, &mut other, RESUMES_WITHIN);
    for (process, before) in [&mut one, &mut other].into_iter().zip(logged) {
        let log = process.log().split_off(before);
        assert!(
            matches!(&log[..], [_, record] if record.contains("INFO")),
            "{log:?}"
        );
    }
}
