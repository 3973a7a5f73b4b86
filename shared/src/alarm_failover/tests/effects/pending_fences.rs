//! A fence: one call for an instance that is stopped, one for each interface that is isolated.

use super::*;
use crate::alarm_failover::execute::{FenceResult, fence};
use crate::alarm_failover::fencing::effects;
use crate::alarm_failover::messages::fences::fenced as in_words;
use crate::alarm_failover::plan::Fence;
use crate::settings::Fencing;

fn fenced(script: &Script, how: &Fencing, state: InstanceState) -> FenceResult {
    let mut failed = pair().observed.instances.remove(0);
    failed.state = state;
    let mut second = failed.interfaces[0].clone();
    second.id = "eni-0c".parse().unwrap();
    failed.interfaces.push(second);
    let due = Fence::Due(effects(&failed, how, std::iter::empty()));
    let done = fence(script, vec![due]).now_or_never();
    done.expect("a script never waits")
}

fn isolated() -> Fencing {
    Fencing::Isolate("sg-01".parse().unwrap())
}

#[test]
fn nobody_is_fenced_where_nothing_asks_for_it() {
    let script = script();
    fenced(&script, &Fencing::None, InstanceState::Running);
    assert_eq!(script.calls(), Vec::<String>::new());
}

#[test]
fn who_is_to_be_stopped_is_stopped_unless_it_is_down_already() {
    let script = script();
    let done = fenced(&script, &Fencing::Stop, InstanceState::Running);
    assert_eq!(in_words(&done.done), ["i-01 is being stopped"]);
    assert_eq!((done.calls(), done.is_unfinished), (1, false));
    fenced(&script, &Fencing::Stop, InstanceState::Stopping);
    assert_eq!(script.calls(), ["stop i-01"]);
}

#[test]
fn who_is_to_be_isolated_loses_its_security_groups_on_everything_that_it_keeps() {
    let script = script();
    let done = fenced(&script, &isolated(), InstanceState::Running);
    assert_eq!(
        script.calls(),
        ["isolate eni-01 in sg-01", "isolate eni-0c in sg-01"]
    );
    assert_eq!(
        in_words(&done.done)[0],
        "eni-01 of i-01 has sg-01 and no other"
    );
    assert_eq!((done.calls(), done.is_unfinished), (2, false));
}

#[test]
fn a_fence_without_an_answer_is_for_the_next_look_and_one_that_is_refused_is_told() {
    for (code, is_unfinished) in [("InternalError", true), ("UnauthorizedOperation", false)] {
        let script = script().refuse("isolate", code);
        let done = fenced(&script, &isolated(), InstanceState::Running);
        assert_eq!((done.is_unfinished, done.calls()), (is_unfinished, 2));
        assert_eq!((done.done.len(), done.failed.len()), (1, 1));
    }
}

#[test]
fn several_fences_are_one_account_of_them() {
    let (refused, silent) = (script().refuse("stop", "IncorrectState"), script());
    let mut all = fenced(&refused, &Fencing::Stop, InstanceState::Running);
    all.extend(FenceResult {
        is_unfinished: true,
        not_fenced: BTreeSet::from([id(3)]),
        ..fenced(&silent, &isolated(), InstanceState::Running)
    });
    assert_eq!((all.done.len(), all.failed.len(), all.calls()), (2, 1, 3));
    assert!(all.is_unfinished && all.not_fenced.contains(&id(3)));
    all.extend(FenceResult::default());
    assert!(all.is_unfinished);
}
