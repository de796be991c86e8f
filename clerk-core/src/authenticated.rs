//! What a middleware leaves with a request for the extractors and guards behind it.

use clerk_backend_api::User;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::auth::{Auth, SessionAuth};
use crate::authenticate::{AuthenticateError, Facts, RequestState, RequestView};
use crate::authorization::Policy;
use crate::clerk::Clerk;
use crate::redirect::ReturnBack;
use crate::refusal::Refusal;
use crate::webhook::WebhookEvent;

/// A request's outcome together with the instance that found it, as the adapters keep it in the request's extensions.
#[derive(Clone, Debug)]
pub struct Authenticated {
    clerk: Clerk,
    auth: Auth,
}

impl Authenticated {
    /// The instance that authenticated the request.
    #[must_use]
    pub fn clerk(&self) -> &Clerk {
        &self.clerk
    }

    /// Who is asking.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// The signed-in person's user, from the Backend API: one call each time.
    ///
    /// # Errors
    /// As [`Auth::signed_in`]; 401 when the user no longer exists, and 503 when the Backend API cannot be asked.
    pub async fn current_user(&self) -> Result<User, Refusal> {
        let session = self.auth.signed_in()?;
        self.clerk
            .api()
            .users()
            .get(session.user_id())
            .send()
            .await
            .map_err(|error| {
                if error.is_not_found() {
                    tracing::debug!("the user of a valid session does not exist any more");
                    return Refusal::unauthenticated(&self.auth);
                }
                tracing::warn!(%error, "the current user could not be loaded");
                Refusal::undecided()
            })
    }

    /// The answer that sends the browser to the sign-in page, with the way back; to the page of the session's tasks
    /// for somebody who has some to do.
    #[must_use]
    pub fn redirect_to_sign_in(
        &self,
        request: &(impl RequestView + ?Sized),
        back: ReturnBack<'_>,
    ) -> Refusal {
        let is_pending = match &self.auth {
            Auth::SignedOut(signed_out) => signed_out.pending.is_some(),
            auth => auth.session().is_some_and(SessionAuth::is_pending),
        };
        let facts = Facts::read(request, &self.clerk.inner().config);
        Refusal::redirect_to(self.clerk.sign_in_redirect(&facts, is_pending, back))
    }

    /// The answer that sends the browser to the sign-up page, with the way back.
    #[must_use]
    pub fn redirect_to_sign_up(
        &self,
        request: &(impl RequestView + ?Sized),
        back: ReturnBack<'_>,
    ) -> Refusal {
        Refusal::redirect_to(self.clerk.redirect_to_sign_up(request, back))
    }

    /// The session, when it meets the policy.
    ///
    /// # Errors
    /// As [`Auth::protect`].
    pub fn guarded<P: Policy>(&self) -> Result<&SessionAuth, Refusal> {
        self.auth.protect(&P::require())
    }
}

impl Clerk {
    /// How a middleware goes on: with what to put into the request's extensions and the headers to append to the
    /// application's response.
    ///
    /// # Errors
    /// The response that answers the request instead: a redirect when the state has a location, whatever its status
    /// is, and 500 when the request cannot be authenticated at all.
    pub fn settle(
        &self,
        outcome: Result<RequestState, AuthenticateError>,
    ) -> Result<(Authenticated, HeaderMap), http::Response<()>> {
        let answer = |status, headers| {
            let mut response = http::Response::new(());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Err(response)
        };
        let state = match outcome {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(%error, "the request cannot be authenticated");
                return answer(StatusCode::INTERNAL_SERVER_ERROR, HeaderMap::new());
            }
        };
        if let Some(reason) = state.reason() {
            tracing::debug!(
                clerk.outcome = state.status().as_str(),
                clerk.reason = reason,
                "the request is not signed in"
            );
        }
        let redirects = state.location().is_some();
        let (auth, headers) = state.into_parts();
        if redirects {
            answer(StatusCode::TEMPORARY_REDIRECT, headers)
        } else {
            Ok((
                Authenticated {
                    clerk: self.clone(),
                    auth,
                },
                headers,
            ))
        }
    }

    /// Verifies a webhook request with the configured signing secret. `header` gives the value of a header.
    ///
    /// # Errors
    /// The [`Refusal`] with which to answer: 400 for a webhook that does not verify, 500 when no secret is configured.
    pub fn verify_webhook<'h>(
        &self,
        header: impl Fn(&str) -> Option<&'h [u8]>,
        body: &[u8],
    ) -> Result<WebhookEvent, Refusal> {
        let Some(verifier) = self.webhooks() else {
            tracing::error!(
                "a webhook arrived, but no signing secret is configured: set CLERK_WEBHOOK_SIGNING_SECRET"
            );
            return Err(Refusal::misconfigured());
        };
        let header = |name: &str| {
            let value = std::str::from_utf8(header(name)?).ok()?;
            Some(value.to_owned())
        };
        verifier
            .verify_with(header, body, self.now())
            .map_err(|error| {
                tracing::debug!(%error, "a webhook was refused");
                Refusal::webhook()
            })
    }
}

/// Appends headers: cookies of the application and of Clerk stand side by side.
pub fn append_headers(headers: HeaderMap, mut append: impl FnMut(http::HeaderName, HeaderValue)) {
    let mut last = None;
    for (name, value) in headers {
        last = name.or(last);
        if let Some(name) = &last {
            append(name.clone(), value);
        }
    }
}
