//! A table: rows by ID in order of insertion, with a journal for undoing changes and an index of terms.

use std::collections::HashMap;

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An entity that is stored in a table under an ID.
pub(crate) trait Row: Clone + std::fmt::Debug + Serialize + DeserializeOwned {
    /// Returns the ID, which never changes.
    fn id(&self) -> &str;

    /// Returns the terms by which the row is found in a large table.
    fn terms(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Rows by ID. The order of insertion is preserved and breaks ties between equal timestamps.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: IndexMap<String, T>,
    journal: Vec<Change<T>>,
    /// The IDs of the rows that had a term at the last commit, so that undoing changes leaves it as it is.
    index: HashMap<String, Vec<String>>,
}

/// A change since the last commit, with the data needed to undo it.
#[derive(Debug)]
enum Change<T> {
    Inserted(String),
    Replaced(T),
    Removed { index: usize, row: T },
}

impl<T: Row> Change<T> {
    fn id(&self) -> &str {
        match self {
            Self::Inserted(id) => id,
            Self::Replaced(row) | Self::Removed { row, .. } => row.id(),
        }
    }
}

/// The net change to a row since the last commit.
#[derive(Debug)]
pub(crate) enum RowChange<'a, T> {
    Inserted(&'a T),
    Replaced { before: &'a T, after: &'a T },
    Removed(&'a T),
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: IndexMap::new(),
            journal: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<T: Row> Table<T> {
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id)
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// Returns an iterator over the rows in order of insertion.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// Returns the first row that matches.
    pub(crate) fn find(&self, fits: impl Fn(&T) -> bool) -> Option<&T> {
        self.rows.values().find(|row| fits(row))
    }

    /// Returns the first row that matches. Every row that matches has this term.
    pub(crate) fn find_by(&self, term: &str, fits: impl Fn(&T) -> bool) -> Option<&T> {
        // With many changes since the last commit, looking at all rows takes no longer.
        if self.journal.len() >= self.rows.len() / 4 {
            return self.find(fits);
        }
        let indexed = self.index.get(term).into_iter().flatten();
        let changed = self.journal.iter().map(Change::id);
        let places = indexed
            .map(String::as_str)
            .chain(changed)
            .filter_map(|id| self.rows.get_full(id))
            .filter(|(_, _, row)| fits(row));
        places
            .min_by_key(|(place, ..)| *place)
            .map(|(_, _, row)| row)
    }

    /// Returns the IDs of the rows that match.
    pub(crate) fn ids(&self, fits: impl Fn(&T) -> bool) -> Vec<String> {
        let rows = self.rows.values().filter(|row| fits(row));
        rows.map(|row| row.id().to_owned()).collect()
    }

    /// Returns a mutable reference to a row, remembering its previous value until the commit.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(id)?;
        self.journal.push(Change::Replaced(row.clone()));
        Some(row)
    }

    /// Adds a row, or replaces the one with its ID, and returns it.
    pub(crate) fn insert(&mut self, row: T) -> &T {
        let id = row.id().to_owned();
        let entry = self.rows.entry(id.clone());
        match entry {
            Entry::Occupied(mut entry) => {
                self.journal.push(Change::Replaced(entry.insert(row)));
                entry.into_mut()
            }
            Entry::Vacant(entry) => {
                self.journal.push(Change::Inserted(id));
                entry.insert(row)
            }
        }
    }

    /// Removes a row, preserving the order of the others.
    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let (index, _, row) = self.rows.shift_remove_full(id)?;
        self.journal.push(Change::Removed {
            index,
            row: row.clone(),
        });
        Some(row)
    }

    /// Removes the rows that match.
    pub(crate) fn remove_where(&mut self, fits: impl Fn(&T) -> bool) {
        for id in self.ids(fits) {
            self.remove(&id);
        }
    }

    /// Returns the net change to each row since the last commit, in the order in which the rows were first changed.
    pub(crate) fn changes(&self) -> Vec<RowChange<'_, T>> {
        // The first change to a row knows its original value.
        let mut first: IndexMap<&str, Option<&T>> = IndexMap::new();
        for change in &self.journal {
            let before = match change {
                Change::Inserted(_) => None,
                Change::Replaced(row) | Change::Removed { row, .. } => Some(row),
            };
            first.entry(change.id()).or_insert(before);
        }
        first
            .into_iter()
            .filter_map(|(id, before)| match (before, self.rows.get(id)) {
                (None, Some(row)) => Some(RowChange::Inserted(row)),
                (Some(before), Some(after)) => Some(RowChange::Replaced { before, after }),
                (Some(before), None) => Some(RowChange::Removed(before)),
                (None, None) => None,
            })
            .collect()
    }

    /// Replaces all rows.
    pub(super) fn replace(&mut self, rows: Vec<T>) {
        while let Some((_, row)) = self.rows.pop() {
            let index = self.rows.len();
            self.journal.push(Change::Removed { index, row });
        }
        for row in rows {
            self.insert(row);
        }
    }

    /// Accepts the changes since the last commit.
    pub(super) fn commit(&mut self) {
        let mut gone = Vec::new();
        let mut new = Vec::new();
        for change in self.changes() {
            let (before, after) = match change {
                RowChange::Inserted(row) => (None, Some(row)),
                RowChange::Replaced { before, after } => (Some(before), Some(after)),
                RowChange::Removed(row) => (Some(row), None),
            };
            let terms = |row: &T| {
                let id = row.id().to_owned();
                row.terms().into_iter().map(move |term| (term, id.clone()))
            };
            gone.extend(before.into_iter().flat_map(terms));
            new.extend(after.into_iter().flat_map(terms));
        }
        for (term, id) in gone {
            if let Some(ids) = self.index.get_mut(&term) {
                ids.retain(|one| *one != id);
                if ids.is_empty() {
                    self.index.remove(&term);
                }
            }
        }
        for (term, id) in new {
            self.index.entry(term).or_default().push(id);
        }
        self.journal.clear();
    }

    /// Undoes the changes since the last commit.
    pub(super) fn roll_back(&mut self) {
        while let Some(change) = self.journal.pop() {
            match change {
                Change::Inserted(id) => {
                    self.rows.shift_remove(&id);
                }
                Change::Replaced(row) => {
                    self.rows.insert(row.id().to_owned(), row);
                }
                Change::Removed { index, row } => {
                    self.rows.shift_insert(index, row.id().to_owned(), row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
    struct Word(String, u32);

    impl Row for Word {
        fn id(&self) -> &str {
            &self.0
        }

        fn terms(&self) -> Vec<String> {
            vec![self.1.to_string()]
        }
    }

    fn words(table: &Table<Word>) -> Vec<(String, u32)> {
        table.iter().map(|word| (word.0.clone(), word.1)).collect()
    }

    proptest::proptest! {
        /// The index finds what looking at all rows finds, in the middle of changes and after their commit or undoing.
        #[test]
        fn an_indexed_row_is_found_like_any(steps in proptest::collection::vec((0..7_u8, 0..60_u32, 0..12_u32), 0..250)) {
            let mut table = Table::default();
            for (step, id, number) in steps {
                match step {
                    0..3 => {
                        table.insert(Word(id.to_string(), number));
                    }
                    3 => {
                        if let Some(row) = table.get_mut(&id.to_string()) {
                            row.1 = number;
                        }
                    }
                    4 => {
                        table.remove(&id.to_string());
                    }
                    5 => table.commit(),
                    _ if id == 0 => table.replace(vec![Word("a".to_owned(), number)]),
                    _ => table.roll_back(),
                }
                for number in 0..12 {
                    let fits = |word: &Word| word.1 == number;
                    proptest::prop_assert_eq!(table.find_by(&number.to_string(), fits), table.find(fits));
                }
            }
        }
    }

    #[test]
    fn rolling_back_restores_rows_and_order() {
        let mut table = Table::default();
        for (id, number) in [("a", 1), ("b", 2), ("c", 3)] {
            table.insert(Word(id.to_owned(), number));
        }
        table.commit();
        let before = words(&table);
        table.insert(Word("d".to_owned(), 4));
        table.remove("b");
        table.get_mut("a").unwrap().1 = 10;
        table.insert(Word("c".to_owned(), 30));
        table.get_mut("d").unwrap().1 = 40;
        table.remove("a");
        table.insert(Word("b".to_owned(), 20));
        assert_ne!(words(&table), before);
        table.roll_back();
        assert_eq!(words(&table), before);
        table.replace(vec![Word("b".to_owned(), 5), Word("z".to_owned(), 6)]);
        assert_eq!(words(&table).len(), 2);
        table.roll_back();
        assert_eq!(words(&table), before);
    }
}
