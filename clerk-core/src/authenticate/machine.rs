//! Machine tokens. JWTs are verified locally, and opaque tokens by the Backend API.

use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::{ClerkClient, Error, MachineSecretKey, RawRequest, RawResponse, Retry};
use http::Method;
use serde_json::{Map, Value};

use super::context::{Context, Interrupt, KeyLookup, Need};
use super::outcome::Outcome;
use crate::token::machine::{self, MachineTokenError, MachineTokenVerdict, Route};
use crate::token::{ClaimRules, RawToken, TokenType};

/// Decides on a machine token in the header.
pub(crate) fn verify(
    context: &Context<'_>,
    token: &RawToken,
    kind: TokenType,
) -> Result<Outcome, Interrupt> {
    let verified = match machine::route(token, kind) {
        Err(error) => Err(error),
        Ok(Route::Jwt(kind, parsed)) => match context.signing_key(parsed)? {
            KeyLookup::Found(key) => {
                machine::verify_jwt(kind, parsed, &key, &context.config.rules, context.now)
                    .map(|verified| (kind, Arc::new(verified)))
            }
            KeyLookup::Failed(error) => Err(MachineTokenError::without_key(kind, &error)),
        },
        Ok(Route::Opaque(kind)) => match &context.answers.machine_token {
            None => {
                let token = token.as_str().to_owned();
                return Err(Interrupt::Need(Need::MachineToken(kind, token)));
            }
            Some(Ok(verified)) => Ok((kind, Arc::clone(verified))),
            Some(Err(error)) => Err(error.clone()),
        },
    };
    Ok(match verified {
        Ok((token_type, verified)) => Outcome::Machine {
            token_type,
            token: token.as_str().into(),
            verified,
        },
        Err(error) => Outcome::signed_out_of(
            Some(error.token_type),
            error.reason.clone(),
            error.full_message(),
        ),
    })
}

/// Creates the request to the Backend API about an opaque token.
pub(crate) fn request(
    client: &ClerkClient,
    machine_secret_key: Option<&MachineSecretKey>,
    kind: TokenType,
    token: &str,
    timeout: Duration,
) -> RawRequest {
    let (path, field): (&[&str], &str) = match kind {
        TokenType::ApiKey => (&["api_keys", "verify"], "secret"),
        TokenType::OAuthToken => (
            &["oauth_applications", "access_tokens", "verify"],
            "access_token",
        ),
        TokenType::M2mToken | TokenType::SessionToken => (&["m2m_tokens", "verify"], "token"),
    };
    let body = Value::Object(Map::from_iter([(
        field.to_owned(),
        Value::String(token.to_owned()),
    )]));
    let request = client
        .request(Method::POST, path)
        .unversioned()
        .json(&body)
        .retry(Retry::none())
        .timeout(timeout);
    match machine_secret_key {
        Some(key) if kind == TokenType::M2mToken => request.machine_secret_key(key.clone()),
        _ => request,
    }
}

/// Reads the response to [`request`], which is `None` if there was none in time.
pub(crate) fn read(
    kind: TokenType,
    answer: Option<Result<RawResponse, Error>>,
    rules: &ClaimRules,
) -> MachineTokenVerdict {
    let verified = match answer {
        Some(Ok(answer)) => match answer.json::<Value>() {
            Ok(answer) => machine::verified_from_api(kind, &answer, rules),
            Err(_) => Err(MachineTokenError::from_api(kind, None)),
        },
        Some(Err(Error::Api(api))) => {
            Err(MachineTokenError::from_api(kind, Some(api.status.as_u16())))
        }
        Some(Err(_)) | None => Err(MachineTokenError::from_api(kind, None)),
    };
    verified.map(Arc::new)
}
