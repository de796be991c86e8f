use super::table::{Row, Table};
use crate::model::admin_portal_link::AdminPortalLink;
use crate::model::agent_task::AgentTask;
use crate::model::billing::{
    Discount, Payment, Plan, Price, Redemption, Statement, Subscription, SubscriptionItem,
};
use crate::model::credential::Credential;
use crate::model::credit::CreditEntry;
use crate::model::directory::{Directory, GroupRoleMapping};
use crate::model::domain::Domain;
use crate::model::enterprise_connection::{EnterpriseConnection, TestRun};
use crate::model::handshake::HandshakeNonce;
use crate::model::invitation::{Invitation, OrganizationInvitation};
use crate::model::jwt_template::JwtTemplate;
use crate::model::machine::Machine;
use crate::model::oauth_application::OAuthApplication;
use crate::model::organization::{Membership, Organization};
use crate::model::organization_domain::OrganizationDomain;
use crate::model::proxy_check::ProxyCheck;
use crate::model::redirect_url::RedirectUrl;
use crate::model::restriction::Restriction;
use crate::model::role::{Permission, Role};
use crate::model::role_set::RoleSet;
use crate::model::session::{Client, Session};
use crate::model::settings::Settings;
use crate::model::template::TemplateOverride;
use crate::model::ticket::Ticket;
use crate::model::user::User;
use crate::model::verification::Verification;
use crate::model::waitlist::WaitlistEntry;
use crate::model::webhook::WebhookMessage;

/// Declares the tables, so that none is forgotten when changes are committed or taken back.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident: $row:ident by $id:ident,)+) => {
        /// All state of an instance.
        #[derive(Debug, Default)]
        pub(crate) struct Tables {
            $($(#[$doc])* pub(crate) $table: Table<$row>,)+
        }

        impl Tables {
            /// Accepts all changes since the last commit.
            pub(super) fn commit(&mut self) {
                $(self.$table.commit();)+
            }

            /// Takes all changes since the last commit back.
            pub(super) fn roll_back(&mut self) {
                $(self.$table.roll_back();)+
            }
        }

        $(impl Row for $row {
            fn id(&self) -> &str {
                &self.$id
            }
        })+
    };
}

tables! {
    users: User by id,
    organizations: Organization by id,
    memberships: Membership by id,
    organization_domains: OrganizationDomain by id,
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
    tickets: Ticket by id,
    jwt_templates: JwtTemplate by id,
    machines: Machine by id,
    credentials: Credential by id,
    oauth_applications: OAuthApplication by id,
    agent_tasks: AgentTask by id,
    settings: Settings by id,
    domains: Domain by id,
    credit_entries: CreditEntry by id,
    enterprise_connections: EnterpriseConnection by id,
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
    verifications: Verification by id,
    nonces: HandshakeNonce by nonce,
}
