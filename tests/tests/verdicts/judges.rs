//! The two sides of the comparison, configured alike.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::routing::get;
use clerk_core::{Clerk, ManualClock};
use clerk_emulator::Emulator;
use clerk_test_support::forge::{PRODUCTION_KEY, Signer};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// The current time for both judges, in Unix seconds: later than any computer's clock, see [`Judges::jsonwebtoken`].
pub(crate) const NOW: u64 = 3_000_000_000;

/// The accepted audiences, if the setting has any.
pub(crate) const AUDIENCES: [&str; 2] = ["https://api.example.com", "reports"];
/// The accepted issuers, if the setting has any.
pub(crate) const ISSUERS: [&str; 2] = ["https://clerk.example.com", "https://two.example.com"];

/// How both judges are configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Whether to use a set with one key for any algorithm, instead of a PEM key for RS256.
    pub(crate) key_set: bool,
    pub(crate) audience: bool,
    pub(crate) issuer: bool,
    /// The leeway in seconds.
    pub(crate) leeway: u64,
}

impl Setting {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..16).map(|bits: u8| Self {
            key_set: bits & 1 != 0,
            audience: bits & 2 != 0,
            issuer: bits & 4 != 0,
            leeway: if bits & 8 == 0 { 0 } else { 5 },
        })
    }

    fn index(self) -> usize {
        usize::from(self.key_set)
            | usize::from(self.audience) << 1
            | usize::from(self.issuer) << 2
            | usize::from(self.leeway != 0) << 3
    }
}

/// clerk-core and jsonwebtoken, with the same key.
pub(crate) struct Judges {
    runtime: Runtime,
    /// One verifier for each [`Setting`].
    clerks: Vec<Clerk>,
    key: DecodingKey,
}

impl Judges {
    pub(crate) fn new(signer: &Signer) -> Self {
        let runtime = Runtime::new().unwrap();
        // From here on, the whole process uses its cryptography on aws-lc-rs.
        runtime.block_on(Emulator::builder().start()).unwrap();
        let mut jwk = signer.jwk();
        let key = DecodingKey::from_rsa_components(
            jwk["n"].as_str().unwrap(),
            jwk["e"].as_str().unwrap(),
        )
        .unwrap();
        jwk.as_object_mut().unwrap().remove("alg");
        let api_url = runtime.block_on(serve_keys(json!({ "keys": [jwk] })));
        let clerks = Setting::all()
            .map(|setting| clerk(setting, signer, &api_url))
            .collect();
        Self {
            runtime,
            clerks,
            key,
        }
    }

    /// Returns the verdict of clerk-core.
    pub(crate) fn clerk_core(&self, setting: Setting, token: &str) -> Result<(), String> {
        let clerk = &self.clerks[setting.index()];
        match self.runtime.block_on(clerk.verify_token(token)) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Returns the verdict of jsonwebtoken at [`NOW`].
    ///
    /// It reads the computer's clock and does not accept another time. But its leeway shifts the limit for tokens that
    /// are not valid yet, and the required remaining lifetime shifts the limit for expired ones, so both can be set to
    /// [`NOW`]. A verdict counts only if the clock showed the same second before and after.
    pub(crate) fn jsonwebtoken(&self, setting: Setting, token: &str) -> Result<(), String> {
        loop {
            let before = jsonwebtoken::get_current_timestamp();
            let ahead = NOW - before;
            let mut validation = Validation::new(Algorithm::RS256);
            validation.leeway = ahead + setting.leeway;
            validation.reject_tokens_expiring_in_less_than = 2 * ahead;
            validation.validate_nbf = true;
            validation.validate_aud = setting.audience;
            validation.set_required_spec_claims(&["exp", "sub"]);
            if setting.key_set {
                validation.algorithms = vec![Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];
            }
            if setting.audience {
                validation.set_audience(&AUDIENCES);
            }
            if setting.issuer {
                validation.set_issuer(&ISSUERS);
                validation.set_required_spec_claims(&["exp", "sub", "iss"]);
            }
            let verdict = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &validation);
            if jsonwebtoken::get_current_timestamp() == before {
                return verdict.map(|_| ()).map_err(|error| error.to_string());
            }
        }
    }

    /// Returns true if the signature, ignoring padding, is valid for the rest of the token.
    pub(crate) fn is_signed(&self, setting: Setting, token: &str) -> bool {
        let Some((signed, signature)) = token.rsplit_once('.') else {
            return false;
        };
        let allowed: &[Algorithm] = if setting.key_set {
            &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512]
        } else {
            &[Algorithm::RS256]
        };
        allowed.iter().any(|&algorithm| {
            let signature = signature.trim_end_matches('=');
            jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.key, algorithm)
                .unwrap_or(false)
        })
    }
}

fn clerk(setting: Setting, signer: &Signer, api_url: &str) -> Clerk {
    let mut builder = Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .secret_key("sk_live_tests")
        .clock(ManualClock::new(i64::try_from(NOW).unwrap() * 1000))
        .clock_skew(Duration::from_secs(setting.leeway));
    builder = if setting.key_set {
        builder.api_url(api_url)
    } else {
        builder.jwt_key(signer.pem())
    };
    if setting.audience {
        builder = builder.audience(AUDIENCES);
    }
    if setting.issuer {
        builder = builder.issuer(ISSUERS);
    }
    builder.build().unwrap()
}

/// Serves a key set at the path of the Backend API, and returns the URL of that API.
async fn serve_keys(keys: Value) -> String {
    let application = Router::new().route("/v1/jwks", get(async move || Json(keys)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, application).await });
    format!("http://{address}")
}
