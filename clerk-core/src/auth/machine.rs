//! The authentication state of requests with an API key, an M2M token or an OAuth token.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::token::TokenType;
use crate::token::machine::VerifiedMachineToken;

macro_rules! machine_auth {
    ($(#[$docs:meta])* $name:ident, $kind:expr, [$($field:ident),*]) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name {
            token: Arc<str>,
            verified: Arc<VerifiedMachineToken>,
            is_of_development: bool,
        }

        impl $name {
            pub(crate) fn new(
                token: Arc<str>,
                verified: Arc<VerifiedMachineToken>,
                is_of_development: bool,
            ) -> Self {
                Self {
                    token,
                    verified,
                    is_of_development,
                }
            }

            /// Whether the request was sent to a development instance, whose developer reads the log.
            pub(crate) fn is_of_development(&self) -> bool {
                self.is_of_development
            }

            /// Returns the ID of the token. It is empty for a JWT without one.
            #[must_use]
            pub fn id(&self) -> &str {
                &self.verified.id
            }

            /// Returns the ID of the user, organization or machine that the token belongs to.
            #[must_use]
            pub fn subject(&self) -> &str {
                &self.verified.subject
            }

            /// Returns the scopes of the token.
            #[must_use]
            pub fn scopes(&self) -> &[String] {
                &self.verified.scopes
            }

            /// Returns the text of the token.
            ///
            /// # Security
            /// Anyone who has the token can use it.
            #[must_use]
            pub fn expose_token(&self) -> &str {
                &self.token
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("id", &self.id())
                    .field("subject", &self.subject())
                    .finish_non_exhaustive()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("token_type", $kind.as_str())?;
                map.serialize_entry("is_authenticated", &true)?;
                map.serialize_entry("id", self.id())?;
                map.serialize_entry("subject", self.subject())?;
                map.serialize_entry("scopes", self.scopes())?;
                $(map.serialize_entry(stringify!($field), &self.$field())?;)*
                map.end()
            }
        }
    };
}

machine_auth! {
    /// A request with a verified API key (Clerk docs: "API keys").
    ApiKeyAuth, TokenType::ApiKey, [name, claims, user_id, org_id]
}

machine_auth! {
    /// A request with a verified M2M token (Clerk docs: "Machine-to-machine authentication").
    M2mTokenAuth, TokenType::M2mToken, [claims, machine_id]
}

machine_auth! {
    /// A request of an OAuth client that acts for a user, with a verified access token (Clerk docs: "Clerk as an OAuth
    /// provider").
    OAuthTokenAuth, TokenType::OAuthToken, [user_id, client_id]
}

impl ApiKeyAuth {
    /// Returns the name that the key was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.verified.name.as_deref()
    }

    /// Returns the custom claims of the key.
    #[must_use]
    pub fn claims(&self) -> Option<&Value> {
        self.verified.claims.as_ref()
    }

    /// Returns the ID of the user if the key belongs to one.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("user_"))
    }

    /// Returns the ID of the organization if the key belongs to one.
    #[must_use]
    pub fn org_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("org_"))
    }
}

impl M2mTokenAuth {
    /// Returns the custom claims of the token.
    #[must_use]
    pub fn claims(&self) -> Option<&Value> {
        self.verified.claims.as_ref()
    }

    /// Returns the ID of the machine that the token belongs to (`mch_...`).
    #[must_use]
    pub fn machine_id(&self) -> &str {
        self.subject()
    }
}

impl OAuthTokenAuth {
    /// Returns the ID of the user that the client acts for.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.subject()
    }

    /// Returns the ID of the client, which is an OAuth application.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.verified.client_id.as_deref().unwrap_or_default()
    }

    /// Returns the actor (`act`, RFC 8693 section 4.1), such as an agent that the client delegated to.
    #[must_use]
    pub fn actor(&self) -> Option<&Value> {
        self.verified.actor.as_ref()
    }

    /// Returns the resources that the token was issued for (`aud`), or an empty slice if it names none.
    ///
    /// Verification compares them with [`ClerkBuilder::audience`](crate::ClerkBuilder::audience) only if that is set.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.verified.audience
    }

    /// Returns the type that the Backend API reports for an opaque token (`type`), or `None` for a JWT.
    #[must_use]
    pub fn token_kind(&self) -> Option<&str> {
        self.verified.token_kind.as_deref()
    }
}
