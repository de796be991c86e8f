//! Lists of users: filters, order, and the cursor.

use super::api_error::ApiError;
use super::organizations::{self, included};
use crate::model::user::User;
use crate::store::tables::Tables;

/// A filter for a list of users. Query texts are in lowercase.
#[derive(Debug, Default)]
pub(crate) struct UserFilter<'a> {
    pub(crate) ids: Vec<&'a str>,
    pub(crate) email_addresses: Vec<&'a str>,
    pub(crate) phone_numbers: Vec<&'a str>,
    pub(crate) external_ids: Vec<&'a str>,
    pub(crate) usernames: Vec<&'a str>,
    pub(crate) web3_wallets: Vec<&'a str>,
    pub(crate) organization_ids: Vec<&'a str>,
    pub(crate) provider: Option<AtProvider<'a>>,
    pub(crate) query: Option<String>,
    pub(crate) name_query: Option<String>,
    pub(crate) email_address_query: Option<String>,
    pub(crate) phone_number_query: Option<String>,
    pub(crate) username_query: Option<String>,
    pub(crate) banned: Option<bool>,
    pub(crate) created_at: Between,
    pub(crate) last_sign_in_at: Between,
    pub(crate) last_active_at: Between,
    pub(crate) last_active_at_since: Option<i64>,
}

/// Accounts at a provider, of which a user has at least one.
#[derive(Debug)]
pub(crate) struct AtProvider<'a> {
    /// The name of the provider, as in `oauth_google`.
    pub(crate) provider: &'a str,
    pub(crate) user_ids: Vec<&'a str>,
}

impl AtProvider<'_> {
    fn is_of(&self, user: &User) -> bool {
        let name = self
            .provider
            .strip_prefix("oauth_")
            .unwrap_or(self.provider);
        user.external_accounts.iter().any(|one| {
            one.verification.is_verified()
                && one.account.provider == name
                && self
                    .user_ids
                    .contains(&one.account.provider_user_id.as_str())
        })
    }
}

/// A range of times that excludes both ends.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Between {
    pub(crate) after: Option<i64>,
    pub(crate) before: Option<i64>,
}

impl Between {
    fn holds(self, at: Option<i64>) -> bool {
        self.before
            .is_none_or(|before| at.is_some_and(|at| at < before))
            && self
                .after
                .is_none_or(|after| at.is_some_and(|at| at > after))
    }
}

impl UserFilter<'_> {
    pub(super) fn lets_through(&self, tables: &Tables, user: &User) -> bool {
        let any = |wanted: &[&str], has: &dyn Fn(&str) -> bool| {
            wanted.is_empty() || wanted.iter().any(|wanted| has(wanted))
        };
        let mentions = |query: &Option<String>, texts: Vec<&str>| {
            query
                .as_deref()
                .is_none_or(|query| texts.iter().any(|text| text.to_lowercase().contains(query)))
        };
        included(&self.ids, |id| user.id == id)
            && included(&self.external_ids, |id| {
                user.external_id.as_deref() == Some(id)
            })
            && included(&self.organization_ids, |id| {
                organizations::membership(tables, id, &user.id).is_some()
            })
            && any(&self.email_addresses, &|email| user.has_email(email))
            && any(&self.phone_numbers, &|phone| user.has_phone(phone))
            && any(&self.usernames, &|name| user.has_username(name))
            && any(&self.web3_wallets, &|wallet| user.has_wallet(wallet))
            && self
                .provider
                .as_ref()
                .is_none_or(|account| account.is_of(user))
            && self
                .query
                .as_deref()
                .is_none_or(|query| user.mentions(query))
            && mentions(&self.name_query, vec![&user.display_name()])
            && mentions(
                &self.username_query,
                user.username.as_deref().into_iter().collect(),
            )
            && mentions(
                &self.email_address_query,
                user.email_addresses
                    .iter()
                    .map(|one| one.email_address.as_str())
                    .collect(),
            )
            && mentions(
                &self.phone_number_query,
                user.phone_numbers
                    .iter()
                    .map(|one| one.phone_number.as_str())
                    .collect(),
            )
            && self.banned.is_none_or(|banned| user.banned == banned)
            && self.created_at.holds(Some(user.created_at))
            && self.last_sign_in_at.holds(user.last_sign_in_at)
            && self.last_active_at.holds(user.last_active_at)
            && self
                .last_active_at_since
                .is_none_or(|since| user.last_active_at.is_some_and(|at| at >= since))
    }
}

/// Counts the users that match a filter.
pub(crate) fn count(tables: &Tables, filter: &UserFilter<'_>) -> usize {
    tables
        .users
        .iter()
        .filter(|user| filter.lets_through(tables, user))
        .count()
}

/// Lists the users that match a filter, in the order that `sort` gives to all users, starting after the user identified
/// by the cursor.
///
/// The cursor is looked up among all users, so that a user who no longer matches the filter still marks the position.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    filter: &UserFilter<'_>,
    sort: impl FnOnce(&mut Vec<&'a User>),
    starting_after: Option<&str>,
) -> Result<Vec<&'a User>, ApiError> {
    let mut users: Vec<&User> = tables.users.iter().collect();
    sort(&mut users);
    if let Some(id) = starting_after {
        let place = users
            .iter()
            .position(|user| user.id == id)
            .ok_or_else(|| ApiError::value("starting_after", "must be the id of a user"))?;
        users.drain(..=place);
    }
    users.retain(|user| filter.lets_through(tables, user));
    Ok(users)
}
