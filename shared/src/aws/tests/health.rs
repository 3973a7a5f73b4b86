//! Status checks and limits as EC2 answers them, and how often it is asked.

use super::{Wire, ec2, refusal};
use crate::cloud::health::{ReadHealth, ReadLimits};
use crate::ids::{InstanceId, InstanceType};
use crate::instance::{Checks, Limits};
use std::collections::BTreeMap;

fn ids(ids: &[&str]) -> Vec<InstanceId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn status(id: &str, state: &str, host: &str, instance: &str, volumes: &str) -> String {
    format!(
        "<item><instanceId>{id}</instanceId><instanceState><name>{state}</name></instanceState>\
         <systemStatus><status>{host}</status></systemStatus>\
         <instanceStatus><status>{instance}</status></instanceStatus>\
         <attachedEbsStatus><status>{volumes}</status></attachedEbsStatus></item>"
    )
}

fn well(id: &str) -> String {
    status(id, "running", "ok", "ok", "ok")
}

fn statuses(items: &str) -> String {
    let set = format!("<instanceStatusSet>{items}</instanceStatusSet>");
    ec2("DescribeInstanceStatus", &set)
}

#[tokio::test]
async fn an_instance_is_as_well_as_the_worst_of_its_checks() {
    for (state, host, instance, volumes, expected) in [
        ("running", "ok", "ok", "ok", Checks::Ok),
        ("running", "ok", "ok", "not-applicable", Checks::Ok),
        ("running", "impaired", "ok", "ok", Checks::Impaired),
        ("running", "initializing", "impaired", "ok", Checks::Impaired),
        ("running", "ok", "ok", "impaired", Checks::Impaired),
        ("running", "ok", "initializing", "ok", Checks::Initializing),
        ("running", "ok", "insufficient-data", "ok", Checks::Unknown),
        ("stopped", "not-applicable", "not-applicable", "ok", Checks::Unknown),
        ("stopping", "ok", "ok", "ok", Checks::Unknown),
    ] {
        let wire = Wire::answering([statuses(&status("i-1", state, host, instance, volumes))]);
        let checks = wire.cloud().checks(&ids(&["i-1"])).await.unwrap();
        assert_eq!(checks[&ids(&["i-1"])[0]], expected, "{state} {host} {instance}");
    }
}

#[tokio::test]
async fn instances_that_do_not_run_are_asked_for_too() {
    let wire = Wire::answering([statuses("")]);
    assert!(wire.cloud().checks(&ids(&["i-1", "i-2"])).await.unwrap().is_empty());
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        ["IncludeAllInstances=true", "InstanceId.1=i-1", "InstanceId.2=i-2"]
    );
}

#[tokio::test]
async fn an_instance_that_is_gone_does_not_hide_the_others() {
    let gone = || refusal("InvalidInstanceID.NotFound");
    let wire = Wire::with([
        gone(),
        (200, statuses(&(well("i-1") + &well("i-2")))),
        gone(),
        (200, statuses(&well("i-3"))),
        gone(),
    ]);
    let asked = ids(&["i-1", "i-2", "i-3", "i-9"]);
    let found = wire.cloud().checks(&asked).await.unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), ids(&["i-1", "i-2", "i-3"]));
    assert_eq!(wire.requests().len(), 5);
}

#[tokio::test]
async fn another_refusal_ends_it() {
    let wire = Wire::refusing("UnauthorizedOperation");
    let refusal = wire.cloud().checks(&ids(&["i-1", "i-2"])).await.unwrap_err();
    assert_eq!(refusal.name(), "Denied");
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn more_instances_than_a_call_takes_are_asked_for_side_by_side() {
    let wire = Wire::answering([statuses(""), statuses("")]);
    let many: Vec<String> = (0..101).map(|number| format!("i-{number}")).collect();
    let many: Vec<InstanceId> = many.iter().map(|id| id.parse().unwrap()).collect();
    wire.cloud().checks(&many).await.unwrap();
    assert_eq!(wire.requests().len(), 2);
    assert!(wire.cloud().checks(&[]).await.unwrap().is_empty());
    assert_eq!(wire.requests().len(), 2);
}

fn kind(kind: &str) -> InstanceType {
    InstanceType(kind.to_owned())
}

fn described(kind: &str, network: &str) -> String {
    let set = format!(
        "<instanceTypeSet><item><instanceType>{kind}</instanceType>\
         <networkInfo>{network}</networkInfo></item></instanceTypeSet>"
    );
    ec2("DescribeInstanceTypes", &set)
}

const TWO_CARDS: &str = "<maximumNetworkInterfaces>7</maximumNetworkInterfaces>\
     <ipv4AddressesPerInterface>10</ipv4AddressesPerInterface><networkCards>\
     <item><networkCardIndex>1</networkCardIndex>\
     <maximumNetworkInterfaces>4</maximumNetworkInterfaces></item>\
     <item><networkCardIndex>0</networkCardIndex>\
     <maximumNetworkInterfaces>3</maximumNetworkInterfaces></item></networkCards>";

#[tokio::test]
async fn the_limits_are_those_of_the_first_card() {
    let wire = Wire::answering([described("m6i.large", TWO_CARDS)]);
    let limits = wire.cloud().limits(&[kind("m6i.large")]).await.unwrap();
    let expected = Limits {
        interfaces: 3,
        private_ips: 10,
    };
    assert_eq!(limits, BTreeMap::from([(kind("m6i.large"), expected)]));
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        ["Filter.1.Name=instance-type", "Filter.1.Value.1=m6i.large", "MaxResults=100"]
    );
}

#[tokio::test]
async fn a_type_is_asked_for_once_in_the_life_of_a_process() {
    let small = "<maximumNetworkInterfaces>2</maximumNetworkInterfaces>\
                 <ipv4AddressesPerInterface>4</ipv4AddressesPerInterface>";
    let wire = Wire::answering([
        described("m6i.large", TWO_CARDS),
        described("t3.small", small),
    ]);
    let cloud = wire.cloud();
    cloud.limits(&[kind("m6i.large")]).await.unwrap();
    let both = [kind("m6i.large"), kind("t3.small")];
    assert_eq!(cloud.clone().limits(&both).await.unwrap().len(), 2);
    assert_eq!(cloud.limits(&both).await.unwrap()[&both[1]].interfaces, 2);
    let requests = wire.requests();
    assert_eq!(requests.len(), 2);
    assert!(!requests[1].contains("m6i.large"), "{requests:?}");
}

#[tokio::test]
async fn a_type_that_is_not_known_here_is_left_out_and_no_types_cost_no_call() {
    let wire = Wire::answering([ec2("DescribeInstanceTypes", "<instanceTypeSet/>")]);
    let cloud = wire.cloud();
    assert!(cloud.limits(&[kind("x9.huge")]).await.unwrap().is_empty());
    assert!(cloud.limits(&[]).await.unwrap().is_empty());
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn a_type_without_its_limits_is_an_answer_that_cannot_be_read() {
    let wire = Wire::answering([described("m6i.large", "")]);
    let refusal = wire.cloud().limits(&[kind("m6i.large")]).await.unwrap_err();
    assert!(refusal.to_string().contains("how many interfaces"), "{refusal}");
}
