//! Answers spoiled the ways real ones were seen to be spoiled.

use std::{collections::HashSet, fmt};

use serde_json::{Number, Value};

use super::{
    DocumentError, Operation,
    answer::{Answer, Place, Step},
};

/// A key that no document has.
const UNHEARD_OF: &str = "unheard_of";

/// What is done to one value of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// Its key is left out.
    Drop,
    /// It is null.
    Null,
    /// It is a value that the enum does not list.
    NewValue,
    /// It has a key more.
    UnknownKey,
    /// It has no elements.
    EmptyList,
    /// It is written with a fraction of zero.
    ZeroFraction,
    /// It is a number written as text.
    NumberAsText,
    /// A page is only its list.
    BareList,
    /// A list is a page.
    Page,
    /// It is of another kind.
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

/// A spoiled answer.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What is done.
    pub change: Change,
    /// To which value.
    pub place: Place,
    /// The spoiled answer.
    pub answer: Value,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = match self.place.location.as_str() {
            "" => "(the whole answer)",
            location => location,
        };
        write!(f, "{location}: {}", self.change)
    }
}

/// Every way to spoil the answers of an operation by one change, each place of the schema once.
///
/// # Errors
/// When no answer can be made.
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

/// The answers of an operation with one value of a kind that nobody can take for it, for each value that is described.
///
/// A client that reads such an answer does not look at that value.
///
/// # Errors
/// When no answer can be made.
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
        // An answer that is nothing at all is another matter: the client has nothing to invent it from.
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

/// The list inside a page.
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
