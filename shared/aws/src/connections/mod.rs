//! The connections to one service. A process that Lambda froze between two events finds the ones it had closed, reset,
//! or silent: a middlebox has forgotten them, and nothing comes back, not even an error. What was sent on a silent one
//! would wait until the try is given up.
//!
//! - A read that has no answer after 700 ms is sent once more, on a new connection beside the first. The first answer
//!   counts. A service that was only slow is not asked twice again for a minute.
//! - A read whose connection breaks is sent again at once, on a new one.
//! - A call that changes something is never sent beside itself. So it does not begin on a connection that has not
//!   answered since the event arrived, unless it answered just before: it opens one, which costs a handshake.
//! - After a connection that failed or kept silent, no other of the same age is used.
//!
//! Races: calls side by side share the pool. Each knows which pool it took. One that fails puts that pool away, and
//! never the one that another call has opened since. A call that is given up half way counts as one that failed.

mod arrival;
mod pool;
mod read;
mod roots;
#[cfg(test)]
mod tests;

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

/// How long each thing may take before it is doubted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A read without an answer. EC2 and DynamoDB answer within a fraction of it.
    pub(super) silence: Duration,
    /// A connection that is not used.
    pub(super) idle: Duration,
    /// A connection that was not used from before an event to a call that is not sent beside itself. A start opens its
    /// connections just before the first event.
    pub(super) freeze: Duration,
    /// How long a service that was slow is not asked twice.
    pub(super) slow: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            // A run may read the ledger after EC2, and both connections may be dead: together less than two seconds.
            silence: Duration::from_millis(700),
            idle: Duration::from_mins(1),
            freeze: Duration::from_millis(250),
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
}

impl Connections {
    /// Over TLS, by the proxy that the environment names.
    pub(super) fn new(connecting: Duration, counter: &CallCounter, arrival: &Arrival) -> Self {
        let patience = Patience::default();
        let open = move |roots| pool::over_tls(connecting, patience.idle, roots);
        Self::opened_by(open, patience, counter, arrival)
    }

    /// Over whatever `open` gives: each call of it is a pool without connections.
    fn opened_by(
        open: impl Fn(Roots) -> SharedHttpConnector + Send + Sync + 'static,
        patience: Patience,
        counter: &CallCounter,
        arrival: &Arrival,
    ) -> Self {
        Self::starting_with(Roots::at_first(), open, patience, counter, arrival)
    }

    fn starting_with(
        roots: Roots,
        open: impl Fn(Roots) -> SharedHttpConnector + Send + Sync + 'static,
        patience: Patience,
        counter: &CallCounter,
        arrival: &Arrival,
    ) -> Self {
        Self(Arc::new(Shared {
            pools: Pools::opened_by(roots, open, patience, arrival),
            patience,
            counter: counter.clone(),
        }))
    }

    /// What a client of the SDK is given.
    pub(super) fn http_client(&self) -> SharedHttpClient {
        let connections = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(connections.clone()))
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
                pools.take_roots_of_the_image();
                tracing::info!(
                    "no authority of Amazon's own signed the certificate of this endpoint; the image's are tried"
                );
                self.send_once(pools.take(Kind::Change), again).await
            }
            (answer, _) => answer,
        }
    }

    async fn send_once(&self, taken: Taken, request: HttpRequest) -> Answer {
        let call = self.0.pools.begin(taken.number);
        let answer = taken.connector.call(request).await;
        call.ended(answer.is_ok());
        answer
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connections = self.clone();
        HttpConnectorFuture::new(async move {
            match read::copy_of(&request) {
                Some(again) => connections.read(request, again).await,
                None => connections.change(request).await,
            }
        })
    }
}
