//! Machines and the machines that they may call.

use http::StatusCode;

use super::api_error::ApiError;
use crate::model::machine::Machine;
use crate::secret::Secret;
use crate::store::tables::Tables;

const MOST_SCOPES: usize = 150;
const LONGEST_TOKEN_SECONDS: i64 = 315_360_000;
const LONGEST_PREVIOUS_KEY_SECONDS: i64 = 8 * 60 * 60;

/// Finds a machine by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Machine, ApiError> {
    tables
        .machines
        .get(id)
        .ok_or_else(|| ApiError::not_found("machine", id))
}

/// Finds a machine by ID or name.
pub(crate) fn by_id_or_name<'a>(tables: &'a Tables, name: &str) -> Option<&'a Machine> {
    tables
        .machines
        .get(name)
        .or_else(|| tables.machines.find(|machine| machine.name == name))
}

/// Finds the machine with this secret key.
pub(crate) fn by_secret_key<'a>(tables: &'a Tables, key: &str, now: i64) -> Option<&'a Machine> {
    tables
        .machines
        .find(|machine| machine.has_secret_key(key, now))
}

fn change<'a>(tables: &'a mut Tables, id: &str) -> Result<&'a mut Machine, ApiError> {
    tables
        .machines
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("machine", id))
}

/// Lists the machines whose ID is the query or whose name contains it, oldest first.
pub(crate) fn list<'a>(tables: &'a Tables, query: Option<&str>) -> Vec<&'a Machine> {
    tables
        .machines
        .iter()
        .filter(|machine| {
            query.is_none_or(|query| {
                machine.id.to_lowercase() == query || machine.name.to_lowercase().contains(query)
            })
        })
        .collect()
}

/// Creates a machine.
pub(crate) fn create(
    tables: &mut Tables,
    name: String,
    scoped_machines: Vec<String>,
    default_token_ttl: Option<i64>,
    now: i64,
) -> Result<&Machine, ApiError> {
    check_scope_count("scoped_machines", scoped_machines.len())?;
    for id in &scoped_machines {
        find(tables, id)?;
    }
    let mut machine = Machine::new(name, now);
    machine.scopes = scoped_machines;
    machine.default_token_ttl = check_ttl(default_token_ttl)?.unwrap_or(machine.default_token_ttl);
    Ok(tables.machines.insert(machine))
}

fn check_ttl(ttl: Option<i64>) -> Result<Option<i64>, ApiError> {
    match ttl {
        Some(ttl) if !(1..=LONGEST_TOKEN_SECONDS).contains(&ttl) => Err(ApiError::value(
            "default_token_ttl",
            &format!("must be between 1 and {LONGEST_TOKEN_SECONDS}"),
        )),
        ttl => Ok(ttl),
    }
}

fn check_scope_count(param_name: &str, count: usize) -> Result<(), ApiError> {
    if count <= MOST_SCOPES {
        return Ok(());
    }
    Err(ApiError::param(
        "machine_scope_limit_reached",
        param_name,
        format!("A machine has at most {MOST_SCOPES} scopes"),
    ))
}

/// Updates a machine.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    name: Option<String>,
    default_token_ttl: Option<i64>,
    now: i64,
) -> Result<&'a Machine, ApiError> {
    let ttl = check_ttl(default_token_ttl)?;
    let machine = change(tables, id)?;
    if let Some(name) = name {
        machine.name = name;
    }
    machine.default_token_ttl = ttl.unwrap_or(machine.default_token_ttl);
    machine.updated_at = now;
    Ok(machine)
}

/// Deletes a machine, its tokens, and the permissions of other machines to call it.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    find(tables, id)?;
    tables.machines.remove(id);
    tables
        .credentials
        .remove_where(|credential| credential.subject == id);
    for caller in tables.machines.ids(|machine| machine.may_call(id)) {
        change(tables, &caller)?.scopes.retain(|scope| scope != id);
    }
    Ok(())
}

/// Replaces the secret key. The old key remains valid for this many seconds.
pub(crate) fn rotate_secret_key<'a>(
    tables: &'a mut Tables,
    id: &str,
    previous_token_ttl: i64,
    now: i64,
) -> Result<&'a Secret, ApiError> {
    if !(0..=LONGEST_PREVIOUS_KEY_SECONDS).contains(&previous_token_ttl) {
        return Err(ApiError::value(
            "previous_token_ttl",
            &format!("must be between 0 and {LONGEST_PREVIOUS_KEY_SECONDS}"),
        ));
    }
    let machine = change(tables, id)?;
    let old = std::mem::replace(&mut machine.secret_key, Machine::new_secret_key());
    machine.previous_secret_key = Some((old, now.saturating_add(previous_token_ttl * 1000)));
    machine.updated_at = now;
    Ok(&machine.secret_key)
}

/// Allows one machine to call another.
pub(crate) fn add_scope(tables: &mut Tables, id: &str, other: &str) -> Result<(), ApiError> {
    find(tables, other)?;
    let machine = find(tables, id)?;
    if machine.may_call(other) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "machine_scope_already_exists",
            "The machine has this scope already",
        ));
    }
    check_scope_count("to_machine_id", machine.scopes.len() + 1)?;
    change(tables, id)?.scopes.push(other.to_owned());
    Ok(())
}

/// Forbids one machine from calling another.
pub(crate) fn remove_scope(tables: &mut Tables, id: &str, other: &str) -> Result<(), ApiError> {
    if !find(tables, id)?.may_call(other) {
        return Err(ApiError::not_found("scope of this machine", other));
    }
    change(tables, id)?.scopes.retain(|scope| scope != other);
    Ok(())
}
