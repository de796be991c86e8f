//! Several Clerk instances in one process: a resolver chooses one, and nothing that one instance knows is used for another.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::{App, web};
use axum::Router;
use axum::routing::get;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::{Clerk, TokenType};
use clerk_emulator::{Emulator, MachineSeed, UserSeed};
use reqwest::redirect::Policy;

use crate::servers::{AxumServer, Running as _, serve_actix};

const ONE: &str = "one.test";
const TWO: &str = "two.test";
const ADA: &str = "ada@example.com";

/// An instance in which the same user ID belongs to another person.
async fn instance(host: &str, first_name: &str) -> Emulator {
    Emulator::builder()
        .frontend_api_host(format!("{host}.accounts.dev"))
        .user(UserSeed::new(ADA).id("user_1").first_name(first_name))
        .machine(MachineSeed::new("worker"))
        .start()
        .await
        .unwrap()
}

fn clerk(emulator: &Emulator) -> Clerk {
    Clerk::builder()
        .from_vars(emulator.env())
        // Clerk is asked about each unknown key, so that the result is certain.
        .unknown_signing_key_cool_down(Duration::ZERO)
        .build()
        .unwrap()
}

/// The instances of one application, by host.
#[derive(Clone)]
struct Instances {
    one: Clerk,
    two: Clerk,
}

impl Instances {
    fn by_host(&self, host: &str) -> Option<Clerk> {
        match host {
            ONE => Some(self.one.clone()),
            TWO => Some(self.two.clone()),
            _ => None,
        }
    }
}

fn on_axum(instances: Instances) -> Router {
    async fn name(clerk_axum::CurrentUser(user): clerk_axum::CurrentUser) -> String {
        user.first_name.unwrap_or_default()
    }
    async fn key(auth: clerk_axum::Auth) -> String {
        auth.user_id().unwrap_or("nobody").to_owned()
    }
    let key = Router::new()
        .route("/key", get(key))
        .route_layer(clerk_axum::protect().token(TokenType::ApiKey));
    Router::new()
        .route("/name", get(name))
        .merge(key)
        .layer(ClerkLayer::per_host(move |host| instances.by_host(host)))
}

fn on_actix(
    instances: Instances,
) -> App<
    impl actix_web::dev::ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    async fn name(clerk_actix::CurrentUser(user): clerk_actix::CurrentUser) -> String {
        user.first_name.unwrap_or_default()
    }
    async fn key(auth: clerk_actix::Auth) -> String {
        auth.user_id().unwrap_or("nobody").to_owned()
    }
    App::new()
        .route("/name", web::get().to(name))
        .service(
            web::resource("/key")
                .wrap(clerk_actix::protect().token(TokenType::ApiKey))
                .get(key),
        )
        .wrap(ClerkMiddleware::per_host(move |host| {
            instances.by_host(host)
        }))
}

struct Client {
    http: reqwest::Client,
    address: SocketAddr,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        Self {
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            address,
        }
    }

    fn get(&self, host: &str, path: &str) -> reqwest::RequestBuilder {
        self.http
            .get(format!("http://{}{path}", self.address))
            .header("host", host)
    }

    /// Status and body.
    async fn ask(&self, host: &str, path: &str, token: &str) -> (u16, String) {
        let response = self
            .get(host, path)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

async fn nothing_crosses(client: &Client, one: &Emulator, two: &Emulator, instances: &Instances) {
    let mint = |emulator: &Emulator| {
        (
            emulator.session_token(ADA).mint().unwrap(),
            emulator.api_key(ADA).mint().unwrap(),
        )
    };
    let (session_one, key_one) = mint(one);
    let (session_two, key_two) = mint(two);

    // The second round is served from caches.
    for round in 0..2 {
        let all = [
            (ONE, "/name", &session_one, 200, "Ada"),
            (TWO, "/name", &session_two, 200, "Grace"),
            (ONE, "/name", &session_two, 401, "invalid"),
            (TWO, "/name", &session_one, 401, "invalid"),
            (ONE, "/key", &key_one, 200, "user_1"),
            (TWO, "/key", &key_two, 200, "user_1"),
            (ONE, "/key", &key_two, 401, "token-invalid"),
            (TWO, "/key", &key_one, 401, "token-invalid"),
        ];
        for (host, path, token, status, text) in all {
            let (actual, body) = client.ask(host, path, token).await;
            assert_eq!(actual, status, "{host}{path} in round {round}: {body}");
            if status == 200 {
                assert_eq!(body, text, "{host}{path} in round {round}");
            } else {
                assert!(
                    body.contains("authentication_required"),
                    "{host}{path} in round {round}: {body}"
                );
            }
        }
    }
    for clerk in [&instances.one, &instances.two] {
        let stats = clerk.stats();
        assert!(stats.signing_key_refreshes >= 1, "{stats:?}");
        assert_eq!(stats.token_cache_entries, 1, "{stats:?}");
        assert!(stats.token_cache_hits >= 1, "{stats:?}");
    }

    // Each instance redirects to its own pages.
    for (host, emulator) in [(ONE, one), (TWO, two)] {
        let response = client
            .get(host, "/name")
            .header("accept", "text/html")
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 307);
        let location = response.headers()["location"].to_str().unwrap();
        let back = format!("redirect_url=http%3A%2F%2F{host}%2Fname");
        assert!(location.starts_with(&emulator.sign_in_url()), "{location}");
        assert!(location.contains(&back), "{location}");
    }

    // A host without an instance is a configuration error, not a signed-out visitor.
    let (status, body) = client.ask("three.test", "/name", &session_one).await;
    assert_eq!((status, body.as_str()), (500, ""));
}

async fn an_outage_stays_where_it_is(client: &Client, one: &Emulator, two: &Emulator) {
    one.faults().stop_keys();
    let fresh = |emulator: &Emulator| emulator.session_token(ADA).mint().unwrap();
    assert_eq!(client.ask(ONE, "/name", &fresh(one)).await.0, 503);
    assert_eq!(client.ask(TWO, "/name", &fresh(two)).await.0, 200);
    one.faults().resume_keys();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_crosses_on_axum() {
    let one = instance("one", "Ada").await;
    let two = instance("two", "Grace").await;
    let instances = Instances {
        one: clerk(&one),
        two: clerk(&two),
    };
    let server = AxumServer::start(on_axum(instances.clone())).await;
    nothing_crosses(&Client::new(server.address()), &one, &two, &instances).await;

    let cold = Instances {
        one: clerk(&one),
        two: clerk(&two),
    };
    let server = AxumServer::start(on_axum(cold)).await;
    an_outage_stays_where_it_is(&Client::new(server.address()), &one, &two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_crosses_on_actix_web() {
    let one = instance("one", "Ada").await;
    let two = instance("two", "Grace").await;
    let instances = Instances {
        one: clerk(&one),
        two: clerk(&two),
    };
    let for_workers = instances.clone();
    let server = serve_actix!(2, on_actix(for_workers.clone()));
    nothing_crosses(&Client::new(server.address()), &one, &two, &instances).await;

    let cold = Instances {
        one: clerk(&one),
        two: clerk(&two),
    };
    let server = serve_actix!(2, on_actix(cold.clone()));
    an_outage_stays_where_it_is(&Client::new(server.address()), &one, &two).await;
}

/// A layer of one instance looks the user up, and below it is a layer of another instance, for which the visitor is signed out
/// and therefore has no user.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_an_outer_instance_is_not_that_of_an_inner_one() {
    let (one, two) = (instance("one", "Ada").await, instance("two", "Alan").await);
    let token = one.session_token(ADA).mint().unwrap();
    let (one, two) = (clerk(&one), clerk(&two));

    let axum = {
        async fn look_up(
            clerk_axum::CurrentUser(_): clerk_axum::CurrentUser,
            request: axum::extract::Request,
            next: axum::middleware::Next,
        ) -> axum::response::Response {
            // The extractor keeps the user with the request that it was given.
            next.run(request).await
        }
        async fn name(clerk_axum::CurrentUser(user): clerk_axum::CurrentUser) -> String {
            user.first_name.unwrap_or_default()
        }
        let app = |inner: Option<Clerk>| {
            let mut app = Router::new().route("/", get(name));
            if let Some(inner) = inner {
                app = app.layer(ClerkLayer::new(inner));
            }
            app.layer(axum::middleware::from_fn(look_up))
                .layer(ClerkLayer::new(one.clone()))
        };
        [
            AxumServer::start(app(None)).await,
            AxumServer::start(app(Some(two.clone()))).await,
        ]
    };
    async fn look_up(
        _: clerk_actix::CurrentUser,
        request: ServiceRequest,
        next: actix_web::middleware::Next<impl actix_web::body::MessageBody>,
    ) -> Result<actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>, actix_web::Error>
    {
        next.call(request).await
    }
    async fn name(clerk_actix::CurrentUser(user): clerk_actix::CurrentUser) -> String {
        user.first_name.unwrap_or_default()
    }
    let actix = |inner: bool| {
        let (one, two) = (one.clone(), two.clone());
        serve_actix!(1, {
            App::new()
                .route("/", web::get().to(name))
                .wrap(actix_web::middleware::Condition::new(
                    inner,
                    ClerkMiddleware::new(two.clone()),
                ))
                .wrap(actix_web::middleware::from_fn(look_up))
                .wrap(ClerkMiddleware::new(one.clone()))
        })
    };
    let actix = [actix(false), actix(true)];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (at, status, text) in [(0, 200, Some("Ada")), (1, 401, None)] {
        for address in [axum[at].address(), actix[at].address()] {
            let response = http
                .get(format!("http://{address}/"))
                .bearer_auth(&token)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), status);
            if let Some(text) = text {
                assert_eq!(response.text().await.unwrap(), text);
            }
        }
    }
}
