//! The connections to one service. A process that Lambda froze between two events finds the ones it had closed, reset,
//! or silent: a middlebox has forgotten them, and nothing comes back, not even an error. What was sent on a silent one
//! would wait until the try is given up.
//!
//! - A read that has no answer after 700 ms is sent once more, on a new connection beside the first. The first answer
//!   counts. A service that was only slow is not asked twice again for a minute.
//! - A read whose connection breaks is sent again at once, on a new one.
//! - A call that changes something is never sent beside itself. It begins where something was answered since the event
//!   arrived, or in the five seconds before that call. Elsewhere it opens a connection, which costs a handshake. One
//!   connection to a service that answers speaks for the others to it.
//! - After a connection that failed or kept silent, no other of the same age is used. That holds for all services.
//! - A start opens a connection before a call needs it, and sends nothing on it: see [`opening`]. So does an event whose
//!   first call to EC2 changes something. It does so while it reads the ledger.
//!
//! Races: calls side by side share the pool. Each knows which pool it took. One that fails puts that pool away, and
//! never the one that another call has opened since. A call that is given up half way counts as one that failed.

mod arrival;
pub(super) mod opening;
mod pool;
mod read;
mod roots;
#[cfg(test)]
mod tests;
mod transport;

pub use arrival::Arrival;
pub(super) use read::MarkReads;

use super::CallCounter;
use aws_sdk_ec2::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use futures_util::future::{Either, select};
use pool::{Kind, Pools, Taken};
use roots::Roots;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
pub use transport::Transports;
use transport::{Pool, Runtime};

/// How long each thing may take before it is doubted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A read without an answer. EC2 and DynamoDB answer within a fraction of it.
    pub(super) silence: Duration,
    /// A connection that is not used.
    pub(super) idle: Duration,
    /// A connection that was not used from before an event to a call that is not sent beside itself.
    pub(super) freeze: Duration,
    /// How long a service that was slow is not asked twice.
    pub(super) slow: Duration,
}

/// A middlebox forgets a connection after minutes, and then says nothing. A server that closes one says so, and the SDK
/// hears it at once. Source: VPC user guide, "NAT gateways" (350 s), "Security group connection tracking" (350 s).
const FREEZE: Duration = Duration::from_secs(5);

impl Default for Patience {
    fn default() -> Self {
        Self {
            // A run may read the ledger after EC2, and both connections may be dead: together less than two seconds.
            silence: Duration::from_millis(700),
            idle: Duration::from_mins(1),
            freeze: FREEZE,
            slow: Duration::from_mins(1),
        }
    }
}

type Answer = Result<HttpResponse, ConnectorError>;

/// The connections to one service. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pools: Pools,
    patience: Patience,
    counter: CallCounter,
    runtime: Runtime,
}

impl Connections {
    /// Over TLS, by the proxy that the environment names.
    pub(super) fn new(counter: &CallCounter, arrival: &Arrival, transports: &Transports) -> Self {
        let patience = Patience::default();
        let runtime = Runtime::default();
        let (of_the_calls, transports) = (runtime.clone(), transports.clone());
        let open = move |roots| transports.pool(&of_the_calls, patience.idle, roots);
        let pools = Pools::opened_by(Roots::at_first(), open, patience, arrival);
        Self::of(pools, patience, counter, runtime)
    }

    fn of(pools: Pools, patience: Patience, counter: &CallCounter, runtime: Runtime) -> Self {
        Self(Arc::new(Shared {
            pools,
            patience,
            counter: counter.clone(),
            runtime,
        }))
    }

    /// What a client of the SDK is given.
    pub(super) fn http_client(&self) -> SharedHttpClient {
        let connections = self.clone();
        http_client_fn(move |settings, components| {
            connections.0.runtime.note(settings, components);
            SharedHttpConnector::new(connections.clone())
        })
    }

    /// Whether one is open on which a call may begin that changes something.
    pub(super) fn are_open(&self) -> bool {
        self.0.pools.has_a_connection()
    }

    /// Has a connection open to where this request would go, and sends nothing on it.
    async fn open(&self, request: HttpRequest) -> Answer {
        let pools = &self.0.pools;
        if self.are_open() {
            return Err(opening::opened());
        }
        let again = request.try_clone();
        let refused = match self.open_once(pools.take(Kind::Change), request).await {
            Err(refused) if roots::is_unknown_issuer(&refused) => refused,
            ended => return ended,
        };
        let Some(again) = again else {
            return Err(refused);
        };
        self.take_roots_of_the_image();
        self.open_once(pools.take(Kind::Change), again).await
    }

    async fn open_once(&self, taken: Taken, request: HttpRequest) -> Answer {
        let Taken { pool, number, .. } = taken;
        let Pool { connector, opened } = pool;
        let call = self.0.pools.begin(number);
        let mut opened = pin!(opened.notified());
        opened.as_mut().enable();
        // The news comes before the request is given the connection. Dropped then, it is not sent.
        match select(opened, connector.call(request)).await {
            Either::Left(((), _unsent)) => {
                call.ended(true);
                Err(opening::opened())
            }
            Either::Right((ended, _)) => {
                call.ended(ended.is_ok());
                ended
            }
        }
    }

    async fn change(&self, request: HttpRequest) -> Answer {
        self.send(self.0.pools.take(Kind::Change), request).await
    }

    /// `again` is the same request once more.
    async fn read(&self, request: HttpRequest, again: HttpRequest) -> Answer {
        let Shared {
            pools, patience, ..
        } = &*self.0;
        let taken = pools.take(Kind::Read);
        let number = taken.number;
        let mut first = pin!(self.send(taken, request));
        if pools.was_slow() {
            return first.await;
        }
        match timeout(patience.silence, &mut first).await {
            Ok(Err(broken)) if !broken.is_user() => return self.send_on_a_new_one(again).await,
            Ok(answer) => return answer,
            Err(_silence) => pools.put_away(number),
        }
        let second = pin!(self.send_on_a_new_one(again));
        match select(first, second).await {
            Either::Left((Ok(answer), _)) => {
                pools.note_slow();
                Ok(answer)
            }
            Either::Left((Err(_), second)) => second.await,
            Either::Right((Ok(answer), _)) => Ok(answer),
            Either::Right((Err(_), first)) => first.await,
        }
    }

    async fn send_on_a_new_one(&self, request: HttpRequest) -> Answer {
        self.0.counter.count_a_retry();
        let taken = self.0.pools.take(Kind::Read);
        self.send(taken, request).await
    }

    /// A certificate that Amazon's authorities did not sign ends a handshake: nothing was sent, and what the image
    /// trusts is tried.
    async fn send(&self, taken: Taken, request: HttpRequest) -> Answer {
        let pools = &self.0.pools;
        let again = taken.may_lack_roots.then(|| request.try_clone()).flatten();
        let answer = self.send_once(taken, request).await;
        match (answer, again) {
            (Err(error), Some(again)) if roots::is_unknown_issuer(&error) => {
                self.take_roots_of_the_image();
                self.send_once(pools.take(Kind::Change), again).await
            }
            (answer, _) => answer,
        }
    }

    fn take_roots_of_the_image(&self) {
        self.0.pools.take_roots_of_the_image();
        tracing::info!(
            "no authority of Amazon's own signed the certificate of this endpoint; the image's are tried"
        );
    }

    async fn send_once(&self, taken: Taken, request: HttpRequest) -> Answer {
        let call = self.0.pools.begin(taken.number);
        let answer = taken.pool.connector.call(request).await;
        call.ended(answer.is_ok());
        answer
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connections = self.clone();
        HttpConnectorFuture::new(async move {
            if opening::is_marked(&request) {
                return connections.open(request).await;
            }
            match read::copy_of(&request) {
                Some(again) => connections.read(request, again).await,
                None => connections.change(request).await,
            }
        })
    }
}
