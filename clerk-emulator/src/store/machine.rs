use serde_json::{Value, json};

use super::Store;
use crate::error::Error;
use crate::random;
use crate::secret::Secret;
use crate::seed::MachineSeed;

/// Seconds an M2M token lives when nobody says otherwise.
const DEFAULT_TOKEN_TTL_SECONDS: i64 = 3600;

/// A service of the application.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secret_key: Secret,
    /// Ids of the machines it may call, with the time each was added.
    pub(crate) scopes: Vec<(String, i64)>,
    pub(crate) default_token_ttl: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// An API key, an opaque M2M token or an opaque OAuth access token.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) kind: CredentialKind,
    pub(crate) secret: Secret,
    pub(crate) subject: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) claims: Value,
    pub(crate) revoked: bool,
    pub(crate) revocation_reason: Option<String>,
    pub(crate) expiration: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// What sets the kinds of credentials apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    ApiKey {
        name: String,
        description: Option<String>,
        created_by: Option<String>,
    },
    M2mToken,
    OAuthToken {
        client_id: String,
    },
}

impl CredentialKind {
    /// Begins the ids and the secrets.
    fn prefix(&self) -> &'static str {
        match self {
            Self::ApiKey { .. } => "ak",
            Self::M2mToken => "mt",
            Self::OAuthToken { .. } => "oat",
        }
    }

    pub(crate) fn is_api_key(&self) -> bool {
        matches!(self, Self::ApiKey { .. })
    }

    pub(crate) fn is_oauth_token(&self) -> bool {
        matches!(self, Self::OAuthToken { .. })
    }
}

impl Credential {
    pub(crate) fn new(kind: CredentialKind, subject: String, now: i64) -> Self {
        let prefix = kind.prefix();
        Self {
            id: random::hex_id(prefix),
            secret: Secret(format!("{prefix}_{}", random::alphanumeric(38))),
            kind,
            subject,
            scopes: Vec::new(),
            claims: Value::Null,
            revoked: false,
            revocation_reason: None,
            expiration: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn expired(&self, now: i64) -> bool {
        self.expiration.is_some_and(|expiration| expiration <= now)
    }

    pub(crate) fn is_valid(&self, now: i64) -> bool {
        !self.revoked && !self.expired(now)
    }

    pub(crate) fn revoke(&mut self, reason: Option<String>, now: i64) {
        self.revoked = true;
        self.revocation_reason = reason;
        self.updated_at = now;
    }

    /// The credential without its secret.
    pub(crate) fn to_json(&self, now: i64) -> Value {
        let mut json = json!({
            "id": self.id,
            "subject": self.subject,
            "scopes": self.scopes,
            "revoked": self.revoked,
            "revocation_reason": self.revocation_reason,
            "expired": self.expired(now),
            "expiration": self.expiration,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        });
        match &self.kind {
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
                json["claims"] = self.claims.clone();
                json["last_used_at"] = json!(self.last_used_at);
            }
            CredentialKind::M2mToken => {
                json["object"] = json!("machine_to_machine_token");
                json["claims"] = self.claims.clone();
                json["last_used_at"] = json!(self.last_used_at);
            }
            CredentialKind::OAuthToken { client_id } => {
                json["object"] = json!("clerk_idp_oauth_access_token");
                json["client_id"] = json!(client_id);
            }
        }
        json
    }
}

impl Machine {
    pub(crate) fn new(name: String, now: i64) -> Self {
        Self {
            id: random::id("mch"),
            name,
            secret_key: Secret(format!("ak_{}", random::alphanumeric(43))),
            scopes: Vec::new(),
            default_token_ttl: DEFAULT_TOKEN_TTL_SECONDS,
            created_at: now,
            updated_at: now,
        }
    }

    fn alone(&self) -> Value {
        json!({
            "object": "machine",
            "id": self.id,
            "name": self.name,
            "instance_id": "ins_emulator",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "default_token_ttl": self.default_token_ttl,
        })
    }

    /// The machine with those it may call.
    pub(crate) fn to_json(&self, store: &Store) -> Value {
        let scoped: Vec<Value> = self
            .scopes
            .iter()
            .filter_map(|(id, _)| store.machines.get(id))
            .map(Self::alone)
            .collect();
        let mut json = self.alone();
        json["scoped_machines"] = json!(scoped);
        json
    }

    pub(crate) fn scope_ids(&self) -> Vec<String> {
        self.scopes.iter().map(|(id, _)| id.clone()).collect()
    }
}

impl Store {
    pub(super) fn seed_machines(&mut self, seeds: Vec<MachineSeed>, now: i64) -> Result<(), Error> {
        let mut scopes = Vec::new();
        for seed in seeds {
            let mut machine = Machine::new(seed.name, now);
            if let Some(id) = seed.id {
                machine.id = id;
            }
            if let Some(key) = seed.secret_key {
                machine.secret_key = key;
            }
            if self
                .machine(&machine.id)
                .or(self.machine(&machine.name))
                .is_some()
            {
                return Err(Error::Duplicate {
                    what: "machine",
                    value: machine.name,
                });
            }
            scopes.push((machine.id.clone(), seed.scopes));
            self.machines.insert(machine.id.clone(), machine);
        }
        for (id, names) in scopes {
            for name in names {
                let other = self
                    .machine(&name)
                    .map(|other| other.id.clone())
                    .ok_or_else(|| Error::unknown("machine", &name))?;
                if let Some(machine) = self.machines.get_mut(&id) {
                    machine.scopes.push((other, now));
                }
            }
        }
        Ok(())
    }

    /// A machine by id or name.
    pub(crate) fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines
            .get(name)
            .or_else(|| self.machines.values().find(|machine| machine.name == name))
    }

    /// Marks a living credential as used and shows it.
    pub(crate) fn use_credential(
        &mut self,
        secret: &str,
        of_kind: impl Fn(&CredentialKind) -> bool,
        now: i64,
    ) -> Option<&Credential> {
        let credential = self
            .credentials
            .values_mut()
            .find(|credential| credential.secret.0 == secret && of_kind(&credential.kind))?;
        if !credential.is_valid(now) {
            return None;
        }
        credential.last_used_at = Some(now);
        Some(credential)
    }
}
