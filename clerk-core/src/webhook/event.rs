//! Verified events.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A verified event.
///
/// The signature says that Clerk sent it; the shape is not checked further, so new kinds of events and new fields pass.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEvent {
    payload: Value,
}

impl WebhookEvent {
    pub(super) fn new(payload: Value) -> Self {
        Self { payload }
    }

    /// What happened. `None` when the payload does not say.
    #[must_use]
    pub fn event_type(&self) -> Option<WebhookEventType> {
        self.payload
            .get("type")?
            .as_str()
            .map(WebhookEventType::from)
    }

    /// The object it happened to, as the Backend API shows it; `null` when absent.
    #[must_use]
    pub fn data(&self) -> &Value {
        self.payload.get("data").unwrap_or(&Value::Null)
    }

    /// The object it happened to, in a type of the caller's choice.
    ///
    /// # Errors
    ///
    /// The error of `serde_json` when the data does not fit the type.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn handle(event: &clerk_core::WebhookEvent) -> Result<(), serde_json::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Deleted {
    ///     id: String,
    /// }
    ///
    /// let user: Deleted = event.data_as()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(self.data())
    }

    /// Circumstances of the event, such as the client's address under `http_request`.
    #[must_use]
    pub fn event_attributes(&self) -> Option<&Value> {
        self.payload.get("event_attributes")
    }

    /// When the event happened, in milliseconds since 1970.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.payload.get("timestamp")?.as_i64()
    }

    /// The instance the event belongs to.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.payload.get("instance_id")?.as_str()
    }

    /// The whole body.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.payload
    }
}

macro_rules! event_types {
    ($($variant:ident = $name:literal,)*) => {
        /// What a webhook tells. Types that came after this version are [`Other`](Self::Other).
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum WebhookEventType {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
            /// A type that this version does not know, as it was sent.
            Other(String),
        }

        impl WebhookEventType {
            /// The type as it is written in the event.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for WebhookEventType {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

event_types! {
    EmailCreated = "email.created",
    OrganizationCreated = "organization.created",
    OrganizationDeleted = "organization.deleted",
    OrganizationUpdated = "organization.updated",
    OrganizationDomainCreated = "organizationDomain.created",
    OrganizationDomainDeleted = "organizationDomain.deleted",
    OrganizationDomainUpdated = "organizationDomain.updated",
    OrganizationInvitationAccepted = "organizationInvitation.accepted",
    OrganizationInvitationCreated = "organizationInvitation.created",
    OrganizationInvitationRevoked = "organizationInvitation.revoked",
    OrganizationMembershipCreated = "organizationMembership.created",
    OrganizationMembershipDeleted = "organizationMembership.deleted",
    OrganizationMembershipUpdated = "organizationMembership.updated",
    PaymentAttemptCreated = "paymentAttempt.created",
    PaymentAttemptUpdated = "paymentAttempt.updated",
    PermissionCreated = "permission.created",
    PermissionDeleted = "permission.deleted",
    PermissionUpdated = "permission.updated",
    RoleCreated = "role.created",
    RoleDeleted = "role.deleted",
    RoleUpdated = "role.updated",
    SessionCreated = "session.created",
    SessionEnded = "session.ended",
    SessionPending = "session.pending",
    SessionRemoved = "session.removed",
    SessionRevoked = "session.revoked",
    SmsCreated = "sms.created",
    SubscriptionActive = "subscription.active",
    SubscriptionCreated = "subscription.created",
    SubscriptionPastDue = "subscription.pastDue",
    SubscriptionUpdated = "subscription.updated",
    SubscriptionItemAbandoned = "subscriptionItem.abandoned",
    SubscriptionItemActive = "subscriptionItem.active",
    SubscriptionItemCanceled = "subscriptionItem.canceled",
    SubscriptionItemCreated = "subscriptionItem.created",
    SubscriptionItemEnded = "subscriptionItem.ended",
    SubscriptionItemFreeTrialEnding = "subscriptionItem.freeTrialEnding",
    SubscriptionItemIncomplete = "subscriptionItem.incomplete",
    SubscriptionItemPastDue = "subscriptionItem.pastDue",
    SubscriptionItemUpcoming = "subscriptionItem.upcoming",
    SubscriptionItemUpdated = "subscriptionItem.updated",
    UserCreated = "user.created",
    UserDeleted = "user.deleted",
    UserUpdated = "user.updated",
    WaitlistEntryCreated = "waitlistEntry.created",
    WaitlistEntryUpdated = "waitlistEntry.updated",
}

impl fmt::Display for WebhookEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
