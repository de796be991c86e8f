//! The Clerk instances of the applications, and the credentials of their callers.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clerk_core::components::BrowserSdk;
use clerk_core::testing::WebhookSigner;
use clerk_core::{
    Clerk, ClerkBuilder, Clock, ContentSecurityPolicy, FrontendApiProxy, ManualClock,
    OAuthResource, SystemClock,
};
use clerk_emulator::{
    Emulator, EmulatorBuilder, Fault, MachineSeed, OrganizationSeed, RoleSeed, SessionTokenBuilder,
    UserSeed,
};
use serde_json::json;

/// The origin of the application for the browser; both servers receive this host.
pub(crate) const HOST: &str = "app.test:3000";
pub(crate) const ORIGIN: &str = "http://app.test:3000";

/// The address of the guarded routes that OAuth clients receive.
pub(crate) const RESOURCE: &str = "https://app.test/guards";

pub(crate) const ADMIN: &str = "ada@example.com";
pub(crate) const MEMBER: &str = "alan@example.com";

/// A string that no response may contain: it is in the private metadata of a user.
pub(crate) const PRIVATE: &str = "planted-private-metadata";

/// A time limit that no test reaches.
const LONG: Duration = Duration::from_secs(3600);

/// How an application's Clerk is configured, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Setup {
    /// A development instance on the emulator.
    Usual,
    /// The hosted pages and the Frontend API of the key instead of the emulator's.
    HostedPages,
    /// A production instance.
    Production,
    /// A satellite of a production instance.
    Satellite,
    /// A satellite whose sign-in page cannot be used.
    BrokenSatellite,
    /// The signing keys cannot be fetched.
    KeysDown,
    /// The Backend API fails when users are requested.
    UsersDown,
    /// No webhook secret.
    NoWebhookSecret,
    /// Custom refusal pages of the application, and redirects for htmx.
    OwnPages,
    /// An API without pages and cookies that reads WebSocket tokens.
    HeaderOnly,
    /// Routes for OAuth clients.
    OAuthResource,
    /// Pages with a policy, and the Frontend API below `/__clerk`.
    Pages,
    /// The resolver finds no instance.
    NoInstance,
}

impl Setup {
    pub(crate) const ALL: [Self; 13] = [
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
        Self::Pages,
        Self::NoInstance,
    ];
}

/// The emulators, the clock and the tokens.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    keys_down: Emulator,
    users_down: Emulator,
    webhooks: WebhookSigner,
    pub(crate) clock: ManualClock,
}

/// Two members of one organization.
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

/// The emulator's clock is stopped, so that two servers that are called one after the other see the same time.
async fn start(builder: EmulatorBuilder, now: i64) -> Emulator {
    let emulator = builder.start().await.unwrap();
    emulator.set_clock(UNIX_EPOCH + Duration::from_millis(now.unsigned_abs()));
    emulator
}

impl World {
    pub(crate) async fn new() -> Self {
        // Whole seconds, so that both clocks are exactly equal.
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

    /// A Clerk with its own caches; `None` if the setup has none.
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
            Setup::Pages => self
                .on(emulator)
                .sign_in_url("/sign-in")
                .browser_sdk(BrowserSdk::new().script_path("/clerk-components.js"))
                .content_security_policy(ContentSecurityPolicy::new().strict())
                .frontend_api_proxy(FrontendApiProxy::new()),
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
            // Clerk is asked about each unknown key, so that the result is certain.
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

    /// Signed for the emulator whose API fails when users are requested.
    pub(crate) fn token_where_users_are_down(&self) -> String {
        Self::token_of(&self.users_down, ADMIN).mint().unwrap()
    }

    pub(crate) fn token_where_keys_are_down(&self) -> String {
        Self::token_of(&self.keys_down, ADMIN).mint().unwrap()
    }

    /// Unix seconds, this many seconds ago.
    pub(crate) fn seconds_ago(&self, seconds: i64) -> i64 {
        self.clock.now() / 1000 - seconds
    }

    /// The body and headers of a webhook, signed as Clerk signs them.
    pub(crate) fn webhook(&self, sent_ago: i64) -> (Vec<u8>, [(&'static str, String); 3]) {
        self.padded_webhook(sent_ago, 0)
    }

    /// Like [`webhook`](Self::webhook), with this many additional bytes.
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
