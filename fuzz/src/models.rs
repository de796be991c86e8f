//! Objects of the Backend API, which are read leniently.

use clerk_backend_api::webhooks::WebhookData;
use clerk_backend_api::{Organization, OrganizationMembership, Session, User, from_json};
use serde_json::Value;

/// What can be read can be written and read again, and is the same then.
///
/// The input is a JSON document.
pub fn models(input: &[u8]) {
    macro_rules! check {
        ($($model:ty),+) => {
            $(if let Ok(object) = from_json::<$model>(input) {
                // Debug output is discreet and never fails.
                let _ = format!("{object:?}");
                let written = serde_json::to_vec(&object);
                let Ok(written) = written else {
                    panic!("cannot be written: {written:?}");
                };
                let again = match from_json::<$model>(&written) {
                    Ok(again) => again,
                    Err(error) => {
                        panic!("{error} in {:?}", String::from_utf8_lossy(&written));
                    }
                };
                assert_eq!(serde_json::to_vec(&again).ok(), Some(written));
            })+
        };
    }
    check!(User, Organization, OrganizationMembership, Session);
    if let Ok(data) = from_json::<Value>(input) {
        for event_type in [
            "user.created",
            "session.created",
            "subscription.updated",
            "email.created",
            "x",
        ] {
            if let Ok(data) = WebhookData::read(event_type, &data) {
                assert_eq!(data.event_type().as_str(), event_type);
            }
        }
    }
    let _ = WebhookData::from_json(input);
}
