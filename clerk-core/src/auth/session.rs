//! The authentication state of requests with a session.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use clerk_backend_api::ClerkClient;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::authorization::{Require, has};
use crate::ecma::is_truthy;
use crate::refusal_page::RefusalPages;
use crate::token::{
    Claims, OrganizationClaims, RoleClaim, TokenType, VerifiedSession, permissions,
};

/// A verified session of a signed-in user. Cheap to clone.
#[derive(Clone)]
pub struct SessionAuth {
    session: Arc<VerifiedSession>,
    client: ClerkClient,
    refusal_pages: Option<RefusalPages>,
    is_of_development: bool,
}

impl SessionAuth {
    /// Wraps a verified session. `refusal_pages` is `Some` if a browser asked for a page.
    pub(crate) fn new(
        session: Arc<VerifiedSession>,
        client: ClerkClient,
        refusal_pages: Option<RefusalPages>,
        is_of_development: bool,
    ) -> Self {
        Self {
            session,
            client,
            refusal_pages,
            is_of_development,
        }
    }

    /// Whether the request was sent to a development instance, whose developer reads the log.
    pub(crate) fn is_of_development(&self) -> bool {
        self.is_of_development
    }

    pub(crate) fn refusal_pages(&self) -> Option<&RefusalPages> {
        self.refusal_pages.as_ref()
    }

    /// Returns the ID of the user (`sub`).
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.claims().text("sub").unwrap_or_default()
    }

    /// Returns the ID of the session (`sid`). Tokens that were not created for a session have none.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.claims().text("sid")
    }

    /// Returns the status of the session (`sts`), such as `active` or `pending`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.claims().text("sts")
    }

    /// Returns the active organization, with the user's role and permissions in it.
    #[must_use]
    pub fn organization(&self) -> Option<SessionOrganization<'_>> {
        let organization = OrganizationClaims::of(self.claims());
        let id = organization
            .id
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())?;
        Some(SessionOrganization {
            id,
            slug: organization.slug.and_then(Value::as_str),
            role: organization.role.and_then(RoleClaim::text),
            claims: self.claims(),
        })
    }

    /// Returns the claims of the actor who impersonates the user (`act`). The actor's ID is in `sub`.
    #[must_use]
    pub fn actor(&self) -> Option<&Value> {
        self.claims().get("act")
    }

    /// Returns the minutes since the first and the second factor were last verified (`fva`). A factor that was never
    /// verified is `None`.
    #[must_use]
    pub fn factor_verification_age(&self) -> Option<(Option<u64>, Option<u64>)> {
        let Some(Value::Array(ages)) = self.claims().get("fva") else {
            return None;
        };
        let [first, second] = ages.as_slice() else {
            return None;
        };
        Some((first.as_u64(), second.as_u64()))
    }

    /// Returns all claims of the session token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.session.claims
    }

    /// Deserializes the claims into a type of the application, for custom claims (Clerk docs: "Customize your session
    /// token").
    ///
    /// # Errors
    /// Returns an error if a claim that `T` needs is missing or has the wrong type.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        self.claims().deserialize()
    }

    /// Returns true if the session meets everything that is required, and false if nothing is required.
    #[must_use]
    pub fn has(&self, require: &Require) -> bool {
        has(self.claims(), require)
    }

    /// Returns the text of the session token, to call another service on behalf of the user.
    ///
    /// # Security
    /// Anyone who has the token is signed in as the user until it expires.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        self.session.token.as_str()
    }

    /// Creates a token from a JWT template (Clerk docs: "JWT templates"). Every call is a request to the Backend API.
    ///
    /// # Errors
    /// Returns the error of the Backend API, or [`clerk_backend_api::Error::InvalidRequest`] if the session token has no
    /// session ID.
    pub async fn token(&self, template: &str) -> Result<String, clerk_backend_api::Error> {
        #[derive(serde::Deserialize)]
        struct Token {
            jwt: String,
        }
        let sid = self.session_id().unwrap_or_default();
        let answer = self
            .client
            .request(http::Method::POST, ["sessions", sid, "tokens", template])
            .send()
            .await?;
        Ok(answer.json::<Token>()?.jwt)
    }

    /// Returns true if the token was not created for a session.
    pub(crate) fn is_other_token(&self) -> bool {
        self.session.token.is_not_a_session()
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.session.is_pending
    }

    /// Returns true if the token names a user whose session has no pending tasks.
    pub(crate) fn is_signed_in(&self) -> bool {
        self.session.has_user && !self.session.is_pending
    }
}

impl fmt::Debug for SessionAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionAuth")
            .field("user_id", &self.user_id())
            .field("session_id", &self.session_id())
            .finish_non_exhaustive()
    }
}

impl Serialize for SessionAuth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let claims = self.claims();
        let organization = OrganizationClaims::of(claims);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token_type", TokenType::SessionToken.as_str())?;
        map.serialize_entry("is_authenticated", &true)?;
        map.serialize_entry("session_id", &claims.get("sid"))?;
        map.serialize_entry(
            "session_status",
            &claims.get("sts").filter(|status| is_truthy(status)),
        )?;
        map.serialize_entry("user_id", &claims.get("sub"))?;
        map.serialize_entry("actor", &claims.get("act"))?;
        map.serialize_entry("org_id", &organization.id)?;
        map.serialize_entry("org_role", &organization.role)?;
        map.serialize_entry("org_slug", &organization.slug)?;
        match (organization.is_v2, organization.is_present) {
            (true, true) => {
                let permissions: Vec<String> = permissions(claims).map(String::from).collect();
                map.serialize_entry("org_permissions", &permissions)?;
            }
            (true, false) => {}
            (false, _) => map.serialize_entry("org_permissions", &claims.get("org_permissions"))?,
        }
        map.serialize_entry("factor_verification_age", &claims.get("fva"))?;
        map.serialize_entry("session_claims", claims.as_map())?;
        map.end()
    }
}

/// The active organization of a session.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionOrganization<'a> {
    /// The ID of the organization (`org_...`).
    pub id: &'a str,
    /// The slug of the organization, if the instance uses slugs.
    pub slug: Option<&'a str>,
    /// The key of the user's role, with its `org:` prefix.
    pub role: Option<Cow<'a, str>>,
    claims: &'a Claims,
}

impl SessionOrganization<'_> {
    /// Decodes the permissions that the user has in the organization, in the form `org:<feature>:<action>`.
    ///
    /// Session tokens do not contain system permissions. To check a single permission, use [`SessionAuth::has`], which is
    /// cheaper.
    #[must_use]
    pub fn permissions(&self) -> Vec<String> {
        permissions(self.claims).map(String::from).collect()
    }
}

impl fmt::Debug for SessionOrganization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOrganization")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .field("role", &self.role)
            .field("permissions", &self.permissions())
            .finish()
    }
}
