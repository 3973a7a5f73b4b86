//! A failover that cannot go on when it is half way: what is with nobody is said to be, and whoever comes next
//! ends what was begun.

use holdfast_tests::scenarios::failover::{Trio, failed, floating_address, floating_interface};
use holdfast_tests::scenarios::placement::state_change;
use holdfast_tests::sim::front::Stage;
use serde_json::Value;
use std::sync::Arc;

fn error_of(trio: &Trio, stage: &Arc<Stage>, event: &Value) -> &'static str {
    let end = trio.try_told(stage, event);
    end.map_or_else(|error| error.name(), |_| "none")
}

#[test]
fn an_interface_that_nobody_may_attach_is_reported_as_stranded() {
    let (trio, stage, event) = failed(floating_interface());
    stage.world().deny("*", "AttachNetworkInterface");
    assert_eq!(error_of(&trio, &stage, &event), "Holdfast.Stranded");
}

#[test]
fn an_address_that_nobody_may_associate_is_reported_as_stranded() {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0);
    let stage = trio.stage();
    stage.world().deny("*", "AssociateAddress");
    let event = state_change(&trio.members[0], "stopped");
    assert_eq!(error_of(&trio, &stage, &event), "Holdfast.Stranded");
}
