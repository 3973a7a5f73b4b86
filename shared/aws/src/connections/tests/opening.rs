//! A connection that is open before it is needed, on real sockets: what was sent is counted by the server.

use super::super::opening::{self, OpenOnly};
use super::super::{Arrival, Connections, Transports};
use super::{A_MOMENT, How, line};
use crate::{Aws, CallCounter};
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Intercept, Region};
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::describe_addresses::DescribeAddressesError;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use holdfast::clock::{Clock, WallClock};
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

#[tokio::test]
async fn nothing_is_sent_on_a_connection_that_is_opened_and_the_next_call_takes_it() {
    let server = server_without_tls().await;
    let ec2 = client(&server.url);
    open(&ec2).await.unwrap();
    assert_eq!((server.connections(), server.requests()), (1, 0));
    ec2.describe_addresses().send().await.unwrap();
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_is_told_with_its_reason() {
    let refused = open(&client("http://127.0.0.1:1")).await.unwrap_err();
    let refused = not_sent(&refused);
    assert!(refused.is_io(), "{refused:?}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_not_tried_again() {
    let line = line(&[How::Break]);
    let config = client("http://127.0.0.1:1").config().to_builder();
    let tries = RetryConfig::standard().with_initial_backoff(Duration::ZERO);
    let config = config
        .retry_config(tries)
        .http_client(line.connections.http_client());
    let ec2 = aws_sdk_ec2::Client::from_conf(config.build());
    let aws = Aws::new(
        ec2.clone(),
        || panic!("EC2 is enough"),
        || panic!("EC2 is enough"),
        || panic!("EC2 is enough"),
        || panic!("EC2 is enough"),
    );
    aws.open().await.unwrap_err();
    assert_eq!(line.sent(), [1]);
    let _ = ec2.describe_addresses().send().await;
    assert_eq!(line.sent(), [1, 2], "a call that is no opening goes out");
}

#[tokio::test]
async fn a_second_opening_asks_for_nothing() {
    let line = line(&[]);
    assert_eq!(line.read().await.unwrap(), "1");
    let mut request = HttpRequest::empty();
    opening::mark(&mut request);
    let ended = line.connections.call(request).await.unwrap_err();
    assert!(ended.is_user(), "{ended:?}");
    assert_eq!(line.sent(), [1]);
}

#[tokio::test]
async fn an_opening_after_a_freeze_opens_the_connection_that_a_change_then_takes() {
    let line = line(&[]);
    assert_eq!(line.read().await.unwrap(), "1");
    WallClock.sleep(A_MOMENT * 2).await;
    line.arrival.now();
    assert!(!line.connections.are_open());
    let mut request = HttpRequest::empty();
    opening::mark(&mut request);
    let _ = line.connections.call(request).await;
    assert!(line.connections.are_open());
    assert_eq!(line.change().await.unwrap(), "2");
}

#[tokio::test]
async fn no_connection_that_was_put_away_is_taken_again_however_many_there_were() {
    let server = server_without_tls().await;
    let counter = CallCounter::default();
    let connections = Connections::new(&counter, &Arrival::default(), &Transports::default());
    let ec2 = client_over(&connections, &server.url, &counter);
    for put_away in 0..100 {
        for _ in 0..2 {
            ec2.describe_addresses().send().await.unwrap();
        }
        assert_eq!(server.connections(), put_away + 1);
        connections.0.pools.put_away(put_away as u64);
    }
}

#[tokio::test]
async fn an_opening_leaves_nothing_of_its_call_behind() {
    let server = server_without_tls().await;
    let ec2 = client(&server.url);
    // The connections keep what belongs to the first call.
    ec2.describe_addresses().send().await.unwrap();
    let (opening, kept) = (OpenOnly::default(), Kept::default());
    let call = ec2.describe_addresses().customize();
    let call = call.interceptor(opening.clone()).interceptor(kept.clone());
    opening.open(call.send().await).await.unwrap();
    assert_eq!(Arc::strong_count(&kept.0), 1);
}

/// Part of a call for as long as anything of the call is kept.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<()>);

#[dyn_dispatch_hint]
impl Intercept for Kept {
    fn name(&self) -> &'static str {
        "Kept"
    }
}

#[tokio::test]
async fn opening_is_no_call() {
    let server = server_without_tls().await;
    let counter = CallCounter::default();
    let ec2 = counted(&server.url, &counter);
    open(&ec2).await.unwrap();
    assert_eq!(counter.so_far().calls, 0);
    ec2.describe_addresses().send().await.unwrap();
    assert_eq!(counter.so_far().calls, 1);
}

/// Has a connection open to where this client's calls go.
pub(super) async fn open(
    ec2: &aws_sdk_ec2::Client,
) -> Result<(), SdkError<DescribeAddressesError, HttpResponse>> {
    let opening = OpenOnly::default();
    let call = ec2.describe_addresses().customize();
    let stopped = call.interceptor(opening.clone()).send().await;
    opening.open(stopped).await
}

/// A server, and what it saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Server {
    pub(super) url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

const NO_ADDRESSES: &str = "<DescribeAddressesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><addressesSet/></DescribeAddressesResponse>";

async fn server_without_tls() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server {
        url,
        ..Server::default()
    };
    let seen = server.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            seen.connections.fetch_add(1, Ordering::SeqCst);
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 16_384];
                while stream.read(&mut bytes).await.unwrap_or(0) > 0 {
                    seen.requests.fetch_add(1, Ordering::SeqCst);
                    let length = NO_ADDRESSES.len();
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{NO_ADDRESSES}"
                    );
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    server
}

/// EC2 at this address, over connections as the functions have them.
pub(super) fn client(url: &str) -> aws_sdk_ec2::Client {
    counted(url, &CallCounter::default())
}

fn counted(url: &str, counter: &CallCounter) -> aws_sdk_ec2::Client {
    let connections = Connections::new(counter, &Arrival::default(), &Transports::default());
    client_over(&connections, url, counter)
}

fn client_over(connections: &Connections, url: &str, counter: &CallCounter) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .endpoint_url(url)
        .interceptor(counter.clone())
        .retry_config(RetryConfig::disabled())
        .http_client(connections.http_client())
        .build();
    aws_sdk_ec2::Client::from_conf(config)
}

/// Why a request did not go out.
pub(super) fn not_sent<E, R>(error: &SdkError<E, R>) -> &ConnectorError
where
    SdkError<E, R>: std::fmt::Debug,
{
    match error {
        SdkError::DispatchFailure(failure) => failure.as_connector_error().unwrap(),
        answered => panic!("{answered:?}"),
    }
}

pub(super) async fn server_signed_by_itself() -> Server {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    Server {
        url: format!("https://localhost:{port}"),
        ..Server::default()
    }
}
