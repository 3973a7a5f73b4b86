//! Certificates that Amazon's authorities did not sign, on a real handshake and on connections that fail so.

use super::super::roots::{Roots, Trusted, is_unknown_issuer};
use super::super::transport::Runtime;
use super::super::{Arrival, Connections, Patience, Pools, opening, read};
use super::opening::{client, not_sent, server_signed_by_itself};
use super::pool_of;
use crate::CallCounter;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::io;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_known_by_the_kind_of_the_failure() {
    let server = server_signed_by_itself().await;
    let refused = client(&server.url).describe_addresses().send();
    let refused = refused.await.unwrap_err();
    let refused = not_sent(&refused);
    assert!(is_unknown_issuer(refused), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_another_failure() {
    let nobody = client("https://127.0.0.1:1").describe_addresses().send();
    let nobody = nobody.await.unwrap_err();
    let nobody = not_sent(&nobody);
    assert!(!is_unknown_issuer(nobody), "{nobody:?}");
}

#[tokio::test]
async fn where_amazon_vouches_for_nobody_the_roots_of_the_image_are_taken_and_nothing_is_lost() {
    for is_read in [true, false] {
        let endpoint = Endpoint::signed_by(Roots::OfTheImage);
        let connections = endpoint.connections();
        assert_eq!(send(&connections, is_read).await, Ok(200), "{is_read}");
        assert_eq!(send(&connections, is_read).await, Ok(200), "{is_read}");
        assert_eq!(
            endpoint.tried(),
            [Roots::AmazonsOwn, Roots::OfTheImage, Roots::OfTheImage]
        );
    }
}

#[tokio::test]
async fn a_connection_that_is_opened_ahead_takes_the_roots_of_the_image_where_it_has_to() {
    let endpoint = Endpoint::signed_by(Roots::OfTheImage);
    let connections = endpoint.connections();
    let mut request = HttpRequest::empty();
    opening::mark(&mut request);
    connections.call(request).await.unwrap();
    assert_eq!(endpoint.tried(), [Roots::AmazonsOwn, Roots::OfTheImage]);
    assert_eq!(send(&connections, false).await, Ok(200));
    assert_eq!(endpoint.tried().last(), Some(&Roots::OfTheImage));
}

#[tokio::test]
async fn where_amazon_vouches_nobody_else_is_asked() {
    let endpoint = Endpoint::signed_by(Roots::AmazonsOwn);
    let connections = endpoint.connections();
    assert_eq!(send(&connections, false).await, Ok(200));
    assert_eq!(endpoint.tried(), [Roots::AmazonsOwn]);
}

#[tokio::test]
async fn calls_that_fail_so_together_all_arrive() {
    let endpoint = Endpoint::signed_by(Roots::OfTheImage);
    let connections = endpoint.connections();
    let (one, two, three) = futures_util::join!(
        send(&connections, false),
        send(&connections, true),
        send(&connections, false)
    );
    assert_eq!([one, two, three], [Ok(200), Ok(200), Ok(200)]);
}

#[test]
fn the_roots_are_amazons_five_with_the_checksums_that_it_publishes() {
    let names = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];
    assert_eq!(super::super::roots::checksums(), names);
    assert!(Roots::AmazonsOwn.context().is_some());
    assert_eq!(Trusted::new(Roots::AmazonsOwn).roots(), Roots::AmazonsOwn);
}

/// A service whose certificate only these roots vouch for.
#[derive(Debug, Clone)]
struct Endpoint {
    signed_by: Roots,
    tried: Arc<Mutex<Vec<Roots>>>,
}

#[derive(Debug)]
struct Handshake {
    roots: Roots,
    endpoint: Endpoint,
}

impl Endpoint {
    fn signed_by(roots: Roots) -> Self {
        Self {
            signed_by: roots,
            tried: Arc::default(),
        }
    }

    fn connections(&self) -> Connections {
        let endpoint = self.clone();
        let open = move |roots| {
            let endpoint = endpoint.clone();
            pool_of(Handshake { roots, endpoint })
        };
        let patience = Patience::default();
        let pools = Pools::opened_by(Roots::AmazonsOwn, open, patience, &Arrival::default());
        Connections::of(pools, patience, &CallCounter::default(), Runtime::default())
    }

    fn tried(&self) -> Vec<Roots> {
        self.tried.lock().unwrap().clone()
    }
}

impl HttpConnector for Handshake {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        self.endpoint.tried.lock().unwrap().push(self.roots);
        let is_known = self.roots == self.endpoint.signed_by;
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            if is_known {
                let answer = HttpResponse::new(200.try_into().unwrap(), "".into());
                return Ok(answer);
            }
            let issuer = rustls::CertificateError::UnknownIssuer;
            let error = io::Error::other(rustls::Error::InvalidCertificate(issuer));
            Err(ConnectorError::io(error.into()))
        })
    }
}

async fn send(connections: &Connections, is_read: bool) -> Result<u16, String> {
    let mut request = HttpRequest::empty();
    if is_read {
        read::mark(&mut request);
    }
    let answer = connections.call(request).await;
    answer
        .map(|answer| answer.status().as_u16())
        .map_err(|error| format!("{error:?}"))
}
