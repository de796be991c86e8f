use serde_json::{Value, json};

use super::Shapes;
use crate::model::credential::{Credential, CredentialKind};

impl Shapes<'_> {
    /// Renders an API key, M2M token or OAuth token without its secret.
    pub(crate) fn credential(self, credential: &Credential) -> Value {
        let mut json = json!({
            "id": credential.id,
            "subject": credential.subject,
            "scopes": credential.scopes,
            "revoked": credential.revoked,
            "revocation_reason": credential.revocation_reason,
            "expired": credential.is_expired(self.now),
            "expiration": credential.expiration,
            "created_at": credential.created_at,
            "updated_at": credential.updated_at,
        });
        match &credential.kind {
            CredentialKind::ApiKey {
                name,
                description,
                created_by,
            } => {
                json["object"] = json!("api_key");
                json["type"] = json!("api_key");
                json["name"] = json!(name);
                json["description"] = json!(description);
                json["created_by"] = json!(created_by);
                json["claims"] = credential.claims.clone();
                json["last_used_at"] = json!(credential.last_used_at);
            }
            CredentialKind::M2mToken => {
                json["object"] = json!("machine_to_machine_token");
                json["claims"] = credential.claims.clone();
                json["last_used_at"] = json!(credential.last_used_at);
            }
            CredentialKind::OAuthToken { client_id, .. } => {
                json["object"] = json!("clerk_idp_oauth_access_token");
                json["client_id"] = json!(client_id);
            }
        }
        json
    }
}
