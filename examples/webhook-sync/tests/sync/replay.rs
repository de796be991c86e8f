//! Thousands of events, shuffled and repeated.

use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::world::World;

/// Deliveries of the large test.
const DELIVERIES: usize = 10_000;
/// How often each of its messages is delivered.
const TIMES: usize = 4;
/// Deliveries under way at the same time.
const AT_ONCE: usize = 8;

pub(crate) async fn shuffled_and_duplicated_events_leave_the_same_tables(world: &World) {
    let mut history = History::start(world, 1);
    // The seed has caused no events, so its objects go first.
    let api = world.clerk.api();
    for address in ["ada@example.com", "alan@example.com"] {
        let id = world.emulator.user_id(address).unwrap();
        api.users().delete(id).send().await.unwrap();
    }
    let acme = world.emulator.organization_id("acme").unwrap();
    api.organizations().delete(acme).send().await.unwrap();

    let mut messages = Vec::new();
    while messages.len() < DELIVERIES / TIMES {
        history.happen(500).await;
        messages = world.messages().await;
    }
    let deliveries = history.shuffled(messages, TIMES);
    assert!(deliveries.len() >= DELIVERIES);

    let mut running = JoinSet::new();
    for (id, body) in deliveries {
        if running.len() == AT_ONCE {
            let status: StatusCode = running.join_next().await.unwrap().unwrap();
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        let (router, request) = (world.router(), world.message(&id, body));
        running.spawn(async move { router.oneshot(request).await.unwrap().status() });
    }
    for status in running.join_all().await {
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    world.assert_equal().await;
}

/// Random operations on the emulator, with a clock that often stands still.
pub(crate) struct History<'a> {
    world: &'a World,
    random: Rng,
    users: Vec<String>,
    organizations: Vec<String>,
    /// Organization and user.
    memberships: Vec<(String, String)>,
    count: usize,
}

impl<'a> History<'a> {
    pub(crate) fn start(world: &'a World, seed: u64) -> Self {
        let now = Duration::from_millis(world.clerk.now().unsigned_abs());
        world.emulator.set_clock(SystemTime::UNIX_EPOCH + now);
        Self {
            world,
            random: Rng::with_seed(seed),
            users: Vec::new(),
            organizations: Vec::new(),
            memberships: Vec::new(),
            count: 0,
        }
    }

    pub(crate) async fn happen(&mut self, operations: usize) {
        for _ in 0..operations {
            let wait = [0, 0, 0, 1, 1, 300, 1700][self.random.usize(..7)];
            self.world
                .emulator
                .advance_clock(Duration::from_millis(wait));
            self.one().await;
        }
    }

    /// Repeats messages and shuffles them.
    pub(crate) fn shuffled(
        &mut self,
        messages: Vec<(String, String)>,
        times: usize,
    ) -> Vec<(String, String)> {
        let mut all: Vec<_> = std::iter::repeat_n(messages, times).flatten().collect();
        self.random.shuffle(&mut all);
        all
    }

    fn some(&mut self, among: fn(&Self) -> &Vec<String>) -> Option<(usize, String)> {
        let count = among(self).len();
        let index = (count > 0).then(|| self.random.usize(..count))?;
        Some((index, among(self)[index].clone()))
    }

    async fn one(&mut self) {
        let api = self.world.clerk.api();
        self.count += 1;
        let name = format!("Name {}", self.count);
        let roll = self.random.u8(..100);
        let user = self.some(|history| &history.users);
        let organization = self.some(|history| &history.organizations);
        match (roll, user, organization) {
            (0..5, Some((index, id)), _) => {
                self.users.swap_remove(index);
                self.memberships.retain(|(_, user)| *user != id);
                api.users().delete(id).send().await.unwrap();
            }
            (5..30, Some((_, id)), _) => {
                let update = api.users().update(id).first_name(name);
                update.send().await.unwrap();
            }
            (30..35, Some((_, id)), _) => {
                let metadata = json!({ "count": self.count });
                let update = api.users().update_metadata(id).public_metadata(metadata);
                update.send().await.unwrap();
            }
            (35..38, _, Some((index, id))) => {
                self.organizations.swap_remove(index);
                self.memberships
                    .retain(|(organization, _)| *organization != id);
                api.organizations().delete(id).send().await.unwrap();
            }
            (38..45, _, Some((_, id))) => {
                api.organizations()
                    .update(id)
                    .name(name)
                    .send()
                    .await
                    .unwrap();
            }
            (45..65, Some((_, user)), Some((_, organization))) => {
                let pair = (organization, user);
                if !self.memberships.contains(&pair) {
                    let create =
                        api.organization_memberships()
                            .create(&pair.0, &pair.1, "org:member");
                    create.send().await.unwrap();
                    self.memberships.push(pair);
                }
            }
            (65..75, _, _) if !self.memberships.is_empty() => {
                let (organization, user) = self.random.choice(&self.memberships).unwrap();
                let role = ["org:admin", "org:member"][usize::from(roll % 2)];
                let update = api
                    .organization_memberships()
                    .update(organization, user, role);
                update.send().await.unwrap();
            }
            (75..78, _, _) if !self.memberships.is_empty() => {
                let index = self.random.usize(..self.memberships.len());
                let (organization, user) = self.memberships.swap_remove(index);
                let delete = api.organization_memberships().delete(organization, user);
                delete.send().await.unwrap();
            }
            (78..86, _, _) => {
                let created = api.organizations().create(name).send().await.unwrap();
                self.organizations.push(created.id);
            }
            _ => {
                let address = format!("user-{}@example.com", self.count);
                let create = api.users().create().email_address([address]);
                let create = create.first_name(name).skip_password_requirement(true);
                self.users.push(create.send().await.unwrap().id);
            }
        }
    }
}
