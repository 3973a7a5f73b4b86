//! Auto Scaling, as far as it shows its instances.

use super::bed::{SimFixture, bed};
use crate::api::Ec2Error;
use crate::auto_scaling::{AutoScalingInstance, DescribeAutoScalingInstances};

fn described(
    bed: &SimFixture,
    request: &DescribeAutoScalingInstances,
) -> Result<(Vec<AutoScalingInstance>, Option<String>), Ec2Error> {
    bed.world
        .describe_auto_scaling_instances(&bed.caller, request)
}

fn named(count: usize) -> DescribeAutoScalingInstances {
    DescribeAutoScalingInstances {
        instance_ids: (1..=count).map(|number| format!("i-{number}")).collect(),
        ..DescribeAutoScalingInstances::default()
    }
}

#[test]
fn an_instance_of_a_group_tells_its_state_and_one_of_none_is_left_out() {
    let mut bed = bed();
    bed.world
        .put_into_auto_scaling("i-1", "web", "Warmed:Running");
    bed.world.put_into_auto_scaling("i-1", "web", "InService");
    let (found, next) = described(&bed, &named(2)).unwrap();
    assert_eq!((found.len(), next), (1, None));
    assert_eq!(found[0].lifecycle_state, "InService");
}

#[test]
fn instances_come_page_by_page_and_fifty_can_be_named() {
    let mut bed = bed();
    for number in 1..=3 {
        let id = format!("i-{number}");
        bed.world.put_into_auto_scaling(&id, "web", "InService");
    }
    let mut request = DescribeAutoScalingInstances {
        max_records: Some(2),
        ..DescribeAutoScalingInstances::default()
    };
    let (first, next) = described(&bed, &request).unwrap();
    request.next_token = next;
    let (rest, end) = described(&bed, &request).unwrap();
    assert_eq!((first.len(), rest.len(), end), (2, 1, None));
    assert!(described(&bed, &named(50)).is_ok());
    assert_eq!(
        described(&bed, &named(51)).unwrap_err().code,
        "ValidationError"
    );
}

#[test]
fn who_may_not_read_it_is_refused_in_auto_scalings_words() {
    let mut bed = bed();
    bed.world
        .deny("*", "autoscaling:DescribeAutoScalingInstances");
    assert_eq!(described(&bed, &named(1)).unwrap_err().code, "AccessDenied");
}
