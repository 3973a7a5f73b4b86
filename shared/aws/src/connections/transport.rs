//! Pools of real connections: over TLS, by the proxy that the environment names. Each is a partition of one pool of the
//! SDK, which a process has. So all of them have one TLS configuration. A new connection goes on with the TLS session of an
//! older one, without certificates.
//!
//! Races: none here. The SDK's pool arbitrates between its connections.

use super::roots::Roots;
use aws_sdk_ec2::config::RuntimeComponents;
use aws_smithy_http_client::pool::{
    BuildError, Client, ClientBuildError, ConnectionEvent, ConnectionPool, ConnectionReuseScope,
    DriverSpawner, Partition, PartitionId,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// So many pools come from one of the SDK. The one after them has a new one, with TLS sessions of its own.
const PARTITIONS: usize = 32;

/// A pool of connections, and who waits for one that opens.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pub(super) connector: SharedHttpConnector,
    /// Tells those who wait at that moment. A connection has just been opened.
    pub(super) opened: Arc<Notify>,
}

/// What the SDK hands over with a call: how long connecting may take, and how to sleep. It is the same for all calls of a
/// client. The client is part of it, so that none is ever freed: a process has one of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Runtime(Arc<OnceLock<(HttpConnectorSettings, RuntimeComponents)>>);

impl Runtime {
    /// The first call decides.
    pub(super) fn note(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) {
        self.0
            .get_or_init(|| (settings.clone(), components.clone()));
    }
}

/// Where the pools of a process come from. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Transports(Arc<Origins>);

/// By whom they trust.
#[derive(Debug, Default)]
struct Origins {
    amazons_own: Mutex<Option<Origin>>,
    of_the_image: Mutex<Option<Origin>>,
}

/// One pool of the SDK, and which of its partitions are in use.
#[derive(Debug)]
struct Origin {
    pool: ConnectionPool,
    opened: Vec<Arc<Notify>>,
    /// How many partitions were given away.
    given: usize,
}

impl Transports {
    /// A pool without connections.
    pub(super) fn pool(&self, runtime: &Runtime, idle: Duration, roots: Roots) -> Pool {
        let (connector, opened) = match (self.client(idle, roots), runtime.0.get()) {
            (Ok((client, opened)), Some((settings, components))) => {
                (client.http_connector(settings, components), opened)
            }
            (Err(error), _) => (unusable(error.to_string()), Arc::default()),
            (Ok(_), None) => (unusable("no call came before".to_owned()), Arc::default()),
        };
        Pool { connector, opened }
    }

    fn client(&self, idle: Duration, roots: Roots) -> Result<(Client, Arc<Notify>), BadPool> {
        let origin = match roots {
            Roots::AmazonsOwn => &self.0.amazons_own,
            Roots::OfTheImage => &self.0.of_the_image,
        };
        let mut origin = origin.lock().unwrap_or_else(PoisonError::into_inner);
        let present = match origin.take().filter(|present| present.given < PARTITIONS) {
            Some(present) => present,
            None => Origin::new(idle, roots)?,
        };
        let present = origin.insert(present);
        let number = present.given;
        present.given += 1;
        let client = Client::from_partition(&present.pool, PartitionId::from_index(number))?;
        Ok((client, Arc::clone(&present.opened[number])))
    }
}

impl Origin {
    fn new(idle: Duration, roots: Roots) -> Result<Self, BadPool> {
        let opened: Vec<Arc<Notify>> = (0..PARTITIONS).map(|_| Arc::default()).collect();
        let news = opened.clone();
        let spawner = DriverSpawner::from_fn(|driver| drop(tokio::spawn(driver)));
        let partition = |number| Partition::new(PartitionId::from_index(number), spawner.clone());
        let mut builder = ConnectionPool::builder()
            .idle_timeout(idle)
            .proxy_config(ProxyConfig::from_env())
            .partitions((0..PARTITIONS).map(partition))
            // What is put away is not taken again: no partition lends a connection to another one.
            .connection_reuse_scope(ConnectionReuseScope::Partition)
            .event_listener(move |event: &ConnectionEvent<'_>| {
                if let ConnectionEvent::Opened(connection) = event {
                    let partition = connection.establishment().partition();
                    let mut each = (0..).map(PartitionId::from_index).zip(&news);
                    if let Some((_, who_waits)) = each.find(|(of, _)| *of == partition) {
                        who_waits.notify_waiters();
                    }
                }
            })
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        if let Some(context) = roots.context() {
            builder.set_tls_context(context);
        }
        Ok(Self {
            pool: builder.build_https()?,
            opened,
            given: 0,
        })
    }
}

#[derive(Debug, thiserror::Error)]
enum BadPool {
    #[error("the pool of connections cannot be made: {0}")]
    Pool(#[from] BuildError),
    #[error("the pool of connections has no client: {0}")]
    Client(#[from] ClientBuildError),
}

fn unusable(why: String) -> SharedHttpConnector {
    SharedHttpConnector::new(Unusable(why))
}

/// A pool that could not be made says so in each call.
#[derive(Debug, Clone)]
struct Unusable(String);

impl HttpConnector for Unusable {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.0.clone().into())))
    }
}
