//! Reading of webhook event data.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Defines the enum of the data of all events.
macro_rules! webhook_data {
    ($($(#[$doc:meta])* $variant:ident($data:ty),)+) => {
        /// The data of a webhook event, in a type that depends on the type of the event.
        ///
        /// Data is read as leniently as responses: unknown keys are ignored, and missing values are empty or `None`.
        ///
        /// # Examples
        ///
        /// ```
        /// use clerk_backend_api::webhooks::WebhookData;
        ///
        /// # fn run() -> Result<(), serde_json::Error> {
        /// let body = br#"{ "type": "user.created", "data": { "id": "user_1", "first_name": "Ada" } }"#;
        /// match WebhookData::from_json(body)? {
        ///     WebhookData::UserCreated(user) | WebhookData::UserUpdated(user) => {
        ///         println!("{}: {:?}", user.id, user.first_name);
        ///     }
        ///     WebhookData::UserDeleted(gone) => println!("{:?} is gone", gone.id),
        ///     other => println!("not interested in {}", other.event_type()),
        /// }
        /// # Ok(())
        /// # }
        /// # run().unwrap();
        /// ```
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum WebhookData {
            $($(#[$doc])* $variant(Box<$data>),)+
            /// An event of a type that this version of the crate does not know.
            Other {
                /// The type of the event.
                event_type: String,
                /// The data, as received.
                data: Box<::serde_json::Value>,
            },
        }

        impl WebhookData {
            /// Reads the data of an event from the whole request body, as [`from_json`](crate::from_json) reads JSON.
            ///
            /// Verify the signature of the request first.
            ///
            /// # Errors
            /// Fails if the body is not a JSON object with a `type`, or if the data does not have the form expected for the
            /// type.
            pub fn from_json(body: &[u8]) -> Result<Self, ::serde_json::Error> {
                let (event_type, data) = $crate::webhooks::reading::event(body)?;
                Self::read(event_type, &data)
            }

            /// Reads the data of an event of the given type.
            ///
            /// # Errors
            /// Fails if the data does not have the form expected for the type. Unknown types never fail.
            pub fn read(
                event_type: impl Into<$crate::webhooks::WebhookEventType>,
                data: &::serde_json::Value,
            ) -> Result<Self, ::serde_json::Error> {
                use $crate::webhooks::WebhookEventType;
                Ok(match event_type.into() {
                    $(WebhookEventType::$variant => {
                        Self::$variant($crate::webhooks::reading::boxed(data)?)
                    })+
                    WebhookEventType::Other(event_type) => Self::Other {
                        event_type,
                        data: Box::new(data.clone()),
                    },
                })
            }

            /// Returns the type of the event.
            #[must_use]
            pub fn event_type(&self) -> $crate::webhooks::WebhookEventType {
                use $crate::webhooks::WebhookEventType;
                match self {
                    $(Self::$variant(_) => WebhookEventType::$variant,)+
                    Self::Other { event_type, .. } => WebhookEventType::from(event_type.as_str()),
                }
            }
        }

        impl ::std::fmt::Debug for WebhookData {
            // Shows no more than the objects inside do.
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$variant(data) => {
                        let mut fields = f.debug_struct(stringify!($variant));
                        $crate::discreet::field(&mut fields, "data", data);
                        fields.finish()
                    })+
                    Self::Other { event_type, data } => {
                        let mut fields = f.debug_struct("Other");
                        fields.field("event_type", event_type);
                        $crate::discreet::field(&mut fields, "data", data);
                        fields.finish()
                    }
                }
            }
        }
    };
}
pub(super) use webhook_data;

/// Reads the type and the data of an event.
pub(super) fn event(body: &[u8]) -> Result<(String, Value), serde_json::Error> {
    #[derive(Deserialize)]
    struct Event {
        r#type: String,
        #[serde(default)]
        data: Value,
    }
    let event: Event = crate::from_json(body)?;
    Ok((event.r#type, event.data))
}

/// Reads one object.
pub(super) fn boxed<T: DeserializeOwned>(data: &Value) -> Result<Box<T>, serde_json::Error> {
    T::deserialize(data).map(Box::new)
}
