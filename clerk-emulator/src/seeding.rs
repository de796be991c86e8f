//! Fills the state from a seed.

use crate::error::Error;
use crate::model::billing::{Discount, DiscountEffect, PayerKind, Period, Plan, PlanFeature};
use crate::model::identifier::{EmailAddress, PhoneNumber, Proof};
use crate::model::jwt_template::JwtTemplate;
use crate::model::machine::Machine;
use crate::model::organization::{Membership, Organization};
use crate::model::password::Password;
use crate::model::role::Role;
use crate::model::settings::Settings;
use crate::model::user::User;
use crate::random;
use crate::rules::billing::{payment_methods, plans, subscriptions};
use crate::rules::{
    identifiers, jwt_templates, machines, organizations, permissions, role_sets, roles, settings,
};
use crate::seed::{
    DiscountSeed, JwtTemplateSeed, MachineSeed, OrganizationSeed, PlanSeed, RoleSeed,
    STATE_VERSION, Seed, State, UserSeed,
};
use crate::store::tables::Tables;

/// Adds everything in a seed to a new instance.
pub(crate) fn seed(
    tables: &mut Tables,
    seed: Seed,
    production: bool,
    now: i64,
) -> Result<(), Error> {
    if let Some(state) = seed.state {
        return load(tables, *state);
    }
    let mut settings = Settings {
        test_mode: !production,
        ..Settings::default()
    };
    seed.settings.apply(&mut settings.authentication);
    tables.settings.insert(settings);
    for role in Role::defaults(now) {
        for permission in &role.permissions {
            permissions::ensure(tables, permission, now);
        }
        tables.roles.insert(role);
    }
    role_sets::add_default(tables, now);
    plans::add_defaults(tables, now);
    for plan in seed.plans {
        add_plan(tables, plan, now)?;
    }
    for discount in seed.discounts {
        add_discount(tables, discount, now)?;
    }
    for role in seed.roles {
        add_role(tables, role, now);
    }
    for user in seed.users {
        add_user(tables, user, now)?;
    }
    for organization in seed.organizations {
        add_organization(tables, organization, now)?;
    }
    add_machines(tables, seed.machines, now)?;
    for template in seed.jwt_templates {
        add_jwt_template(tables, template, now)?;
    }
    Ok(())
}

/// Loads an exported state into a new instance.
fn load(tables: &mut Tables, state: State) -> Result<(), Error> {
    if state.version != STATE_VERSION {
        return Err(Error::Invalid {
            what: "the version of the exported state",
            value: state.version.to_string(),
            expected: "the version that this emulator exports",
        });
    }
    tables.load(state.tables);
    if settings::get(tables).is_err() {
        return Err(Error::unknown("row of the exported state", "settings"));
    }
    Ok(())
}

fn duplicate(what: &'static str, value: &str) -> Error {
    Error::Duplicate {
        what,
        value: value.to_owned(),
    }
}

fn add_role(tables: &mut Tables, seed: RoleSeed, now: i64) {
    let mut role = match roles::by_key(tables, &seed.key) {
        Some(role) => role.clone(),
        None => Role::new(seed.key.clone(), seed.key.trim_start_matches("org:"), now),
    };
    if let Some(name) = seed.name {
        role.name = name;
    }
    for permission in seed.permissions {
        permissions::ensure(tables, &permission, now);
        if !role.permissions.contains(&permission) {
            role.permissions.push(permission);
        }
    }
    tables.roles.insert(role);
}

fn add_user(tables: &mut Tables, seed: UserSeed, now: i64) -> Result<(), Error> {
    let mut user = User::new(now);
    if let Some(id) = seed.id {
        user.id = id;
    }
    if tables.users.contains(&user.id) {
        return Err(duplicate("user id", &user.id));
    }
    for address in seed.email_addresses {
        if user.has_email(&address) || identifiers::user_by_email(tables, &address).is_some() {
            return Err(duplicate("email address", &address));
        }
        let email = EmailAddress::new(address, Proof::Admin, now);
        user.email_addresses.push(email);
    }
    for number in seed.phone_numbers {
        if user.has_phone(&number) || identifiers::user_by_phone(tables, &number).is_some() {
            return Err(duplicate("phone number", &number));
        }
        let phone = PhoneNumber::new(number, Proof::Admin, now);
        user.phone_numbers.push(phone);
    }
    if let Some(username) = &seed.username
        && identifiers::user_by_username(tables, username).is_some()
    {
        return Err(duplicate("username", username));
    }
    user.fill_in_primaries();
    user.username = seed.username;
    user.external_id = seed.external_id;
    user.first_name = seed.first_name;
    user.last_name = seed.last_name;
    if let Some(password) = seed.password {
        user.password = Some(Password::hash(&password.0));
        user.password_last_updated_at = Some(now);
    }
    user.public_metadata = seed.public_metadata;
    user.private_metadata = seed.private_metadata;
    user.unsafe_metadata = seed.unsafe_metadata;
    user.plan.clone_from(&seed.plan);
    user.features.clone_from(&seed.features);
    let id = tables.users.insert(user).id.clone();
    subscribe(tables, &id, PayerKind::User, seed.plan.as_deref(), now)?;
    add_card(tables, &id, seed.card.as_deref(), now)?;
    if let Some(user) = tables.users.get_mut(&id) {
        add_features(&mut user.features, seed.features);
    }
    Ok(())
}

fn add_organization(tables: &mut Tables, seed: OrganizationSeed, now: i64) -> Result<(), Error> {
    let mut organization = Organization::new(seed.name, seed.slug, now);
    if let Some(id) = seed.id {
        organization.id = id;
    }
    for taken in [&organization.id, &organization.slug] {
        if organizations::by_id_or_slug(tables, taken).is_some() {
            return Err(duplicate("organization", taken));
        }
    }
    organization.public_metadata = seed.public_metadata;
    organization.private_metadata = seed.private_metadata;
    organization.plan.clone_from(&seed.plan);
    organization.features.clone_from(&seed.features);
    for member in seed.members {
        let user = identifiers::user_by_any(tables, &member.user)
            .ok_or_else(|| Error::unknown("user", &member.user))?;
        if roles::by_key(tables, &member.role).is_none() {
            return Err(Error::unknown("role", member.role));
        }
        let user_id = user.id.clone();
        if organizations::membership(tables, &organization.id, &user_id).is_some() {
            return Err(duplicate("member", &member.user));
        }
        organization
            .created_by
            .get_or_insert_with(|| user_id.clone());
        let membership = Membership::new(organization.id.clone(), user_id, member.role, now);
        tables.memberships.insert(membership);
    }
    let id = tables.organizations.insert(organization).id.clone();
    subscribe(tables, &id, PayerKind::Org, seed.plan.as_deref(), now)?;
    add_card(tables, &id, seed.card.as_deref(), now)?;
    if let Some(organization) = tables.organizations.get_mut(&id) {
        add_features(&mut organization.features, seed.features);
    }
    Ok(())
}

/// Creates the subscription of a payer, to the seeded plan with this slug if there is one.
fn subscribe(
    tables: &mut Tables,
    owner_id: &str,
    payer: PayerKind,
    slug: Option<&str>,
    now: i64,
) -> Result<(), Error> {
    subscriptions::open(tables, owner_id, now);
    let price = slug
        .and_then(|slug| plans::by_slug(tables, payer, slug))
        .filter(|plan| !plan.is_default)
        .and_then(|plan| plans::default_price(tables, &plan.id))
        .cloned();
    if let Some(price) = price {
        let period = match price.amount {
            Some(_) => Period::Month,
            None => Period::Annual,
        };
        subscriptions::subscribe(tables, owner_id, &price.id, period, None, now).map_err(|_| {
            Error::Invalid {
                what: "the plan of a seeded user or organization",
                value: price.plan_id.clone(),
                expected: "a plan for that kind of payer",
            }
        })?;
    }
    Ok(())
}

/// Makes the test card with this name the payer's default.
fn add_card(
    tables: &mut Tables,
    owner_id: &str,
    name: Option<&str>,
    now: i64,
) -> Result<(), Error> {
    let Some(name) = name else {
        return Ok(());
    };
    let invalid = || Error::Invalid {
        what: "the card of a seeded user or organization",
        value: name.to_owned(),
        expected: "a test card such as pm_card_visa or pm_card_chargeCustomerFail",
    };
    if !payment_methods::is_known(name) {
        return Err(invalid());
    }
    payment_methods::add(tables, owner_id, "stripe", name, now)
        .and_then(|card| payment_methods::make_default(tables, owner_id, &card.id))
        .map_err(|_| invalid())?;
    Ok(())
}

fn add_features(features: &mut Vec<String>, more: Vec<String>) {
    for feature in more {
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
}

fn add_plan(tables: &mut Tables, seed: PlanSeed, now: i64) -> Result<(), Error> {
    if plans::by_slug(tables, seed.payer, &seed.slug).is_some() {
        return Err(duplicate("plan", &seed.slug));
    }
    let mut plan = Plan::new(seed.slug, seed.name, seed.payer, now);
    if let Some(id) = seed.id {
        if tables.plans.contains(&id) {
            return Err(duplicate("plan id", &id));
        }
        plan.id = id;
    }
    plan.description = seed.description;
    plan.features = seed.features.into_iter().map(PlanFeature::new).collect();
    plan.free_trial_days = seed.free_trial_days.map(i64::from);
    let amount = match (seed.amount, seed.annual_monthly_amount) {
        (None, None) => Some(0),
        (amount, _) => amount.map(i64::from),
    };
    let annual = seed.annual_monthly_amount.map(i64::from);
    plans::add(tables, plan, amount, annual);
    Ok(())
}

fn add_discount(tables: &mut Tables, seed: DiscountSeed, now: i64) -> Result<(), Error> {
    let effect = match (seed.percent_off, seed.amount_off) {
        (Some(percent), None) if (0.0..=100.0).contains(&percent) => {
            DiscountEffect::Percentage(percent)
        }
        (None, Some(amount)) => DiscountEffect::FixedAmount(amount.into()),
        _ => {
            return Err(Error::Invalid {
                what: "the discount",
                value: seed.name,
                expected: "either percent_off, from 0 to 100, or amount_off",
            });
        }
    };
    let id = seed.id.unwrap_or_else(|| random::id("cdisc"));
    if tables.discounts.contains(&id) {
        return Err(duplicate("discount id", &id));
    }
    tables.discounts.insert(Discount {
        id,
        name: seed.name,
        effect,
        cycles: seed.cycles.map(i32::from),
        created_at: now,
    });
    Ok(())
}

fn add_machines(tables: &mut Tables, seeds: Vec<MachineSeed>, now: i64) -> Result<(), Error> {
    let mut scopes = Vec::new();
    for seed in seeds {
        let mut machine = Machine::new(seed.name, now);
        if let Some(id) = seed.id {
            machine.id = id;
        }
        if let Some(key) = seed.secret_key {
            machine.secret_key = key;
        }
        for taken in [&machine.id, &machine.name] {
            if machines::by_id_or_name(tables, taken).is_some() {
                return Err(duplicate("machine", taken));
            }
        }
        scopes.push((machine.id.clone(), seed.scopes));
        tables.machines.insert(machine);
    }
    for (id, names) in scopes {
        for name in names {
            let machine_id = machines::by_id_or_name(tables, &name)
                .map(|other| other.id.clone())
                .ok_or_else(|| Error::unknown("machine", &name))?;
            if let Some(machine) = tables.machines.get_mut(&id) {
                machine.scopes.push(machine_id);
            }
        }
    }
    Ok(())
}

fn add_jwt_template(tables: &mut Tables, seed: JwtTemplateSeed, now: i64) -> Result<(), Error> {
    if jwt_templates::by_name(tables, &seed.name).is_ok() {
        return Err(duplicate("jwt template", &seed.name));
    }
    let mut template = JwtTemplate::new(seed.name, seed.claims, now);
    if let Some(lifetime) = seed.lifetime {
        template.lifetime = lifetime.into();
    }
    tables.jwt_templates.insert(template);
    Ok(())
}
