//! An address whose place cannot take it any more: on the instance that had it, the counterpart of its interface may.

use super::ec2::{Ec2, Guarded, address};
use super::*;
use crate::ledger::NotedTarget;
use crate::model::former_target::FormerTarget;
use crate::model::instance::{AttachedInterface, Instance, InstanceState, PrivateIp};
use crate::model::interface::Interface;
use crate::report::Report;

const NEW_IP: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 9);

fn attached(eni: &str, device_index: i32, ip: Ipv4Addr) -> AttachedInterface {
    AttachedInterface {
        id: eni.parse().unwrap(),
        device_index,
        card_index: 0,
        state: None,
        subnet: None,
        service_managed: false,
        other_ips: crate::model::interface::OtherIps::default(),
        private_ips: vec![PrivateIp { ip, public: None }],
    }
}

/// A firewall whose public interface was made anew: `eni-01` is gone, `eni-1b` has its device index.
fn firewall(ec2: &mut Ec2) {
    let management = Ipv4Addr::new(10, 0, 0, 9);
    ec2.interface = None;
    ec2.holder = Some(Instance {
        id: "i-01".parse().unwrap(),
        state: InstanceState::Running,
        tags: crate::model::tags::Tags::new(),
        launched_at: RELEASED_AT,
        zone: None,
        kind: None,
        stop_limit: None,
        zone_id: None,
        interfaces: vec![
            attached("eni-1a", 0, management),
            attached("eni-1b", 1, NEW_IP),
        ],
    });
}

/// The ledger has noted that the address was on the second interface.
fn noted() -> Released {
    released().snapshot(|snapshot| {
        snapshot.former_target = Some(NotedTarget {
            association: association().id,
            target: FormerTarget {
                card_index: 0,
                device_index: 1,
                subnet: None,
                position: Some(0),
            },
        });
    })
}

fn on(report: &Report) -> Option<(String, Ipv4Addr)> {
    let association = address(report).association.as_ref()?;
    Some((association.eni.to_string(), association.private_ip))
}

fn findings(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|it| it.why.as_str()).collect()
}

fn guarded(released: &Released) -> Guarded {
    released.guarded().with(firewall)
}

#[test]
fn an_address_whose_interface_was_made_anew_goes_to_the_one_at_the_same_device_index() {
    let report = guarded(&noted()).report();
    assert_eq!(on(&report), Some(("eni-1b".to_owned(), NEW_IP)));
    assert!(report.summary.ends_with("on 10.0.1.9 at eni-1b"));
    assert_eq!(
        findings(&report),
        ["the network interface eni-01 does not exist any more"]
    );
}

#[test]
fn an_interface_with_the_tag_comes_first() {
    let tag = ("holdfast:address-target".to_owned(), "true".to_owned());
    let tagged = Interface {
        tags: [tag].into(),
        ..Interface::bare("eni-1a".parse().unwrap())
    };
    let guarded = guarded(&noted()).with(|ec2| ec2.tagged.push(tagged.clone()));
    assert_eq!(on(&guarded.report()).unwrap().0, "eni-1a");
}

#[test]
fn where_nothing_says_which_interface_it_is_the_address_stays_free_and_that_is_told() {
    let report = guarded(&released()).report();
    assert_eq!(on(&report), None);
    assert_eq!(
        findings(&report),
        [
            "the network interface eni-01 does not exist any more; where the address was is not known, and i-01 could \
             take it on eni-1a or eni-1b"
        ]
    );
    assert!(report.findings[0].next.contains("holdfast:address-target"));
}

#[test]
fn an_instance_that_is_gone_for_good_takes_nothing() {
    let guarded = guarded(&noted()).with(|ec2| {
        let holder = ec2.holder.iter_mut();
        holder.for_each(|it| it.state = InstanceState::Terminated);
    });
    let report = guarded.report();
    assert_eq!(on(&report), None);
    assert_eq!(
        findings(&report),
        ["the network interface eni-01 does not exist any more"]
    );
}

#[test]
fn a_role_that_may_not_see_instances_restores_the_rest_and_says_so() {
    let report = guarded(&noted())
        .refused("DescribeInstances", "UnauthorizedOperation")
        .report();
    assert_eq!(on(&report), None);
    let why = findings(&report)[0];
    assert!(
        why.contains("whether its instance can take it is not known"),
        "{why}"
    );
}

#[test]
fn while_the_place_is_free_the_instance_is_not_asked_for() {
    let guarded = noted().guarded();
    guarded.report();
    assert!(guarded.times_of("DescribeInstances").is_empty());
}
