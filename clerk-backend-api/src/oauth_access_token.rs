use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{lenient::model, timestamp::Timestamp};

/// The result of verifying an OAuth access token.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "the small variant is the exception"
)]
pub enum OAuthAccessTokenVerification {
    /// The token exists. Check `revoked` and `expired` to determine whether it is still valid.
    Known(VerifiedOAuthAccessToken),
    /// The token is not active; the server gives no further details.
    Inactive,
}

/// A response with `"active": false` describes an inactive token. Any other response must be a
/// complete token.
impl<'de> Deserialize<'de> for OAuthAccessTokenVerification {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let answer = Map::<String, Value>::deserialize(deserializer)?;
        if answer.get("active") == Some(&Value::Bool(false)) {
            return Ok(Self::Inactive);
        }
        VerifiedOAuthAccessToken::deserialize(Value::Object(answer))
            .map(Self::Known)
            .map_err(D::Error::custom)
    }
}

/// An access token that was issued to one of the instance's OAuth applications for a user.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct VerifiedOAuthAccessToken {
    /// Unique ID.
    pub id: String,
    /// The OAuth application's client ID.
    pub client_id: String,
    /// ID of the user that the token acts on behalf of.
    pub subject: String,
    /// The scopes granted to the token.
    pub scopes: Vec<String>,
    /// Whether the token was revoked.
    pub revoked: bool,
    /// Why the token was revoked.
    pub revocation_reason: Option<String>,
    /// Whether the token has expired.
    pub expired: bool,
    /// When the token expires.
    pub expiration: Option<Timestamp>,
    /// When the token was issued.
    pub created_at: Timestamp,
    /// When the token was last changed.
    pub updated_at: Timestamp,
    /// The kind of the token.
    ///
    /// Not in Clerk's published API document; known from @clerk/backend 3.25.0, 2026-11-28.
    pub kind: Option<String>,
    /// The resource servers that the token is meant for; empty if it names none.
    ///
    /// Not in Clerk's published API document; known from @clerk/backend 3.25.0, 2026-11-28.
    pub aud: Vec<String>,
    /// Who acts on behalf of the user, if the token comes from a token exchange (RFC 8693, section 4.1).
    ///
    /// Not in Clerk's published API document; known from @clerk/backend 3.25.0, 2026-11-28.
    pub act: Option<OAuthActor>,
}

/// A party that acts on behalf of the subject of a token (RFC 8693, section 4.1).
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct OAuthActor {
    /// The acting party.
    pub sub: String,
    /// The issuer that assigned this name to the party.
    pub iss: Option<String>,
    /// The previous actor, if the token was exchanged several times. Informational only: access decisions use the
    /// outermost actor.
    pub act: Option<Box<Self>>,
}

model! {
    OAuthActor
    lenient {
        "sub" => sub,
        "iss" => iss,
        "act" => act,
    }
}

model! {
    VerifiedOAuthAccessToken
    strict {
        "id" => id,
        "subject" => subject,
        "revoked" => revoked,
        "expired" => expired,
    }
    lenient {
        "client_id" => client_id,
        "scopes" => scopes,
        "revocation_reason" => revocation_reason,
        "expiration" => expiration,
        "created_at" => created_at,
        "updated_at" => updated_at,
        "type" => kind,
        "aud" => aud,
        "act" => act,
    }
}
