//! The state machine. Pure: facts, time and what I/O has brought so far go in; an outcome, or the one piece of I/O that is
//! still needed, comes out.

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

/// An outcome or what prevents it, with what the operator should read.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) outcome: Result<Outcome, Interrupt>,
    pub(crate) notices: Vec<Notice>,
}

/// Decides about a request.
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
