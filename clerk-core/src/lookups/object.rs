//! The types of objects that can be looked up.

use bytes::Bytes;
use clerk_backend_api::{ClerkClient, Error, Organization, Retry, User};
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::settings::LOAD_LIMIT;

/// A type that [`Lookups`](super::Lookups) can look up: [`User`] or [`Organization`].
pub trait LookedUp: Sealed + DeserializeOwned + Send + Sync + 'static {}

impl LookedUp for User {}
impl LookedUp for Organization {}

/// Loading an object, together with the response that it was read from.
pub(super) type Loaded<T> = Result<(T, Bytes), Error>;

#[expect(unnameable_types, reason = "no other crate may implement it")]
pub trait Sealed: Sized {
    /// The namespace in the shared store.
    const NAMESPACE: &'static str;

    fn id(&self) -> &str;

    fn load<'a>(client: &'a ClerkClient, id: &'a str) -> BoxFuture<'a, Loaded<Self>>;
}

macro_rules! looked_up {
    ($object:ty, $namespace:literal, $group:ident) => {
        impl Sealed for $object {
            const NAMESPACE: &'static str = $namespace;

            fn id(&self) -> &str {
                &self.id
            }

            fn load<'a>(client: &'a ClerkClient, id: &'a str) -> BoxFuture<'a, Loaded<Self>> {
                Box::pin(async move {
                    // Failures are cached instead of retried, because lookups would have to wait for every retry.
                    let request = client.$group().get(id).retry(Retry::none());
                    let answer = request.timeout(LOAD_LIMIT).send_with_response().await?;
                    let body = answer.body().clone();
                    Ok((answer.into_value(), body))
                })
            }
        }
    };
}

looked_up!(User, "user", users);
looked_up!(Organization, "organization", organizations);
