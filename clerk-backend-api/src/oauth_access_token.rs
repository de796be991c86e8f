use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{lenient::model, timestamp::Timestamp};

/// The result of verifying an OAuth access token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OAuthAccessTokenVerification {
    /// The token is known. Whether it is still good say its `revoked` and `expired`.
    Known(VerifiedOAuthAccessToken),
    /// The token is not active; the server says no more about it.
    Inactive,
}

/// An answer that says `"active": false` is about an inactive token; any other must be a whole
/// token, or it is refused.
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

/// An access token that one of the instance's OAuth applications was given for a user.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct VerifiedOAuthAccessToken {
    /// Unique id.
    pub id: String,
    /// The OAuth application's client id.
    pub client_id: String,
    /// Id of the user in whose name the token acts.
    pub subject: String,
    /// What the token may be used for.
    pub scopes: Vec<String>,
    /// Whether the token was withdrawn.
    pub revoked: bool,
    /// Why the token was withdrawn.
    pub revocation_reason: Option<String>,
    /// Whether the token's time is over.
    pub expired: bool,
    /// When the token lapses.
    pub expiration: Option<Timestamp>,
    /// When the token was issued.
    pub created_at: Timestamp,
    /// When the token was last changed.
    pub updated_at: Timestamp,
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
    }
}
