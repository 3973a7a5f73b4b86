//! A call that is refused once for its signature, its time or its token is sent again within the run.

use super::thawed::{ALL, Thawed, What};
use ec2_sim::http::Fault;
use std::time::Duration;

/// Others ask for the same address. What it takes is printed; the limit is for a busy machine.
const SOON: Duration = Duration::from_secs(2);

/// What the service of a call says of an old signature, and of an old token.
fn codes(call: &str) -> &'static [&'static str] {
    match call.split_once(':') {
        Some(("ec2", _)) => &["AuthFailure", "RequestExpired"],
        Some(("cloudwatch", _)) => &["SignatureDoesNotMatch", "ExpiredToken"],
        _ => &["InvalidSignatureException", "ExpiredTokenException"],
    }
}

#[tokio::test]
async fn whichever_call_of_whichever_function_is_refused_once_the_run_ends_as_ever() {
    let mut slowest = Duration::ZERO;
    let mut tried = 0;
    for what in ALL {
        for call in Thawed::calls(what).await {
            for code in codes(&call) {
                let thawed = Thawed::of(what).await;
                let refused = Fault::Refused((*code).to_owned());
                thawed.simulator.inject(&call, refused, 1);
                let invocation = thawed.invoke().await;
                let told = format!("{what:?}, {call}, {code}");
                let report = invocation
                    .result
                    .unwrap_or_else(|error| panic!("{told}: {error}"));
                assert_eq!(report["outcome"], what.outcome(), "{told}: {report}");
                assert!(thawed.function.is_running(), "{told}");
                slowest = slowest.max(invocation.took);
                tried += 1;
                println!("{told}: {} in {:.2?}", report["outcome"], invocation.took);
            }
        }
    }
    println!("{tried} refusals; the slowest run took {slowest:.2?}");
    assert!(tried > 40, "only {tried} were tried");
    assert!(slowest < SOON, "{slowest:?}");
}

#[tokio::test]
async fn every_call_is_refused_once_in_one_run_and_it_ends_as_ever() {
    for what in ALL {
        let calls = Thawed::calls(what).await;
        let thawed = Thawed::of(what).await;
        for call in &calls {
            let refused = Fault::Refused(codes(call)[0].to_owned());
            thawed.simulator.inject(call, refused, 1);
        }
        let report = thawed.invoke().await.result.unwrap();
        assert_eq!(report["outcome"], what.outcome(), "{what:?}: {report}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_is_set_by_the_date_of_the_refusal() {
    for ahead in [time::Duration::minutes(10), time::Duration::minutes(-10)] {
        for what in ALL {
            let thawed = Thawed::of(what).await;
            thawed.simulator.check_signing_times(Some(ahead));
            let report = thawed.invoke().await.result.unwrap();
            assert_eq!(report["outcome"], what.outcome(), "{what:?}: {report}");
        }
    }
}

#[tokio::test]
async fn an_address_that_another_account_has_is_told_as_such_at_once() {
    let thawed = Thawed::of(What::Release).await;
    let held_elsewhere = Fault::Refused("AuthFailure".to_owned());
    thawed
        .simulator
        .inject("ec2:AllocateAddress", held_elsewhere, 1000);
    let invocation = thawed.invoke().await;
    let report = invocation.result.unwrap();
    assert_eq!(report["outcome"], "pending", "{report}");
    assert!(thawed.function.is_running());
}
