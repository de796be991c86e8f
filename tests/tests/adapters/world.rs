//! The Clerk instances that the applications run on, and what their callers send.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clerk_core::testing::WebhookSigner;
use clerk_core::{Clerk, ClerkBuilder, Clock, ManualClock, OAuthResource, SystemClock};
use clerk_emulator::{
    Emulator, EmulatorBuilder, Fault, MachineSeed, OrganizationSeed, RoleSeed, SessionTokenBuilder,
    UserSeed,
};
use serde_json::json;

/// Where the browser believes the application to be; both servers are sent this host.
pub(crate) const HOST: &str = "app.test:3000";
pub(crate) const ORIGIN: &str = "http://app.test:3000";

/// What OAuth clients are told as the address of the guarded routes.
pub(crate) const RESOURCE: &str = "https://app.test/guards";

pub(crate) const ADMIN: &str = "ada@example.com";
pub(crate) const MEMBER: &str = "alan@example.com";

/// What no answer may hold: it stands in the private metadata of a user.
pub(crate) const PRIVATE: &str = "planted-private-metadata";

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

/// How an application's Clerk is set up, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Setup {
    /// A development instance on the emulator.
    Usual,
    /// The hosted pages and the key's own Frontend API, instead of the emulator's.
    HostedPages,
    /// A production instance.
    Production,
    /// A satellite of a production instance.
    Satellite,
    /// A satellite whose sign-in page cannot be used.
    BrokenSatellite,
    /// The signing keys cannot be fetched.
    KeysDown,
    /// The Backend API fails when it is asked for users.
    UsersDown,
    /// No secret for webhooks.
    NoWebhookSecret,
    /// Refusal pages of the application's own, and redirects for htmx.
    OwnPages,
    /// An API without pages, which knows no cookies; tokens of WebSockets are read.
    HeaderOnly,
    /// Routes for OAuth clients.
    OAuthResource,
    /// The resolver finds no instance.
    NoInstance,
}

impl Setup {
    pub(crate) const ALL: [Self; 12] = [
        Self::Usual,
        Self::HostedPages,
        Self::Production,
        Self::Satellite,
        Self::BrokenSatellite,
        Self::KeysDown,
        Self::UsersDown,
        Self::NoWebhookSecret,
        Self::OwnPages,
        Self::OAuthResource,
        Self::HeaderOnly,
        Self::NoInstance,
    ];
}

/// Emulators, clock and tokens.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    keys_down: Emulator,
    users_down: Emulator,
    webhooks: WebhookSigner,
    pub(crate) clock: ManualClock,
}

/// Two people of one organization.
fn emulator() -> EmulatorBuilder {
    Emulator::builder()
        .user(
            UserSeed::new(ADMIN)
                .id("user_ada")
                .first_name("Ada")
                .public_metadata(json!({ "shown": "to everybody" }))
                .private_metadata(json!({ "note": PRIVATE }))
                .plan("pro")
                .feature("exports"),
        )
        .user(UserSeed::new(MEMBER).id("user_alan").first_name("Alan"))
        .role(RoleSeed::new("org:admin").permission("org:reports:read"))
        .organization(
            OrganizationSeed::new("Acme", "acme")
                .id("org_acme")
                .member(ADMIN, "org:admin")
                .member(MEMBER, "org:member")
                .plan("team")
                .feature("audit"),
        )
        .machine(MachineSeed::new("worker").scope("billing"))
        .machine(MachineSeed::new("billing"))
        .allow_origin(ORIGIN)
}

/// The emulator's clock stands still: two servers that are asked one after the other are told the same.
async fn start(builder: EmulatorBuilder, now: i64) -> Emulator {
    let emulator = builder.start().await.unwrap();
    emulator.set_clock(UNIX_EPOCH + Duration::from_millis(now.unsigned_abs()));
    emulator
}

impl World {
    pub(crate) async fn new() -> Self {
        // The whole second, so that both clocks are exactly equal.
        let now = SystemClock::default().now() / 1000 * 1000;
        let keys_down = start(emulator(), now).await;
        keys_down.faults().stop_keys();
        let users_down = start(emulator(), now).await;
        users_down
            .faults()
            .add(Fault::internal_error().on("/v1/users").always());
        Self {
            emulator: start(emulator(), now).await,
            keys_down,
            users_down,
            webhooks: WebhookSigner::new(),
            clock: ManualClock::new(now),
        }
    }

    /// A Clerk with caches of its own; none where the set-up has none.
    pub(crate) fn clerk(&self, setup: Setup) -> Option<Clerk> {
        let emulator = &self.emulator;
        let builder = match setup {
            Setup::Usual => self.on(emulator),
            Setup::HostedPages => Clerk::builder()
                .secret_key(emulator.secret_key())
                .publishable_key(emulator.publishable_key())
                .api_url(emulator.url()),
            Setup::Production => self.production(),
            Setup::Satellite => self
                .production()
                .is_satellite(true)
                .domain("app.test")
                .sign_in_url("https://primary.test/sign-in"),
            Setup::BrokenSatellite => self
                .on(emulator)
                .proxy_url("")
                .is_satellite(true)
                .domain("app.test")
                .sign_in_url("/sign-in"),
            Setup::KeysDown => self
                .on(&self.keys_down)
                .signing_key_wait(Duration::from_secs(30)),
            Setup::UsersDown => self.on(&self.users_down),
            Setup::HeaderOnly => self
                .on(emulator)
                .header_only(true)
                .websocket_protocol("clerk.token"),
            Setup::OAuthResource => {
                let resource = OAuthResource::new(RESOURCE)
                    .unwrap()
                    .scopes(["email", "profile"]);
                self.on(emulator).oauth_resource(resource)
            }
            Setup::OwnPages => self.on(emulator).htmx_redirects(true).refusal_page(|page| {
                let (status, kind) = (page.status().as_u16(), page.kind());
                format!("own page: {status} {kind:?}, {}", page.message())
            }),
            Setup::NoWebhookSecret => {
                let clerk = self.configure(self.plain(emulator));
                return Some(clerk.build().unwrap());
            }
            Setup::NoInstance => return None,
        };
        let clerk = self
            .configure(builder)
            .webhook_signing_secret(self.webhooks.secret());
        Some(clerk.build().unwrap())
    }

    fn plain(&self, emulator: &Emulator) -> ClerkBuilder {
        Clerk::builder().from_vars(emulator.env())
    }

    fn on(&self, emulator: &Emulator) -> ClerkBuilder {
        self.plain(emulator)
            .machine_secret_key(emulator.machine_secret_key("billing").unwrap())
    }

    fn production(&self) -> ClerkBuilder {
        let key = STANDARD.encode("clerk.example.com$");
        Clerk::builder()
            .secret_key("sk_live_example")
            .publishable_key(format!("pk_live_{key}"))
            .jwt_key(self.emulator.jwt_public_key_pem())
            .api_url(self.emulator.url())
    }

    fn configure(&self, builder: ClerkBuilder) -> ClerkBuilder {
        builder
            .authorized_parties([ORIGIN])
            // Clerk is asked about each unknown key, so that the answer is certain.
            .unknown_signing_key_cool_down(Duration::ZERO)
            .clock(self.clock.clone())
    }

    /// A session token that an application on [`ORIGIN`] obtained.
    pub(crate) fn token(&self, user: &str) -> SessionTokenBuilder<'_> {
        Self::token_of(&self.emulator, user)
    }

    pub(crate) fn token_of<'a>(emulator: &'a Emulator, user: &str) -> SessionTokenBuilder<'a> {
        emulator
            .session_token(user)
            .authorized_party(ORIGIN)
            .lifetime(LONG)
    }

    /// The administrator of Acme, with Acme active.
    pub(crate) fn admin(&self) -> String {
        self.token(ADMIN).organization("acme").mint().unwrap()
    }

    /// A member of Acme, with Acme active.
    pub(crate) fn member(&self) -> String {
        self.token(MEMBER).organization("acme").mint().unwrap()
    }

    /// Signed for the emulator whose API fails when it is asked for users.
    pub(crate) fn token_where_users_are_down(&self) -> String {
        Self::token_of(&self.users_down, ADMIN).mint().unwrap()
    }

    pub(crate) fn token_where_keys_are_down(&self) -> String {
        Self::token_of(&self.keys_down, ADMIN).mint().unwrap()
    }

    /// Unix seconds, some of them ago.
    pub(crate) fn seconds_ago(&self, seconds: i64) -> i64 {
        self.clock.now() / 1000 - seconds
    }

    /// A webhook's body and headers, signed as Clerk signs.
    pub(crate) fn webhook(&self, sent_ago: i64) -> (Vec<u8>, [(&'static str, String); 3]) {
        self.padded_webhook(sent_ago, 0)
    }

    /// As [`webhook`](Self::webhook), with this many bytes more.
    pub(crate) fn padded_webhook(
        &self,
        sent_ago: i64,
        bytes: usize,
    ) -> (Vec<u8>, [(&'static str, String); 3]) {
        let body = json!({
            "type": "user.created",
            "object": "event",
            "data": { "id": "user_ada", "object": "user", "padding": "x".repeat(bytes) },
        })
        .to_string();
        let sent_at = self.seconds_ago(sent_ago);
        let signed = self.webhooks.sign("msg_1", sent_at, body.as_bytes());
        let headers = ["svix-id", "svix-timestamp", "svix-signature"];
        let headers = headers.map(|name| (name, signed[name].to_str().unwrap().to_owned()));
        (body.into_bytes(), headers)
    }
}
