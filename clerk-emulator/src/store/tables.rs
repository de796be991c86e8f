use serde::{Deserialize, Serialize};

#[cfg(feature = "sqlite")]
use super::table::RowChange;
use super::table::{Row, Table};
use crate::model::admin_portal_link::AdminPortalLink;
use crate::model::agent_task::AgentTask;
use crate::model::billing::{
    Discount, Payment, Plan, Price, Redemption, Statement, Subscription, SubscriptionItem,
};
use crate::model::checkout::Checkout;
use crate::model::client::Client;
use crate::model::credential::Credential;
use crate::model::credit::CreditEntry;
use crate::model::device_grant::DeviceGrant;
use crate::model::directory::{Directory, GroupRoleMapping};
use crate::model::domain::Domain;
use crate::model::email::Email;
use crate::model::enterprise_account::EnterpriseAccount;
use crate::model::enterprise_connection::{EnterpriseConnection, TestRun};
use crate::model::handshake::HandshakeNonce;
use crate::model::invitation::{Invitation, OrganizationInvitation};
use crate::model::jwt_template::JwtTemplate;
use crate::model::lockout::Lockout;
use crate::model::machine::Machine;
use crate::model::message::Message;
use crate::model::oauth_application::OAuthApplication;
use crate::model::oauth_grant::{AuthorizationCode, OAuthConsent, RefreshGrant};
use crate::model::organization::{Membership, Organization};
use crate::model::organization_domain::OrganizationDomain;
use crate::model::organization_suggestion::OrganizationSuggestion;
use crate::model::payment_method::PaymentMethod;
use crate::model::proxy_check::ProxyCheck;
use crate::model::redirect_url::RedirectUrl;
use crate::model::restriction::Restriction;
use crate::model::role::{Permission, Role};
use crate::model::role_set::RoleSet;
use crate::model::session::Session;
use crate::model::settings::Settings;
use crate::model::sign_in_attempt::SignInAttempt;
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::signing_key::StoredKey;
use crate::model::template::TemplateOverride;
use crate::model::ticket::Ticket;
use crate::model::trusted_device::{DeviceEnrollment, TrustedDevice};
use crate::model::user::User;
use crate::model::verification::Verification;
use crate::model::waitlist::WaitlistEntry;
use crate::model::webhook::WebhookMessage;

/// Declares the tables, so that none is forgotten when changes are committed or rolled back.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident: $row:ident by $id:ident $(and $terms:ident)?,)+) => {
        /// The whole state of an instance.
        #[derive(Debug, Default)]
        pub(crate) struct Tables {
            $($(#[$doc])* pub(crate) $table: Table<$row>,)+
            /// True if all rows were replaced since the last commit.
            replaced: bool,
        }

        /// The rows of all tables, as exported.
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct TablesDump {
            $($table: Vec<$row>,)+
        }

        impl TablesDump {
            /// Adds a row in its JSON form. Returns `None` if the table does not exist.
            #[cfg(feature = "sqlite")]
            pub(super) fn push(&mut self, table: &str, json: &str) -> Option<Result<(), serde_json::Error>> {
                $(if table == stringify!($table) {
                    return Some(serde_json::from_str(json).map(|row| self.$table.push(row)));
                })+
                None
            }
        }

        impl Tables {
            /// Returns all rows.
            pub(crate) fn dump(&self) -> TablesDump {
                TablesDump {
                    $($table: self.$table.iter().cloned().collect(),)+
                }
            }

            /// Replaces all rows.
            pub(crate) fn load(&mut self, dump: TablesDump) {
                $(self.$table.replace(dump.$table);)+
                self.replaced = true;
            }

            /// Visits each row that has changed since the last commit.
            #[cfg(feature = "sqlite")]
            pub(super) fn visit_changes<E>(
                &self,
                mut visit: impl FnMut(&'static str, &str, KeptRow) -> Result<(), E>,
            ) -> Result<(), E>
            where
                E: From<serde_json::Error>,
            {
                $(for change in self.$table.changes() {
                    let table = stringify!($table);
                    match change {
                        RowChange::Inserted(row) => {
                            visit(table, row.id(), KeptRow::New(serde_json::to_string(row)?))?;
                        }
                        RowChange::Replaced { after, .. } => {
                            visit(table, after.id(), KeptRow::Changed(serde_json::to_string(after)?))?;
                        }
                        RowChange::Removed(row) => visit(table, row.id(), KeptRow::Gone)?,
                    }
                })+
                Ok(())
            }

            /// Visits each row.
            #[cfg(feature = "sqlite")]
            pub(super) fn visit_all<E>(
                &self,
                mut visit: impl FnMut(&'static str, &str, KeptRow) -> Result<(), E>,
            ) -> Result<(), E>
            where
                E: From<serde_json::Error>,
            {
                $(for row in self.$table.iter() {
                    visit(stringify!($table), row.id(), KeptRow::New(serde_json::to_string(row)?))?;
                })+
                Ok(())
            }

            /// Returns true if all rows were replaced since the last commit.
            #[cfg(feature = "sqlite")]
            pub(super) fn is_replaced(&self) -> bool {
                self.replaced
            }

            /// Accepts all changes since the last commit.
            pub(super) fn commit(&mut self) {
                $(self.$table.commit();)+
                self.replaced = false;
            }

            /// Undoes all changes since the last commit.
            pub(super) fn roll_back(&mut self) {
                $(self.$table.roll_back();)+
                self.replaced = false;
            }
        }

        $(impl Row for $row {
            fn id(&self) -> &str {
                &self.$id
            }

            $(fn terms(&self) -> Vec<String> {
                self.$terms()
            })?
        })+
    };
}

/// The stored form of a changed row.
#[cfg(feature = "sqlite")]
#[derive(Debug)]
pub(super) enum KeptRow {
    /// A new row, as JSON.
    New(String),
    /// A row that is already stored, as JSON.
    Changed(String),
    Gone,
}

tables! {
    users: User by id and terms,
    lockouts: Lockout by user_id,
    organizations: Organization by id,
    memberships: Membership by id,
    organization_domains: OrganizationDomain by id,
    organization_suggestions: OrganizationSuggestion by id,
    roles: Role by id,
    role_sets: RoleSet by id,
    permissions: Permission by id,
    invitations: Invitation by id,
    organization_invitations: OrganizationInvitation by id,
    waitlist_entries: WaitlistEntry by id,
    restrictions: Restriction by id,
    redirect_urls: RedirectUrl by id,
    sessions: Session by id,
    clients: Client by id,
    sign_in_attempts: SignInAttempt by id,
    sign_up_attempts: SignUpAttempt by id,
    messages: Message by id,
    tickets: Ticket by id,
    jwt_templates: JwtTemplate by id,
    machines: Machine by id,
    credentials: Credential by id,
    oauth_applications: OAuthApplication by id,
    authorization_codes: AuthorizationCode by code,
    refresh_grants: RefreshGrant by token,
    device_grants: DeviceGrant by device_code,
    oauth_consents: OAuthConsent by id,
    agent_tasks: AgentTask by id,
    settings: Settings by id,
    signing_keys: StoredKey by id,
    domains: Domain by id,
    credit_entries: CreditEntry by id,
    emails: Email by id,
    enterprise_connections: EnterpriseConnection by id,
    enterprise_accounts: EnterpriseAccount by id,
    test_runs: TestRun by id,
    directories: Directory by id,
    group_role_mappings: GroupRoleMapping by id,
    admin_portal_links: AdminPortalLink by id,
    templates: TemplateOverride by id,
    proxy_checks: ProxyCheck by id,
    webhook_messages: WebhookMessage by id,
    plans: Plan by id,
    prices: Price by id,
    discounts: Discount by id,
    subscriptions: Subscription by id,
    subscription_items: SubscriptionItem by id,
    redemptions: Redemption by id,
    statements: Statement by id,
    payments: Payment by id,
    checkouts: Checkout by id,
    payment_methods: PaymentMethod by id,
    trusted_devices: TrustedDevice by id,
    device_enrollments: DeviceEnrollment by id,
    verifications: Verification by id,
    nonces: HandshakeNonce by nonce,
}
