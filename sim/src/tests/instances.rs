//! The life of an instance, and of its interfaces and addresses with it.

use super::bed::{SimFixture, bed};
use super::moving::cutting_off;
use crate::api::{
    DescribeInstanceStatus, DescribeNetworkInterfaces, InstanceNetworkInterfaceSpecification,
    InstanceState, InstanceStatus, ModifyInstanceAttribute, Request, Response, RunInstances,
    SpotMarket, StartInstances, StopInstances, TerminateInstances,
};

fn stop(id: &str) -> Request {
    Request::StopInstances(StopInstances {
        instance_ids: vec![id.to_owned()],
        ..StopInstances::default()
    })
}

fn start(id: &str) -> Request {
    Request::StartInstances(StartInstances {
        instance_ids: vec![id.to_owned()],
    })
}

fn terminate(id: &str) -> Request {
    Request::TerminateInstances(TerminateInstances {
        instance_ids: vec![id.to_owned()],
    })
}

fn state(bed: &mut SimFixture, id: &str) -> InstanceState {
    bed.instance(id).expect("it is still known").state
}

fn status(bed: &mut SimFixture, id: &str) -> (String, String) {
    let status = whole_status(bed, id);
    (status.instance_status, status.system_status)
}

fn whole_status(bed: &mut SimFixture, id: &str) -> InstanceStatus {
    let request = DescribeInstanceStatus {
        instance_ids: vec![id.to_owned()],
        include_all_instances: true,
        ..DescribeInstanceStatus::default()
    };
    match bed.call(Request::DescribeInstanceStatus(request)) {
        Ok(Response::DescribeInstanceStatus { mut statuses, .. }) => {
            statuses.pop().expect("it was asked for by id")
        }
        other => panic!("no status: {other:?}"),
    }
}

#[test]
fn an_instance_goes_through_its_states_and_each_is_an_event() {
    let mut bed = bed();
    let id = bed.launch(None).instance_id;
    bed.wait(20);
    bed.call(stop(&id)).expect("it runs");
    bed.wait(30);
    bed.call(start(&id)).expect("it is stopped");
    bed.wait(20);
    bed.call(terminate(&id)).expect("it runs");
    bed.wait(30);
    assert_eq!(state(&mut bed, &id), InstanceState::Terminated);
    let states = [
        "pending",
        "running",
        "stopping",
        "stopped",
        "pending",
        "running",
        "shutting-down",
        "terminated",
    ];
    let events: Vec<String> = bed
        .event_names()
        .into_iter()
        .filter(|name| states.contains(&name.as_str()))
        .collect();
    assert_eq!(events, states);
}

#[test]
fn a_stop_that_leaves_the_guest_out_takes_seconds_and_hurries_one_that_waits_for_it() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    bed.call(stop(&id)).expect("it runs");
    bed.wait(10);
    bed.call(cutting_off(&id)).expect("it is stopping");
    bed.wait(5);
    assert_eq!(state(&mut bed, &id), InstanceState::Stopped);
}

#[test]
fn the_plan_of_a_stop_that_was_hurried_does_not_end_the_next_one() {
    let mut bed = bed();
    bed.world.settings().instance_starts_after = time::Duration::seconds(1);
    let id = bed.running(None).instance_id;
    bed.call(stop(&id)).expect("it runs");
    bed.call(cutting_off(&id)).expect("it is stopping");
    bed.wait(5);
    bed.call(start(&id)).expect("it is stopped");
    bed.wait(20);
    bed.call(stop(&id)).expect("it runs");
    bed.wait(10);
    assert_eq!(state(&mut bed, &id), InstanceState::Stopping);
    bed.wait(20);
    assert_eq!(state(&mut bed, &id), InstanceState::Stopped);
}

#[test]
fn a_stopped_instance_is_terminated_at_once() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    bed.call(stop(&id)).expect("it runs");
    bed.wait(30);
    bed.call(terminate(&id)).expect("it is stopped");
    assert_eq!(state(&mut bed, &id), InstanceState::Terminated);
}

#[test]
fn a_stopping_instance_cannot_be_started() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    bed.call(stop(&id)).expect("it runs");
    assert_eq!(bed.refused(start(&id)), "IncorrectInstanceState");
}

#[test]
fn a_terminated_instance_is_forgotten_after_an_hour() {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    bed.call(terminate(&id)).expect("it runs");
    bed.wait(30 + 3600);
    assert_eq!(bed.refused(terminate(&id)), "InvalidInstanceID.NotFound");
}

#[test]
fn termination_takes_the_primary_interface_along_and_leaves_its_address_unassociated() {
    let mut bed = bed();
    let address = bed.allocate();
    let instance = bed.running(None);
    let interface = instance.network_interfaces[0].network_interface_id.clone();
    bed.associate(&address, &interface);
    bed.call(terminate(&instance.instance_id)).expect("it runs");
    bed.wait(30);
    assert_eq!(bed.address(&address.public_ip).association, None);
    let request = DescribeNetworkInterfaces {
        network_interface_ids: vec![interface],
        ..DescribeNetworkInterfaces::default()
    };
    let code = bed.refused(Request::DescribeNetworkInterfaces(request));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn an_interface_that_was_there_before_outlives_its_instance() {
    let mut bed = bed();
    let interface = bed.public_interface();
    let launch = Request::RunInstances(RunInstances {
        min_count: 1,
        max_count: 1,
        network_interfaces: vec![InstanceNetworkInterfaceSpecification {
            network_interface_id: Some(interface.clone()),
            ..InstanceNetworkInterfaceSpecification::default()
        }],
        ..RunInstances::default()
    });
    let Ok(Response::RunInstances(reservation)) = bed.call(launch.clone()) else {
        panic!("no instance");
    };
    assert_eq!(bed.refused(launch), "InvalidNetworkInterface.InUse");
    bed.wait(20);
    bed.call(terminate(&reservation.instances[0].instance_id))
        .expect("it runs");
    bed.wait(30);
    let request = DescribeNetworkInterfaces {
        network_interface_ids: vec![interface],
        ..DescribeNetworkInterfaces::default()
    };
    match bed.call(Request::DescribeNetworkInterfaces(request)) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => {
            assert_eq!(interfaces[0].status, "available");
        }
        other => panic!("no interface: {other:?}"),
    }
}

#[test]
fn an_address_stays_with_a_stopped_instance() {
    let mut bed = bed();
    let address = bed.allocate();
    let instance = bed.running(None);
    bed.associate(
        &address,
        &instance.network_interfaces[0].network_interface_id,
    );
    bed.call(stop(&instance.instance_id)).expect("it runs");
    bed.wait(30);
    let instance = bed.instance(&instance.instance_id).expect("it is stopped");
    assert_eq!(instance.public_ip_address, Some(address.public_ip));
}

#[test]
fn status_checks_initialize_then_pass_and_can_fail_on_either_side() {
    let mut bed = bed();
    let id = bed.launch(None).instance_id;
    let words = |instance: &str, host: &str| (instance.to_owned(), host.to_owned());
    assert_eq!(
        status(&mut bed, &id),
        words("not-applicable", "not-applicable")
    );
    bed.wait(20);
    assert_eq!(status(&mut bed, &id), words("initializing", "initializing"));
    bed.wait(120);
    assert_eq!(status(&mut bed, &id), words("ok", "ok"));
    bed.world.impair(&id, false, true);
    assert_eq!(status(&mut bed, &id), words("ok", "impaired"));
}

#[test]
fn volumes_probes_and_plans_are_told_and_a_start_on_another_host_ends_them() {
    let mut bed = bed();
    let id = bed.launch(None).instance_id;
    bed.wait(140);
    let told = |bed: &mut SimFixture| whole_status(bed, &id);
    assert_eq!(told(&mut bed).attached_ebs_status, "ok");
    assert_eq!(told(&mut bed).application_status, None);
    bed.world.impair_volumes(&id, true);
    bed.world.report_application(&id, Some("impaired"));
    bed.world.report_performance(&id, Some("ok"));
    let at = bed.world.now() + time::Duration::DAY;
    bed.world.plan_event(&id, "instance-retirement", at);
    let status = told(&mut bed);
    assert_eq!(status.attached_ebs_status, "impaired");
    assert_eq!(status.application_status.as_deref(), Some("impaired"));
    assert_eq!(status.performance_status.as_deref(), Some("ok"));
    assert_eq!(
        (&*status.events[0].code, status.events[0].not_before),
        ("instance-retirement", at)
    );
    bed.world.call_off_events(&id);
    assert!(
        told(&mut bed).events[0]
            .description
            .starts_with("[Canceled]")
    );
    bed.call(stop(&id)).expect("it runs");
    bed.wait(30);
    bed.call(start(&id)).expect("it is stopped");
    bed.wait(20);
    assert_eq!(
        (told(&mut bed).events, told(&mut bed).application_status),
        (vec![], None)
    );
}

#[test]
fn a_client_token_launches_once() {
    let mut bed = bed();
    let launch = |max_count| {
        Request::RunInstances(RunInstances {
            min_count: 1,
            max_count,
            client_token: Some("once".to_owned()),
            ..RunInstances::default()
        })
    };
    let first = bed.call(launch(1));
    assert_eq!(bed.call(launch(1)), first);
    assert_eq!(bed.refused(launch(2)), "IdempotentParameterMismatch");
    bed.wait(60);
    let Ok(Response::RunInstances(reservation)) = first else {
        panic!("{first:?}");
    };
    bed.call(terminate(&reservation.instances[0].instance_id))
        .expect("it runs");
    bed.wait(60);
    assert_eq!(bed.refused(launch(1)), "IdempotentInstanceTerminated");
}

#[test]
fn an_image_that_is_not_there_is_told_from_an_id_that_is_none() {
    let mut bed = bed();
    bed.world
        .settings()
        .images
        .insert("ami-00000000000000001".to_owned());
    let launch = |image: &str| {
        Request::RunInstances(RunInstances {
            min_count: 1,
            max_count: 1,
            image_id: Some(image.to_owned()),
            ..RunInstances::default()
        })
    };
    for known in ["ami-0123456789abcdef0", "ami-00000000000000001"] {
        bed.call(launch(known)).expect("it is there");
    }
    assert_eq!(bed.refused(launch("ami-00000000")), "InvalidAMIID.NotFound");
    for malformed in ["ami-invalid", "ami-1", "image"] {
        assert_eq!(bed.refused(launch(malformed)), "InvalidAMIID.Malformed");
    }
}

#[test]
fn a_launch_that_is_refused_leaves_nothing_behind() {
    let mut bed = bed();
    let before = bed.world.clone();
    let interfaces = [None, Some("eni-0123456789abcdef0".to_owned())];
    let launch = RunInstances {
        min_count: 1,
        max_count: 1,
        network_interfaces: (0..)
            .zip(interfaces)
            .map(
                |(device_index, network_interface_id)| InstanceNetworkInterfaceSpecification {
                    device_index,
                    network_interface_id,
                    ..InstanceNetworkInterfaceSpecification::default()
                },
            )
            .collect(),
        ..RunInstances::default()
    };
    let code = bed.refused(Request::RunInstances(launch));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
    let mut untouched = SimFixture {
        world: before,
        caller: bed.caller.clone(),
    };
    let all = || Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    assert_eq!(bed.call(all()), untouched.call(all()));
}

/// An instance that runs and is so, and what EC2 says of a stop.
fn stopped_while(
    change: impl FnOnce(&mut SimFixture, &str),
) -> (SimFixture, String, Option<String>) {
    let mut bed = bed();
    let id = bed.launch(None).instance_id;
    bed.wait(20);
    change(&mut bed, &id);
    let refused = bed.call(stop(&id)).err().map(|error| error.code);
    (bed, id, refused)
}

fn protect(bed: &mut SimFixture, id: &str, on: bool) {
    let request = ModifyInstanceAttribute {
        instance_id: id.to_owned(),
        disable_api_stop: Some(on),
        ..ModifyInstanceAttribute::default()
    };
    bed.call(Request::ModifyInstanceAttribute(request))
        .expect("it is On-Demand and has an EBS root");
}

#[test]
fn a_one_time_spot_instance_and_one_without_an_ebs_root_are_never_stopped() {
    for (market, refused) in [
        (SpotMarket::OneTime, Some("UnsupportedOperation")),
        (SpotMarket::Persistent, None),
    ] {
        let (mut bed, id, code) = stopped_while(|bed, id| bed.world.make_spot(id, market));
        assert_eq!(code.as_deref(), refused);
        assert!(
            bed.instance(&id)
                .unwrap()
                .spot_instance_request_id
                .is_some()
        );
    }
    let (mut bed, id, code) = stopped_while(|bed, id| bed.world.put_root_on_instance_store(id));
    assert_eq!(code.as_deref(), Some("UnsupportedOperation"));
    assert_eq!(
        bed.instance(&id).unwrap().root_device_type,
        "instance-store"
    );
    bed.call(terminate(&id)).expect("it can be terminated");
}

#[test]
fn a_protected_instance_is_neither_stopped_nor_terminated_until_that_is_taken_back() {
    let (mut bed, id, code) = stopped_while(|bed, id| protect(bed, id, true));
    assert_eq!(code.as_deref(), Some("OperationNotPermitted"));
    let code = bed.call(terminate(&id)).unwrap_err().code;
    assert_eq!(code, "OperationNotPermitted");
    protect(&mut bed, &id, false);
    bed.call(stop(&id)).expect("it is protected no more");
}
