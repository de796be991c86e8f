//! Verified events.

#[cfg(feature = "webhooks")]
use clerk_backend_api::webhooks::WebhookData;
use clerk_backend_api::webhooks::WebhookEventType;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Envelope timestamps below this number are whole seconds; above it, milliseconds since 1973.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// A verified event.
///
/// The signature proves that Clerk sent it. Its form is not checked any further, so new types of events and new fields are
/// accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEvent {
    message_id: String,
    sent_at: i64,
    payload: Value,
}

impl WebhookEvent {
    pub(super) fn new(message_id: String, sent_at: i64, payload: Value) -> Self {
        Self {
            message_id,
            sent_at,
            payload,
        }
    }

    /// Returns the id of the message, from the header `svix-id`.
    ///
    /// A message that is delivered again keeps its id. The id is covered by the signature: use it to apply each event once.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Returns when this delivery was signed, in milliseconds since 1970. A later attempt has a later time.
    #[must_use]
    pub fn sent_at(&self) -> i64 {
        self.sent_at
    }

    /// Returns the type of the event, or `None` if the payload does not have one.
    #[must_use]
    pub fn event_type(&self) -> Option<WebhookEventType> {
        self.payload
            .get("type")?
            .as_str()
            .map(WebhookEventType::from)
    }

    /// Returns the data in the types of the Backend API client.
    ///
    /// Data is read as leniently as the client reads answers. Types that this version does not know are
    /// [`WebhookData::Other`], with their data.
    ///
    /// # Errors
    ///
    /// Fails if the payload has no type, or if the data does not have the form that the type promises. Answer such an event
    /// with a success status if you do not want it to be sent again.
    ///
    /// # Examples
    ///
    /// ```
    /// use clerk_core::{WebhookData, WebhookEvent};
    ///
    /// fn apply(event: &WebhookEvent) -> Result<(), Box<dyn std::error::Error>> {
    ///     match event.typed()? {
    ///         WebhookData::UserCreated(user) | WebhookData::UserUpdated(user) => {
    ///             println!("store {}, known as {:?}", user.id, user.first_name);
    ///         }
    ///         WebhookData::UserDeleted(user) => println!("remove {:?}", user.id),
    ///         _ => {}
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "webhooks")]
    pub fn typed(&self) -> Result<WebhookData, serde_json::Error> {
        use serde::de::Error as _;
        let event_type = self.event_type();
        let event_type =
            event_type.ok_or_else(|| serde_json::Error::custom("the event has no type"))?;
        WebhookData::read(event_type, self.data())
    }

    /// Returns the data, usually the object that the event is about; `null` if there is none.
    #[must_use]
    pub fn data(&self) -> &Value {
        self.payload.get("data").unwrap_or(&Value::Null)
    }

    /// Returns the data as a type of the caller's choice.
    ///
    /// # Errors
    ///
    /// Fails if the data does not fit the type.
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

    /// Returns the circumstances of the event, such as the client's address under `http_request`.
    #[must_use]
    pub fn event_attributes(&self) -> Option<&Value> {
        self.payload.get("event_attributes")
    }

    /// Returns the timestamp of the event as it was sent: whole seconds or milliseconds since 1970.
    ///
    /// [`occurred_at`](Self::occurred_at) is always in milliseconds.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.payload.get("timestamp")?.as_i64()
    }

    /// Returns when the event happened, in milliseconds since 1970.
    ///
    /// Clerk sends this time in whole seconds with some events. The times inside the data are more precise.
    #[must_use]
    pub fn occurred_at(&self) -> Option<i64> {
        let timestamp = self.timestamp()?;
        Some(if timestamp.abs() < FIRST_MILLISECONDS {
            timestamp * 1000
        } else {
            timestamp
        })
    }

    /// Returns the id of the instance that the event belongs to.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.payload.get("instance_id")?.as_str()
    }

    /// Returns the whole body.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.payload
    }
}
