//! The Redis store.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clerk_core::{RemovalListener, SharedStore, StoreError, StoreFuture};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{Client, IntoConnectionInfo, ProtocolVersion, PushInfo};
use tokio::task::JoinHandle;

use crate::error::RedisStoreError;
use crate::removals::Removals;

const DEFAULT_PREFIX: &str = "clerk";
/// The time limits for connecting and for a response.
const LIMIT: Duration = Duration::from_secs(2);
/// The time without any confirmation from Redis after which a connection counts as broken.
const SILENCE: Duration = Duration::from_secs(5);
/// The value of a removed key while it is blocked. Values are never empty otherwise.
const REMOVED: &str = "";

/// A [`SharedStore`] on Redis. Clones share one connection.
///
/// ```no_run
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use clerk_redis::RedisStore;
///
/// let store = RedisStore::connect("redis://127.0.0.1:6379/")?;
/// let clerk = clerk_core::Clerk::builder().from_env().shared_store(store).build()?;
/// # let _ = clerk; Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: Arc<str>,
    removals: Removals,
    /// Stops the task when the last clone is dropped.
    _subscription: Arc<Subscription>,
}

impl RedisStore {
    /// Creates a store for the Redis at this address, `redis://user:password@host:port/database`. It connects in the
    /// background, and reconnects whenever the connection is lost; an unreachable Redis is not an error.
    ///
    /// Create it once, outside of anything that runs once per worker.
    ///
    /// # Errors
    /// Returns a [`RedisStoreError`] if the address cannot be used, or if there is no tokio runtime.
    pub fn connect(url: &str) -> Result<Self, RedisStoreError> {
        Self::connect_with_prefix(url, DEFAULT_PREFIX)
    }

    /// Creates a store as [`connect`](Self::connect) does, with a prefix other than `clerk` for keys and the channel.
    ///
    /// Instances can share a prefix: their entries do not collide. Use it to tell the keys of several applications apart in one
    /// Redis.
    ///
    /// # Errors
    /// Returns the same errors as [`connect`](Self::connect).
    pub fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, RedisStoreError> {
        let address = |error: redis::RedisError| RedisStoreError::Address(error.into());
        let info = url.into_connection_info().map_err(address)?;
        let settings = info.redis_settings().clone();
        let info = info
            .set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3))
            .set_tcp_settings(tcp_settings());
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(RedisStoreError::NoRuntime);
        }
        #[cfg(feature = "rustls")]
        choose_crypto_provider();
        let removals = Removals::default();
        let heard = removals.clone();
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(Some(LIMIT))
            // The next command tries again; clerk-core sends one every second.
            .set_number_of_retries(0)
            .set_push_sender(move |push: PushInfo| {
                heard.hear(push);
                Ok::<_, Infallible>(())
            });
        let client = Client::open(info).map_err(address)?;
        let connection =
            ConnectionManager::new_lazy_with_config(client, config).map_err(address)?;
        let channel = format!("{prefix}:removed");
        let subscription = removals
            .clone()
            .stay_subscribed(connection.clone(), channel);
        Ok(Self {
            connection,
            prefix: prefix.into(),
            removals,
            _subscription: Arc::new(Subscription(tokio::spawn(subscription))),
        })
    }

    fn key(&self, namespace: &str, key: &str) -> String {
        format!("{}:{namespace}:{key}", self.prefix)
    }
}

impl SharedStore for RedisStore {
    fn get<'a>(&'a self, namespace: &'a str, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let value: Option<Vec<u8>> = redis::cmd("GET")
                .arg(self.key(namespace, key))
                .query_async(&mut connection)
                .await
                .map_err(StoreError::new)?;
            Ok(value.filter(|value| *value != REMOVED.as_bytes()))
        })
    }

    fn put<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        value: Vec<u8>,
        time_to_live: Duration,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            redis::cmd("SET")
                .arg(self.key(namespace, key))
                .arg(value)
                .arg("NX")
                .arg("PX")
                .arg(millis(time_to_live))
                .query_async(&mut connection)
                .await
                .map_err(StoreError::new)
        })
    }

    fn remove<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        hold: Duration,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            redis::pipe()
                .atomic()
                .cmd("SET")
                .arg(self.key(namespace, key))
                .arg(REMOVED)
                .arg("PX")
                .arg(millis(hold))
                .ignore()
                .cmd("PUBLISH")
                .arg(format!("{}:removed", self.prefix))
                .arg(Removals::message(namespace, key))
                .ignore()
                .query_async(&mut connection)
                .await
                .map_err(StoreError::new)
        })
    }

    fn on_removal(&self, listener: RemovalListener) {
        self.removals.listen(listener);
    }
}

/// Rounds up to the shortest time to live that Redis accepts, which is not 0.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, 1 << 53)
}

/// Detects within seconds that a host disappeared.
fn tcp_settings() -> TcpSettings {
    let keepalive = TcpKeepalive::new().with_time(SILENCE);
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(SILENCE);
    settings
}

/// Installs a crypto provider, because `redis` uses that of the process. If the application has not chosen one, rustls cannot
/// choose between several that a build enables.
#[cfg(feature = "rustls")]
fn choose_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that a provider was installed in the meantime.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

/// The task that receives removals.
struct Subscription(JoinHandle<()>);

impl Drop for Subscription {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The address may contain a password, so it is not shown.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
