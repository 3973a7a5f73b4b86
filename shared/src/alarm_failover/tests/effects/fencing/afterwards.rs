//! What a lease says when a run has ended: who has it, what is still in progress, and which failover was the last.

use super::*;

impl Fence {
    /// The lease when a run has ended ten minutes later.
    fn afterwards(&self) -> Lease {
        let stand = self.stand(MemoryLedger::default());
        let now = BEGINNING + Duration::minutes(10);
        let held = self.held.clone();
        held.after(&stand.case(), &self.progress, &Stop::Complete, now)
    }

    /// What the lease says of the last failover then.
    fn noted_as_last(&self) -> Option<FailoverRecord> {
        self.afterwards().last
    }
}

/// An earlier run's failover, of which the look shows that everything has moved.
fn found_to_be_over() -> Fence {
    left_by_an_earlier_run().change(|case| {
        case.progress.last_look.earlier_failed_hold_nothing = true;
    })
}

/// This run is about the first member. Another alarm's run, which died, was about these.
fn another_alarm_was_about(members: &[u8]) -> Fence {
    left_by_an_earlier_run().change(|case| {
        let noted = case.lease().in_progress.as_mut().unwrap();
        noted.alarms = vec!["another".to_owned()];
        noted.failed_members = members.iter().map(|number| id(*number)).collect();
    })
}

#[test]
fn nobody_has_a_lease_whose_run_has_ended() {
    let mut case = left_by_an_earlier_run();
    case.lease().held = Some(LeaseHold {
        owner: "this run".to_owned(),
        until: BEGINNING + Duration::minutes(15),
    });
    assert_eq!(case.afterwards().held, None);
}

#[test]
fn a_failover_whose_fence_is_still_to_be_put_up_is_in_progress_and_not_the_last_one() {
    let mut case = found_to_be_over();
    case.progress.fenced.is_unfinished = true;
    let lease = case.afterwards();
    assert_eq!(lease.in_progress, case.held.lease.in_progress);
    assert_eq!(lease.last, None);
}

#[test]
fn what_another_alarm_began_for_a_member_that_this_run_is_not_about_stays_in_progress() {
    for members in [&[1, 3][..], &[3]] {
        let case = another_alarm_was_about(members);
        assert_eq!(case.afterwards().in_progress, case.held.lease.in_progress);
    }
}

#[test]
fn what_another_alarm_began_for_some_of_those_that_this_run_is_about_has_ended_with_it() {
    let mut case = another_alarm_was_about(&[1]);
    case.progress.sources = BTreeSet::from([id(1), id(3)]);
    assert_eq!(case.afterwards().in_progress, None);
}

#[test]
fn an_earlier_firing_of_the_alarm_does_not_hide_the_failover_whose_run_died() {
    let mut case = found_to_be_over();
    case.lease().last = Some(FailoverRecord {
        fired_at: BEGINNING - Duration::hours(1),
        ended_at: Some(BEGINNING - Duration::minutes(59)),
        to: Some(id(2)),
        ..noted(&[])
    });
    let last = case.noted_as_last().unwrap();
    assert_eq!(last.fired_at, BEGINNING);
}

#[test]
fn another_alarm_of_the_same_moment_does_not_hide_the_failover_whose_run_died() {
    let mut case = found_to_be_over();
    case.lease().last = Some(FailoverRecord {
        cause: "alarm another".to_owned(),
        ended_at: Some(BEGINNING),
        to: Some(id(2)),
        ..noted(&[])
    });
    let last = case.noted_as_last().unwrap();
    assert_eq!(last.cause, format!("alarm {ALARM}"));
}

#[test]
fn a_fence_that_a_later_run_makes_up_for_does_not_restart_the_cooldown() {
    let known = FailoverRecord {
        ended_at: Some(BEGINNING),
        to: Some(id(2)),
        ..noted(&[])
    };
    let mut case = left_by_an_earlier_run();
    case.lease().last = Some(known.clone());
    case.progress.last_look.earlier_failed_hold_nothing = true;
    assert_eq!(case.fence(), STOPPED);
    assert_eq!(case.noted_as_last(), Some(known));
}

#[test]
fn a_failover_whose_run_died_is_noted_when_a_later_run_finds_that_it_is_over() {
    let mut case = left_by_an_earlier_run();
    case.progress.last_look.earlier_failed_hold_nothing = true;
    let noted = case.noted_as_last().unwrap();
    assert_eq!(noted.ended_at, Some(BEGINNING + Duration::minutes(10)));
}
