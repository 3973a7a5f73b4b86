//! A process whose keys have expired ends itself, and a fresh one does what it could not.

use super::thawed::{ALL, Thawed};
use ec2_sim::http::Fault;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn keys_that_are_refused_for_good_end_the_process_and_the_next_one_goes_on() {
    for what in ALL {
        for call in Thawed::calls(what).await {
            let thawed = Thawed::of(what).await;
            let expired = Fault::Refused("RequestExpired".to_owned());
            thawed.simulator.inject(&call, expired, 1000);
            let invocation = thawed.invoke().await;
            let told = format!("{what:?}, {call}");
            let error = invocation.result.expect_err(&told);
            println!("{told}: {} in {:.2?}", error.error_type, invocation.took);
            let is_stranded = error.error_type == "Holdfast.Stranded";
            assert!(
                is_stranded || error.error_type == "Holdfast.KeysRefused",
                "{told}: {error}"
            );
            let ended = thawed.function.ends_within(SOON).await;
            assert!(ended, "{told}: the process goes on");
            thawed.simulator.heal();
            let report = thawed.invoke_afresh().await;
            assert!(report["summary"].is_string(), "{told}: {report}");
            assert_eq!(thawed.held(), 1, "{told}: {report}");
        }
    }
}
