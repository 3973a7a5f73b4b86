//! Whether a group is ready, what returns and when, and what is taken up again.

use super::asked::{second, settings, trio};
use super::fixture::{ENI, Fixture, GROUP, id, pair};
use super::looks::alarm;
use crate::alarm_failover::audit;
use crate::alarm_failover::audit::GroupState;
use crate::alarm_failover::case::CauseKind;
use crate::alarm_failover::effect::Effect;
use crate::alarm_failover::group::Group;
use crate::alarm_failover::messages::target_tags_in_vain;
use crate::alarm_failover::plan::Move;
use crate::alarm_failover::plan::{AssociationChange, Detachment, MoveAction};
use crate::alarm_failover::state::Observed;
use crate::cloud::moves::DryRunCall;
use crate::groups::ChosenBy;
use crate::ledger::lease::{FailoverRecord, Lease};
use crate::model::alarm::AlarmState;
use crate::model::instance::{InstanceState, StatusChecks};
use crate::report::GroupReport;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

/// By a look at all groups, and by the part of one: they say the same.
pub(super) fn ready(fixture: &Fixture) -> (GroupReport, Vec<Move>) {
    let settings = settings(&[]);
    let by = |observed: &Observed| {
        let group = Group::named(GROUP.1, observed, &settings, &[]);
        let state = GroupState {
            observed,
            alarms: &fixture.observed.alarms,
            alarms_are_all: true,
            health: &fixture.fitness_with_limits(),
        };
        audit::readiness(&state, &group, &settings, second(0))
    };
    let whole = by(&fixture.observed);
    let mut parts = fixture.observed.parts(&settings);
    if let Some((_, part)) = parts.find(|(name, _)| *name == GROUP.1) {
        assert_eq!(by(&part), whole);
    }
    whole
}

fn two_holders() -> Fixture {
    trio().floating().attached_to(2).address()
}

#[test]
fn a_group_is_ready_when_each_holder_has_a_standby() {
    let (report, moves) = ready(&two_holders());
    assert!(report.ready, "{:?}", report.obstacles);
    assert_eq!((report.group.as_str(), report.free_addresses), ("web", 0));
    assert_eq!(report.holders, [id(1), id(2)]);
    assert_eq!(report.standbys, [id(1), id(2)]);
    assert_eq!(moves.len(), 2);
}

#[test]
fn what_is_with_nobody_belongs_to_what_has_to_be_ready() {
    let (report, moves) = ready(&pair().floating().adrift());
    assert!(report.ready);
    assert_eq!((report.holders, report.standbys), (vec![], vec![id(1)]));
    assert_eq!(moves.len(), 1);
}

/// So many members, each with an address of its own, and none of them fit.
fn unfit(count: u8) -> Fixture {
    let all = (3..=count).fold(pair().address(), Fixture::joined_by);
    all.change(|fixture| {
        for number in 1..=count {
            fixture.health(number, StatusChecks::Impaired, InstanceState::Running);
        }
        let first = fixture.observed.addresses[0].clone();
        fixture.observed.addresses.extend((2..=count).map(|number| {
            let mut address = first.clone();
            address.allocation = format!("eipalloc-0{number}").parse().unwrap();
            address.ip = Ipv4Addr::new(198, 51, 100, number);
            let association = address.association.as_mut().unwrap();
            association.instance = Some(id(number));
            association.eni = Some(format!("eni-0{number}").parse().unwrap());
            address
        }));
    })
}

#[test]
fn a_large_group_in_which_nobody_is_fit_does_not_fill_the_report() {
    let (report, moves) = ready(&unfit(90));
    assert!(!report.ready && moves.is_empty());
    assert_eq!(report.holders.len(), 90);
    assert!(report.obstacles.len() <= 51, "{}", report.obstacles.len());
}

#[test]
fn what_stands_in_the_way_of_several_holders_is_said_once() {
    let full = trio().floating().adrift().address().change(|fixture| {
        fixture.limits.interfaces = 1;
        let mut second = fixture.observed.addresses[0].clone();
        let association_change = second.association.as_mut().unwrap();
        association_change.instance = Some(id(2));
        association_change.eni = Some("eni-02".parse().unwrap());
        association_change.private_ip = Some(super::fixture::private_ip(2));
        second.allocation = "eipalloc-02".parse().unwrap();
        second.ip = [203, 0, 113, 8].into();
        fixture.observed.addresses.push(second);
    });
    let (report, _) = ready(&full);
    assert!(!report.ready);
    let told = report.obstacles.iter().map(|each| each.why.clone());
    let told: Vec<_> = told.collect();
    let once: BTreeSet<_> = told.iter().cloned().collect();
    assert_eq!((told.len(), once.len()), (3, 3), "{told:?}");
}

#[test]
fn a_group_whose_interface_ends_with_its_instance_is_not_ready() {
    let detachment = pair().floating().change(|fixture| {
        let attachment = fixture.observed.interfaces[0].attachment.as_mut();
        attachment.unwrap().delete_on_termination = true;
    });
    let (report, _) = ready(&detachment);
    assert!(!report.ready);
    assert!(report.obstacles[0].what.contains("ends with its instance"));
}

#[test]
fn a_group_whose_holder_is_no_member_is_not_ready() {
    let stranger = trio().floating().change(|fixture| {
        fixture.member(1).tags.clear();
    });
    let (report, _) = ready(&stranger);
    assert!(!report.ready);
    assert!(report.obstacles[0].what.contains("is no member"));
}

fn record(alarms: &[&str]) -> FailoverRecord {
    FailoverRecord {
        cause: "alarm web".to_owned(),
        alarms: alarms.iter().map(ToString::to_string).collect(),
        fired_at: second(7),
        failed_members: BTreeSet::from([id(1)]),
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
        pending_fences: BTreeMap::new(),
        began_at: second(8),
        ended_at: Some(second(9)),
        to: Some(id(2)),
    }
}

/// How long the first member has to be well for everything to return to it, and whether it is so now.
fn target(fixture: &Fixture, last: Option<FailoverRecord>) -> Option<(Duration, bool)> {
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
    let state = GroupState {
        observed: &fixture.observed,
        alarms: &fixture.observed.alarms,
        alarms_are_all: true,
        health: &fixture.fitness_with_limits(),
    };
    let lease = Lease {
        last,
        ..Lease::new(GROUP.1)
    };
    let target = audit::failback_target(&group, &state, &settings, &lease);
    target.map(|(target, wait, is_healthy)| {
        assert_eq!(target.id, id(1));
        (wait, is_healthy)
    })
}

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

/// An interface that is to return to the first member, with the second.
fn away() -> Fixture {
    pair().floating().attached_to(2).tagged("failback", "30")
}

#[test]
fn what_is_away_returns_after_the_time_of_its_tag() {
    assert_eq!(target(&away(), None), Some((minutes(30), true)));
    assert_eq!(target(&away().attached_to(1), None), None, "it is at home");
    let never = pair().floating().attached_to(2);
    assert_eq!(target(&never, None), None, "nothing asks for it");
    assert_eq!(target(&away().tagged("failback", "never"), None), None);
}

#[test]
fn of_several_times_the_longest_counts() {
    let both = |fixture: Fixture, own: &str| {
        let fixture = fixture.address().address_tagged("failback", own);
        fixture.change(|it| {
            let association_change = it.observed.addresses[0].association.as_mut();
            association_change.unwrap().instance = Some(id(2));
        })
    };
    assert_eq!(target(&both(away(), "60"), None), Some((minutes(60), true)));
    assert_eq!(target(&both(away(), "9"), None), Some((minutes(30), true)));
    let at_home = away().address().address_tagged("failback", "60");
    assert_eq!(target(&at_home, None), Some((minutes(30), true)));
}

#[test]
fn nothing_returns_to_a_member_that_is_not_well() {
    let is_healthy = |fixture: Fixture| target(&fixture, None).expect("it is away").1;
    let health = |checks, state| away().change(move |it| it.health(1, checks, state));
    assert!(!is_healthy(health(
        StatusChecks::Ok,
        InstanceState::Stopped
    )));
    assert!(!is_healthy(health(
        StatusChecks::Impaired,
        InstanceState::Running
    )));
    assert!(!is_healthy(health(
        StatusChecks::Initializing,
        InstanceState::Running
    )));
    let firing = alarm("beat", AlarmState::Alarm, &[Some(1)]);
    assert!(!is_healthy(away().alarmed(firing)));
    let of_the_holder = alarm("beat", AlarmState::Alarm, &[Some(2)]);
    assert!(is_healthy(away().alarmed(of_the_holder)));
}

#[test]
fn nothing_returns_while_what_moved_it_fires_and_names_no_instance() {
    let still = |state, measured: &[Option<u8>]| {
        let fixture = away().alarmed(alarm("b", state, measured));
        let is_healthy = target(&fixture, Some(record(&["a", "b", "c"])));
        !is_healthy.expect("it is away").1
    };
    assert!(still(AlarmState::Alarm, &[None]));
    assert!(still(AlarmState::Alarm, &[]));
    assert!(!still(AlarmState::Ok, &[None]));
    assert!(
        !still(AlarmState::Alarm, &[None, Some(2)]),
        "it has an instance"
    );
    let other = away().alarmed(alarm("d", AlarmState::Alarm, &[None]));
    assert_eq!(
        target(&other, Some(record(&["a"]))),
        Some((minutes(30), true))
    );
}

#[test]
fn a_failover_is_taken_up_with_its_alarms_which_are_read_again() {
    let cause = audit::resumed(&record(&["a"]), "web", second(99));
    assert_eq!((cause.kind, cause.at), (CauseKind::Alarm, second(7)));
    assert_eq!(cause.text, "alarm web, taken up again");
    assert_eq!(cause.alarms, ["a"]);
    assert_eq!(cause.instances, BTreeSet::from([id(1)]));
    assert_eq!(cause.group.as_deref(), Some("web"));
    let without = audit::resumed(&record(&[]), "web", second(99));
    assert_eq!(
        without.kind,
        CauseKind::Resume,
        "nothing new is begun for it"
    );
}

fn rehearsed(action: &MoveAction) -> Vec<DryRunCall> {
    let effects = action.effects(&id(2));
    effects.iter().filter_map(Effect::dry_run).collect()
}

#[test]
fn every_call_of_a_move_is_rehearsed_that_ec2_lets_one_rehearse() {
    let eni = || ENI.parse().unwrap();
    let interface = |is_held: bool| MoveAction::Interface {
        eni: eni(),
        from: is_held.then(|| Detachment {
            attachment: "eni-attach-01".parse().unwrap(),
            is_detaching: false,
            delete_on_termination: false,
            force: false,
        }),
        device_index: 2,
    };
    let attach = || DryRunCall::Attach {
        eni: eni(),
        instance: id(2),
        device_index: 2,
    };
    let detach = DryRunCall::Detach("eni-attach-01".parse().unwrap());
    assert_eq!(rehearsed(&interface(true)), [detach, attach()]);
    assert_eq!(rehearsed(&interface(false)), [attach()]);

    let private_ip = super::fixture::private_ip(2);
    let address = |association_change: AssociationChange| MoveAction::Address {
        allocation: "eipalloc-01".parse().unwrap(),
        eni: eni(),
        private_ip,
        displaced: None,
        chosen_by: ChosenBy::DeviceIndex,
        association_change,
    };
    let associate = || DryRunCall::Associate {
        allocation: "eipalloc-01".parse().unwrap(),
        eni: eni(),
        private_ip,
    };
    let end = DryRunCall::Disassociate("eipassoc-01".parse().unwrap());
    let ended = address(AssociationChange::EndThenAssociate(
        "eipassoc-01".parse().unwrap(),
    ));
    assert_eq!(rehearsed(&ended), [end, associate()]);
    assert_eq!(
        rehearsed(&address(AssociationChange::Replace)),
        [associate()]
    );
    assert_eq!(rehearsed(&address(AssociationChange::New)), [associate()]);

    let ips = vec![private_ip];
    assert_eq!(rehearsed(&MoveAction::PrivateIps { to: eni(), ips }), []);
}

#[test]
fn a_tag_of_one_that_takes_addresses_does_not_count_on_one_that_moves_and_that_is_told() {
    let in_vain = |fixture: &Fixture| {
        let found = target_tags_in_vain(&fixture.observed, &settings(&[]));
        found.into_iter().map(|it| it.why).collect::<Vec<_>>()
    };
    let floating = || pair().floating().tagged("address-target", "true");
    assert_eq!(
        in_vain(&floating()),
        ["it moves in the group web, and an address on it would go with it"]
    );
    let service = floating().held_by_a_service();
    assert_eq!(in_vain(&service), ["an AWS service has it"]);
    let stays = floating().at_device_index(0);
    assert_eq!(in_vain(&stays), [] as [&str; 0]);
    assert_eq!(in_vain(&pair().floating()), [] as [&str; 0]);
}
