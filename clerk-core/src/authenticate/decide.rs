//! The state machine. It is pure: its inputs are the facts, the time and the results of I/O so far, and its output is an
//! outcome or the one piece of I/O that it still needs.

use super::context::{Answers, Context, Interrupt};
use super::cookies;
use super::facts::Facts;
use super::machine;
use super::notice::Notice;
use super::outcome::Outcome;
use super::session;
use crate::config::Config;
use crate::reason::Reason;
use crate::token::{AcceptedTokens, TokenType};

/// An outcome, or what is needed for one, with the notices for the log.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) outcome: Result<Outcome, Interrupt>,
    pub(crate) notices: Vec<Notice>,
}

/// Decides on a request.
pub(crate) fn decide(
    config: &Config,
    facts: &Facts,
    answers: &Answers,
    now: i64,
    accepts: &AcceptedTokens,
) -> Decision {
    let mut context = Context {
        config,
        facts,
        answers,
        now,
        notices: Vec::new(),
    };
    let outcome = by_token_type(&mut context, accepts);
    Decision {
        outcome,
        notices: context.notices,
    }
}

fn by_token_type(
    context: &mut Context<'_>,
    accepts: &AcceptedTokens,
) -> Result<Outcome, Interrupt> {
    let token = context.facts.header_token.as_ref();
    let machine_type = token.and_then(|token| token.machine_type());
    if accepts.is_list() && !accepts.accepts(machine_type.unwrap_or(TokenType::SessionToken)) {
        return Ok(Outcome::signed_out_of(None, Reason::TokenTypeMismatch, ""));
    }
    let wanted = accepts.single();
    let Some(token) = token else {
        return match wanted {
            Some(kind) if kind != TokenType::SessionToken => Ok(Outcome::signed_out_of(
                Some(kind),
                Reason::NoTokenInHeader,
                "",
            )),
            _ if context.config.header_only => {
                Ok(Outcome::signed_out(Reason::SessionTokenAndUatMissing, ""))
            }
            _ => cookies::decide(context),
        };
    };
    match (wanted, machine_type) {
        (Some(TokenType::SessionToken), _) | (None, None) => session::from_header(context, token),
        (None, Some(kind)) => machine::verify(context, token, kind),
        (Some(wanted), Some(kind)) if wanted == kind => machine::verify(context, token, kind),
        (Some(wanted), _) => Ok(Outcome::signed_out_of(
            Some(wanted),
            Reason::TokenTypeMismatch,
            "",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use futures_util::FutureExt;
    use serde_json::json;

    use super::super::context::{HandshakePayload, KeyLookup, Refreshed};
    use super::*;
    use crate::builder::ClerkBuilder;
    use crate::clerk::Clerk;
    use crate::clock::{ManualClock, Moment};
    use crate::request::RequestView;
    use crate::signing_keys::SigningKeyAnswer;
    use crate::testing::{TestSession, TokenMinter};
    use crate::token::{DECODED_PARTS, ParsedToken};

    const DEVELOPMENT_KEY: &str = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk";
    const PRODUCTION_KEY: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
    const NOW: i64 = 1_750_000_000;
    const NOW_MILLIS: i64 = NOW * 1000 + 1000;

    static MINTER: LazyLock<TokenMinter> = LazyLock::new(TokenMinter::new);

    fn session(age: i64) -> TestSession {
        TestSession::new("user_1")
            .issued_at(NOW - age)
            .lifetime(Duration::from_secs(60))
    }

    fn builder(publishable_key: &str) -> ClerkBuilder {
        Clerk::builder()
            .publishable_key(publishable_key)
            .secret_key("sk_test_tests")
            .jwt_key(MINTER.pem())
            .clock(ManualClock::new(NOW_MILLIS))
    }

    fn clerk(publishable_key: &str) -> Clerk {
        builder(publishable_key).build().unwrap()
    }

    fn request(path: &str, headers: &[(&str, &str)]) -> http::Request<()> {
        let mut request = http::Request::get(format!("https://app.example.com{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    fn facts(clerk: &Clerk, request: &impl RequestView) -> Facts {
        Facts::read(request, &clerk.instance().config, NOW_MILLIS, &|_| None)
    }

    /// The answers of a decision that needs the signing key of this token.
    fn keys_of(clerk: &Clerk, token: &str) -> Answers {
        let key_request = ParsedToken::parse(token, usize::MAX).unwrap().key_request();
        let now = Moment::now(&ManualClock::new(NOW_MILLIS));
        let key = match clerk.instance().signing_keys.look_up(&key_request, now) {
            SigningKeyAnswer::Found(key) => KeyLookup::Found(key),
            other => panic!("{other:?}"),
        };
        Answers {
            signing_keys: vec![(key_request, key)],
            ..Answers::default()
        }
    }

    #[test]
    fn a_cookie_without_an_authorized_party_is_reported_and_starts_no_handshake() {
        let party = "https://app.example.com";
        for (azp, notices) in [
            (None, vec![Notice::AuthorizedPartyMissing]),
            (Some("https://evil.example"), vec![]),
            (Some(party), vec![]),
        ] {
            let clerk = builder(PRODUCTION_KEY)
                .authorized_parties([party])
                .build()
                .unwrap();
            let mut of_this_instance = session(0).claim("iss", "https://clerk.example.com");
            if let Some(azp) = azp {
                of_this_instance = of_this_instance.authorized_party(azp);
            }
            let token = MINTER.token(&of_this_instance);
            let cookies = format!("__session={token}; __client_uat=1");
            let document = request("/", &[("sec-fetch-dest", "document"), ("cookie", &cookies)]);
            let decision = decide(
                &clerk.instance().config,
                &facts(&clerk, &document),
                &keys_of(&clerk, &token),
                NOW_MILLIS,
                &AcceptedTokens::any(),
            );
            assert_eq!(decision.notices, notices, "{azp:?}");
            let state = clerk.authenticate_request(&document).now_or_never();
            let state = state.unwrap().unwrap();
            assert_eq!(
                state.auth().is_authenticated(),
                azp == Some(party),
                "{azp:?}"
            );
            assert_eq!(state.location(), None, "{azp:?}");
        }
    }

    #[test]
    fn the_same_input_gives_the_same_decision() {
        for publishable_key in [DEVELOPMENT_KEY, PRODUCTION_KEY] {
            decides_alike(&clerk(publishable_key));
        }
    }

    fn decides_alike(clerk: &Clerk) {
        let expired = MINTER.token(&session(660));
        let session = MINTER.token(&session(0));
        let bearer = format!("Bearer {session}");
        let page = ("sec-fetch-dest", "document");
        let active = format!("__session={session}; __client_uat=1; __clerk_db_jwt=dvb_1");
        let stale = format!(
            "__session={expired}; __client_uat=1; __clerk_db_jwt=dvb_1; __refresh_nx2hSE6I=r; __refresh_naoXFJnI=r; \
             __clerk_redirect_count=3"
        );
        let directives = vec![format!("__session={session}; Path=/")];
        let keys = keys_of(clerk, &session);
        let brought = Answers {
            handshake: Some(HandshakePayload::Directives(directives.clone())),
            refreshed: Some(Refreshed::Cookies(directives)),
            ..keys.clone()
        };
        for (path, headers) in [
            ("/", vec![]),
            ("/", vec![page]),
            ("/", vec![("authorization", &*bearer)]),
            ("/", vec![("authorization", "Bearer mt_1")]),
            ("/", vec![page, ("cookie", &active)]),
            ("/", vec![page, ("cookie", &stale)]),
            ("/?__clerk_handshake_nonce=n", vec![page]),
            ("/?__clerk_handshake=x.y.z", vec![page]),
            (
                "/?__clerk_redirect_url=https://evil.example/",
                vec![page, ("cookie", &active)],
            ),
        ] {
            let facts = facts(clerk, &request(path, &headers));
            for answers in [&Answers::default(), &keys, &brought] {
                let decided = || {
                    let config = &clerk.instance().config;
                    let accepts = AcceptedTokens::any();
                    format!(
                        "{:?}",
                        decide(config, &facts, answers, NOW_MILLIS, &accepts)
                    )
                };
                assert_eq!(decided(), decided(), "{path} {headers:?}");
            }
        }
        assert_eq!(
            clerk.stats().token_cache_entries,
            0,
            "a decision remembers nothing"
        );
    }

    #[test]
    fn a_token_is_decoded_once_and_not_at_all_when_it_was_verified_before() {
        let clerk = clerk(PRODUCTION_KEY);
        let decoded_parts = |headers: &[(&str, &str)]| {
            let before = DECODED_PARTS.get();
            let request = request("/", headers);
            let state = clerk.authenticate_request(&request).now_or_never();
            assert!(state.unwrap().unwrap().auth().is_authenticated());
            DECODED_PARTS.get() - before
        };
        let bearer = format!("Bearer {}", MINTER.token(&session(0)));
        assert_eq!(decoded_parts(&[("authorization", &bearer)]), 3);
        assert_eq!(decoded_parts(&[("authorization", &bearer)]), 0);

        let of_this_instance = session(0).claim("iss", "https://clerk.example.com");
        let in_cookie = MINTER.token(&of_this_instance.session_id("sess_cookie"));
        let cookies = format!("__session={in_cookie}; __client_uat=1; __clerk_db_jwt=dvb_1");
        assert_eq!(decoded_parts(&[("cookie", &cookies)]), 3);
        assert_eq!(decoded_parts(&[("cookie", &cookies)]), 0);

        let mut header = MINTER.header();
        header["cat"] = json!("cl_B7d4PD333AAA");
        let claims = session(0).claim("sub", "mch_1").claims();
        let machine = MINTER.sign(&header, &claims.into());
        let bearer = format!("Bearer {machine}");
        assert_eq!(decoded_parts(&[("authorization", &bearer)]), 3);
        assert_eq!(decoded_parts(&[("authorization", &bearer)]), 3);
    }
}
