//! Route guards: whether a request may continue, and how it is refused if not.
//!
//! Guards keep three refusals apart: not signed in (401, or a redirect to the sign-in page if a browser asked for a page),
//! signed in but not allowed (403), and not authenticated because Clerk could not be reached (503).

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

use crate::auth::{Auth, RedirectWay, SessionAuth, SignInPage};
use crate::authenticate::Facts;
use crate::authorization::{Require, Reverification};
use crate::headers::redirect_status;
use crate::instance::Instance;
use crate::refusal::{Challenge, Refusal, RefusalKind};
use crate::request::{RequestView, joined_header};
use crate::request_kind::RequestKind;
#[cfg(feature = "route-matcher")]
use crate::route_matcher::{MalformedPath, RouteMatcher};
use crate::routed_path::RoutedPath;
#[cfg(feature = "route-matcher")]
use crate::sign_in::refusal_pages;
use crate::sign_in::{PendingSession, redirect_way, sign_in_page};
use crate::token::{AcceptedTokens, TokenType};

type Predicate = dyn Fn(&Auth) -> bool + Send + Sync;

/// The requests that a guard applies to.
#[derive(Clone, Debug, Default)]
enum Scope {
    #[default]
    All,
    #[cfg(feature = "route-matcher")]
    Only(RouteMatcher),
    #[cfg(feature = "route-matcher")]
    Except(RouteMatcher),
}

#[cfg(feature = "route-matcher")]
impl Scope {
    fn contains(&self, path: RoutedPath<'_>) -> Result<bool, MalformedPath> {
        match self {
            Self::All => Ok(true),
            Self::Only(routes) => path.may_match(routes),
            Self::Except(routes) => path.surely_matches(routes).map(|is_open| !is_open),
        }
    }
}

/// How a guard lets a request through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// The request meets the requirements.
    Guarded,
    /// The guard does not apply to the request.
    Open,
}

/// A route guard: what it requires of a request, and how it refuses. Mirrors the options of `auth.protect()` in the
/// official SDKs.
///
/// The adapters wrap a guard in middleware for their framework, and leave every decision to it.
#[derive(Clone, Default)]
#[must_use]
pub struct Protect {
    require: Option<Require>,
    predicate: Option<Arc<Predicate>>,
    token: AcceptedTokens,
    unauthenticated_url: Option<HeaderValue>,
    unauthorized_url: Option<HeaderValue>,
    hides: bool,
    lets_preflight_through: bool,
    scope: Scope,
}

impl Protect {
    /// Creates a guard that requires a session and nothing else.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires everything in `require`. Replaces requirements that were set earlier.
    pub fn require(mut self, require: Require) -> Self {
        self.require = Some(require);
        self
    }

    /// Requires a role in the active organization, such as `org:admin`.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.also(|require| require.and_role(role))
    }

    /// Requires a permission in the active organization, such as `org:invoices:create`.
    pub fn permission(self, permission: impl Into<String>) -> Self {
        self.also(|require| require.and_permission(permission))
    }

    /// Requires a feature of the organization's or the user's plan.
    pub fn feature(self, feature: impl Into<String>) -> Self {
        self.also(|require| require.and_feature(feature))
    }

    /// Requires a plan of the organization or the user.
    pub fn plan(self, plan: impl Into<String>) -> Self {
        self.also(|require| require.and_plan(plan))
    }

    /// Requires that this organization is active, given by ID (`org_...`) or slug.
    pub fn organization(self, organization: impl Into<String>) -> Self {
        self.also(|require| require.and_organization(organization))
    }

    /// Requires a scope of an API key, an M2M token or an OAuth token, in addition to scopes that were required earlier.
    ///
    /// Use [`token`](Self::token) to accept these tokens. Sessions have no scopes, so no session satisfies the guard. A
    /// token of an accepted type that lacks the scope is refused with 403.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.also(|require| require.and_scope(scope))
    }

    /// Requires credentials that were verified recently.
    ///
    /// The refusal has the form by which Clerk's browser SDK knows that it must ask the user for credentials.
    pub fn reverification(self, reverification: Reverification) -> Self {
        self.also(|require| require.and_reverification(reverification))
    }

    fn also(mut self, add: impl FnOnce(Require) -> Require) -> Self {
        self.require = Some(add(self.require.unwrap_or_default()));
        self
    }

    /// Requires the predicate to hold in addition to the other requirements.
    pub fn predicate(mut self, predicate: impl Fn(&Auth) -> bool + Send + Sync + 'static) -> Self {
        self.predicate = Some(Arc::new(predicate));
        self
    }

    /// Sets the types of tokens that the guard accepts. The default is session tokens only.
    ///
    /// Machine tokens have [scopes](Self::scope). They never satisfy a requirement for a role, a permission, a feature, a
    /// plan, an organization or reverification.
    pub fn token(mut self, token: impl Into<AcceptedTokens>) -> Self {
        self.token = token.into();
        self
    }

    /// Redirects requests that are not signed in to this URL, whether they ask for a page or not.
    ///
    /// A URL with characters that are not valid in a header is ignored.
    pub fn unauthenticated_url(mut self, url: impl AsRef<str>) -> Self {
        self.unauthenticated_url = HeaderValue::from_str(url.as_ref()).ok();
        self
    }

    /// Redirects requests that are signed in but not allowed to this URL.
    ///
    /// A URL with characters that are not valid in a header is ignored.
    pub fn unauthorized_url(mut self, url: impl AsRef<str>) -> Self {
        self.unauthorized_url = HeaderValue::from_str(url.as_ref()).ok();
        self
    }

    /// Responds with 404 instead of 401 and 403, so that clients cannot find out which routes exist. The Next.js SDK does
    /// this by default.
    pub fn not_found(mut self) -> Self {
        self.hides = true;
        self
    }

    /// Lets CORS preflight requests through, which browsers send without credentials: `OPTIONS` requests with `Origin` and
    /// `Access-Control-Request-Method`.
    ///
    /// Use it only if the guard is around the CORS layer. Usually the CORS layer is around the guard, and answers these
    /// requests first.
    pub fn allow_preflight(mut self) -> Self {
        self.lets_preflight_through = true;
        self
    }

    /// Guards only the paths that `routes` match in any reading of the path ([`RoutedPath`]). Ambiguous paths are guarded.
    ///
    /// # Security
    /// Every path that does not match is open. Prefer to guard a router or a scope, or use [`except`](Self::except).
    #[cfg(feature = "route-matcher")]
    pub fn only(mut self, routes: RouteMatcher) -> Self {
        self.scope = Scope::Only(routes);
        self
    }

    /// Guards every path except those that `routes` match exactly in every reading of the path ([`RoutedPath`]).
    ///
    /// Other spellings of a public path, such as `/Public`, `/public/`, `/%70ublic` or `//public`, are guarded, because
    /// routers may treat them as different paths. Paths with dot segments or backslashes are always guarded.
    #[cfg(feature = "route-matcher")]
    pub fn except(mut self, routes: RouteMatcher) -> Self {
        self.scope = Scope::Except(routes);
        self
    }

    /// Decides on a request that is routed by `path`.
    pub(crate) fn judge<'p>(
        &self,
        instance: &Instance,
        auth: &Auth,
        request: &dyn RequestView,
        path: impl Into<RoutedPath<'p>>,
    ) -> Result<Passage, Refusal> {
        let is_guarded = self.guards(instance, request, path.into())?;
        if is_guarded && !(self.lets_preflight_through && is_preflight(request)) {
            self.verdict(instance, auth, request)?;
            Ok(Passage::Guarded)
        } else {
            Ok(Passage::Open)
        }
    }

    #[cfg(feature = "route-matcher")]
    fn guards(
        &self,
        instance: &Instance,
        request: &dyn RequestView,
        path: RoutedPath<'_>,
    ) -> Result<bool, Refusal> {
        self.scope.contains(path).map_err(|_| {
            let pages = refusal_pages(&instance.config, RequestKind::of(request));
            Refusal::malformed_path(pages.as_ref())
        })
    }

    #[cfg(not(feature = "route-matcher"))]
    fn guards(
        &self,
        _: &Instance,
        _: &dyn RequestView,
        _: RoutedPath<'_>,
    ) -> Result<bool, Refusal> {
        let Scope::All = self.scope;
        Ok(true)
    }

    fn verdict(
        &self,
        instance: &Instance,
        auth: &Auth,
        request: &dyn RequestView,
    ) -> Result<(), Refusal> {
        if auth.is_undecided() {
            return Err(Refusal::undecided(auth));
        }
        let unauthorized = || {
            Refusal::unauthenticated(auth, &self.token)
                .challenging(&self.challenge(instance, auth, request))
        };
        let kind = auth.token_type();
        if !kind.is_some_and(|kind| self.token.accepts(kind)) {
            return Err(unauthorized());
        }
        match auth {
            Auth::SignedOut(_) if kind != Some(TokenType::SessionToken) => Err(unauthorized()),
            Auth::SignedOut(_) => Err(self.unauthenticated(instance, auth, request)),
            Auth::Session(session) if !session.is_signed_in() => {
                Err(self.unauthenticated(instance, auth, request))
            }
            Auth::Session(session) => {
                let missing = self
                    .require
                    .as_ref()
                    .filter(|require| !session.has(require));
                if missing.is_none()
                    && self
                        .predicate
                        .as_ref()
                        .is_none_or(|predicate| predicate(auth))
                {
                    return Ok(());
                }
                Err(if !self.token.accepts(TokenType::SessionToken) {
                    unauthorized()
                } else if let Some(url) = &self.unauthorized_url {
                    Refusal::redirect(
                        RefusalKind::Forbidden,
                        way_of(instance, request),
                        url.clone(),
                    )
                } else if self.hides {
                    Refusal::not_found(auth)
                } else {
                    Refusal::forbidden(session, missing)
                })
            }
            // Roles, plans and reverification belong to users; machine tokens never satisfy them.
            Auth::ApiKey(_) | Auth::M2mToken(_) | Auth::OAuthToken(_) => {
                let missing = self.require.as_ref().filter(|require| !auth.has(require));
                if let Some(require) = missing {
                    return Err(if require.is_for_machines() {
                        let challenge = self.challenge(instance, auth, request);
                        Refusal::insufficient_scope().challenging(&challenge)
                    } else {
                        unauthorized()
                    });
                }
                if self
                    .predicate
                    .as_ref()
                    .is_none_or(|predicate| predicate(auth))
                {
                    Ok(())
                } else {
                    Err(unauthorized())
                }
            }
        }
    }

    /// Returns the challenge for OAuth clients: where to learn how to get a token, and which scopes it needs.
    fn challenge(&self, instance: &Instance, auth: &Auth, request: &dyn RequestView) -> Challenge {
        let config = &instance.config;
        let is_resource =
            !config.oauth_resources.is_empty() && self.token.accepts(TokenType::OAuthToken);
        let metadata_url = if is_resource || auth.token_type() == Some(TokenType::OAuthToken) {
            let path = request.path_and_query().split('?').next();
            config.protected_resource_metadata_url(path.unwrap_or_default())
        } else {
            None
        };
        let scopes = self.require.as_ref().map(Require::required_scopes);
        Challenge {
            names_error: is_resource || metadata_url.is_none(),
            metadata_url,
            scope: scopes.unwrap_or_default().join(" "),
        }
    }

    fn unauthenticated(
        &self,
        instance: &Instance,
        auth: &Auth,
        request: &dyn RequestView,
    ) -> Refusal {
        if let Some(url) = &self.unauthenticated_url {
            return Refusal::redirect(
                RefusalKind::Unauthenticated,
                way_of(instance, request),
                url.clone(),
            );
        }
        let read;
        let page: &SignInPage = match auth.sign_in_page() {
            Some(page) => page,
            None => {
                let now = instance.clock.now();
                let facts = Facts::read(request, &instance.config, now, &|_| None);
                let pending = match auth.session().is_some_and(SessionAuth::is_pending) {
                    true => PendingSession::Present,
                    false => PendingSession::Absent,
                };
                read = sign_in_page(&instance.config, &facts, RequestKind::of(request), pending);
                &read
            }
        };
        match (&page.location, page.kind) {
            (Some(location), _) => {
                Refusal::redirect(RefusalKind::Unauthenticated, page.way, location.clone())
            }
            (None, RequestKind::ServerAction) => Refusal::unauthenticated(auth, &self.token),
            _ if self.hides => Refusal::not_found(auth),
            _ => Refusal::unauthenticated(auth, &self.token)
                .challenging(&self.challenge(instance, auth, request)),
        }
    }
}

/// Returns true for CORS preflight requests (Fetch standard, "CORS-preflight request").
fn is_preflight(request: &dyn RequestView) -> bool {
    request.method() == "OPTIONS"
        && joined_header(request, "origin").is_some()
        && joined_header(request, "access-control-request-method").is_some()
}

/// Returns how this request is redirected.
fn way_of(instance: &Instance, request: &dyn RequestView) -> RedirectWay {
    let status = redirect_status(request.method());
    redirect_way(&instance.config, RequestKind::of(request), status)
}

impl fmt::Debug for Protect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protect")
            .field("require", &self.require)
            .field("has_predicate", &self.predicate.is_some())
            .field("token", &self.token)
            .field("unauthenticated_url", &self.unauthenticated_url)
            .field("unauthorized_url", &self.unauthorized_url)
            .field("not_found", &self.hides)
            .field("allow_preflight", &self.lets_preflight_through)
            .field("scope", &self.scope)
            .finish()
    }
}

impl Auth {
    /// Returns the session if a user is signed in.
    ///
    /// # Errors
    /// Returns the [`Refusal`] that a guard would give: a redirect to the sign-in page if a browser asked for a page, 503 if
    /// the request could not be authenticated, and 401 otherwise.
    pub fn signed_in(&self) -> Result<&SessionAuth, Refusal> {
        match self {
            Self::Session(session) if session.is_signed_in() => Ok(session),
            _ if self.is_undecided() => Err(Refusal::undecided(self)),
            _ => Err(match self.sign_in_page() {
                Some(SignInPage {
                    location: Some(location),
                    way,
                    ..
                }) => Refusal::redirect(RefusalKind::Unauthenticated, *way, location.clone()),
                _ => Refusal::unauthenticated(self, &AcceptedTokens::default()),
            }),
        }
    }

    /// Creates a 403 refusal, for handlers that decide by themselves.
    ///
    /// The body is an HTML page if a browser asked for a page, and JSON otherwise.
    #[must_use]
    pub fn forbidden(&self) -> Refusal {
        Refusal::not_authorized(self.refusal_pages())
    }

    /// Returns the session if it meets the requirement, as `auth.protect()` does in the official SDKs.
    ///
    /// # Errors
    /// Returns the same refusals as [`signed_in`](Self::signed_in), and 403 if the session does not meet the requirement.
    pub fn protect(&self, require: &Require) -> Result<&SessionAuth, Refusal> {
        self.signed_in()?.protect(require)
    }
}

impl SessionAuth {
    /// Creates a 403 refusal, for handlers that decide by themselves. The same as [`Auth::forbidden`].
    #[must_use]
    pub fn forbidden(&self) -> Refusal {
        Refusal::not_authorized(self.refusal_pages())
    }

    /// Returns the session if it meets the requirement. The same as [`Auth::protect`], for handlers that have the session
    /// already.
    ///
    /// # Errors
    /// Returns a refusal with 403 if the session does not meet the requirement, and with 401 if its user is not signed in
    /// yet because it is pending.
    pub fn protect(&self, require: &Require) -> Result<&Self, Refusal> {
        if !self.is_signed_in() {
            let auth = Auth::Session(self.clone());
            Err(Refusal::unauthenticated(&auth, &AcceptedTokens::default()))
        } else if self.has(require) {
            Ok(self)
        } else {
            Err(Refusal::forbidden(self, Some(require)))
        }
    }
}

/// Implements the setters of [`Protect`] for an adapter's type that wraps one in its field `protect`.
#[doc(hidden)]
#[macro_export]
macro_rules! protect_setters {
    ($wrapper:ty) => {
        impl $wrapper {
            $crate::protect_setters! { @setters
                /// Requires everything in `require`. Replaces requirements that were set earlier.
                require(require: Require);
                /// Requires a role in the active organization, such as `org:admin`.
                role(role: impl Into<String>);
                /// Requires a permission in the active organization, such as `org:invoices:create`.
                permission(permission: impl Into<String>);
                /// Requires a feature of the organization's or the user's plan.
                feature(feature: impl Into<String>);
                /// Requires a plan of the organization or the user.
                plan(plan: impl Into<String>);
                /// Requires that this organization is active, given by ID (`org_...`) or slug.
                organization(organization: impl Into<String>);
                /// Requires a scope of an API key, an M2M token or an OAuth token, in addition to scopes that were
                /// required earlier.
                ///
                /// Use [`token`](Self::token) to accept these tokens. Sessions have no scopes, so no session satisfies
                /// the guard. A token of an accepted type that lacks the scope is refused with 403.
                scope(scope: impl Into<String>);
                /// Requires credentials that were verified recently.
                ///
                /// The refusal has the form by which Clerk's browser SDK knows that it must ask the user for
                /// credentials.
                reverification(reverification: Reverification);
                /// Requires the predicate to hold in addition to the other requirements.
                predicate(predicate: impl Fn(&Auth) -> bool + Send + Sync + 'static);
                /// Sets the types of tokens that the guard accepts. The default is session tokens only.
                ///
                /// Machine tokens have [scopes](Self::scope). They never satisfy a requirement for a role, a permission,
                /// a feature, a plan, an organization or reverification.
                token(token: impl Into<AcceptedTokens>);
                /// Redirects requests that are not signed in to this URL, whether they ask for a page or not.
                unauthenticated_url(url: impl AsRef<str>);
                /// Redirects requests that are signed in but not allowed to this URL.
                unauthorized_url(url: impl AsRef<str>);
                /// Responds with 404 instead of 401 and 403, so that clients cannot find out which routes exist.
                not_found();
                /// Lets CORS preflight requests through, which browsers send without credentials.
                ///
                /// Use it only if the guard is around the CORS middleware. Usually the CORS middleware is around the
                /// guard, and answers these requests first.
                allow_preflight();
                /// Guards only the paths that `routes` match in any reading of the path. Ambiguous paths are guarded.
                ///
                /// # Security
                /// Every path that does not match is open. Prefer to guard a router or a scope, or use
                /// [`except`](Self::except).
                #[cfg(feature = "route-matcher")]
                only(routes: RouteMatcher);
                /// Guards every path except those that `routes` match exactly in every reading of the path.
                ///
                /// Other spellings of a public path, such as `/Public`, `/public/`, `/%70ublic` or `//public`, are
                /// guarded, because routers may treat them as different paths.
                #[cfg(feature = "route-matcher")]
                except(routes: RouteMatcher);
            }
        }
    };
    (@setters $($(#[$docs:meta])* $name:ident($($argument:ident: $type:ty)?);)*) => {$(
        $(#[$docs])*
        pub fn $name(mut self $(, $argument: $type)?) -> Self {
            self.protect = self.protect.$name($($argument)?);
            self
        }
    )*};
}
