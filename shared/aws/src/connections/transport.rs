//! Pools of real connections: the SDK's own, over TLS, by the proxy that the environment names.
//!
//! Races: none here. The SDK's pool arbitrates between its connections.

use super::roots::Roots;
use aws_sdk_ec2::config::RuntimeComponents;
use aws_smithy_http_client::pool::{
    BuildError, Client, ClientBuildError, ConnectionEvent, ConnectionPool, DriverSpawner,
    Partition, PartitionId,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;

/// Where the connections of a pool belong: a function has one runtime.
const EVERYTHING: PartitionId = PartitionId::from_index(0);

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

/// A pool without connections.
pub(super) fn over_tls(runtime: &Runtime, idle: Duration, roots: Roots) -> Pool {
    let opened = Arc::new(Notify::new());
    let connector = match (client(&opened, idle, roots), runtime.0.get()) {
        (Ok(client), Some((settings, components))) => client.http_connector(settings, components),
        (Err(error), _) => SharedHttpConnector::new(Unusable(error.to_string())),
        (Ok(_), None) => SharedHttpConnector::new(Unusable("no call came before".to_owned())),
    };
    Pool { connector, opened }
}

#[derive(Debug, thiserror::Error)]
enum BadPool {
    #[error("the pool of connections cannot be made: {0}")]
    Pool(#[from] BuildError),
    #[error("the pool of connections has no client: {0}")]
    Client(#[from] ClientBuildError),
}

fn client(opened: &Arc<Notify>, idle: Duration, roots: Roots) -> Result<Client, BadPool> {
    let opened = Arc::clone(opened);
    let spawner = DriverSpawner::from_fn(|driver| drop(tokio::spawn(driver)));
    let mut builder = ConnectionPool::builder()
        .idle_timeout(idle)
        .proxy_config(ProxyConfig::from_env())
        .partitions([Partition::new(EVERYTHING, spawner)])
        .event_listener(move |event: &ConnectionEvent<'_>| {
            if let ConnectionEvent::Opened(_) = event {
                opened.notify_waiters();
            }
        })
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    if let Some(context) = roots.context() {
        builder.set_tls_context(context);
    }
    Ok(Client::from_partition(&builder.build_https()?, EVERYTHING)?)
}

/// A pool that could not be made says so in each call.
#[derive(Debug, Clone)]
struct Unusable(String);

impl HttpConnector for Unusable {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.0.clone().into())))
    }
}
