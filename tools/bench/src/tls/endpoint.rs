//! One service: TLS and HTTP/1.1 in front of the simulator. It notes each request when it is here, and answers it when
//! its time is over.

use super::certificates::Authority;
use super::delay;
use bytes::Bytes;
use holdfast::clock::{Clock, WallClock};
use holdfast_tests::runtime::Usage;
use holdfast_tests::terminal::Problem;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request.
#[derive(Debug, Clone)]
pub(in super::super) struct Arrival {
    /// Without the service: `AllocateAddress`.
    pub(in super::super) action: String,
    /// Whether it was for the ledger.
    pub(in super::super) is_for_ledger: bool,
    /// When it was sent: half a round trip before it was here.
    pub(in super::super) sent: Instant,
    /// What the process had used of a processor when the request was here.
    pub(in super::super) processor: Option<Duration>,
}

/// All requests since the log was last taken, whichever service they were for.
#[derive(Debug, Default)]
pub(in super::super) struct Log {
    arrivals: Mutex<Vec<Arrival>>,
    process: Mutex<Option<u32>>,
}

impl Log {
    /// Whose processor time is noted with each request.
    pub(in super::super) fn watch(&self, process: u32) {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    }

    /// What came so far, and forgets it.
    pub(in super::super) fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut *self.arrivals())
    }

    fn note(&self, action: String, is_for_ledger: bool, sent: Instant) {
        let process = *self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let processor = process.and_then(|id| Usage::of(id).ok());
        self.arrivals().push(Arrival {
            action,
            is_for_ledger,
            sent,
            processor: processor.map(|usage| usage.processor),
        });
    }

    fn arrivals(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A service at an address of its own, until it is dropped.
pub(super) struct Endpoint {
    pub(super) url: String,
    server: JoinHandle<()>,
}

struct Behind {
    simulator: String,
    http: Client<HttpConnector, Full<Bytes>>,
    half: Duration,
    takes: Duration,
    log: Arc<Log>,
}

impl Endpoint {
    pub(super) async fn serve(
        authority: &Authority,
        simulator: &str,
        round_trip: Duration,
        takes: Duration,
        log: &Arc<Log>,
    ) -> Result<Self, Problem> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut address = listener.local_addr()?;
        if !round_trip.is_zero() {
            let near = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let target = std::mem::replace(&mut address, near.local_addr()?);
            delay::carry(near, target, round_trip);
        }
        let acceptor = TlsAcceptor::from(authority.server()?);
        let behind = Arc::new(Behind {
            simulator: simulator.to_owned(),
            http: Client::builder(TokioExecutor::new()).build_http(),
            half: round_trip / 2,
            takes,
            log: Arc::clone(log),
        });
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever breaks a handshake or a connection has ended it.
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(acceptor.clone(), stream, Arc::clone(&behind)));
            }
        });
        Ok(Self {
            url: format!("https://{address}"),
            server,
        })
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn connection(acceptor: TlsAcceptor, stream: tokio::net::TcpStream, behind: Arc<Behind>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(move |request| {
        let behind = Arc::clone(&behind);
        async move { behind.answer(request).await }
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Behind {
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let here = Instant::now();
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let action = action(&parts.headers, &parts.uri, &body);
        let sent = here.checked_sub(self.half).unwrap_or(here);
        let is_for_ledger = parts.headers.get("x-amz-target").is_some_and(is_dynamodb);
        self.log.note(action, is_for_ledger, sent);
        let uri = format!("{}{}", self.simulator, parts.uri);
        parts.uri = uri.parse().map_err(io::Error::other)?;
        let request = Request::from_parts(parts, Full::new(body));
        let answer = self.http.request(request).await;
        let (parts, body) = answer.map_err(io::Error::other)?.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        WallClock
            .sleep(self.takes.saturating_sub(here.elapsed()))
            .await;
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}

fn is_dynamodb(target: &HeaderValue) -> bool {
    target.as_bytes().starts_with(b"DynamoDB")
}

/// What is asked for, in each of AWS's protocols: a header names it, the path ends with it, or the form has it.
fn action(headers: &HeaderMap, uri: &Uri, body: &[u8]) -> String {
    if let Some(target) = headers.get("x-amz-target") {
        let target = String::from_utf8_lossy(target.as_bytes());
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    if let Some((_, operation)) = uri.path().rsplit_once("/operation/") {
        return operation.to_owned();
    }
    let body = String::from_utf8_lossy(body);
    let named = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="));
    named.unwrap_or(uri.path()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_read_in_each_protocol() {
        let at = |path: &'static str| Uri::from_static(path);
        let mut headers = HeaderMap::new();
        assert_eq!(
            action(
                &headers,
                &at("/"),
                b"Version=2016-11-15&Action=AllocateAddress&Address=x"
            ),
            "AllocateAddress"
        );
        let rpc = at("/service/GraniteServiceVersion20100801/operation/DescribeAlarms");
        assert_eq!(action(&headers, &rpc, b""), "DescribeAlarms");
        assert_eq!(
            action(&headers, &at("/managedresources"), b""),
            "/managedresources"
        );
        let target = http::HeaderValue::from_static("DynamoDB_20120810.BatchGetItem");
        headers.insert("x-amz-target", target);
        assert_eq!(action(&headers, &at("/"), b"{}"), "BatchGetItem");
    }
}
