//! The seed: the contents that the emulator starts with.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::expectations::Expectation;
use crate::http::fault::Fault;
use crate::model::billing::PayerKind;
use crate::secret::Secret;
use crate::settings_seed::SettingsSeed;
use crate::store::tables::TablesDump;

/// A free-form JSON object, such as metadata.
type Object = Map<String, Value>;

/// The contents that the emulator starts with. A seed file contains exactly this, as JSON or YAML.
///
/// All fields are optional. An unknown field is an error, so that misspellings are noticed.
///
/// | Field | Contains |
/// |---|---|
/// | `users` | [users](UserSeed) |
/// | `organizations` | [organizations](OrganizationSeed) and their members |
/// | `roles` | [roles](RoleSeed) and their permissions |
/// | `settings` | [how people sign up and in](SettingsSeed) |
/// | `jwt_templates` | [JWT templates](JwtTemplateSeed) |
/// | `machines` | [machines](MachineSeed) |
/// | `plans`, `discounts` | [billing plans](PlanSeed) and [discounts](DiscountSeed) |
/// | `faults` | [faults](crate::Fault) to inject, in the form that the document of the admin interface describes |
/// | `expectations` | [requests that must come](Expectation) |
/// | `clock_ms` | the time at which the clock is stopped, in milliseconds since the Unix epoch |
/// | `secret_key` | the secret key of the instance |
/// | `signing_key` | the key that signs tokens, as PEM |
/// | `state` | an [exported](crate::Emulator::export) state, from which users and the other data are then taken |
///
/// ```
/// # fn main() -> Result<(), clerk_emulator::Error> {
/// let seed = clerk_emulator::Seed::from_json(r#"{
///     "roles": [{ "key": "org:billing", "permissions": ["org:invoices:read"] }],
///     "users": [{ "email_addresses": ["ada@example.com"], "password": "analytical-engine" }],
///     "organizations": [{
///         "name": "Acme",
///         "slug": "acme",
///         "members": [{ "user": "ada@example.com", "role": "org:billing" }]
///     }]
/// }"#)?;
/// # let _ = seed;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    pub(crate) users: Vec<UserSeed>,
    pub(crate) organizations: Vec<OrganizationSeed>,
    pub(crate) roles: Vec<RoleSeed>,
    pub(crate) jwt_templates: Vec<JwtTemplateSeed>,
    pub(crate) machines: Vec<MachineSeed>,
    pub(crate) plans: Vec<PlanSeed>,
    pub(crate) discounts: Vec<DiscountSeed>,
    pub(crate) faults: Vec<Fault>,
    /// Requests that must arrive.
    pub(crate) expectations: Vec<Expectation>,
    /// The secret key of the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret_key: Option<Secret>,
    /// The key that signs tokens, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signing_key: Option<Secret>,
    /// Stops the emulator's clock at this time, in milliseconds since the Unix epoch.
    pub(crate) clock_ms: Option<u64>,
    /// The whole state, as exported by [`Emulator::export`](crate::Emulator::export). Nothing can be added to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<Box<State>>,
    pub(crate) settings: SettingsSeed,
}

/// The whole state of an emulator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// The version of the format.
    pub(crate) version: u32,
    pub(crate) tables: TablesDump,
}

/// The version of exported states.
pub(crate) const STATE_VERSION: u32 = 3;

impl Seed {
    pub(crate) fn of_state(tables: TablesDump) -> Self {
        Self {
            state: Some(Box::new(State {
                version: STATE_VERSION,
                tables,
            })),
            ..Self::default()
        }
    }

    /// Parses a seed document.
    ///
    /// # Errors
    ///
    /// [`Error::ParseSeed`] when the text is not JSON of the documented form.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::ParseSeed(error.into()))
    }

    /// Parses a seed document in YAML, which has the same fields.
    ///
    /// # Errors
    ///
    /// [`Error::ParseSeed`] when the text is not YAML of the documented form.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        let options = serde_saphyr::options! { budget: None };
        serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| Error::ParseSeed(error.to_string().into()))
    }

    /// Formats the seed as a JSON document.
    ///
    /// # Security
    ///
    /// The document contains passwords, or what they are verified with, and keys.
    ///
    /// # Errors
    ///
    /// [`Error::WriteSeed`] when the seed cannot be formatted.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(|error| Error::WriteSeed(error.into()))
    }

    /// Formats the seed as a YAML document.
    ///
    /// # Security
    ///
    /// The document contains passwords, or what they are verified with, and keys.
    ///
    /// # Errors
    ///
    /// [`Error::WriteSeed`] when the seed cannot be formatted.
    #[cfg(feature = "yaml")]
    pub fn to_yaml(&self) -> Result<String, Error> {
        serde_saphyr::to_string(self).map_err(|error| Error::WriteSeed(error.to_string().into()))
    }

    /// Reads a seed document from a file: as YAML if the name ends with `.yaml` or `.yml`, which requires the feature
    /// `yaml`, and as JSON otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::ReadSeed`] when the file cannot be read, [`Error::ParseSeedFile`] when it is not of the documented
    /// form.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| Error::ReadSeed {
            path: PathBuf::from(path),
            source,
        })?;
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        let parsed = if is_yaml {
            Self::from_yaml_if_supported(&text)
        } else {
            Self::from_json(&text)
        };
        parsed.map_err(|error| match error {
            Error::ParseSeed(source) => Error::ParseSeedFile {
                path: PathBuf::from(path),
                source,
            },
            other => other,
        })
    }

    #[cfg(feature = "yaml")]
    fn from_yaml_if_supported(text: &str) -> Result<Self, Error> {
        Self::from_yaml(text)
    }

    #[cfg(not(feature = "yaml"))]
    fn from_yaml_if_supported(_: &str) -> Result<Self, Error> {
        Err(Error::ParseSeed(
            "YAML takes the feature `yaml` of clerk-emulator".into(),
        ))
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.users.extend(other.users);
        self.organizations.extend(other.organizations);
        self.roles.extend(other.roles);
        self.jwt_templates.extend(other.jwt_templates);
        self.machines.extend(other.machines);
        self.plans.extend(other.plans);
        self.discounts.extend(other.discounts);
        self.faults.extend(other.faults);
        self.expectations.extend(other.expectations);
        self.secret_key = other.secret_key.or(self.secret_key.take());
        self.signing_key = other.signing_key.or(self.signing_key.take());
        self.clock_ms = other.clock_ms.or(self.clock_ms);
        self.state = other.state.or(self.state.take());
        self.settings.merge(other.settings);
    }
}

/// A user.
///
/// ```
/// use clerk_emulator::UserSeed;
///
/// let ada = UserSeed::new("ada@example.com")
///     .first_name("Ada")
///     .last_name("Lovelace")
///     .password("analytical-engine")
///     .public_metadata(serde_json::json!({ "plan": "gold" }));
/// # let _ = ada;
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct UserSeed {
    pub(crate) id: Option<String>,
    pub(crate) email_addresses: Vec<String>,
    pub(crate) phone_numbers: Vec<String>,
    pub(crate) username: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) public_metadata: Object,
    pub(crate) private_metadata: Object,
    pub(crate) unsafe_metadata: Object,
    pub(crate) plan: Option<String>,
    pub(crate) card: Option<String>,
    pub(crate) features: Vec<String>,
}

impl UserSeed {
    /// Creates a user with this verified email address, which is also the primary one.
    pub fn new(email_address: impl Into<String>) -> Self {
        Self {
            email_addresses: vec![email_address.into()],
            ..Self::default()
        }
    }

    /// Sets the ID, which is random by default. Clerk's begin with `user_`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds a verified email address.
    pub fn email_address(mut self, email_address: impl Into<String>) -> Self {
        self.email_addresses.push(email_address.into());
        self
    }

    /// Adds a verified phone number, in E.164 form.
    pub fn phone_number(mut self, phone_number: impl Into<String>) -> Self {
        self.phone_numbers.push(phone_number.into());
        self
    }

    /// Sets the username.
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the application's own ID for the user.
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Sets the first name.
    pub fn first_name(mut self, first_name: impl Into<String>) -> Self {
        self.first_name = Some(first_name.into());
        self
    }

    /// Sets the last name.
    pub fn last_name(mut self, last_name: impl Into<String>) -> Self {
        self.last_name = Some(last_name.into());
        self
    }

    /// Sets the password. The sign-in page can also sign users in without one.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Secret(password.into()));
        self
    }

    /// Sets metadata that browsers may read. Anything but a JSON object counts as an empty one.
    pub fn public_metadata(mut self, metadata: Value) -> Self {
        self.public_metadata = object(metadata);
        self
    }

    /// Sets metadata for servers only. Anything but a JSON object counts as an empty one.
    pub fn private_metadata(mut self, metadata: Value) -> Self {
        self.private_metadata = object(metadata);
        self
    }

    /// Sets metadata that browsers may write. Anything but a JSON object counts as an empty one.
    pub fn unsafe_metadata(mut self, metadata: Value) -> Self {
        self.unsafe_metadata = object(metadata);
        self
    }

    /// Sets the billing plan, as in the `pla` claim `u:pro`.
    pub fn plan(mut self, slug: impl Into<String>) -> Self {
        self.plan = Some(slug.into());
        self
    }

    /// Sets the card that the user pays with, by the payment provider's name of a test card. Payments after the first
    /// fail with `pm_card_chargeCustomerFail`.
    pub fn card(mut self, name: impl Into<String>) -> Self {
        self.card = Some(name.into());
        self
    }

    /// Adds a feature of the user's plan, as in the `fea` claim `u:exports`.
    pub fn feature(mut self, slug: impl Into<String>) -> Self {
        self.features.push(slug.into());
        self
    }
}

/// An organization and its members.
///
/// ```
/// use clerk_emulator::OrganizationSeed;
///
/// let acme = OrganizationSeed::new("Acme", "acme")
///     .member("ada@example.com", "org:admin")
///     .plan("team");
/// # let _ = acme;
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct OrganizationSeed {
    #[serde(default)]
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) slug: String,
    #[serde(default)]
    pub(crate) members: Vec<MemberSeed>,
    #[serde(default)]
    pub(crate) public_metadata: Object,
    #[serde(default)]
    pub(crate) private_metadata: Object,
    #[serde(default)]
    pub(crate) plan: Option<String>,
    #[serde(default)]
    pub(crate) card: Option<String>,
    #[serde(default)]
    pub(crate) features: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberSeed {
    pub(crate) user: String,
    pub(crate) role: String,
}

impl OrganizationSeed {
    /// Creates an organization without members.
    pub fn new(name: impl Into<String>, slug: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            slug: slug.into(),
            ..Self::default()
        }
    }

    /// Sets the ID, which is random by default. Clerk's begin with `org_`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds a seeded user, named by ID, email address or username, with a role: `org:admin`,
    /// `org:member`, or one seeded with [`RoleSeed`].
    pub fn member(mut self, user: impl Into<String>, role: impl Into<String>) -> Self {
        self.members.push(MemberSeed {
            user: user.into(),
            role: role.into(),
        });
        self
    }

    /// Sets metadata that browsers may read. Anything but a JSON object counts as an empty one.
    pub fn public_metadata(mut self, metadata: Value) -> Self {
        self.public_metadata = object(metadata);
        self
    }

    /// Sets metadata for servers only. Anything but a JSON object counts as an empty one.
    pub fn private_metadata(mut self, metadata: Value) -> Self {
        self.private_metadata = object(metadata);
        self
    }

    /// Sets the billing plan, as in the `pla` claim `o:team`.
    pub fn plan(mut self, slug: impl Into<String>) -> Self {
        self.plan = Some(slug.into());
        self
    }

    /// Sets the card that the organization pays with, by the payment provider's name of a test card. Payments after the first
    /// fail with `pm_card_chargeCustomerFail`.
    pub fn card(mut self, name: impl Into<String>) -> Self {
        self.card = Some(name.into());
        self
    }

    /// Adds a feature of the organization's plan, as in the `fea` claim `o:reports`. Features that appear in the
    /// permissions of a member need not be added.
    pub fn feature(mut self, slug: impl Into<String>) -> Self {
        self.features.push(slug.into());
        self
    }
}

/// A role that members of organizations can have.
///
/// `org:admin` and `org:member` exist from the start, with Clerk's system permissions; seeding one of them
/// adds permissions to it.
///
/// ```
/// use clerk_emulator::RoleSeed;
///
/// let billing = RoleSeed::new("org:billing")
///     .permission("org:invoices:read")
///     .permission("org:invoices:manage");
/// # let _ = billing;
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct RoleSeed {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
}

impl RoleSeed {
    /// Creates a role with this key, as in `org:billing`.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            name: None,
            permissions: Vec::new(),
        }
    }

    /// Sets the name that people see, which is the key without `org:` by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a permission, as in `org:invoices:read`.
    pub fn permission(mut self, key: impl Into<String>) -> Self {
        self.permissions.push(key.into());
        self
    }
}

/// A JWT template: a named set of claims for tokens that other services read.
///
/// Strings may contain placeholders: `{{user.id}}`, `{{user.primary_email_address}}`, `{{user.first_name}}`,
/// `{{user.last_name}}`, `{{user.username}}`, `{{user.external_id}}`, `{{user.public_metadata}}` and its
/// fields, `{{org.id}}`, `{{org.slug}}`, `{{org.role}}`. A string that is a single placeholder becomes that value;
/// an unknown placeholder becomes null.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct JwtTemplateSeed {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) claims: Object,
    #[serde(default)]
    pub(crate) lifetime: Option<u32>,
}

impl JwtTemplateSeed {
    /// Creates a template with these claims. Anything but a JSON object counts as an empty one.
    pub fn new(name: impl Into<String>, claims: Value) -> Self {
        Self {
            name: name.into(),
            claims: object(claims),
            lifetime: None,
        }
    }

    /// Sets the seconds from issue to expiry, 60 by default.
    pub fn lifetime(mut self, seconds: u32) -> Self {
        self.lifetime = Some(seconds);
        self
    }
}

/// A machine: a service that authenticates with machine-to-machine tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct MachineSeed {
    #[serde(default)]
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) secret_key: Option<Secret>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

impl MachineSeed {
    /// Creates a machine that may not call any other.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: None,
            name: name.into(),
            secret_key: None,
            scopes: Vec::new(),
        }
    }

    /// Sets the machine secret key, which is random by default. Clerk's begin with `ak_`.
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_key = Some(Secret(key.into()));
        self
    }

    /// Sets the ID, which is random by default. Clerk's begin with `mch_`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Allows this machine to call another seeded one, named by ID or name.
    pub fn scope(mut self, machine: impl Into<String>) -> Self {
        self.scopes.push(machine.into());
        self
    }
}

/// A billing plan that users or organizations subscribe to.
///
/// Two free plans exist from the start, `free_user` and `free_org`: every payer without another plan has
/// one of them. A [`UserSeed::plan`] or [`OrganizationSeed::plan`] that names a seeded plan subscribes to it.
///
/// ```
/// use clerk_emulator::PlanSeed;
///
/// let pro = PlanSeed::for_users("pro", "Pro")
///     .monthly_amount(2_000)
///     .annual_monthly_amount(1_600)
///     .feature("exports")
///     .free_trial_days(14);
/// # let _ = pro;
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct PlanSeed {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) payer: PayerKind,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) amount: Option<u32>,
    #[serde(default)]
    pub(crate) annual_monthly_amount: Option<u32>,
    #[serde(default)]
    pub(crate) features: Vec<String>,
    #[serde(default)]
    pub(crate) free_trial_days: Option<u32>,
}

impl PlanSeed {
    /// Creates a plan for users.
    pub fn for_users(slug: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(slug.into(), name.into(), PayerKind::User)
    }

    /// Creates a plan for organizations.
    pub fn for_organizations(slug: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(slug.into(), name.into(), PayerKind::Org)
    }

    fn new(slug: String, name: String, payer: PayerKind) -> Self {
        Self {
            slug,
            name,
            payer,
            id: None,
            description: None,
            amount: None,
            annual_monthly_amount: None,
            features: Vec::new(),
            free_trial_days: None,
        }
    }

    /// Sets the ID, which is random by default. Clerk's begin with `cplan_`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the price of a month, in cents of a US dollar.
    pub fn monthly_amount(mut self, cents: u32) -> Self {
        self.amount = Some(cents);
        self
    }

    /// Sets the price of a month when a year is paid at once, in cents of a US dollar.
    pub fn annual_monthly_amount(mut self, cents: u32) -> Self {
        self.annual_monthly_amount = Some(cents);
        self
    }

    /// Adds a feature by its slug.
    pub fn feature(mut self, slug: impl Into<String>) -> Self {
        self.features.push(slug.into());
        self
    }

    /// Sets the length of the free trial in days.
    pub fn free_trial_days(mut self, days: u32) -> Self {
        self.free_trial_days = Some(days);
        self
    }
}

/// A discount that can be applied to subscription items.
///
/// ```
/// use clerk_emulator::DiscountSeed;
///
/// let launch = DiscountSeed::percent("Launch", 20.0).cycles(3).id("cdisc_launch");
/// # let _ = launch;
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct DiscountSeed {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) percent_off: Option<f64>,
    #[serde(default)]
    pub(crate) amount_off: Option<u32>,
    #[serde(default)]
    pub(crate) cycles: Option<u16>,
}

impl DiscountSeed {
    /// Creates a discount of this percentage.
    pub fn percent(name: impl Into<String>, percent: f64) -> Self {
        Self {
            percent_off: Some(percent),
            ..Self::new(name.into())
        }
    }

    /// Creates a discount of a fixed amount, in cents of a US dollar.
    pub fn amount(name: impl Into<String>, cents: u32) -> Self {
        Self {
            amount_off: Some(cents),
            ..Self::new(name.into())
        }
    }

    fn new(name: String) -> Self {
        Self {
            name,
            id: None,
            percent_off: None,
            amount_off: None,
            cycles: None,
        }
    }

    /// Sets the ID, which is random by default.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Limits the discount to this many payments.
    pub fn cycles(mut self, cycles: u16) -> Self {
        self.cycles = Some(cycles);
        self
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
