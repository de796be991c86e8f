//! Mutates responses in the ways in which real ones deviated from the document.

use std::{collections::HashSet, fmt};

use serde_json::{Number, Value};

use super::{
    DocumentError, Operation,
    answer::{Answer, Place, Step},
};

/// A key that no document contains.
const UNHEARD_OF: &str = "unheard_of";

/// The change to one value of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// Removes its key.
    Drop,
    /// Replaces it with null.
    Null,
    /// Replaces it with a value that the enum does not list.
    NewValue,
    /// Adds a key to it.
    UnknownKey,
    /// Removes all its elements.
    EmptyList,
    /// Writes it with a fraction of zero.
    ZeroFraction,
    /// Writes the number as a string.
    NumberAsText,
    /// Replaces a page with its list.
    BareList,
    /// Wraps a list in a page.
    Page,
    /// Replaces it with a value of another type.
    WrongKind,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drop => "key dropped",
            Self::Null => "null",
            Self::NewValue => "new enum value",
            Self::UnknownKey => "unknown key added",
            Self::EmptyList => "list emptied",
            Self::ZeroFraction => "fraction of zero",
            Self::NumberAsText => "number as text",
            Self::BareList => "page as bare list",
            Self::Page => "bare list as page",
            Self::WrongKind => "of another kind",
        })
    }
}

/// A mutated response.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// The change.
    pub change: Change,
    /// The value that was changed.
    pub place: Place,
    /// The mutated response.
    pub answer: Value,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = match self.place.location.as_str() {
            "" => "(the whole response)",
            location => location,
        };
        write!(f, "{location}: {}", self.change)
    }
}

/// Returns the responses of an operation with each possible single change, once for each place in the schema.
///
/// # Errors
/// Fails if no response can be generated.
pub fn mutations(operation: &Operation) -> Result<Vec<Mutation>, DocumentError> {
    let mut seen = HashSet::new();
    let mut mutations = Vec::new();
    for variant in 0..operation.variants() {
        let Some(answer) = operation.answer(variant)? else {
            continue;
        };
        for place in &answer.places {
            for change in changes(operation, place, &answer) {
                if !seen.insert((place.location.clone(), change)) {
                    continue;
                }
                if let Some(spoiled) = spoil(&answer.value, &place.steps, change) {
                    mutations.push(Mutation {
                        change,
                        place: place.clone(),
                        answer: spoiled,
                    });
                }
            }
        }
    }
    Ok(mutations)
}

/// Returns the responses of an operation with one value of a type that cannot be converted, for each value that is
/// described.
///
/// A client that can still read such a response does not use that value.
///
/// # Errors
/// Fails if no response can be generated.
pub fn poisoned(operation: &Operation) -> Result<Vec<Mutation>, DocumentError> {
    let mut seen = HashSet::new();
    let mut poisoned = Vec::new();
    for variant in 0..operation.variants() {
        let Some(answer) = operation.answer(variant)? else {
            continue;
        };
        for place in &answer.places {
            if place.free || !seen.insert(place.location.clone()) {
                continue;
            }
            if let Some(spoiled) = spoil(&answer.value, &place.steps, Change::WrongKind) {
                poisoned.push(Mutation {
                    change: Change::WrongKind,
                    place: place.clone(),
                    answer: spoiled,
                });
            }
        }
    }
    Ok(poisoned)
}

fn changes(operation: &Operation, place: &Place, answer: &Answer) -> Vec<Change> {
    let mut changes = Vec::new();
    match place.steps.last() {
        Some(Step::Key(_)) => changes.extend([Change::Drop, Change::Null]),
        Some(Step::Index(_)) => changes.push(Change::Null),
        // A completely empty response is a different case: the client has nothing to build a result from.
        None => {}
    }
    if place.enumerated {
        changes.push(Change::NewValue);
    }
    if place.whole_number {
        changes.extend([Change::ZeroFraction, Change::NumberAsText]);
    }
    match get(&answer.value, &place.steps) {
        Some(Value::Object(_)) if !place.free => changes.push(Change::UnknownKey),
        Some(Value::Array(_)) => changes.push(Change::EmptyList),
        _ => {}
    }
    if place.steps.is_empty() {
        if answer.value.is_array() && operation.accepts_paginated() {
            changes.push(Change::Page);
        }
        if listed(&answer.value).is_some() {
            changes.push(Change::BareList);
        }
    }
    changes
}

/// Returns the list inside a page.
fn listed(page: &Value) -> Option<&Value> {
    page.get("total_count")?;
    ["data", "m2m_tokens"].iter().find_map(|key| page.get(*key))
}

fn get<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

fn get_mut<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

fn spoil(answer: &Value, steps: &[Step], change: Change) -> Option<Value> {
    let mut answer = answer.clone();
    if change == Change::Drop {
        let (Step::Key(key), parent) = steps.split_last()? else {
            return None;
        };
        get_mut(&mut answer, parent)?.as_object_mut()?.remove(key)?;
        return Some(answer);
    }
    let value = get_mut(&mut answer, steps)?;
    match change {
        Change::Drop => {}
        Change::Null => *value = Value::Null,
        Change::NewValue => *value = "a_value_of_tomorrow".into(),
        Change::UnknownKey => {
            let added = serde_json::json!({ "nested": [{ "deeply": null }], "text": "new" });
            value.as_object_mut()?.insert(UNHEARD_OF.to_owned(), added);
        }
        Change::EmptyList => value.as_array_mut()?.clear(),
        Change::ZeroFraction => *value = Number::from_f64(value.as_f64()?)?.into(),
        Change::NumberAsText => *value = value.as_i64()?.to_string().into(),
        Change::WrongKind => {
            *value = match value {
                Value::Object(_) | Value::Array(_) => false.into(),
                _ => serde_json::json!([[{}]]),
            };
        }
        Change::BareList => *value = listed(value)?.clone(),
        Change::Page => {
            *value = serde_json::json!({ "data": value.take(), "total_count": 41 });
        }
    }
    Some(answer)
}
