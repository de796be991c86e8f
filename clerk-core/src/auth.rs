//! Who is asking.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use clerk_backend_api::ClerkClient;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::authorization::{Require, has};
use crate::protect::SignInHint;
use crate::token::machine::VerifiedMachineToken;
use crate::token::{Claims, TokenError, TokenErrorReason, TokenType, VerifiedSession};

/// Who sent a request: the outcome of [`Clerk::authenticate_request`](crate::Clerk::authenticate_request).
///
/// Serialises to what may be shown to a client: ids, roles and claims, never the token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auth {
    /// Nobody, and why.
    SignedOut(SignedOut),
    /// A signed-in person.
    Session(SessionAuth),
    /// A caller with an API key.
    ApiKey(ApiKeyAuth),
    /// A machine.
    M2mToken(M2mTokenAuth),
    /// An OAuth client acting for a person.
    OAuthToken(OAuthTokenAuth),
}

impl Auth {
    /// The auth object of a request that is not signed in, for tests. `None` stands for a token of a kind that is not
    /// accepted.
    #[must_use]
    pub fn signed_out(token_type: Option<TokenType>) -> Self {
        Self::SignedOut(SignedOut::new(token_type, "session-token-and-uat-missing"))
    }

    /// The auth object of a verified machine token with this id and subject, for tests.
    ///
    /// # Security
    /// Nothing is verified.
    #[must_use]
    pub fn dangerous_machine(token_type: TokenType, id: &str, subject: &str) -> Self {
        let verified = Arc::new(VerifiedMachineToken {
            id: id.to_owned(),
            subject: subject.to_owned(),
            name: None,
            scopes: Vec::new(),
            claims: None,
            client_id: None,
            expires: None,
        });
        let token = Arc::from("");
        match token_type {
            TokenType::ApiKey => Self::ApiKey(ApiKeyAuth { token, verified }),
            TokenType::OAuthToken => Self::OAuthToken(OAuthTokenAuth { token, verified }),
            TokenType::M2mToken | TokenType::SessionToken => {
                Self::M2mToken(M2mTokenAuth { token, verified })
            }
        }
    }

    /// Whether the request was signed in, by a session or a machine token.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        !matches!(self, Self::SignedOut(_))
    }

    /// The kind of token; `None` when the request carried one that is not accepted here.
    #[must_use]
    pub fn token_type(&self) -> Option<TokenType> {
        match self {
            Self::SignedOut(signed_out) => signed_out.token_type,
            Self::Session(_) => Some(TokenType::SessionToken),
            Self::ApiKey(_) => Some(TokenType::ApiKey),
            Self::M2mToken(_) => Some(TokenType::M2mToken),
            Self::OAuthToken(_) => Some(TokenType::OAuthToken),
        }
    }

    /// The session, when a person is signed in by one.
    #[must_use]
    pub fn session(&self) -> Option<&SessionAuth> {
        match self {
            Self::Session(session) => Some(session),
            _ => None,
        }
    }

    /// The user for whom the request acts: the session's, the API key's or the OAuth token's.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::SignedOut(_) | Self::M2mToken(_) => None,
            Self::Session(session) => Some(session.user_id()),
            Self::ApiKey(key) => key.user_id(),
            Self::OAuthToken(token) => Some(token.user_id()),
        }
    }

    /// Whether the session meets everything that is required (Clerk docs: "Authorization checks").
    ///
    /// Always `false` when nothing is required, and for everybody but a signed-in person.
    #[must_use]
    pub fn has(&self, require: &Require) -> bool {
        self.session().is_some_and(|session| session.has(require))
    }

    /// Treats a session with open tasks as signed in, where the caller wants that.
    ///
    /// By default a session whose status is `pending` is signed out (Clerk docs: "Session tasks"); this undoes it.
    #[must_use]
    pub fn pending_as_signed_in(self) -> Self {
        match self {
            Self::SignedOut(SignedOut {
                pending: Some(session),
                ..
            }) => Self::Session(session),
            other => other,
        }
    }
}

impl Serialize for Auth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::SignedOut(auth) => auth.serialize(serializer),
            Self::Session(auth) => auth.serialize(serializer),
            Self::ApiKey(auth) => auth.serialize(serializer),
            Self::M2mToken(auth) => auth.serialize(serializer),
            Self::OAuthToken(auth) => auth.serialize(serializer),
        }
    }
}

/// Nobody is signed in.
#[derive(Clone, Debug)]
pub struct SignedOut {
    pub(crate) token_type: Option<TokenType>,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) undecided: bool,
    pub(crate) pending: Option<SessionAuth>,
    pub(crate) hint: Option<Arc<SignInHint>>,
}

impl SignedOut {
    pub(crate) fn new(token_type: Option<TokenType>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            token_type,
            reason: reason.into(),
            undecided: false,
            pending: None,
            hint: None,
        }
    }

    /// Why, in the words of Clerk's SDKs, for example `session-token-and-uat-missing`.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether the request carried a token that could not be judged, because Clerk was out of reach.
    ///
    /// Guards answer 503 then; a page that is open to everybody may show itself as to a visitor.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.undecided
    }

    /// The session when its status is `pending`: the person signed in but has tasks to do first.
    #[must_use]
    pub fn pending_session(&self) -> Option<&SessionAuth> {
        self.pending.as_ref()
    }
}

impl Serialize for SignedOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token_type", &self.token_type.map(TokenType::as_str))?;
        map.serialize_entry("is_authenticated", &false)?;
        if self.pending.is_some() {
            map.serialize_entry("session_status", "pending")?;
        }
        map.end()
    }
}

/// A verified session. Cheap to clone.
#[derive(Clone)]
pub struct SessionAuth {
    pub(crate) session: Arc<VerifiedSession>,
    pub(crate) client: ClerkClient,
}

impl SessionAuth {
    /// The user (`sub`).
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.claims().text("sub").unwrap_or_default()
    }

    /// The session (`sid`). Absent in tokens that were made for no session.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.claims().text("sid")
    }

    /// The session's status (`sts`), such as `active` or `pending`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.claims().text("sts")
    }

    /// The active organization, with the role and permissions that the person has in it.
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
            role: organization.role_text(),
            permissions: self.permissions(),
        })
    }

    /// Who impersonates the user (`act`): the actor's claims, with the actor's id in `sub`.
    #[must_use]
    pub fn actor(&self) -> Option<&Value> {
        self.claims().get("act")
    }

    /// Minutes since the first and the second factor were last verified (`fva`); `None` for a factor that never was.
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

    /// All claims of the session token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        self.session.token.claims()
    }

    /// All claims as a type of the application, for custom claims (Clerk docs: "Customize your session token").
    ///
    /// # Errors
    /// When a claim that `T` needs is absent or has another type.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        self.claims().deserialize()
    }

    /// Whether the session meets everything that is required. `false` when nothing is.
    #[must_use]
    pub fn has(&self, require: &Require) -> bool {
        has(self.claims(), || self.permissions(), require)
    }

    /// The session token itself, to call another service in the user's name.
    ///
    /// # Security
    /// Whoever holds it is signed in until it expires.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        self.session.token.as_str()
    }

    /// A token made from a JWT template (Clerk docs: "JWT templates"). Asks the Backend API on every call.
    ///
    /// # Errors
    /// What the Backend API answers; [`clerk_backend_api::Error::InvalidRequest`] when the session token names no
    /// session.
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

    /// Decoded once per token. With version 1 claims these are the claim's texts.
    pub(crate) fn permissions(&self) -> &[String] {
        self.session
            .permissions
            .get_or_init(|| decode_permissions(self.claims()))
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.status() == Some("pending")
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
            (true, true) => map.serialize_entry("org_permissions", self.permissions())?,
            (true, false) => {}
            (false, _) => map.serialize_entry("org_permissions", &claims.get("org_permissions"))?,
        }
        map.serialize_entry("factor_verification_age", &claims.get("fva"))?;
        map.serialize_entry("session_claims", claims.as_map())?;
        map.end()
    }
}

/// The organization that is active in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionOrganization<'a> {
    /// `org_...`
    pub id: &'a str,
    /// The slug, when the instance uses slugs.
    pub slug: Option<&'a str>,
    /// The role's key, with its `org:` prefix.
    pub role: Option<Cow<'a, str>>,
    /// The permissions' keys, `org:<feature>:<action>`. System permissions never stand in session tokens.
    pub permissions: &'a [String],
}

/// The organization claims of either version, before anything is assumed of their types.
pub(crate) struct OrganizationClaims<'a> {
    pub(crate) is_v2: bool,
    pub(crate) is_present: bool,
    pub(crate) id: Option<&'a Value>,
    pub(crate) slug: Option<&'a Value>,
    pub(crate) role: Option<Cow<'a, Value>>,
}

impl<'a> OrganizationClaims<'a> {
    pub(crate) fn of(claims: &'a Claims) -> Self {
        if !is_v2(claims) {
            return Self {
                is_v2: false,
                is_present: claims.get("org_id").is_some(),
                id: claims.get("org_id"),
                slug: claims.get("org_slug"),
                role: claims.get("org_role").map(Cow::Borrowed),
            };
        }
        let organization = claims.get("o").filter(|o| is_truthy(o));
        let field = |name: &str| organization.and_then(|o| o.get(name));
        Self {
            is_v2: true,
            is_present: organization.is_some(),
            id: field("id"),
            slug: field("slg"),
            role: field("rol")
                .and_then(Value::as_str)
                .filter(|role| !role.is_empty())
                .map(|role| Cow::Owned(Value::String(format!("org:{role}")))),
        }
    }

    fn role_text(&self) -> Option<Cow<'a, str>> {
        match self.role.as_ref()? {
            Cow::Borrowed(role) => role.as_str().map(Cow::Borrowed),
            Cow::Owned(role) => role.as_str().map(|role| Cow::Owned(role.to_owned())),
        }
    }
}

pub(crate) fn is_v2(claims: &Claims) -> bool {
    claims.number("v") == Some(2.0)
}

/// Truth as JavaScript has it; the reference decides presence by it.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// A number as JavaScript's comparisons make one of a JSON value; the reference compares unverified times so.
pub(crate) fn as_js_number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => Some(0.0),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Refuses version 2 organization claims that cannot be decoded: a role or permission must not be guessed.
pub(crate) fn check_organization_claims(claims: &Claims) -> Result<(), TokenError> {
    let refused = || {
        Err(TokenError::new(
            TokenErrorReason::Invalid,
            "the organization claims cannot be decoded: a feature (fea) lacks its scope, or a list is not text",
        ))
    };
    let Some(organization) = claims.get("o").filter(|o| is_v2(claims) && is_truthy(o)) else {
        return Ok(());
    };
    for list in [
        claims.get("fea"),
        organization.get("per"),
        organization.get("fpm"),
    ]
    .into_iter()
    .flatten()
    {
        if is_truthy(list) && !list.is_string() {
            return refused();
        }
    }
    match claims.text("fea") {
        Some(features)
            if !features.is_empty()
                && features.split(',').any(|feature| !feature.contains(':')) =>
        {
            refused()
        }
        _ => Ok(()),
    }
}

/// One side of a `scope:name` list: entries whose scope contains `scope`, by their names.
pub(crate) fn scoped_names(list: &str, scope: char) -> impl Iterator<Item = &str> {
    list.split(',').filter_map(move |element| {
        let (scopes, name) = element.trim().split_once(':')?;
        let known = matches!(scopes, "o" | "u" | "ou" | "uo");
        (known && scopes.contains(scope)).then_some(name)
    })
}

/// The permissions of the active organization.
///
/// Version 2 spreads them over three claims: `fea` names the features, `o.per` the actions, and `o.fpm` holds one bit
/// mask per organization feature, bit 0 being the first action. Masks have any length.
fn decode_permissions(claims: &Claims) -> Vec<String> {
    if !is_v2(claims) {
        return match claims.get("org_permissions") {
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
    }
    let text = |name: &str| {
        claims
            .get("o")
            .and_then(|o| o.get(name))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let (Some(actions), Some(masks)) = (text("per"), text("fpm")) else {
        return Vec::new();
    };
    let actions: Vec<&str> = actions.split(',').map(str::trim).collect();
    let features = scoped_names(claims.text("fea").unwrap_or_default(), 'o');
    let mut permissions = Vec::new();
    for (feature, mask) in features.zip(masks.split(',')) {
        let bits = mask_bits(mask.trim(), actions.len());
        for (action, _) in actions.iter().zip(bits).filter(|(_, granted)| *granted) {
            permissions.push(format!("org:{feature}:{action}"));
        }
    }
    permissions
}

/// The lowest `count` bits of a decimal number of any length, least significant first. Anything but digits has none.
fn mask_bits(decimal: &str, count: usize) -> Vec<bool> {
    if decimal.is_empty() || !decimal.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![false; count];
    }
    let mut digits: Vec<u8> = decimal.bytes().map(|byte| byte - b'0').collect();
    (0..count)
        .map(|_| {
            // One long division by two: the remainder is the next bit.
            let mut remainder = 0;
            for digit in &mut digits {
                let value = remainder * 10 + *digit;
                *digit = value / 2;
                remainder = value % 2;
            }
            remainder == 1
        })
        .collect()
}

macro_rules! machine_auth {
    ($(#[$docs:meta])* $name:ident, $kind:expr, [$($field:ident),*]) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name {
            pub(crate) token: Arc<str>,
            pub(crate) verified: Arc<VerifiedMachineToken>,
        }

        impl $name {
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
}
