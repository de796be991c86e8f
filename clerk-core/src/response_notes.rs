//! The notes that extractors, guards and pages take about the response, which the middleware acts upon.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use crate::crypto::random_bytes;

/// The way in which a response depends on who sent the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dependence {
    /// The application did not ask.
    None,
    /// The application asked who sent the request.
    Varies,
    /// The response is meant for the sender of the request alone.
    Private,
}

/// The notes about one response, shared by everything that handles the request.
#[derive(Clone, Debug)]
pub(crate) struct ResponseNotes(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// A [`Dependence`] as a number.
    dependence: AtomicU8,
    /// The nonce for scripts, once a page has one.
    nonce: OnceLock<Option<String>>,
}

/// The maximum number of notes that each thread keeps for later requests.
const MOST_SPARE: usize = 64;

thread_local! {
    /// Notes of earlier requests, so that a request allocates none.
    static SPARE: RefCell<Vec<Arc<Notes>>> = const { RefCell::new(Vec::new()) };
}

impl ResponseNotes {
    pub(crate) fn new() -> Self {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        let reset = spare.and_then(|mut spare| {
            *Arc::get_mut(&mut spare)? = Notes::default();
            Some(spare)
        });
        Self(reset.unwrap_or_default())
    }

    /// Notes that the response depends at least this much on who sent the request.
    pub(crate) fn depends(&self, dependence: Dependence) {
        let number = dependence as u8;
        self.0.dependence.fetch_max(number, Ordering::Relaxed);
    }

    pub(crate) fn dependence(&self) -> Dependence {
        match self.0.dependence.load(Ordering::Relaxed) {
            0 => Dependence::None,
            1 => Dependence::Varies,
            _ => Dependence::Private,
        }
    }

    /// Returns the nonce for the page's scripts, which is created on the first call, or `None` if no randomness is
    /// available.
    pub(crate) fn nonce(&self) -> Option<&str> {
        self.0.nonce.get_or_init(new_nonce).as_deref()
    }

    /// Returns the nonce if a page has one.
    pub(crate) fn used_nonce(&self) -> Option<&str> {
        self.0.nonce.get()?.as_deref()
    }

    /// Keeps the notes for a later request, which uses them if there is no other reference to them by then. The request
    /// that they are about may still have one.
    pub(crate) fn retire(self) {
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < MOST_SPARE {
                spare.push(self.0);
            }
        });
    }
}

/// Returns 128 random bits in base64 (CSP Level 3 section 7.1).
fn new_nonce() -> Option<String> {
    let bytes: [u8; 16] = random_bytes()?;
    Some(base64_simd::STANDARD.encode_to_string(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_note_counts_and_no_request_sees_those_of_another() {
        let notes = ResponseNotes::new();
        assert_eq!(notes.dependence(), Dependence::None);
        let elsewhere = notes.clone();
        elsewhere.depends(Dependence::Private);
        elsewhere.depends(Dependence::Varies);
        assert_eq!(notes.dependence(), Dependence::Private);

        let nonce = notes.nonce().unwrap().to_owned();
        assert_eq!(nonce.len(), 24);
        assert_eq!(elsewhere.used_nonce(), Some(nonce.as_str()));

        // Notes that are still referenced are not used again.
        notes.retire();
        assert_eq!(ResponseNotes::new().dependence(), Dependence::None);
        elsewhere.retire();
        let later = ResponseNotes::new();
        assert_eq!(later.dependence(), Dependence::None);
        assert_eq!(later.used_nonce(), None);
        assert_ne!(later.nonce(), Some(nonce.as_str()));
    }
}
