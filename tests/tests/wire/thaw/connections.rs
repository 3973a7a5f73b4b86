//! A connection that died in a freeze costs little; an answer that is only slow is waited for.

use super::thawed::{ALL, Thawed, What, world};
use super::wire::{DEATHS, Wire};
use ec2_sim::http::{Fault, Simulator};
use std::time::Duration;

/// A function that found AWS through this wire when it started, and has its connections open.
async fn connected(what: What) -> (Thawed, Wire) {
    let simulator = Simulator::serve(world(what), 0).await.unwrap();
    let wire = Wire::to(&simulator.url).await;
    let url = wire.url.clone();
    (Thawed::behind(what, simulator, &url).await, wire)
}

#[tokio::test]
async fn a_dead_idle_connection_costs_less_than_two_seconds() {
    let mut connections = Vec::new();
    for what in ALL {
        for death in DEATHS {
            connections.push((what, death, connected(what).await));
        }
    }
    stand_still().await;
    for (what, death, (thawed, wire)) in connections {
        wire.kill(death);
        let told = format!("{what:?}, {death:?}");
        let took = thawed.ends_as_ever(&told).await;
        assert!(took < Duration::from_secs(2), "{told}");
    }
}

/// Long enough to be taken for a freeze in which connections die.
async fn stand_still() {
    tokio::time::timeout(Duration::from_secs(6), std::future::pending::<()>())
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_read_that_nobody_answers_costs_less_than_two_seconds() {
    for what in ALL {
        for call in Thawed::calls(what).await {
            if !is_read(&call) {
                continue;
            }
            let thawed = Thawed::of(what).await;
            thawed.simulator.inject(&call, Fault::Silent, 1);
            let told = format!("{what:?}, {call}");
            let took = thawed.ends_as_ever(&told).await;
            assert!(took < Duration::from_secs(2), "{told}");
        }
    }
}

#[tokio::test]
async fn a_call_whose_reply_is_lost_does_not_end_the_run() {
    for what in ALL {
        for call in Thawed::calls(what).await {
            for fault in [Fault::Lost, Fault::ReplyLost] {
                let thawed = Thawed::of(what).await;
                thawed.simulator.inject(&call, fault.clone(), 1);
                let invocation = thawed.invoke().await;
                let told = format!("{what:?}, {call}, {fault:?}");
                let report = invocation
                    .result
                    .unwrap_or_else(|error| panic!("{told}: {error}"));
                println!("{told}: {} in {:.2?}", report["outcome"], invocation.took);
                assert_eq!(thawed.held(), 1, "{told}: {report}");
                assert!(invocation.took < Duration::from_secs(2), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn a_description_of_five_seconds_and_a_request_of_four_still_succeed() {
    let slow = [
        (What::Release, "ec2:AllocateAddress", 4000),
        (What::Release, "dynamodb:BatchGetItem", 5000),
        (What::Start, "ec2:DescribeAddresses", 5000),
        (What::Failure, "ec2:DescribeInstances", 5000),
    ];
    for (what, call, milliseconds) in slow {
        let thawed = Thawed::of(what).await;
        // Both of them, where one is sent beside the other.
        thawed.simulator.inject(call, Fault::Slow(milliseconds), 2);
        let told = format!("{what:?}, {call}");
        thawed.ends_as_ever(&told).await;
        assert_eq!(thawed.held(), 1, "{told}");
    }
}

fn is_read(call: &str) -> bool {
    let (_, action) = call.split_once(':').unwrap();
    let reads = ["Describe", "Lookup", "Query", "BatchGet"];
    reads.iter().any(|read| action.starts_with(read))
}
