use std::{borrow::Borrow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    json::{from_json, member, mended},
    lenient::{Seed, field_of},
};

/// One page of a list.
///
/// An entry that cannot be read does not affect the others: it is left out of `data` and reported
/// by [`failures`](Self::failures).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The entries of this page.
    pub data: Vec<T>,
    /// The total number of entries on all pages, if the server reports it.
    pub total_count: Option<u64>,
    failures: Vec<RowFailure>,
    /// The number of entries that the server sent, including those that are null or cannot be read.
    received: usize,
}

impl<T> Page<T> {
    /// Returns the entries that could not be read.
    #[must_use]
    pub fn failures(&self) -> &[RowFailure] {
        &self.failures
    }

    /// Returns the first entry, if there is one.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.data.first()
    }

    /// Returns the number of entries on this page.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Returns true if this page has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Returns an iterator over the entries.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.data.iter()
    }

    pub(crate) fn received(&self) -> usize {
        self.received
    }

    pub(crate) fn into_parts(self) -> (Vec<T>, Vec<RowFailure>) {
        (self.data, self.failures)
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            data: Vec::new(),
            total_count: None,
            failures: Vec::new(),
            received: 0,
        }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An entry of a list that could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct RowFailure {
    index: usize,
    id: Option<String>,
    problem: String,
    json: Box<str>,
}

impl RowFailure {
    /// Returns the position of the entry on its page, starting from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the ID of the entry, if it has one that is a string.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the path of the field that could not be read, such as
    /// `email_addresses[0].created_at`; `None` if the entry as a whole is not an object.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        field_of(&self.problem)
    }

    /// Returns the entry as received, so that it can be read in another way.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl fmt::Display for RowFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} ", self.index)?;
        if let Some(id) = &self.id {
            write!(f, "({id}) ")?;
        }
        write!(f, "could not be read: {}", self.problem)
    }
}

impl fmt::Debug for RowFailure {
    // The entry may contain personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFailure")
            .field("index", &self.index)
            .field("id", &self.id)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for RowFailure {}

/// Reads a page from a response that is a list, or that contains a list under `key`.
pub(crate) fn read<T: DeserializeOwned>(
    text: &[u8],
    key: &'static str,
) -> Result<Page<T>, serde_json::Error> {
    // Nearly always, every entry can be read, in one pass.
    if let Ok(Rows {
        entries,
        total_count,
    }) = rows::<T>(text, key)
    {
        return Ok(Page {
            received: entries.len(),
            data: entries.into_iter().flatten().collect(),
            total_count,
            failures: Vec::new(),
        });
    }
    match rows(text, key) {
        Ok(rows) => Ok(page::<T, &RawValue>(&rows)),
        Err(error) => match mended(text) {
            Some(text) => Ok(page::<T, &RawValue>(&rows(&text, key)?)),
            None => Err(error),
        },
    }
}

fn rows<'a, R: Deserialize<'a>>(
    text: &'a [u8],
    key: &'static str,
) -> Result<Rows<R>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let seed = RowsSeed {
        key,
        row: PhantomData,
    };
    let rows = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(rows)
}

fn page<T: DeserializeOwned, R: Borrow<RawValue>>(rows: &Rows<R>) -> Page<T> {
    let mut page = Page {
        data: Vec::with_capacity(rows.entries.len()),
        total_count: rows.total_count,
        failures: Vec::new(),
        received: rows.entries.len(),
    };
    for (index, row) in rows.entries.iter().enumerate() {
        let Some(row) = row else { continue };
        let json = row.borrow().get();
        match from_json(json.as_bytes()) {
            Ok(entry) => page.data.push(entry),
            Err(error) => page.failures.push(failure(index, json, &error)),
        }
    }
    page
}

#[cold]
fn failure(index: usize, json: &str, error: &serde_json::Error) -> RowFailure {
    let id = member(json, "id").ok().flatten();
    RowFailure {
        index,
        id: id.and_then(|id| from_json(id.get().as_bytes()).ok()),
        problem: error.to_string(),
        json: json.into(),
    }
}

/// An array, or an object with the entries under `data`.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seed = RowsSeed::<Box<RawValue>> {
            key: "data",
            row: PhantomData,
        };
        Ok(page(&seed.deserialize(deserializer)?))
    }
}

/// A page whose entries are not parsed yet.
struct Rows<R> {
    entries: Vec<Option<R>>,
    total_count: Option<u64>,
}

/// Reads an array, or an object with the entries under `key`. Anything else is an error: the
/// response came from another server, or describes an error.
struct RowsSeed<R> {
    key: &'static str,
    row: PhantomData<R>,
}

impl<'de, R: Deserialize<'de>> DeserializeSeed<'de> for RowsSeed<R> {
    type Value = Rows<R>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: Deserialize<'de>> Visitor<'de> for RowsSeed<R> {
    type Value = Rows<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, or an object with a list under `{}`", self.key)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = rows.next_element()? {
            entries.push(entry);
        }
        Ok(Rows {
            entries,
            total_count: None,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = None;
        let mut total_count = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.key {
                entries = Some(map.next_value::<EntryList<R>>()?.0);
            } else if key == "total_count" {
                let count = map.next_value_seed(Seed::<i64>::new())?;
                total_count = count.and_then(|count| count.try_into().ok());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        match entries {
            Some(entries) => Ok(Rows {
                entries,
                total_count,
            }),
            None => Err(de::Error::missing_field(self.key)),
        }
    }
}

/// The entries of a page: a list, or null for an empty page.
struct EntryList<R>(Vec<Option<R>>);

impl<'de, R: Deserialize<'de>> Deserialize<'de> for EntryList<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Option::<Vec<Option<R>>>::deserialize(deserializer)?;
        Ok(Self(entries.unwrap_or_default()))
    }
}
