//! Callers with an API key, machines, and OAuth clients.

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
        }

        impl $name {
            pub(crate) fn new(token: Arc<str>, verified: Arc<VerifiedMachineToken>) -> Self {
                Self { token, verified }
            }

            /// The token's id. Empty for a JWT that carries none.
            #[must_use]
            pub fn id(&self) -> &str {
                &self.verified.id
            }

            /// For whom or what the token acts.
            #[must_use]
            pub fn subject(&self) -> &str {
                &self.verified.subject
            }

            /// What the token may be used for.
            #[must_use]
            pub fn scopes(&self) -> &[String] {
                &self.verified.scopes
            }

            /// The token itself.
            ///
            /// # Security
            /// Whoever holds it can act with it.
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
    /// A caller with an API key (Clerk docs: "API keys").
    ApiKeyAuth, TokenType::ApiKey, [name, claims, user_id, org_id]
}

machine_auth! {
    /// A machine (Clerk docs: "Machine-to-machine authentication").
    M2mTokenAuth, TokenType::M2mToken, [claims, machine_id]
}

machine_auth! {
    /// An OAuth client acting for a person (Clerk docs: "Clerk as an OAuth provider").
    OAuthTokenAuth, TokenType::OAuthToken, [user_id, client_id]
}

impl ApiKeyAuth {
    /// The name that its owner gave the key.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.verified.name.as_deref()
    }

    /// Custom claims of the key.
    #[must_use]
    pub fn claims(&self) -> Option<&Value> {
        self.verified.claims.as_ref()
    }

    /// The user, when the key acts for one.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("user_"))
    }

    /// The organization, when the key acts for one.
    #[must_use]
    pub fn org_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("org_"))
    }
}

impl M2mTokenAuth {
    /// Custom claims of the token.
    #[must_use]
    pub fn claims(&self) -> Option<&Value> {
        self.verified.claims.as_ref()
    }

    /// The machine that sent the request (`mch_...`).
    #[must_use]
    pub fn machine_id(&self) -> &str {
        self.subject()
    }
}

impl OAuthTokenAuth {
    /// The person for whom the client acts.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.subject()
    }

    /// The OAuth application.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.verified.client_id.as_deref().unwrap_or_default()
    }

    /// Who acts in the person's name (`act`, RFC 8693 section 4.1), such as an agent to which a client delegated.
    #[must_use]
    pub fn actor(&self) -> Option<&Value> {
        self.verified.actor.as_ref()
    }

    /// For which resources the token was issued (`aud`). Empty where it names none; it is compared with
    /// [`ClerkBuilder::audience`](crate::ClerkBuilder::audience) only where that is set.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.verified.audience
    }

    /// What the Backend API calls the kind of an opaque token (`type`); `None` for a JWT.
    #[must_use]
    pub fn token_kind(&self) -> Option<&str> {
        self.verified.token_kind.as_deref()
    }
}
