//! An account of real size: what others have in it, and that a describe of it is quick.

use super::bed::{SimFixture, bed, tagged};
use crate::{
    Crowd,
    alarms::{AlarmState, DescribeAlarms},
    api::{
        DescribeInstances, DescribeNetworkInterfaces, DescribeTags, Filter, NetworkInterface,
        Request, Response,
    },
    throttle::Limit,
};

const SMALL: Crowd = Crowd {
    instances: 10,
    interfaces: 15,
    addresses: 5,
    alarms: 8,
    firing: 2,
};

fn with(crowd: Crowd) -> (SimFixture, Vec<String>) {
    let mut bed = bed();
    let instances = bed.world.add_crowd(crowd).expect("there is room");
    (bed, instances)
}

fn by(name: &str, value: &str) -> Vec<Filter> {
    vec![Filter {
        name: name.to_owned(),
        values: vec![value.to_owned()],
    }]
}

fn interfaces(bed: &mut SimFixture, filters: Vec<Filter>) -> Vec<NetworkInterface> {
    let request = DescribeNetworkInterfaces {
        filters,
        ..DescribeNetworkInterfaces::default()
    };
    match bed.call(Request::DescribeNetworkInterfaces(request)) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => interfaces,
        other => panic!("no interfaces: {other:?}"),
    }
}

#[test]
fn a_crowd_is_as_if_it_had_been_launched() {
    let (mut bed, instances) = with(SMALL);
    assert_eq!(bed.world.check(), Vec::<String>::new());
    assert_eq!(instances.len(), 10);
    assert_eq!(bed.addresses(&[]).len(), 5);
    assert_eq!(interfaces(&mut bed, Vec::new()).len(), 15);
    let of_the_first = interfaces(&mut bed, by("attachment.instance-id", &instances[0]));
    assert_eq!(of_the_first.len(), 2, "the first five have a second one");
    let firing = bed.world.alarms();
    let firing = firing.filter(|alarm| alarm.state == AlarmState::Alarm);
    assert_eq!(firing.count(), 2);
    assert!(bed.world.take_events().is_empty(), "nobody is told of it");
}

#[test]
fn an_instance_of_a_large_crowd_is_found_by_its_id_and_a_group_by_its_tag() {
    let (bed, instances) = with(Crowd::large());
    let request = |filters| {
        Request::DescribeInstances(DescribeInstances {
            filters,
            ..DescribeInstances::default()
        })
    };
    let caller = bed.caller.clone();
    for (filters, expected) in [
        (by("instance-id", &instances[9_999]), 1),
        (by("tag-key", "holdfast:group"), 0),
        (by("tag:Name", "crowd-7"), 1),
    ] {
        let answer = bed.world.inspect(&caller, &request(filters));
        let Ok(Response::DescribeInstances { reservations, .. }) = answer else {
            panic!("no instances: {answer:?}");
        };
        assert_eq!(reservations.len(), expected);
    }
}

#[test]
fn a_filter_that_no_action_knows_is_refused_beside_one_that_nothing_passes() {
    let (mut bed, _) = with(SMALL);
    let mut filters = by("tag-key", "nobody's");
    filters.extend(by("no-such-filter", "x"));
    let request = DescribeNetworkInterfaces {
        filters,
        ..DescribeNetworkInterfaces::default()
    };
    let code = bed.refused(Request::DescribeNetworkInterfaces(request));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn tags_are_described_by_their_key_with_what_has_them() {
    let (mut bed, _) = with(SMALL);
    bed.world.settings().address_quota += 1;
    let address = bed.allocated(tagged(&[("holdfast:group", "web"), ("owner", "mail")]));
    let request = DescribeTags {
        filters: by("key", "holdfast:group"),
        ..DescribeTags::default()
    };
    let answer = bed.call(Request::DescribeTags(request));
    let Ok(Response::DescribeTags { tags, next_token }) = answer else {
        panic!("no tags: {answer:?}");
    };
    let [tag] = tags.try_into().expect("one has it");
    let expected = ("holdfast:group", "web", "elastic-ip");
    assert_eq!((&*tag.key, &*tag.value, &*tag.resource_type), expected);
    assert_eq!((tag.resource_id, next_token), (address.allocation_id, None));
}

#[test]
fn describing_alarms_is_throttled_where_a_limit_is_set() {
    let (mut bed, _) = with(SMALL);
    let limit = Limit {
        capacity: 2.0,
        refill: 1.0,
    };
    bed.world.limit("DescribeAlarms", limit);
    let ask = |bed: &mut SimFixture| {
        let (world, caller) = (&mut bed.world, &bed.caller);
        let answer = world.describe_alarms(caller, &DescribeAlarms::default());
        answer.map(drop).map_err(|refusal| refusal.code)
    };
    assert_eq!(ask(&mut bed), Ok(()));
    assert_eq!(ask(&mut bed), Ok(()));
    assert_eq!(ask(&mut bed), Err("Throttling".to_owned()));
    bed.wait(1);
    assert_eq!(ask(&mut bed), Ok(()));
}
