//! What a step does in EC2, call by call, and how it ends.

use super::super::execute::AssociateOutcome;
use super::ec2::{Ec2, refusal};
use super::*;
use crate::model::ids::AllocationId;
use crate::report::AssociationReport;
use time::Duration;

const NOW: Duration = Duration::ZERO;

/// A free address, and an instance that is to get it.
fn free() -> (Ec2, PlannedAssociation) {
    let seen = seen().address(1, &[]).running(1);
    let step = seen.step(1);
    (seen.ec2(), step)
}

/// An address with a stopped instance, and one that is to get it.
fn held_by_a_stopped_one() -> (Ec2, PlannedAssociation) {
    let seen = seen()
        .address_on(1, 2, &[])
        .in_state(2, InstanceState::Stopped);
    let seen = seen.running(1);
    let step = seen.step(1);
    (seen.ec2(), step)
}

fn taken(ec2: &Ec2, step: &PlannedAssociation) -> AssociateOutcome {
    ec2.takes(NOW, std::slice::from_ref(step)).remove(0)
}

fn placed(end: AssociateOutcome) -> AssociationReport {
    match end {
        AssociateOutcome::Placed(report) => report,
        other => panic!("it is not placed: {other:?}"),
    }
}

/// Somebody associates the address with this private IP of that interface.
fn associated(seen: &mut Observed, eni: &str, private_ip: Ipv4Addr) {
    seen.addresses[0].association = Some(Association {
        id: "eipassoc-theirs".parse().unwrap(),
        eni: Some(eni.parse().unwrap()),
        private_ip: Some(private_ip),
        instance: None,
    });
}

#[test]
fn a_free_address_is_associated_once_its_private_ip_is_read_and_read_once() {
    let (ec2, step) = free();
    let report = placed(taken(&ec2, &step));
    assert!(report.verified);
    let calls = [
        "DescribeNetworkInterfaces eni-01",
        "AssociateAddress eipalloc-01 with 10.0.1.0 on eni-01",
        "DescribeAddress eipalloc-01",
    ];
    assert_eq!(ec2.calls(), calls);
    assert_eq!(
        (report.private_ip, report.instance),
        (private_ip(1, 0), Some(id(1)))
    );
}

#[test]
fn the_tie_to_a_stopped_instance_is_ended_by_its_id_first() {
    let (ec2, step) = held_by_a_stopped_one();
    assert!(placed(taken(&ec2, &step)).verified);
    let calls = [
        "DisassociateAddress eipassoc-01",
        "AssociateAddress eipalloc-01 with 10.0.1.0 on eni-01",
    ];
    assert_eq!(ec2.changes(), calls);
}

#[test]
fn an_accepted_call_that_no_read_shows_is_told_as_such_after_three_reads() {
    let (ec2, step) = free();
    let ec2 = ec2.lagging(3);
    let report = placed(taken(&ec2, &step));
    assert_eq!((report.verified, report.id.is_some()), (false, true));
    assert_eq!(
        (ec2.count("DescribeAddress"), ec2.waits()),
        (3, vec![300, 300])
    );
}

#[test]
fn a_read_that_lags_is_read_again() {
    let (ec2, step) = free();
    let ec2 = ec2.lagging(2);
    assert!(placed(taken(&ec2, &step)).verified);
    assert_eq!(ec2.count("DescribeAddress"), 3);
}

#[test]
fn a_read_that_still_shows_the_stopped_holder_is_read_again() {
    let (ec2, step) = held_by_a_stopped_one();
    let ec2 = ec2.lagging(1);
    assert!(placed(taken(&ec2, &step)).verified);
    assert_eq!(ec2.count("DescribeAddress"), 2);
}

#[test]
fn a_read_that_fails_is_read_again() {
    let (ec2, step) = free();
    let ec2 = ec2.answers("DescribeAddress", &["RequestLimitExceeded"]);
    assert!(placed(taken(&ec2, &step)).verified);
    assert_eq!(ec2.count("DescribeAddress"), 2);
}

#[test]
fn what_ec2_shows_as_the_tie_is_what_is_told() {
    let (ec2, step) = free();
    let again = |seen: &mut Observed| associated(seen, "eni-01", private_ip(1, 0));
    let report = placed(taken(&ec2.before("DescribeAddress", again), &step));
    assert_eq!(report.id.unwrap().as_str(), "eipassoc-theirs");
}

#[test]
fn whoever_takes_the_address_between_the_answer_and_the_read_has_it() {
    for (eni, target) in [
        ("eni-09", private_ip(9, 0)),
        ("eni-01", private_ip(1, 1)),
        ("eni-09", private_ip(1, 0)),
    ] {
        for (ec2, step) in [free(), held_by_a_stopped_one()] {
            let ec2 = ec2.before("DescribeAddress", move |seen| associated(seen, eni, target));
            assert!(
                matches!(taken(&ec2, &step), AssociateOutcome::Superseded),
                "{eni} {target}"
            );
        }
    }
}

/// A look that is just too old for something to be taken from an instance on it.
const OLD: Duration = Duration::milliseconds(2001);

#[test]
fn on_a_look_older_than_two_seconds_the_address_and_its_holder_are_read_again() {
    let (ec2, step) = held_by_a_stopped_one();
    let steps = std::slice::from_ref(&step);
    assert!(matches!(
        ec2.takes(OLD, steps)[..],
        [AssociateOutcome::Placed(_)]
    ));
    assert_eq!(
        ec2.calls()[..2],
        ["DescribeAddress eipalloc-01", "DescribeInstance i-02"]
    );
    let (ec2, step) = held_by_a_stopped_one();
    assert!(matches!(
        ec2.takes(Duration::seconds(2), &[step])[..],
        [AssociateOutcome::Placed(_)]
    ));
    let read = ec2.calls().contains(&"DescribeInstance i-02".to_owned());
    assert!(!read, "the look was fresh");
}

#[test]
fn nothing_is_taken_from_an_instance_that_runs_again_or_has_another_association_or_is_not_shown() {
    let runs = |seen: &mut Observed| seen.instances[0].state = InstanceState::Pending;
    let other = |seen: &mut Observed| associated(seen, "eni-02", private_ip(2, 0));
    let gone = |seen: &mut Observed| seen.instances.clear();
    let changes: [fn(&mut Observed); 3] = [runs, other, gone];
    for (number, change) in changes.into_iter().enumerate() {
        let (ec2, step) = held_by_a_stopped_one();
        let ec2 = ec2.before("DescribeAddress", change);
        assert!(
            matches!(ec2.takes(OLD, &[step])[..], [AssociateOutcome::Superseded]),
            "{number}"
        );
        assert_eq!(ec2.changes(), Vec::<String>::new(), "{number}");
    }
}

#[test]
fn nothing_is_taken_from_an_instance_that_cannot_be_read() {
    let (ec2, step) = held_by_a_stopped_one();
    let ec2 = ec2.answers("DescribeInstance", &["RequestLimitExceeded"]);
    assert!(matches!(
        ec2.takes(OLD, &[step])[..],
        [AssociateOutcome::Unknown(_)]
    ));
    assert_eq!(ec2.changes(), Vec::<String>::new());
}

#[test]
fn a_free_address_is_given_on_an_older_look_too() {
    let (ec2, step) = free();
    assert!(matches!(
        ec2.takes(Duration::MINUTE, &[step])[..],
        [AssociateOutcome::Placed(_)]
    ));
}

#[test]
fn a_tie_that_ec2_has_forgotten_is_one_that_has_ended() {
    let (ec2, step) = held_by_a_stopped_one();
    let freed = |seen: &mut Observed| seen.addresses[0].association = None;
    let ec2 = ec2.before("DisassociateAddress", freed);
    let ec2 = ec2.answers("DisassociateAddress", &["InvalidAssociationID.NotFound"]);
    assert!(placed(taken(&ec2, &step)).verified);
}

#[test]
fn where_the_tie_cannot_be_ended_nothing_is_associated() {
    for code in [
        "RequestLimitExceeded",
        "UnauthorizedOperation",
        "InvalidAllocationID.NotFound",
    ] {
        let (ec2, step) = held_by_a_stopped_one();
        let ec2 = ec2.answers("DisassociateAddress", &[code]);
        let end = taken(&ec2, &step);
        assert!(!matches!(end, AssociateOutcome::Placed(_)), "{code}");
        assert_eq!(ec2.count("AssociateAddress"), 0);
    }
}

#[test]
fn each_refusal_of_ec2_has_an_end_of_its_own() {
    let word = |code: &'static str| {
        let (ec2, step) = free();
        match taken(&ec2.answers("AssociateAddress", &[code]), &step) {
            AssociateOutcome::Placed(_) => "placed",
            AssociateOutcome::Superseded => "lost",
            AssociateOutcome::Unknown(_) => "unsure",
            AssociateOutcome::Refused(_) => "refused",
            AssociateOutcome::Denied(_) => "denied",
        }
    };
    for (code, end) in [
        ("Resource.AlreadyAssociated", "lost"),
        ("InvalidAllocationID.NotFound", "lost"),
        ("InvalidNetworkInterfaceID.NotFound", "lost"),
        ("RequestLimitExceeded", "unsure"),
        ("InternalError", "unsure"),
        ("UnauthorizedOperation", "denied"),
        ("AuthFailure", "refused"),
        ("Gateway.NotAttached", "refused"),
        ("IncorrectInstanceState", "refused"),
        ("AddressLimitExceeded", "refused"),
    ] {
        assert_eq!(word(code), end, "{code}");
    }
    assert_eq!(refusal("AuthFailure").name(), "HeldElsewhere");
}

#[test]
fn several_steps_are_taken_at_once_each_with_its_own_end() {
    let seen = seen().address(1, &[]).address(2, &[]).running(1).running(2);
    let steps = decide::waiting(&seen.observed, &seen.settings()).steps;
    let ec2 = seen
        .ec2()
        .answers("AssociateAddress", &["Resource.AlreadyAssociated"]);
    let ends = ec2.takes(NOW, &steps);
    assert!(
        matches!(
            ends[..],
            [AssociateOutcome::Superseded, AssociateOutcome::Placed(_)]
        ),
        "{ends:?}"
    );
}

/// What a look shows of an address after a step that was taken.
fn after(change: impl Fn(&mut Address)) -> Option<(AllocationId, Option<String>)> {
    let seen = seen()
        .address_on(1, 2, &[])
        .in_state(2, InstanceState::Stopped);
    let seen = seen.running(1);
    let step = seen.step(1);
    let seen = seen.change(1, change).after(&step);
    let address = seen.observed.addresses.first()?;
    let association = address.association.as_ref();
    let holder = association.and_then(|association| association.instance.as_ref());
    Some((address.allocation.clone(), holder.map(ToString::to_string)))
}

#[test]
fn a_look_from_before_a_step_counts_as_one_after_it() {
    let ours = Some("i-01".to_owned());
    assert_eq!(after(|_| ()).unwrap().1, ours);
    assert_eq!(after(|address| address.association = None).unwrap().1, ours);
}

#[test]
fn a_look_that_shows_the_address_with_somebody_else_is_believed() {
    let moved = |address: &mut Address| {
        let association = address.association.as_mut().unwrap();
        association.id = "eipassoc-theirs".parse().unwrap();
        association.instance = Some(id(7));
    };
    assert_eq!(after(moved).unwrap().1, Some("i-07".to_owned()));
}

#[test]
fn an_address_that_came_to_the_private_ip_a_moment_before_stays_there() {
    for (ec2, step) in [
        seen().address(1, &[]).address(2, &[("holdfast:slot", "z")]),
        seen()
            .address_on(1, 2, &[])
            .address(2, &[("holdfast:slot", "z")])
            .in_state(2, InstanceState::Stopped),
    ]
    .map(|seen| {
        let seen = seen.running(1);
        let step = seen.step(1);
        (seen.ec2(), step)
    }) {
        let ec2 = ec2.before("DescribeNetworkInterfaces", |seen| {
            seen.addresses[1].association = Some(Association {
                id: "eipassoc-theirs".parse().unwrap(),
                eni: Some("eni-01".parse().unwrap()),
                private_ip: Some(private_ip(1, 0)),
                instance: Some(id(1)),
            });
        });
        let end = taken(&ec2, &step);
        assert!(matches!(end, AssociateOutcome::Superseded), "{end:?}");
        assert_eq!(ec2.count("AssociateAddress"), 0);
    }
}

#[test]
fn nothing_is_associated_with_a_private_ip_that_could_not_be_read() {
    let (ec2, step) = free();
    let ec2 = ec2.answers("DescribeNetworkInterfaces", &["RequestLimitExceeded"]);
    let end = taken(&ec2, &step);
    assert!(matches!(end, AssociateOutcome::Unknown(_)), "{end:?}");
    assert_eq!(ec2.count("AssociateAddress"), 0);
}
