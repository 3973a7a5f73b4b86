//! What a run keeps of each move: how it ended, who did not take it, and what is not tried again.

use super::fixture::{ENI, id, moving};
use crate::alarm_failover::execute::MoveResult;
use crate::alarm_failover::group::ResourceId;
use crate::alarm_failover::plan::{Move, MoveAction};
use crate::alarm_failover::progress::{Noted, Progress};
use crate::cloud::{CloudError, Failure};
use crate::model::ids::InstanceId;
use crate::report::{MoveEnd, MoveReport};

fn interface() -> ResourceId {
    ResourceId::Interface(ENI.parse().unwrap())
}

/// The interface goes from a member, or from nobody, to another.
fn going(from: Option<u8>, to: u8) -> Move {
    moving(interface(), from, to, &attached_at(1))
}

fn at_device_index(index: i32) -> Move {
    moving(interface(), Some(1), 2, &attached_at(index))
}

fn attached_at(device_index: i32) -> MoveAction {
    MoveAction::Interface {
        eni: ENI.parse().unwrap(),
        from: None,
        device_index,
    }
}

fn answer() -> CloudError {
    CloudError::from(Failure {
        action: "ec2:AttachNetworkInterface",
        code: Some("InvalidParameterValue".to_owned()),
        message: None,
        request_id: None,
        source: None,
    })
}

fn moved() -> MoveResult {
    MoveResult::Moved {
        attachment: "eni-attach-02".parse().ok(),
    }
}

/// What a run knows after moves that ended so, one after the other.
fn after(moves: Vec<(Move, MoveResult)>) -> Progress {
    let mut progress = Progress::default();
    for (one, end) in moves {
        progress.note(&one, end, Vec::new());
    }
    progress
}

fn report(progress: &Progress) -> MoveReport {
    progress.resources[&interface()].report()
}

fn tried(progress: &Progress) -> Vec<InstanceId> {
    let tried = report(progress).tried.into_iter();
    tried.map(|one| one.standby).collect()
}

#[test]
fn what_has_moved_is_noted_with_its_attachment() {
    let progress = after(vec![(going(Some(1), 2), moved())]);
    let attachment = report(&progress).attachment;
    assert_eq!(attachment.unwrap().as_str(), "eni-attach-02");
    assert_eq!(report(&progress).end, MoveEnd::Moved);
}

#[test]
fn what_does_not_exist_any_more_is_gone_and_that_is_its_end() {
    let mut progress = Progress::default();
    let noted = progress.note(&going(Some(1), 2), MoveResult::Gone, Vec::new());
    assert!(matches!(noted, Noted::Final));
    assert_eq!(report(&progress).end, MoveEnd::Gone);
}

#[test]
fn a_standby_that_does_not_take_it_is_told_with_ec2s_answer_and_not_asked_again() {
    let progress = after(vec![(going(Some(1), 2), MoveResult::Refused(answer()))]);
    assert_eq!(tried(&progress), [id(2)]);
    let standbys = progress.exclusions().standbys;
    assert!(standbys.contains(&(interface(), id(2))));
    let refusals = progress.resources[&interface()].refusals();
    let told = refusals.map(|(standby, _)| standby.clone());
    assert_eq!(told.collect::<Vec<_>>(), [id(2)]);
}

#[test]
fn who_had_it_and_who_did_not_take_it_is_known_when_another_has_taken_it() {
    let progress = after(vec![
        (going(Some(1), 2), MoveResult::Refused(answer())),
        (going(None, 3), moved()),
    ]);
    assert_eq!(tried(&progress), [id(2)]);
    assert_eq!(report(&progress).from, Some(id(1)));
    assert_eq!(report(&progress).to, Some(id(3)));
}

#[test]
fn who_has_it_is_known_although_it_was_with_nobody_at_first() {
    let progress = after(vec![
        (going(None, 2), MoveResult::Superseded),
        (going(Some(1), 2), moved()),
    ]);
    assert_eq!(report(&progress).from, Some(id(1)));
}

#[test]
fn a_standby_of_which_three_device_indexes_are_taken_is_not_asked_again() {
    let taken = |index| {
        (
            at_device_index(index),
            MoveResult::DeviceIndexTaken(answer()),
        )
    };
    let two = after(vec![taken(1), taken(2)]);
    assert_eq!(two.exclusions().device_indexes.len(), 2);
    assert!(two.exclusions().standbys.is_empty() && tried(&two).is_empty());
    let three = after(vec![taken(1), taken(2), taken(3)]);
    let standbys = three.exclusions().standbys;
    assert!(standbys.contains(&(interface(), id(2))));
    assert_eq!(tried(&three), [id(2)]);
}

#[test]
fn an_interface_that_two_standbys_refuse_alike_is_not_offered_to_the_second_at_three_indexes() {
    let of_first = (1..=3).map(at_device_index);
    let moves = of_first.chain([moving(interface(), None, 3, &attached_at(1))]);
    let taken = |one| (one, MoveResult::DeviceIndexTaken(answer()));
    let progress = after(moves.map(taken).collect());
    assert_eq!(tried(&progress), [id(2), id(3)]);
}

#[test]
fn a_run_that_is_out_of_time_knows_it() {
    let mut progress = Progress::default();
    let noted = progress.note(&going(Some(1), 2), MoveResult::OutOfTime, Vec::new());
    assert!(matches!(noted, Noted::OutOfTime));
    assert_eq!(report(&progress).end, MoveEnd::NotMoved);
}

#[test]
fn a_failover_is_complete_when_everything_is_with_a_standby_or_gone_and_not_before() {
    let is_complete = |one, end| after(vec![(one, end)]).is_complete();
    let back = Move {
        is_return: true,
        ..going(None, 1)
    };
    assert!(is_complete(going(Some(1), 2), moved()));
    assert!(is_complete(going(Some(1), 2), MoveResult::Gone));
    assert!(!is_complete(back, moved()));
    for end in [
        MoveResult::Superseded,
        MoveResult::HolderRefused(answer()),
        MoveResult::Denied(answer()),
    ] {
        assert!(!is_complete(going(Some(1), 2), end));
    }
}
