//! Compares clerk-core's verification of tokens with that of jsonwebtoken, an independent implementation: both give the same
//! verdict on tens of thousands of genuine, edited and damaged tokens, within the options that both have (algorithm, `exp`,
//! `nbf`, `aud`, `iss`, leeway). The intended differences are named in `differences.rs`.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_macros,
    reason = "the tests report what they compared"
)]

mod differences;
mod draft;
mod judges;
mod mutation;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use clerk_test_support::forge::Signer;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use crate::differences::{Case, DIFFERENCES, Direction};
use crate::judges::{Judges, Setting};

static JUDGES: LazyLock<Judges> = LazyLock::new(|| Judges::new(Signer::instance()));

/// Signatures, created once because nothing else here takes as long.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let drafts = draft::drafts(300);
    let signed = drafts.iter().map(|draft| draft.sign(Signer::instance()));
    signed.collect()
});

/// The verdicts of the judges.
#[derive(Debug, Default)]
struct Count {
    both_accept: usize,
    both_refuse: usize,
    differences: BTreeMap<&'static str, usize>,
    mended: HashMap<String, String>,
}

impl Count {
    /// Signs a repaired token, once for all settings.
    fn sign(&mut self, unsigned: String, algorithm: &Value) -> String {
        let bits = match algorithm.as_str() {
            Some("RS384") => 384,
            Some("RS512") => 512,
            _ => 256,
        };
        let sign = |unsigned: &String| Signer::instance().sign_parts(bits, unsigned);
        self.mended.entry(unsigned).or_insert_with_key(sign).clone()
    }

    /// Asks both judges about a token. Fails if they disagree and the difference has no name.
    fn add(&mut self, setting: Setting, token: &str) -> Result<(), String> {
        let ours = JUDGES.clerk_core(setting, token);
        let theirs = JUDGES.jsonwebtoken(setting, token);
        let direction = match (&ours, &theirs) {
            (Ok(()), Ok(())) => {
                self.both_accept += 1;
                return Ok(());
            }
            (Err(_), Err(_)) => {
                self.both_refuse += 1;
                return Ok(());
            }
            (Err(_), Ok(())) => Direction::WeRefuse,
            (Ok(()), Err(_)) => Direction::WeAccept,
        };
        let case = Case::read(token, setting);
        if direction == Direction::WeAccept && !JUDGES.is_signed(setting, token) {
            return Err(format!("accepted without a genuine signature: {case}"));
        }
        let named = DIFFERENCES
            .iter()
            .find(|difference| difference.direction == direction && (difference.applies)(&case));
        let Some(difference) = named else {
            return Err(format!(
                "clerk-core says {ours:?}, jsonwebtoken says {theirs:?}: {case}"
            ));
        };
        // There must be no other reason: without the named differences, both accept.
        let mended = self.sign(case.mended(direction), &case.header["alg"]);
        let verdicts = (
            JUDGES.clerk_core(setting, &mended),
            JUDGES.jsonwebtoken(setting, &mended),
        );
        if verdicts != (Ok(()), Ok(())) {
            return Err(format!(
                "clerk-core says {ours:?}, jsonwebtoken says {theirs:?}, and not for {} alone, since without that they \
                 say {verdicts:?}: {case}",
                difference.name
            ));
        }
        *self.differences.entry(difference.name).or_default() += 1;
        Ok(())
    }

    fn report(&self) {
        let differing: usize = self.differences.values().sum();
        println!(
            "{} verdicts: both accept {}, both refuse {}, and in {differing} they differ",
            self.both_accept + self.both_refuse + differing,
            self.both_accept,
            self.both_refuse
        );
        for (name, count) in &self.differences {
            println!("{count:6} {name}");
        }
    }
}

#[test]
fn signed_tokens_get_the_same_verdict() {
    let mut count = Count::default();
    for token in TOKENS.iter() {
        for setting in Setting::all() {
            count.add(setting, token).unwrap();
        }
    }
    count.report();
    assert!(count.both_accept > 1000 && count.both_refuse > 1000);
    for difference in DIFFERENCES {
        assert!(
            count.differences.contains_key(difference.name),
            "no token shows the difference {}; remove it from the list",
            difference.name
        );
    }
}

#[test]
fn damaged_tokens_get_the_same_verdict() {
    let count = RefCell::new(Count::default());
    let mut runner = TestRunner::new(Config {
        cases: 15_000,
        failure_persistence: None,
        ..Config::default()
    });
    let settings: Vec<Setting> = Setting::all().collect();
    let mutations = proptest::collection::vec(mutation::mutations(), 1..3);
    let cases = (any::<Index>(), select(settings), mutations);
    let outcome = runner.run(&cases, |(token, setting, mutations)| {
        let mut damaged = token.get(&TOKENS).clone();
        for mutation in mutations {
            damaged = mutation.apply(&damaged, &TOKENS);
        }
        let mut count = count.borrow_mut();
        count.add(setting, &damaged).map_err(TestCaseError::fail)
    });
    count.borrow().report();
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
