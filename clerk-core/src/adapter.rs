//! Items for adapters to web frameworks. Applications do not need them.
//!
//! An adapter passes each request as a borrowed [`RequestView`] to [`Clerk::attach`] and does what the returned [`Next`]
//! says. It stores the [`AuthContext`] with the request, where extractors and guards find it. `clerk-axum` and
//! `clerk-actix` are built on this module alone, and the example `hyper-service` is an adapter in one file.
//!
//! - **Attaching**: [`RequestView`] is a request, and [`visit_header`] reads its headers; [`Next`], [`GoOn`], [`Wait`] and
//!   [`AnswerBody`] are what to do with it; [`Forward`] sends a request to the Frontend API, and a broken answer is an [`AnswerError`];
//!   [`Completion`] completes the response, of which it sees a [`ResponseHead`]; [`append_headers`] adds headers to it.
//! - **Extractors and guards**: [`AuthContext`] is what they read, and [`RoutedPath`] is the path for a guard.
//! - **Other**: [`WebhookBody`] is the body for [`Clerk::verify_webhook`], and [`request_host`] is the host to choose an
//!   instance by.

use std::fmt;
#[cfg(feature = "lookups")]
use std::sync::Arc;

use bytes::Bytes;
#[cfg(feature = "lookups")]
use clerk_backend_api::{Organization, User};
use futures_util::future::BoxFuture;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

pub use crate::answer_body::{AnswerBody, AnswerError};
use crate::auth::{Auth, SessionAuth};
use crate::authenticate::{self, AuthenticateError, Authority, Pending, RequestState, Start};
use crate::authorization::Policy;
use crate::clerk::Clerk;
pub use crate::completion::{Completion, ResponseHead};
use crate::components::{Page, SCRIPT};
use crate::config_error::missing_webhook_secret;
pub use crate::forward::Forward;
pub use crate::headers::append_headers;
use crate::headers::{PRIVATE, VARIES, redirect_status};
#[cfg(feature = "lookups")]
use crate::lookups::LookupError;
use crate::oauth_resource::{MetadataAnswer, server_document};
use crate::protect::{Passage, Protect};
use crate::redirect::ReturnBack;
use crate::refusal::Refusal;
use crate::request::joined_header;
pub use crate::request::{RequestView, visit_header};
use crate::request_kind::RequestKind;
use crate::response_notes::{Dependence, ResponseNotes};
pub use crate::routed_path::RoutedPath;
use crate::sign_in::{PendingSession, redirect_way, sign_in_url};
use crate::sign_out::sign_out;
use crate::webhook::{WebhookError, WebhookEvent};

const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// What an adapter does with a request next.
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "an adapter must know what to do in every case"
)]
pub enum Next {
    /// Call the application.
    GoOn(GoOn),
    /// Respond with this answer and do not call the application.
    Answer(Response<AnswerBody>),
    /// Call [`Wait::finish`] first, which performs I/O.
    Wait(Wait),
    /// Respond with the response to [`Forward::send`], which performs I/O, and do not call the application.
    Forward(Box<Forward>),
}

impl From<Result<GoOn, Response<AnswerBody>>> for Next {
    fn from(settled: Result<GoOn, Response<AnswerBody>>) -> Self {
        match settled {
            Ok(go_on) => Self::GoOn(go_on),
            Err(answer) => Self::Answer(answer),
        }
    }
}

/// Omits the headers, because they may contain session tokens.
impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoOn(go_on) => f.debug_tuple("GoOn").field(go_on).finish(),
            Self::Answer(answer) => f
                .debug_tuple("Answer")
                .field(&answer.status().as_u16())
                .finish(),
            Self::Wait(wait) => f.debug_tuple("Wait").field(wait).finish(),
            Self::Forward(forward) => f.debug_tuple("Forward").field(forward).finish(),
        }
    }
}

/// What to add to the request for the application, and to its response.
#[derive(Debug)]
#[non_exhaustive]
pub struct GoOn {
    /// Store this with the request, for example in its extensions.
    pub context: AuthContext,
    /// Call [`Completion::complete`] with the application's response.
    pub completion: Completion,
}

/// A request that needs signing keys or a response from Clerk. Borrows nothing from the request.
#[must_use]
pub struct Wait {
    clerk: Clerk,
    what: Waiting,
}

/// What a request waits for.
enum Waiting {
    Authentication(Box<Pending>),
    /// The metadata of the authorization server.
    ServerMetadata,
}

impl Wait {
    /// Performs the I/O and finishes the authentication. Dropping the future abandons only this request.
    ///
    /// # Errors
    /// Returns an answer to respond with instead of calling the application, as in [`Next::Answer`].
    #[must_use]
    pub fn finish(self) -> BoxFuture<'static, Result<GoOn, Response<AnswerBody>>> {
        Box::pin(self.outcome())
    }

    async fn outcome(self) -> Result<GoOn, Response<AnswerBody>> {
        let Self { clerk, what } = self;
        match what {
            Waiting::Authentication(pending) => {
                let outcome = authenticate::finish(pending).await;
                clerk.settle(outcome)
            }
            Waiting::ServerMetadata => {
                let metadata = match &clerk.instance().server_metadata {
                    Some(metadata) => metadata.read(&*clerk.instance().clock).await,
                    None => None,
                };
                Err(server_document(metadata).map(AnswerBody::from))
            }
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("clerk", &self.clerk)
            .finish_non_exhaustive()
    }
}

/// Who sent a request, together with the instance that authenticated it. Adapters store it with every request, signed in or
/// not.
#[derive(Clone, Debug)]
pub struct AuthContext {
    clerk: Clerk,
    auth: Auth,
    notes: ResponseNotes,
}

impl AuthContext {
    /// Creates a context for tests of handlers.
    ///
    /// # Security
    /// Nothing is verified.
    #[must_use]
    pub fn new(clerk: Clerk, auth: Auth) -> Self {
        Self {
            clerk,
            auth,
            notes: ResponseNotes::new(),
        }
    }

    /// Returns the instance that authenticated the request.
    #[must_use]
    pub fn clerk(&self) -> &Clerk {
        &self.clerk
    }

    /// Returns who sent the request, and notes that the response depends on it.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        self.notes.depends(Dependence::Varies);
        &self.auth
    }

    /// Creates what a page with Clerk's components needs, and notes that the response is meant for the sender of this request.
    #[must_use]
    pub fn page(&self, request: &dyn RequestView) -> Page {
        Page::new(&self.clerk, &self.auth, &self.notes, request)
    }

    /// Returns the session if a user is signed in, and notes that the response is meant for that user.
    ///
    /// # Errors
    /// Returns the same refusals as [`Auth::signed_in`].
    pub fn signed_in(&self) -> Result<&SessionAuth, Refusal> {
        let session = self.explained(self.auth().signed_in())?;
        self.notes.depends(Dependence::Private);
        Ok(session)
    }

    /// Checks a request that is routed by `path` against a guard. If the guard applies to the request, notes that the response
    /// is meant for its sender.
    ///
    /// # Errors
    /// Returns the [`Refusal`] to respond with.
    pub fn protect<'p>(
        &self,
        protect: &Protect,
        request: &dyn RequestView,
        path: impl Into<RoutedPath<'p>>,
    ) -> Result<(), Refusal> {
        let passage = protect.judge(self.clerk.instance(), &self.auth, request, path);
        let passage = self.explained(passage)?;
        if passage == Passage::Guarded {
            self.notes.depends(Dependence::Private);
        }
        Ok(())
    }

    /// Returns the session if it satisfies the policy.
    ///
    /// # Errors
    /// Returns the same refusals as [`Auth::protect`].
    pub fn guarded<P: Policy>(&self) -> Result<&SessionAuth, Refusal> {
        let session = self.explained(self.auth().protect(&P::require()))?;
        self.notes.depends(Dependence::Private);
        Ok(session)
    }

    /// Sets the level at which a 401 is explained in the log.
    fn explained<T>(&self, result: Result<T, Refusal>) -> Result<T, Refusal> {
        result.map_err(|refusal| match self.clerk.is_development() {
            true => refusal.explained_to_developers(),
            false => refusal,
        })
    }

    /// Looks up the signed-in user ([`Clerk::users`]).
    ///
    /// # Errors
    /// Returns the same refusals as [`Auth::signed_in`], 401 if the user no longer exists, and 503 if the lookup fails or
    /// takes too long.
    #[cfg(feature = "lookups")]
    pub async fn current_user(&self) -> Result<Arc<User>, Refusal> {
        let session = self.signed_in()?;
        let user = self.clerk.users().get(session.user_id()).await;
        self.explained(user.map_err(|error| match error {
            LookupError::NotFound => Refusal::user_not_found(&self.auth),
            _ => Refusal::undecided(&self.auth),
        }))
    }

    /// Looks up the active organization of the session ([`Clerk::organizations`]).
    ///
    /// # Errors
    /// Returns the same refusals as [`Auth::signed_in`], 403 if no organization is active or it no longer exists, and 503 if
    /// the lookup fails or takes too long.
    #[cfg(feature = "lookups")]
    pub async fn current_organization(&self) -> Result<Arc<Organization>, Refusal> {
        let session = self.signed_in()?;
        let Some(active) = session.organization() else {
            return Err(Refusal::forbidden(session, None));
        };
        let organization = self.clerk.organizations().get(active.id).await;
        organization.map_err(|error| match error {
            LookupError::NotFound => Refusal::forbidden(session, None),
            _ => Refusal::undecided(&self.auth),
        })
    }

    /// Signs the user out: revokes the session of the request, and returns the headers that clear its cookies.
    ///
    /// Call it for POST requests only, so that a link cannot sign users out.
    ///
    /// # Security
    /// A copied session token remains valid until it expires, usually within a minute.
    ///
    /// # Errors
    /// Refuses with 503 if the session could not be revoked, in which case it continues.
    pub async fn sign_out(&self) -> Result<HeaderMap, Refusal> {
        sign_out(self.clerk.instance(), &self.auth).await
    }

    /// Creates a redirect to the sign-in page, which sends the browser back afterward; `redirectToSignIn` of the official
    /// SDKs. A user whose session has pending tasks is sent to the tasks page instead.
    #[must_use]
    pub fn redirect_to_sign_in(&self, request: &dyn RequestView, back: ReturnBack<'_>) -> Refusal {
        let pending = match &self.auth {
            Auth::SignedOut(signed_out) => signed_out.pending_session().is_some(),
            auth => auth.session().is_some_and(SessionAuth::is_pending),
        };
        let pending = if pending {
            PendingSession::Present
        } else {
            PendingSession::Absent
        };
        let config = &self.clerk.instance().config;
        let facts = self.clerk.facts(request);
        let way = redirect_way(config, RequestKind::of(request), facts.redirect_status);
        Refusal::redirect_to(way, sign_in_url(config, &facts, pending, back))
    }

    /// Creates a redirect to the sign-up page, which sends the browser back afterward; `redirectToSignUp` of the official
    /// SDKs.
    #[must_use]
    pub fn redirect_to_sign_up(&self, request: &dyn RequestView, back: ReturnBack<'_>) -> Refusal {
        let config = &self.clerk.instance().config;
        let status = redirect_status(request.method());
        let way = redirect_way(config, RequestKind::of(request), status);
        Refusal::redirect_to(way, self.clerk.build_sign_up_url(request, back))
    }
}

/// Returns the host that a request is for, in lowercase and without a port, or `None` if it is missing or malformed.
///
/// The host is taken from the request target, where HTTP/2 puts it, or else from the `Host` header.
///
/// # Security
/// The client chooses the host. Compare it with the hosts that you serve.
#[must_use]
pub fn request_host(request: &dyn RequestView) -> Option<String> {
    let header = || joined_header(request, "host");
    let authority = request.authority().map(str::to_owned).or_else(header)?;
    Some(Authority::parse(&authority)?.host())
}

impl Clerk {
    /// Authenticates a request for an adapter. Most requests need no I/O once the signing keys are cached.
    pub fn attach(&self, request: &dyn RequestView) -> Next {
        let instance = self.instance();
        if let Some(forward) = self.forward(request) {
            return Next::Forward(Box::new(forward));
        }
        match self.oauth_metadata(request) {
            Some(MetadataAnswer::Ready(answer)) => {
                return Next::Answer(answer.map(AnswerBody::from));
            }
            Some(MetadataAnswer::OfServer) => {
                return Next::Wait(Wait {
                    clerk: self.clone(),
                    what: Waiting::ServerMetadata,
                });
            }
            None => {}
        }
        if let Some(answer) = self.components_script(request) {
            return Next::Answer(answer.map(AnswerBody::from));
        }
        match authenticate::start(instance, request, &instance.config.accepts) {
            Ok(Start::Done(state)) => self.settle(Ok(state)).into(),
            Ok(Start::Waiting(pending)) => Next::Wait(Wait {
                clerk: self.clone(),
                what: Waiting::Authentication(pending),
            }),
            Err(error) => self.settle(Err(error)).into(),
        }
    }

    /// Returns what to forward if the request is for the proxy of the Frontend API.
    fn forward(&self, request: &dyn RequestView) -> Option<Forward> {
        let instance = self.instance();
        let proxy = instance.config.frontend_api_proxy.as_ref()?;
        let (rest, query) = proxy.target(request.path_and_query())?;
        let public_url = self.facts(request).url;
        let secret_key = instance.client.expose_secret_key()?;
        let peer = request.peer_address();
        Some(Forward::new(
            instance.forwarding.clone()?,
            proxy.clone(),
            Method::from_bytes(request.method().as_bytes()).ok()?,
            proxy.upstream_url(rest, query),
            public_url.clone(),
            proxy.request_headers(request, &public_url, peer, secret_key),
        ))
    }

    /// Answers a request for this crate's own script if the application serves it.
    fn components_script(&self, request: &dyn RequestView) -> Option<Response<Bytes>> {
        let path = self.instance().config.browser_sdk.own_script_path()?;
        let is_for_it = request.path_and_query().split('?').next() == Some(path)
            && matches!(request.method(), "GET" | "HEAD");
        is_for_it.then(|| {
            let mut answer = Response::new(Bytes::from_static(SCRIPT.as_bytes()));
            let headers = answer.headers_mut();
            headers.insert(CONTENT_TYPE, JAVASCRIPT);
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=3600"),
            );
            answer
        })
    }

    /// Converts the outcome: a redirect if the state has a location, whatever its status, and 500 if the request contradicts
    /// the configuration.
    #[expect(
        clippy::result_large_err,
        reason = "an answer is moved once, into the adapter's own response"
    )]
    fn settle(
        &self,
        outcome: Result<RequestState, AuthenticateError>,
    ) -> Result<GoOn, Response<AnswerBody>> {
        self.count(&outcome);
        let state = match outcome {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(%error, "the request cannot be authenticated");
                return Err(answer(StatusCode::INTERNAL_SERVER_ERROR, HeaderMap::new()));
            }
        };
        self.log(&state);
        let redirects = state.location().is_some();
        let (auth, mut headers) = state.into_parts();
        if redirects {
            // The redirect belongs to this browser alone, even if it sets no cookies.
            headers.insert(CACHE_CONTROL, PRIVATE);
            headers.insert(VARY, VARIES);
            return Err(answer(StatusCode::TEMPORARY_REDIRECT, headers));
        }
        // These are meant for redirects only. The application decides about CORS for its own responses.
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        let context = AuthContext::new(self.clone(), auth);
        let policy = self.instance().config.content_security_policy.clone();
        let completion = Completion::new(headers, context.notes.clone(), policy);
        Ok(GoOn {
            context,
            completion,
        })
    }

    /// Answers a request for the metadata of an OAuth resource if the application has one.
    fn oauth_metadata(&self, request: &dyn RequestView) -> Option<MetadataAnswer> {
        let config = &self.instance().config;
        if config.oauth_resources.is_empty() {
            return None;
        }
        let path = request.path_and_query().split('?').next()?;
        let server = || config.authorization_server();
        config
            .oauth_resources
            .answer(request.method(), path, server)
    }

    /// Logs why a request is not signed in, and what to do.
    ///
    /// Clients cause these events, so the level is DEBUG, except for refused tokens on a development instance, which are
    /// logged at INFO for its developer.
    fn log(&self, state: &RequestState) {
        let Some(reason) = state.reason() else {
            return;
        };
        let outcome = state.status().as_str();
        let what = match state.message() {
            "" => reason.as_str(),
            message => message,
        };
        let advice = reason.advice();
        if self.is_development() && reason.is_bad_token() {
            tracing::info!(
                clerk.outcome = outcome,
                clerk.reason = reason.as_str(),
                "a token was refused: {what}: {advice}"
            );
        } else {
            tracing::debug!(
                clerk.outcome = outcome,
                clerk.reason = reason.as_str(),
                "the request is not signed in: {what}: {advice}"
            );
        }
    }

    fn is_development(&self) -> bool {
        self.instance().config.is_development()
    }

    /// Returns the maximum length, in bytes, of a webhook body that an adapter reads.
    #[must_use]
    pub fn webhook_body_limit(&self) -> usize {
        self.instance().config.webhook_body_limit
    }

    /// Verifies a webhook request with the configured signing secret. Repeated headers count as one list.
    ///
    /// Users and organizations that the webhook reports as changed are removed from the cache of lookups.
    ///
    /// # Errors
    /// Returns the [`Refusal`] to respond with: 400 if the webhook cannot be verified, 413 if its body is too long, and 500
    /// if no secret is configured.
    pub fn verify_webhook(
        &self,
        request: &dyn RequestView,
        body: WebhookBody<'_>,
    ) -> Result<WebhookEvent, Refusal> {
        let Some(verifier) = self.webhooks() else {
            let missing =
                missing_webhook_secret(self.instance().config.webhook_secret_found_as.as_deref());
            tracing::error!("a webhook arrived, but {missing}");
            return Err(Refusal::webhooks_unconfigured());
        };
        let verified = match body {
            WebhookBody::Whole(body) => verifier
                .verify_with(|name| joined_header(request, name), body, self.now())
                .map_err(|error| Refusal::webhook(&error)),
            WebhookBody::TooLong => Err(Refusal::webhook_too_long(self.webhook_body_limit())),
            WebhookBody::Broken => Err(Refusal::webhook(&WebhookError::IncompleteBody)),
        };
        #[cfg(feature = "lookups")]
        if let Ok(event) = &verified {
            self.evict_after(event);
        }
        verified.inspect_err(|refusal| {
            let problem = refusal.message();
            if self.is_development() {
                tracing::info!("a webhook was refused: {problem}");
            } else {
                tracing::debug!("a webhook was refused: {problem}");
            }
        })
    }
}

/// The body of a webhook, as far as an adapter could read it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "adapters construct it")]
pub enum WebhookBody<'a> {
    /// The complete body, byte for byte.
    Whole(&'a [u8]),
    /// The body is longer than [`Clerk::webhook_body_limit`].
    TooLong,
    /// The body could not be read to its end.
    Broken,
}

fn answer(status: StatusCode, headers: HeaderMap) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::default());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
