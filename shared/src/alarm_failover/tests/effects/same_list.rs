//! One list of effects: what a report says would be called, what is asked for as a dry run, and what is sent.

use super::*;
use crate::alarm_failover::effect::Effect;
use crate::alarm_failover::execute::fence;
use crate::alarm_failover::group::Group;
use crate::alarm_failover::messages;
use crate::alarm_failover::plan::{Fence, Plan};
use crate::cloud::moves::DryRunCall;
use crate::groups::ChosenBy;
use crate::report::{GroupReport, PlannedCall};

/// The actions for which failover has a dry run.
const WITH_DRY_RUN: [&str; 4] = [
    "DetachNetworkInterface",
    "AttachNetworkInterface",
    "DisassociateAddress",
    "AssociateAddress",
];

fn as_planned(call: &DryRunCall) -> PlannedCall {
    match call {
        DryRunCall::Detach(attachment) => PlannedCall::detach(attachment),
        DryRunCall::Attach { eni, instance, .. } => PlannedCall::attach(eni, instance),
        DryRunCall::Associate {
            allocation,
            eni,
            private_ip,
        } => PlannedCall::associate(allocation, eni, *private_ip),
        DryRunCall::Disassociate(association) => PlannedCall::disassociate(association),
    }
}

/// What `observe` mode, and a plan that was asked for, tell of a move.
fn told(one: &Move) -> [Vec<PlannedCall>; 2] {
    let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
    let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let settings = Settings::read(variables).unwrap();
    let fired = alarm_on_the_first();
    let case = Case {
        settings: &settings,
        cause: &fired,
        delivery: Delivery {
            ends_at: BEGINNING,
            run: 1,
        },
        received: BEGINNING,
    };
    let plan = Plan {
        moves: vec![one.clone()],
        ..Plan::default()
    };
    let fixture = pair().floating();
    let group = Group::named("web", &fixture.observed, &settings, &[]);
    let sources = BTreeSet::from([id(1)]);
    let ready = GroupReport {
        group: "web".to_owned(),
        ready: true,
        readiness: crate::report::Readiness::Ready,
        by_design: None,
        holders: Vec::new(),
        standbys: Vec::new(),
        free_addresses: 0,
        pause: None,
        fences: Vec::new(),
        obstacles: Vec::new(),
    };
    [
        messages::would(&case, &group, &sources, &plan, &[]).would_call,
        messages::planned(&case, (&ready, Vec::new()), &plan.moves).would_call,
    ]
}

#[test]
fn a_move_that_has_come_to_nothing_yet_tells_what_it_is_about() {
    let before = |action: &MoveAction| {
        let resource = ResourceId::Interface(ENI.parse().unwrap());
        let report = moving(resource, Some(1), 2, action).report();
        (report.eni.map(|eni| eni.to_string()), report.private_ips)
    };
    let ip = Ipv4Addr::new(10, 0, 0, 9);
    let eni: EniId = "eni-02".parse().unwrap();
    assert_eq!(before(&carrying(None)), (Some(ENI.to_owned()), vec![]));
    let (to, ips) = (eni.clone(), vec![ip]);
    let private_ips = MoveAction::PrivateIps { to, ips };
    assert_eq!(before(&private_ips), (Some("eni-02".to_owned()), vec![ip]));
    for association_change in [AssociationChange::Replace, AssociationChange::New] {
        let alone = MoveAction::Address {
            allocation: "eipalloc-01".parse().unwrap(),
            eni: eni.clone(),
            private_ip: ip,
            displaced: None,
            chosen_by: ChosenBy::DeviceIndex,
            association_change,
        };
        assert_eq!(before(&alone), (None, vec![ip]));
    }
}

/// A move is told, asked for as a dry run, and sent: the same calls, in the same order.
#[track_caller]
fn is_one_list(action: MoveAction, script: &Script, count: usize) {
    let resource = ResourceId::Interface(ENI.parse().unwrap());
    let one = moving(resource, Some(1), 2, &action);
    let went = script.clone().moving(action).go();
    assert!(went.end.starts_with("moved"), "{}", went.end);
    let sent = script.sent();
    assert_eq!(sent.len(), count, "{sent:?}");
    assert_eq!(told(&one), [sent.clone(), sent.clone()]);
    let asked = one.effects.iter().filter_map(Effect::dry_run);
    let asked: Vec<PlannedCall> = asked.map(|call| as_planned(&call)).collect();
    let can_be_asked = sent.into_iter();
    let can_be_asked = can_be_asked.filter(|call| WITH_DRY_RUN.contains(&call.action));
    assert_eq!(asked, can_be_asked.collect::<Vec<_>>());
}

/// The interface leaves the first member at once, and comes to the second.
fn moves_at_once() -> Script {
    script()
        .interface(0, Ok(Some(with_nobody())))
        .interface(300, Ok(Some(with(2, AttachmentState::Attached))))
        .instance(0, Ok(standby_with(AttachmentState::Attached)))
}

#[test]
fn the_calls_of_an_interface_are_one_list() {
    let held = |change: fn(&mut Detachment)| {
        let mut detachment = detachment();
        change(&mut detachment);
        carrying(Some(detachment))
    };
    is_one_list(held(|_| {}), &moves_at_once(), 2);
    is_one_list(held(|it| it.force = true), &moves_at_once(), 2);
    is_one_list(
        held(|it| it.delete_on_termination = true),
        &moves_at_once(),
        3,
    );
    let unattached = moves_at_once().interface(0, Ok(Some(with(2, AttachmentState::Attached))));
    is_one_list(carrying(None), &unattached, 1);
}

#[test]
fn the_calls_of_private_ips_are_one_list() {
    let (eni, ip): (EniId, _) = ("eni-02".parse().unwrap(), Ipv4Addr::new(10, 0, 0, 9));
    let mut standby = standby();
    standby.interfaces[0]
        .private_ips
        .push(PrivateIp { ip, public: None });
    let interface = Interface {
        private_ips: [(ip, None)].into(),
        ..Interface::bare(eni.clone())
    };
    let script = script()
        .interface(0, Ok(Some(interface)))
        .instance(0, Ok(standby));
    let action = MoveAction::PrivateIps {
        to: eni,
        ips: vec![ip],
    };
    is_one_list(action, &script, 1);
}

#[test]
fn the_calls_of_an_elastic_ip_are_one_list() {
    let ended = AssociationChange::EndThenAssociate("eipassoc-01".parse().unwrap());
    for (association_change, count) in [
        (AssociationChange::New, 1),
        (AssociationChange::Replace, 1),
        (ended, 2),
    ] {
        let private_ip = Ipv4Addr::new(10, 0, 0, 2);
        let mut address = pair().address().observed.addresses.remove(0);
        let association = address.association.as_mut().unwrap();
        association.eni = "eni-02".parse().ok();
        association.private_ip = Some(private_ip);
        let mut standby = standby();
        standby.interfaces[0].private_ips[0].public = Some(PublicIp {
            ip: address.ip,
            auto_assigned: false,
        });
        let action = MoveAction::Address {
            allocation: address.allocation.clone(),
            eni: "eni-02".parse().unwrap(),
            private_ip,
            displaced: None,
            chosen_by: ChosenBy::DeviceIndex,
            association_change,
        };
        let script = script().address(0, Ok(address)).instance(0, Ok(standby));
        is_one_list(action, &script, count);
    }
}

#[test]
fn the_calls_of_fences_are_one_list() {
    let effects = vec![
        Effect::Stop { instance: id(1) },
        Effect::Isolate {
            eni: ENI.parse().unwrap(),
            instance: id(1),
            security_group: "sg-01".parse().unwrap(),
        },
    ];
    let planned: Vec<PlannedCall> = effects.iter().filter_map(Effect::planned_call).collect();
    let script = script();
    let sent = fence(&script, vec![Fence::Due(effects)]).now_or_never();
    assert_eq!(sent.expect("a script never waits").calls(), 2);
    assert_eq!(script.sent(), planned);
}
