//! AWS as a function meets it: an address for each service, TLS 1.3, a round trip, and a time that each request takes.
//! Behind it is the simulator. It notes when each request was sent.
//!
//! The round trip is on this side of the wire alone, so two things are not as on a network. DNS is not asked. The kernel
//! accepts a connection at once: what a client sends first is late by one round trip more instead.

mod certificates;
mod delay;
mod endpoint;

pub(super) use certificates::Authority;
use endpoint::{Endpoint, Log};
use holdfast_tests::runtime::Environment;
use holdfast_tests::terminal::Problem;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How far AWS is away, and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance {
    pub(super) round_trip: Duration,
    /// For a request to the ledger.
    pub(super) ledger: Duration,
    /// For a request to any other service.
    pub(super) service: Duration,
}

impl Distance {
    /// TCP's round trip and TLS's.
    pub(super) fn handshake(&self) -> Duration {
        self.round_trip * 2
    }
}

/// The services, each at its own address.
pub(super) struct Aws {
    ledger: Endpoint,
    ec2: Endpoint,
    others: Endpoint,
    log: Arc<Log>,
}

impl Aws {
    /// In front of the simulator at this URL.
    pub(super) async fn serve(
        authority: &Authority,
        simulator: &str,
        distance: Distance,
    ) -> Result<Self, Problem> {
        let log = Arc::new(Log::default());
        let at = |takes| Endpoint::serve(authority, simulator, distance.round_trip, takes, &log);
        Ok(Self {
            ledger: at(distance.ledger).await?,
            ec2: at(distance.service).await?,
            others: at(distance.service).await?,
            log,
        })
    }

    pub(super) fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Leads a function here, by the variables that all SDKs of AWS read. The certificate is named as a person names one:
    /// a start reads that file instead of the authorities that are in the program.
    pub(super) fn lead(&self, environment: Environment, certificates: &Path) -> Environment {
        let certificates = certificates.display().to_string();
        environment
            .set("AWS_ENDPOINT_URL", &self.others.url)
            .set("AWS_ENDPOINT_URL_DYNAMODB", &self.ledger.url)
            .set("AWS_ENDPOINT_URL_EC2", &self.ec2.url)
            .set("SSL_CERT_FILE", &certificates)
            .set("AWS_CA_BUNDLE", &certificates)
    }
}
