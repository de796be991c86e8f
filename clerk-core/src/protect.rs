//! The verdict: may this request go on, and if not, what is it told?
//!
//! Three refusals never blur: not signed in (401, or a redirect to the sign-in page for documents), signed in but not
//! allowed (403), and unable to decide because Clerk is out of reach (503).

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
use crate::route_matcher::RouteMatcher;
use crate::routed_path::RoutedPath;
use crate::sign_in::{PendingSession, redirect_way, refusal_pages, sign_in_page};
use crate::token::{AcceptedTokens, TokenType};

type Predicate = dyn Fn(&Auth) -> bool + Send + Sync;

/// Which requests a guard looks at.
#[derive(Clone, Debug, Default)]
enum Scope {
    #[default]
    All,
    Only(RouteMatcher),
    Except(RouteMatcher),
}

/// What a guard demands and how it refuses: the options of `auth.protect()` in the official SDKs.
///
/// The adapters wrap it in their framework's middleware; nothing but this decides.
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
    /// Demands a session, and nothing more of it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands all of this; replaces earlier demands.
    pub fn require(mut self, require: Require) -> Self {
        self.require = Some(require);
        self
    }

    /// Demands a role in the active organization.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.also(|require| require.and_role(role))
    }

    /// Demands a permission in the active organization.
    pub fn permission(self, permission: impl Into<String>) -> Self {
        self.also(|require| require.and_permission(permission))
    }

    /// Demands a feature of the organization's or the user's plan.
    pub fn feature(self, feature: impl Into<String>) -> Self {
        self.also(|require| require.and_feature(feature))
    }

    /// Demands a plan of the organization or the user.
    pub fn plan(self, plan: impl Into<String>) -> Self {
        self.also(|require| require.and_plan(plan))
    }

    /// Demands that this organization is active: an id (`org_...`) or a slug.
    pub fn organization(self, organization: impl Into<String>) -> Self {
        self.also(|require| require.and_organization(organization))
    }

    /// Demands a scope of an API key, an M2M token or an OAuth token, beside earlier ones; say with [`token`](Self::token)
    /// which of them are accepted. Sessions have no scopes. A token that lacks one is refused with 403.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.also(|require| require.and_scope(scope))
    }

    /// Demands credentials that were verified recently. The refusal is one that Clerk's browser SDK understands and
    /// answers by asking for them.
    pub fn reverification(self, reverification: Reverification) -> Self {
        self.also(|require| require.and_reverification(reverification))
    }

    fn also(mut self, add: impl FnOnce(Require) -> Require) -> Self {
        self.require = Some(add(self.require.unwrap_or_default()));
        self
    }

    /// Demands that this holds, beside whatever else is demanded.
    pub fn predicate(mut self, predicate: impl Fn(&Auth) -> bool + Send + Sync + 'static) -> Self {
        self.predicate = Some(Arc::new(predicate));
        self
    }

    /// Accepts these kinds of tokens: session tokens unless set. A machine token never meets a demand for a role, a
    /// permission, a feature, a plan, an organization or an age: those belong to people. It has [`scopes`](Self::scope).
    pub fn token(mut self, token: impl Into<AcceptedTokens>) -> Self {
        self.token = token.into();
        self
    }

    /// Redirects whoever is not signed in there, documents and API requests alike.
    ///
    /// Text that cannot stand in a header is ignored; the guard then refuses as if nothing was set.
    pub fn unauthenticated_url(mut self, url: impl AsRef<str>) -> Self {
        self.unauthenticated_url = HeaderValue::from_str(url.as_ref()).ok();
        self
    }

    /// Redirects whoever is signed in but not allowed there.
    ///
    /// Text that cannot stand in a header is ignored; the guard then refuses as if nothing was set.
    pub fn unauthorized_url(mut self, url: impl AsRef<str>) -> Self {
        self.unauthorized_url = HeaderValue::from_str(url.as_ref()).ok();
        self
    }

    /// Answers 404 instead of 401 and 403, so that nobody learns what exists: what the Next.js SDK does.
    pub fn not_found(mut self) -> Self {
        self.hides = true;
        self
    }

    /// Lets CORS preflights through: `OPTIONS` with `Origin` and `Access-Control-Request-Method`. Browsers send no
    /// credentials with them. Only for a guard that stands around the layer that answers them; the usual place of a CORS
    /// layer is around the guard.
    pub fn allow_preflight(mut self) -> Self {
        self.lets_preflight_through = true;
        self
    }

    /// Guards the paths that match in any reading ([`RoutedPath`]). Ambiguous paths are guarded.
    ///
    /// # Security
    /// Whatever does not match is open. Prefer guarding a router or a scope, or [`except`](Self::except).
    pub fn only(mut self, routes: RouteMatcher) -> Self {
        self.scope = Scope::Only(routes);
        self
    }

    /// Guards every path except those that match exactly in every reading ([`RoutedPath`]).
    ///
    /// A public path in another spelling, such as `/Public`, `/public/`, `/%70ublic` or `//public`, is guarded, since
    /// routers treat it as a different path. Paths with dot segments or backslashes are always guarded.
    pub fn except(mut self, routes: RouteMatcher) -> Self {
        self.scope = Scope::Except(routes);
        self
    }

    /// Judges a request that is routed by `path`.
    pub(crate) fn judge<'p>(
        &self,
        instance: &Instance,
        auth: &Auth,
        request: &(impl RequestView + ?Sized),
        path: impl Into<RoutedPath<'p>>,
    ) -> Result<(), Refusal> {
        let is_guarded = match &self.scope {
            Scope::All => Ok(true),
            Scope::Only(routes) => path.into().may_match(routes),
            Scope::Except(routes) => path.into().surely_matches(routes).map(|is_open| !is_open),
        }
        .map_err(|_| {
            let pages = refusal_pages(&instance.config, RequestKind::of(request));
            Refusal::malformed_path(pages.as_ref())
        })?;
        if is_guarded && !(self.lets_preflight_through && is_preflight(request)) {
            self.verdict(instance, auth, request)
        } else {
            Ok(())
        }
    }

    fn verdict(
        &self,
        instance: &Instance,
        auth: &Auth,
        request: &(impl RequestView + ?Sized),
    ) -> Result<(), Refusal> {
        if auth.is_undecided() {
            return Err(Refusal::undecided(auth));
        }
        let unauthorized =
            || Refusal::unauthenticated(auth).challenging(&self.challenge(instance, auth, request));
        let kind = auth.token_type();
        if !kind.is_some_and(|kind| self.token.accepts(kind)) {
            return Err(unauthorized());
        }
        match auth {
            Auth::SignedOut(_) if kind != Some(TokenType::SessionToken) => Err(unauthorized()),
            Auth::SignedOut(_) => Err(self.unauthenticated(instance, auth, request)),
            Auth::Session(session) if session.is_pending() || session.user_id().is_empty() => {
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
            // Roles, plans and ages belong to people: a machine token never meets them.
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

    /// Returns what a client that speaks OAuth is told: where it learns how to get a token, and which scopes it needs.
    fn challenge(
        &self,
        instance: &Instance,
        auth: &Auth,
        request: &(impl RequestView + ?Sized),
    ) -> Challenge {
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
        request: &(impl RequestView + ?Sized),
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
                let facts = Facts::read(request, &instance.config, now, |_| None);
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
            (None, RequestKind::ServerAction) => Refusal::unauthenticated(auth),
            _ if self.hides => Refusal::not_found(auth),
            _ => {
                Refusal::unauthenticated(auth).challenging(&self.challenge(instance, auth, request))
            }
        }
    }
}

/// Whether a browser asks for permission to send a request from another origin (Fetch standard, "CORS-preflight request").
fn is_preflight(request: &(impl RequestView + ?Sized)) -> bool {
    request.method() == "OPTIONS"
        && joined_header(request, "origin").is_some()
        && joined_header(request, "access-control-request-method").is_some()
}

/// Returns how a request is sent elsewhere.
fn way_of(instance: &Instance, request: &(impl RequestView + ?Sized)) -> RedirectWay {
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
    /// The session, when one is signed in.
    ///
    /// # Errors
    /// The [`Refusal`] that a guard would give: a redirect to the sign-in page for documents, else 401; 503 when the
    /// request could not be judged.
    pub fn signed_in(&self) -> Result<&SessionAuth, Refusal> {
        match self {
            Self::Session(session) if !session.is_pending() && !session.user_id().is_empty() => {
                Ok(session)
            }
            _ if self.is_undecided() => Err(Refusal::undecided(self)),
            _ => Err(match self.sign_in_page() {
                Some(SignInPage {
                    location: Some(location),
                    way,
                    ..
                }) => Refusal::redirect(RefusalKind::Unauthenticated, *way, location.clone()),
                _ => Refusal::unauthenticated(self),
            }),
        }
    }

    /// Refuses whoever sent the request as not allowed here, for handlers that decide by themselves: 403, as a page where a
    /// browser asked for a document.
    #[must_use]
    pub fn forbidden(&self) -> Refusal {
        Refusal::not_authorized(self.refusal_pages())
    }

    /// The session, when it meets everything that is required (`auth.protect()` in the official SDKs).
    ///
    /// # Errors
    /// As [`signed_in`](Self::signed_in), and 403 for a session that does not meet the requirement.
    pub fn protect(&self, require: &Require) -> Result<&SessionAuth, Refusal> {
        let session = self.signed_in()?;
        if session.has(require) {
            Ok(session)
        } else {
            Err(Refusal::forbidden(session, Some(require)))
        }
    }
}

/// The setters of [`Protect`] for a type of an adapter that wraps one in its field `protect`.
#[doc(hidden)]
#[macro_export]
macro_rules! protect_setters {
    ($wrapper:ty) => {
        impl $wrapper {
            $crate::protect_setters! { @setters
                /// Demands all of this; replaces earlier demands.
                require(require: Require);
                /// Demands a role in the active organization, such as `org:admin`.
                role(role: impl Into<String>);
                /// Demands a permission in the active organization, such as `org:invoices:create`.
                permission(permission: impl Into<String>);
                /// Demands a feature of the organization's or the user's plan.
                feature(feature: impl Into<String>);
                /// Demands a plan of the organization or the user.
                plan(plan: impl Into<String>);
                /// Demands that this organization is active: an id (`org_...`) or a slug.
                organization(organization: impl Into<String>);
                /// Demands a scope of an API key, an M2M token or an OAuth token, beside earlier ones; say with
                /// [`token`](Self::token) which of them are accepted. Sessions have no scopes. A token that lacks one is
                /// refused with 403.
                scope(scope: impl Into<String>);
                /// Demands credentials that were verified recently; Clerk's browser SDK answers the refusal by asking
                /// for them.
                reverification(reverification: Reverification);
                /// Demands that this holds, beside whatever else is demanded.
                predicate(predicate: impl Fn(&Auth) -> bool + Send + Sync + 'static);
                /// Accepts these kinds of tokens: session tokens unless set. A machine token never meets a demand for
                /// a role, a permission, a feature, a plan, an organization or an age; it has scopes.
                token(token: impl Into<AcceptedTokens>);
                /// Redirects whoever is not signed in there, documents and API requests alike.
                unauthenticated_url(url: impl AsRef<str>);
                /// Redirects whoever is signed in but not allowed there.
                unauthorized_url(url: impl AsRef<str>);
                /// Answers 404 instead of 401 and 403, so that nobody learns what exists.
                not_found();
                /// Lets CORS preflights through, for a guard that stands around the layer that answers them; the usual
                /// place of a CORS layer is around the guard.
                allow_preflight();
                /// Guards the paths that match in any reading; ambiguous paths are guarded. Whatever does not match is
                /// open: prefer guarding a router or a scope, or [`except`](Self::except).
                only(routes: RouteMatcher);
                /// Guards every path except those that match exactly in every reading. A public path in another
                /// spelling, such as `/Public`, `/public/`, `/%70ublic` or `//public`, is guarded.
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
