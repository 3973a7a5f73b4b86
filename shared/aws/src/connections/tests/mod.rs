mod opening;
mod roots;

use super::transport::{Pool, Runtime};
use super::{Arrival, Connections, Patience, Pools, Roots, read};
use crate::{CallCounter, Calls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use holdfast::clock::{Clock, WallClock};
use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::timeout;

const A_MOMENT: Duration = Duration::from_millis(40);
const LONG: Duration = Duration::from_mins(1);

/// What the connections of a pool do.
#[derive(Debug, Clone, Copy)]
enum How {
    Answer,
    /// And is silent from then on.
    AnswerOnce,
    Break,
    Silent,
    Late(Duration),
}

/// A network whose pools behave as listed, one after the other, and well after that.
#[derive(Debug, Clone, Default)]
struct Network {
    pools: Arc<Mutex<VecDeque<How>>>,
    /// Which pool each request went to, from one.
    sent: Arc<Mutex<Vec<usize>>>,
    opened: Arc<Mutex<usize>>,
}

#[derive(Debug)]
struct OnePool {
    how: How,
    number: usize,
    network: Network,
}

impl HttpConnector for OnePool {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let (how, number) = (self.how, self.number);
        let before = {
            let mut sent = self.network.sent.lock().unwrap();
            sent.push(number);
            sent.iter().filter(|pool| **pool == number).count() - 1
        };
        HttpConnectorFuture::new(async move {
            match how {
                How::Answer => {}
                How::AnswerOnce if before > 0 => pending().await,
                How::AnswerOnce => assert_eq!(before, 0),
                How::Late(by) => WallClock.sleep(by).await,
                How::Silent => pending::<()>().await,
                How::Break => {
                    let broken = io::Error::from(io::ErrorKind::ConnectionReset);
                    return Err(ConnectorError::io(broken.into()));
                }
            }
            let body = number.to_string().into();
            Ok(HttpResponse::new(200.try_into().unwrap(), body))
        })
    }
}

/// A pool of what this connector opens.
fn pool_of(connector: impl HttpConnector + 'static) -> Pool {
    Pool {
        connector: SharedHttpConnector::new(connector),
        opened: Arc::default(),
    }
}

/// Connections on such a network.
struct Line {
    network: Network,
    connections: Connections,
    counter: CallCounter,
    arrival: Arrival,
}

fn line(pools: &[How]) -> Line {
    patient(
        pools,
        Patience {
            silence: A_MOMENT,
            idle: LONG,
            freeze: A_MOMENT,
            slow: LONG,
        },
    )
}

fn patient(pools: &[How], patience: Patience) -> Line {
    told_by(&Arrival::default(), pools, patience)
}

fn told_by(arrival: &Arrival, pools: &[How], patience: Patience) -> Line {
    let (network, counter) = (Network::default(), CallCounter::default());
    let arrival = arrival.clone();
    network.pools.lock().unwrap().extend(pools);
    let opening = network.clone();
    let open = move |_roots| {
        let mut opened = opening.opened.lock().unwrap();
        *opened += 1;
        let next = opening.pools.lock().unwrap().pop_front();
        pool_of(OnePool {
            how: next.unwrap_or(How::Answer),
            number: *opened,
            network: opening.clone(),
        })
    };
    let pools = Pools::opened_by(Roots::AmazonsOwn, open, patience, &arrival);
    Line {
        connections: Connections::of(pools, patience, &counter, Runtime::default()),
        network,
        counter,
        arrival,
    }
}

impl Line {
    /// Reads; gives the pool that answered, none where the read failed.
    async fn read(&self) -> Option<String> {
        let mut request = HttpRequest::empty();
        read::mark(&mut request);
        self.call(request).await
    }

    async fn change(&self) -> Option<String> {
        self.call(HttpRequest::empty()).await
    }

    async fn call(&self, request: HttpRequest) -> Option<String> {
        let answer = self.connections.call(request).await.ok()?;
        let body = answer.body().bytes()?;
        Some(String::from_utf8_lossy(body).into_owned())
    }

    fn sent(&self) -> Vec<usize> {
        self.network.sent.lock().unwrap().clone()
    }

    fn retries(&self) -> u64 {
        let Calls { retries, .. } = self.counter.so_far();
        retries
    }
}

#[tokio::test]
async fn what_answers_is_kept() {
    let line = line(&[]);
    for _ in 0..3 {
        assert_eq!(line.read().await.unwrap(), "1");
        assert_eq!(line.change().await.unwrap(), "1");
    }
    assert_eq!(line.retries(), 0);
}

#[tokio::test]
async fn a_read_on_a_silent_connection_is_answered_by_a_new_one_beside_it() {
    let line = line(&[How::Silent]);
    let began = Instant::now();
    assert_eq!(line.read().await.unwrap(), "2");
    assert!(began.elapsed() >= A_MOMENT);
    assert_eq!((line.sent(), line.retries()), (vec![1, 2], 1));
    assert_eq!(line.change().await.unwrap(), "2", "the silent one is left");
}

#[tokio::test]
async fn an_answer_that_is_only_late_counts_and_nothing_is_asked_twice_for_a_while() {
    let late = How::Late(A_MOMENT * 3);
    let line = line(&[late, How::Silent, How::Silent]);
    assert_eq!(line.read().await.unwrap(), "1");
    assert_eq!(line.sent(), [1, 2]);
    // The second one was given up half way, so the next read has a third.
    let waiting = timeout(A_MOMENT * 3, line.read()).await;
    assert!(waiting.is_err(), "it is waited for: {waiting:?}");
    assert_eq!(line.sent(), [1, 2, 3]);
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_sent_again_at_once() {
    let line = line(&[How::Break]);
    assert_eq!(line.read().await.unwrap(), "2");
    assert_eq!((line.sent(), line.retries()), (vec![1, 2], 1));
}

#[tokio::test]
async fn a_silent_connection_whose_successor_breaks_may_still_answer() {
    let line = line(&[How::Late(A_MOMENT * 3), How::Break]);
    assert_eq!(line.read().await.unwrap(), "1");
}

#[tokio::test]
async fn a_change_is_sent_once_and_the_next_call_leaves_the_connection_that_failed() {
    for dead in [How::Break, How::Silent] {
        let line = line(&[dead]);
        let answer = timeout(A_MOMENT * 3, line.change()).await;
        assert!(matches!(answer, Err(_) | Ok(None)), "{dead:?}: {answer:?}");
        assert_eq!((line.sent(), line.retries()), (vec![1], 0), "{dead:?}");
        assert_eq!(line.change().await.unwrap(), "2", "{dead:?}");
    }
}

#[tokio::test]
async fn a_change_does_not_begin_on_a_connection_that_may_have_died_in_a_freeze() {
    let line = line(&[]);
    assert_eq!(line.read().await.unwrap(), "1");
    WallClock.sleep(A_MOMENT * 2).await;
    assert_eq!(line.change().await.unwrap(), "1", "no event came between");
    WallClock.sleep(A_MOMENT * 2).await;
    line.arrival.now();
    assert_eq!(line.read().await.unwrap(), "1");
    assert_eq!(line.change().await.unwrap(), "1", "it has answered since");
    WallClock.sleep(A_MOMENT * 2).await;
    line.arrival.now();
    assert_eq!(line.change().await.unwrap(), "2");
}

#[tokio::test]
async fn where_the_connection_to_one_service_died_in_a_freeze_none_of_that_age_to_another_is_used()
{
    let arrival = Arrival::default();
    let patience = Patience {
        silence: A_MOMENT,
        idle: LONG,
        freeze: LONG,
        slow: LONG,
    };
    let ledger = told_by(&arrival, &[How::AnswerOnce], patience);
    let ec2 = told_by(&arrival, &[], patience);
    for line in [&ledger, &ec2] {
        assert_eq!(line.read().await.unwrap(), "1");
    }
    arrival.now();
    assert_eq!(ledger.read().await.unwrap(), "2", "the first one is silent");
    assert_eq!(ec2.read().await.unwrap(), "2");
    arrival.now();
    assert_eq!(ec2.read().await.unwrap(), "2", "nothing was dead since");
}

#[tokio::test]
async fn what_answered_just_before_the_event_is_used() {
    let line = line(&[]);
    assert_eq!(line.read().await.unwrap(), "1");
    line.arrival.now();
    assert_eq!(line.change().await.unwrap(), "1");
}

#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_left() {
    let line = patient(
        &[],
        Patience {
            silence: LONG,
            idle: A_MOMENT,
            freeze: LONG,
            slow: LONG,
        },
    );
    assert_eq!(line.read().await.unwrap(), "1");
    WallClock.sleep(A_MOMENT * 2).await;
    assert_eq!(line.read().await.unwrap(), "2");
}

#[test]
fn a_dry_run_is_told_by_its_form() {
    let dry = b"Action=AttachNetworkInterface&Version=2016-11-15&DryRun=true&DeviceIndex=1";
    assert!(read::is_dry_run(dry));
    for changes in [
        &b"Action=AttachNetworkInterface&DryRun=false&DeviceIndex=1"[..],
        b"Action=CreateTags&Tag.1.Value=DryRun%3Dtrue",
        b"Action=CreateTags&Tag.1.Key=NoDryRun&Tag.1.Value=true",
        b"{\"DryRun\":true}",
        b"",
    ] {
        assert!(!read::is_dry_run(changes));
    }
}

#[test]
fn what_reads_is_told_by_its_name() {
    for name in ["DescribeAddresses", "LookupEvents", "Query", "BatchGetItem"] {
        assert!(read::is_read(name), "{name}");
    }
    for name in [
        "AllocateAddress",
        "TransactWriteItems",
        "UpdateItem",
        "StopInstances",
    ] {
        assert!(!read::is_read(name), "{name}");
    }
}
