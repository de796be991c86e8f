//! The state: what the Backend API and the Frontend API read and write.

mod machine;
mod organization;
mod session;
mod user;

use indexmap::IndexMap;

pub(crate) use machine::{Credential, CredentialKind, Machine};
pub(crate) use organization::{CountMembers, Membership, Organization, Role};
pub(crate) use session::{Client, Session, SessionStatus, SignInToken};
pub(crate) use user::{EmailAddress, Image, PhoneNumber, User};

use crate::error::Error;
use crate::random;
use crate::seed::{JwtTemplateSeed, Seed, UserSeed};

/// Where the handshake nonces stay redeemable: browsers repeat requests.
const NONCE_LIFETIME_MS: i64 = 60_000;

/// All tables. Order of insertion is kept; it breaks ties of equal time stamps.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Where images are served.
    pub(crate) base_url: String,
    pub(crate) users: IndexMap<String, User>,
    pub(crate) organizations: IndexMap<String, Organization>,
    pub(crate) memberships: IndexMap<String, Membership>,
    pub(crate) roles: IndexMap<String, Role>,
    pub(crate) sessions: IndexMap<String, Session>,
    pub(crate) clients: IndexMap<String, Client>,
    pub(crate) sign_in_tokens: IndexMap<String, SignInToken>,
    pub(crate) jwt_templates: IndexMap<String, JwtTemplateSeed>,
    pub(crate) machines: IndexMap<String, Machine>,
    pub(crate) credentials: IndexMap<String, Credential>,
    nonces: IndexMap<String, Nonce>,
}

#[derive(Debug)]
struct Nonce {
    directives: Vec<String>,
    issued_at: i64,
}

impl Store {
    /// Fills a store from a seed.
    pub(crate) fn seeded(base_url: String, seed: Seed, now: i64) -> Result<Self, Error> {
        let mut store = Self {
            base_url,
            roles: Role::defaults(),
            ..Self::default()
        };
        for role in seed.roles {
            store.seed_role(role);
        }
        for user in seed.users {
            store.seed_user(user, now)?;
        }
        for organization in seed.organizations {
            store.seed_organization(organization, now)?;
        }
        store.seed_machines(seed.machines, now)?;
        for template in seed.jwt_templates {
            let name = template.name.clone();
            if store.jwt_templates.insert(name.clone(), template).is_some() {
                return Err(Error::Duplicate {
                    what: "jwt template",
                    value: name,
                });
            }
        }
        Ok(store)
    }

    pub(crate) fn seed_user(&mut self, seed: UserSeed, now: i64) -> Result<String, Error> {
        let user = User::from_seed(seed, now);
        let taken = |what, value: &str| Error::Duplicate {
            what,
            value: value.to_owned(),
        };
        if self.users.contains_key(&user.id) {
            return Err(taken("user id", &user.id));
        }
        for email in &user.email_addresses {
            if self.user_by_email(&email.email_address).is_some() {
                return Err(taken("e-mail address", &email.email_address));
            }
        }
        if let Some(username) = &user.username
            && self.user_by_username(username).is_some()
        {
            return Err(taken("username", username));
        }
        let id = user.id.clone();
        self.users.insert(id.clone(), user);
        Ok(id)
    }

    pub(crate) fn user_by_email(&self, address: &str) -> Option<&User> {
        self.users.values().find(|user| {
            user.email_addresses
                .iter()
                .any(|email| email.email_address.eq_ignore_ascii_case(address))
        })
    }

    pub(crate) fn user_by_username(&self, username: &str) -> Option<&User> {
        self.users.values().find(|user| {
            user.username
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(username))
        })
    }

    /// A user by id, e-mail address, username or phone number.
    pub(crate) fn user_by_any(&self, name: &str) -> Option<&User> {
        self.users
            .get(name)
            .or_else(|| self.user_by_email(name))
            .or_else(|| self.user_by_username(name))
            .or_else(|| {
                self.users.values().find(|user| {
                    user.phone_numbers
                        .iter()
                        .any(|phone| phone.phone_number == name)
                })
            })
    }

    /// An organization by id or slug.
    pub(crate) fn organization(&self, id_or_slug: &str) -> Option<&Organization> {
        self.organizations.get(id_or_slug).or_else(|| {
            self.organizations
                .values()
                .find(|organization| organization.slug == id_or_slug)
        })
    }

    pub(crate) fn membership(&self, organization_id: &str, user_id: &str) -> Option<&Membership> {
        self.memberships.values().find(|membership| {
            membership.organization_id == organization_id && membership.user_id == user_id
        })
    }

    /// Removes a user and everything that hangs on it.
    pub(crate) fn remove_user(&mut self, id: &str, now: i64) -> Option<User> {
        let user = self.users.shift_remove(id)?;
        self.memberships
            .retain(|_, membership| membership.user_id != id);
        let sessions: Vec<String> = self
            .sessions
            .values()
            .filter(|session| session.user_id == id)
            .map(|session| session.id.clone())
            .collect();
        for session in sessions {
            self.end_session(&session, SessionStatus::Removed, now);
        }
        Some(user)
    }

    /// Removes an organization and its memberships; sessions in it go back to the personal account.
    pub(crate) fn remove_organization(&mut self, id: &str) -> Option<Organization> {
        let organization = self.organizations.shift_remove(id)?;
        self.memberships
            .retain(|_, membership| membership.organization_id != id);
        for session in self.sessions.values_mut() {
            if session.organization_id.as_deref() == Some(id) {
                session.organization_id = None;
            }
        }
        Some(organization)
    }

    /// Keeps cookie directives for the server SDK to fetch.
    pub(crate) fn add_nonce(&mut self, directives: Vec<String>, now: i64) -> String {
        self.nonces
            .retain(|_, nonce| nonce.issued_at + NONCE_LIFETIME_MS > now);
        let key = random::alphanumeric(32);
        let nonce = Nonce {
            directives,
            issued_at: now,
        };
        self.nonces.insert(key.clone(), nonce);
        key
    }

    /// The directives of a nonce, for as long as it lives: redeeming twice gives the same answer.
    pub(crate) fn redeem_nonce(&self, key: &str, now: i64) -> Option<&[String]> {
        let nonce = self.nonces.get(key)?;
        (nonce.issued_at + NONCE_LIFETIME_MS > now).then_some(nonce.directives.as_slice())
    }
}
