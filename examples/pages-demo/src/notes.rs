//! The notes of users and organizations, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use clerk_core::SessionAuth;
use serde::Serialize;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The number of the note, which identifies it for its owner.
    pub id: u64,
    /// The text.
    pub text: String,
}

/// The maximum number of notes of one owner, and of characters in one note.
const MOST_NOTES: usize = 50;
const MOST_CHARACTERS: usize = 200;

/// The notes of all users and organizations.
#[derive(Debug, Default)]
pub struct Notes(Mutex<HashMap<String, Vec<Note>>>);

impl Notes {
    /// Returns the notes of the session's active organization, or of its user.
    #[must_use]
    pub fn of(&self, session: &SessionAuth) -> Vec<Note> {
        self.with(session, |notes| notes.clone())
    }

    /// Adds a note. An empty one is ignored, and the oldest notes are removed if there are too many.
    pub fn add(&self, session: &SessionAuth, text: &str) {
        let text: String = text.trim().chars().take(MOST_CHARACTERS).collect();
        if text.is_empty() {
            return;
        }
        self.with(session, |notes| {
            let id = notes.last().map_or(1, |last| last.id + 1);
            notes.push(Note { id, text });
            if notes.len() > MOST_NOTES {
                notes.remove(0);
            }
        });
    }

    /// Removes a note if it belongs to the session's active organization or user.
    pub fn remove(&self, session: &SessionAuth, id: u64) {
        self.with(session, |notes| notes.retain(|note| note.id != id));
    }

    /// Removes all notes of the session's active organization or user.
    pub fn clear(&self, session: &SessionAuth) {
        self.with(session, Vec::clear);
    }

    fn with<T>(&self, session: &SessionAuth, then: impl FnOnce(&mut Vec<Note>) -> T) -> T {
        let organization = session.organization();
        let owner = organization.map_or_else(
            || session.user_id().to_owned(),
            |organization| organization.id.to_owned(),
        );
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        then(all.entry(owner).or_default())
    }
}
