//! Status checks and limits as EC2 answers them, and how often it is asked.

use super::{NOVEL, Wire, ec2, refusal};
use holdfast::cloud::health::{ReadLimits, ReadStatusChecks};
use holdfast::model::ids::{InstanceId, InstanceType};
use holdfast::model::instance::{InstanceTypeLimits, StatusChecks};
use std::collections::BTreeMap;

pub(super) fn ids(ids: &[&str]) -> Vec<InstanceId> {
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

pub(super) fn well(id: &str) -> String {
    status(id, "running", "ok", "ok", "ok")
}

pub(super) fn statuses(items: &str) -> String {
    let set = format!("<instanceStatusSet>{items}</instanceStatusSet>");
    ec2("DescribeInstanceStatus", &set)
}

#[tokio::test]
async fn an_instance_is_as_well_as_the_worst_of_its_checks() {
    for (state, host, instance, volumes, expected) in [
        ("running", "ok", "ok", "ok", StatusChecks::Ok),
        ("running", "ok", "ok", "not-applicable", StatusChecks::Ok),
        ("running", "impaired", "ok", "ok", StatusChecks::Impaired),
        (
            "running",
            "initializing",
            "impaired",
            "ok",
            StatusChecks::Impaired,
        ),
        ("running", "ok", "ok", "impaired", StatusChecks::Impaired),
        (
            "running",
            "ok",
            "initializing",
            "ok",
            StatusChecks::Initializing,
        ),
        (
            "running",
            "ok",
            "insufficient-data",
            "ok",
            StatusChecks::Unknown,
        ),
        (
            "stopped",
            "not-applicable",
            "not-applicable",
            "ok",
            StatusChecks::Unknown,
        ),
        ("stopping", "ok", "ok", "ok", StatusChecks::Unknown),
    ] {
        let wire = Wire::answering([statuses(&status("i-1", state, host, instance, volumes))]);
        let checks = wire.cloud().checks(&ids(&["i-1"])).await.unwrap();
        assert_eq!(
            checks[&ids(&["i-1"])[0]].checks,
            expected,
            "{state} {host} {instance}"
        );
    }
}

#[tokio::test]
async fn instances_that_do_not_run_are_asked_for_too() {
    let wire = Wire::answering([statuses("")]);
    assert!(
        wire.cloud()
            .checks(&ids(&["i-1", "i-2"]))
            .await
            .unwrap()
            .is_empty()
    );
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        [
            "IncludeAllInstances=true",
            "InstanceId.1=i-1",
            "InstanceId.2=i-2"
        ]
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
    assert_eq!(
        found.into_keys().collect::<Vec<_>>(),
        ids(&["i-1", "i-2", "i-3"])
    );
    assert_eq!(wire.requests().len(), 5);
}

#[tokio::test]
async fn another_refusal_ends_it() {
    let wire = Wire::refusing("UnauthorizedOperation");
    let refusal = wire
        .cloud()
        .checks(&ids(&["i-1", "i-2"]))
        .await
        .unwrap_err();
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
    let expected = InstanceTypeLimits {
        interfaces: 3,
        private_ips: 10,
    };
    assert_eq!(limits, BTreeMap::from([(kind("m6i.large"), expected)]));
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        [
            "Filter.1.Name=instance-type",
            "Filter.1.Value.1=m6i.large",
            "MaxResults=100"
        ]
    );
}

/// Those for flexible queues come on top of the base number.
#[tokio::test]
async fn the_flexible_interfaces_of_the_first_card_count() {
    let base = "<maximumNetworkInterfaces>3</maximumNetworkInterfaces>";
    let more = "<additionalFlexibleNetworkInterfaces>2</additionalFlexibleNetworkInterfaces>";
    let network = TWO_CARDS.replace(base, &format!("{base}{more}"));
    let wire = Wire::answering([described("m8g.large", &network)]);
    let limits = wire.cloud().limits(&[kind("m8g.large")]).await.unwrap();
    assert_eq!(limits[&kind("m8g.large")].interfaces, 5);
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
    assert!(
        refusal.to_string().contains("how many interfaces"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_check_in_a_word_that_nobody_knows_is_no_good_news() {
    for (host, instance, volumes, expected) in [
        ("novel", "ok", "ok", StatusChecks::Unknown),
        ("ok", "novel", "ok", StatusChecks::Unknown),
        ("ok", "ok", "novel", StatusChecks::Unknown),
        ("ok", "ok", "insufficient-data", StatusChecks::Ok),
        ("novel", "ok", "impaired", StatusChecks::Impaired),
        ("insufficient-data", "ok", "ok", StatusChecks::Unknown),
        ("not-applicable", "ok", "ok", StatusChecks::Unknown),
        ("ok", "ok", "initializing", StatusChecks::Initializing),
    ] {
        let item = status("i-1", "running", host, instance, volumes);
        let wire = Wire::answering([statuses(&item)]).wrong_where("novel", NOVEL);
        let checks = wire.cloud().checks(&ids(&["i-1"])).await.unwrap();
        assert_eq!(
            checks[&ids(&["i-1"])[0]].checks,
            expected,
            "{host} {instance} {volumes}"
        );
    }
}

#[tokio::test]
async fn an_instance_that_has_no_check_of_its_volumes_is_well_without_it() {
    let item = "<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState>\
         <systemStatus><status>ok</status></systemStatus>\
         <instanceStatus><status>ok</status></instanceStatus></item>";
    let wire = Wire::answering([statuses(item)]);
    let checks = wire.cloud().checks(&ids(&["i-1"])).await.unwrap();
    assert_eq!(
        checks.into_values().map(|it| it.checks).collect::<Vec<_>>(),
        [StatusChecks::Ok]
    );
}

#[tokio::test]
async fn an_instance_of_which_no_state_or_no_check_is_told_is_not_known_to_be_well() {
    let checks = "<systemStatus><status>ok</status></systemStatus>\
         <instanceStatus><status>ok</status></instanceStatus>";
    for inside in [
        checks,
        &format!("<instanceState><name>novel</name></instanceState>{checks}"),
        "<instanceState><name>running</name></instanceState>",
    ] {
        let item = format!("<item><instanceId>i-1</instanceId>{inside}</item>");
        let wire = Wire::answering([statuses(&item)]).wrong_where("novel", NOVEL);
        let checks = wire.cloud().checks(&ids(&["i-1"])).await.unwrap();
        assert_eq!(
            checks.into_values().map(|it| it.checks).collect::<Vec<_>>(),
            [StatusChecks::Unknown]
        );
    }
}

#[tokio::test]
async fn checks_without_their_instance_are_an_answer_that_cannot_be_read() {
    let wire = Wire::answering([statuses(&well(""))]);
    let refusal = wire.cloud().checks(&ids(&["i-1"])).await.unwrap_err();
    let told = refusal.to_string();
    assert!(told.starts_with("ec2:DescribeInstanceStatus: "), "{told}");
    assert!(told.contains("an instance's id is missing"), "{told}");
}

#[tokio::test]
async fn the_checks_of_more_than_a_hundred_instances_are_all_there() {
    let wire = Wire::answering([statuses(&well("i-0")), statuses(&well("i-100"))]);
    let many: Vec<String> = (0..101).map(|number| format!("i-{number}")).collect();
    let many: Vec<InstanceId> = many.iter().map(|id| id.parse().unwrap()).collect();
    let found = wire.cloud().checks(&many).await.unwrap();
    assert_eq!(
        found.into_keys().collect::<Vec<_>>(),
        ids(&["i-0", "i-100"])
    );
    assert_eq!(
        wire.calls()[1],
        [
            "Action=DescribeInstanceStatus",
            "IncludeAllInstances=true",
            "InstanceId.1=i-100",
        ]
    );
}

#[tokio::test]
async fn instances_of_which_one_is_gone_are_asked_for_in_halves() {
    let gone = || refusal("InvalidInstanceID.NotFound");
    let three = well("i-1") + &well("i-2") + &well("i-3");
    let wire = Wire::with([
        gone(),
        (200, statuses(&three)),
        gone(),
        (200, statuses(&well("i-4"))),
        gone(),
    ]);
    let asked = ids(&["i-1", "i-2", "i-3", "i-4", "i-9"]);
    let found = wire.cloud().checks(&asked).await.unwrap();
    assert_eq!(
        found.into_keys().collect::<Vec<_>>(),
        ids(&["i-1", "i-2", "i-3", "i-4"])
    );
    let named = |call: &Vec<String>| {
        call.iter()
            .filter(|it| it.starts_with("InstanceId."))
            .count()
    };
    let calls: Vec<usize> = wire.calls().iter().map(named).collect();
    assert_eq!(calls, [5, 3, 2, 1, 1]);
}

#[tokio::test]
async fn instances_that_are_all_gone_are_an_empty_answer() {
    let gone = || refusal("InvalidInstanceID.NotFound");
    let wire = Wire::with([gone(), gone(), gone()]);
    assert!(
        wire.cloud()
            .checks(&ids(&["i-8", "i-9"]))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(wire.requests().len(), 3);
}

#[tokio::test]
async fn the_limits_of_more_types_than_a_filter_takes_are_all_read() {
    let wire = Wire::answering([
        described("a1.large", TWO_CARDS),
        described("m6i.large", TWO_CARDS),
    ]);
    let many: Vec<InstanceType> = (0..200)
        .map(|number| kind(&format!("a{number}.large")))
        .chain([kind("m6i.large")])
        .collect();
    let limits = wire.cloud().limits(&many).await.unwrap();
    assert_eq!(
        limits.into_keys().collect::<Vec<_>>(),
        [kind("a1.large"), kind("m6i.large")]
    );
    assert_eq!(
        wire.calls()[1],
        [
            "Action=DescribeInstanceTypes",
            "Filter.1.Name=instance-type",
            "Filter.1.Value.1=m6i.large",
            "MaxResults=100",
        ]
    );
}

#[tokio::test]
async fn the_limits_of_types_are_read_page_by_page() {
    let more = described("m6i.large", TWO_CARDS).replace(
        "</instanceTypeSet>",
        "</instanceTypeSet><nextToken>more</nextToken>",
    );
    let wire = Wire::answering([more, described("t3.small", TWO_CARDS)]);
    let both = [kind("m6i.large"), kind("t3.small")];
    assert_eq!(wire.cloud().limits(&both).await.unwrap().len(), 2);
    assert!(wire.calls()[1].contains(&"NextToken=more".to_owned()));
}

#[tokio::test]
async fn a_type_that_lacks_its_name_or_a_limit_is_an_answer_that_cannot_be_read() {
    let interfaces = "<maximumNetworkInterfaces>7</maximumNetworkInterfaces>";
    let private_ips = "<ipv4AddressesPerInterface>10</ipv4AddressesPerInterface>";
    let unnamed =
        described("m6i.large", TWO_CARDS).replace("<instanceType>m6i.large</instanceType>", "");
    for (answer, missing) in [
        (unnamed, "an instance type's name is missing"),
        (
            described("m6i.large", private_ips),
            "how many interfaces it takes is missing",
        ),
        (
            described("m6i.large", interfaces),
            "how many private IPs one takes is missing",
        ),
    ] {
        let wire = Wire::answering([answer]);
        let refusal = wire.cloud().limits(&[kind("m6i.large")]).await.unwrap_err();
        let told = refusal.to_string();
        assert!(told.starts_with("ec2:DescribeInstanceTypes: "), "{told}");
        assert!(told.contains(missing), "{told}");
    }
}

#[tokio::test]
async fn limits_that_may_not_be_read_are_an_error() {
    let cloud = Wire::refusing("UnauthorizedOperation").cloud();
    let refusal = cloud.limits(&[kind("m6i.large")]).await.unwrap_err();
    assert_eq!(refusal.name(), "Denied");
}
