//! The life of an instance, and of its interfaces and addresses with it.

use super::moving::cutting_off;
use super::stage::{Stage, stage};
use crate::api::{
    DescribeInstanceStatus, DescribeNetworkInterfaces, InstanceNetworkInterfaceSpecification,
    InstanceState, Request, Response, RunInstances, StartInstances, StopInstances,
    TerminateInstances,
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

fn state(stage: &mut Stage, id: &str) -> InstanceState {
    stage.instance(id).expect("it is still known").state
}

fn status(stage: &mut Stage, id: &str) -> (String, String) {
    let request = DescribeInstanceStatus {
        instance_ids: vec![id.to_owned()],
        include_all_instances: true,
        ..DescribeInstanceStatus::default()
    };
    match stage.call(Request::DescribeInstanceStatus(request)) {
        Ok(Response::DescribeInstanceStatus { mut statuses, .. }) => {
            let status = statuses.pop().expect("it was asked for by id");
            (status.instance_status, status.system_status)
        }
        other => panic!("no status: {other:?}"),
    }
}

#[test]
fn an_instance_goes_through_its_states_and_each_is_an_event() {
    let mut stage = stage();
    let id = stage.launch(None).instance_id;
    stage.wait(20);
    stage.call(stop(&id)).expect("it runs");
    stage.wait(30);
    stage.call(start(&id)).expect("it is stopped");
    stage.wait(20);
    stage.call(terminate(&id)).expect("it runs");
    stage.wait(30);
    assert_eq!(state(&mut stage, &id), InstanceState::Terminated);
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
    let events: Vec<String> = stage
        .event_names()
        .into_iter()
        .filter(|name| states.contains(&name.as_str()))
        .collect();
    assert_eq!(events, states);
}

#[test]
fn a_stop_that_leaves_the_guest_out_takes_seconds_and_hurries_one_that_waits_for_it() {
    let mut stage = stage();
    let id = stage.running(None).instance_id;
    stage.call(stop(&id)).expect("it runs");
    stage.wait(10);
    stage.call(cutting_off(&id)).expect("it is stopping");
    stage.wait(5);
    assert_eq!(state(&mut stage, &id), InstanceState::Stopped);
}

#[test]
fn the_plan_of_a_stop_that_was_hurried_does_not_end_the_next_one() {
    let mut stage = stage();
    stage.world.settings().instance_starts_after = time::Duration::seconds(1);
    let id = stage.running(None).instance_id;
    stage.call(stop(&id)).expect("it runs");
    stage.call(cutting_off(&id)).expect("it is stopping");
    stage.wait(5);
    stage.call(start(&id)).expect("it is stopped");
    stage.wait(20);
    stage.call(stop(&id)).expect("it runs");
    stage.wait(10);
    assert_eq!(state(&mut stage, &id), InstanceState::Stopping);
    stage.wait(20);
    assert_eq!(state(&mut stage, &id), InstanceState::Stopped);
}

#[test]
fn a_stopped_instance_is_terminated_at_once() {
    let mut stage = stage();
    let id = stage.running(None).instance_id;
    stage.call(stop(&id)).expect("it runs");
    stage.wait(30);
    stage.call(terminate(&id)).expect("it is stopped");
    assert_eq!(state(&mut stage, &id), InstanceState::Terminated);
}

#[test]
fn a_stopping_instance_cannot_be_started() {
    let mut stage = stage();
    let id = stage.running(None).instance_id;
    stage.call(stop(&id)).expect("it runs");
    assert_eq!(stage.refused(start(&id)), "IncorrectInstanceState");
}

#[test]
fn a_terminated_instance_is_forgotten_after_an_hour() {
    let mut stage = stage();
    let id = stage.running(None).instance_id;
    stage.call(terminate(&id)).expect("it runs");
    stage.wait(30 + 3600);
    assert_eq!(stage.refused(terminate(&id)), "InvalidInstanceID.NotFound");
}

#[test]
fn termination_takes_the_primary_interface_along_and_leaves_its_address_unassociated() {
    let mut stage = stage();
    let address = stage.allocate();
    let instance = stage.running(None);
    let interface = instance.network_interfaces[0].network_interface_id.clone();
    stage.associate(&address, &interface);
    stage
        .call(terminate(&instance.instance_id))
        .expect("it runs");
    stage.wait(30);
    assert_eq!(stage.address(&address.public_ip).association, None);
    let request = DescribeNetworkInterfaces {
        network_interface_ids: vec![interface],
        ..DescribeNetworkInterfaces::default()
    };
    let code = stage.refused(Request::DescribeNetworkInterfaces(request));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn an_interface_that_was_there_before_outlives_its_instance() {
    let mut stage = stage();
    let interface = stage.public_interface();
    let launch = Request::RunInstances(RunInstances {
        min_count: 1,
        max_count: 1,
        network_interfaces: vec![InstanceNetworkInterfaceSpecification {
            network_interface_id: Some(interface.clone()),
            ..InstanceNetworkInterfaceSpecification::default()
        }],
        ..RunInstances::default()
    });
    let Ok(Response::RunInstances(reservation)) = stage.call(launch.clone()) else {
        panic!("no instance");
    };
    assert_eq!(stage.refused(launch), "InvalidNetworkInterface.InUse");
    stage.wait(20);
    stage
        .call(terminate(&reservation.instances[0].instance_id))
        .expect("it runs");
    stage.wait(30);
    let request = DescribeNetworkInterfaces {
        network_interface_ids: vec![interface],
        ..DescribeNetworkInterfaces::default()
    };
    match stage.call(Request::DescribeNetworkInterfaces(request)) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => {
            assert_eq!(interfaces[0].status, "available");
        }
        other => panic!("no interface: {other:?}"),
    }
}

#[test]
fn an_address_stays_with_a_stopped_instance() {
    let mut stage = stage();
    let address = stage.allocate();
    let instance = stage.running(None);
    stage.associate(
        &address,
        &instance.network_interfaces[0].network_interface_id,
    );
    stage.call(stop(&instance.instance_id)).expect("it runs");
    stage.wait(30);
    let instance = stage
        .instance(&instance.instance_id)
        .expect("it is stopped");
    assert_eq!(instance.public_ip_address, Some(address.public_ip));
}

#[test]
fn status_checks_initialize_then_pass_and_can_fail_on_either_side() {
    let mut stage = stage();
    let id = stage.launch(None).instance_id;
    let words = |instance: &str, host: &str| (instance.to_owned(), host.to_owned());
    assert_eq!(
        status(&mut stage, &id),
        words("not-applicable", "not-applicable")
    );
    stage.wait(20);
    assert_eq!(
        status(&mut stage, &id),
        words("initializing", "initializing")
    );
    stage.wait(120);
    assert_eq!(status(&mut stage, &id), words("ok", "ok"));
    stage.world.impair(&id, false, true);
    assert_eq!(status(&mut stage, &id), words("ok", "impaired"));
}

#[test]
fn a_client_token_launches_once() {
    let mut stage = stage();
    let launch = Request::RunInstances(RunInstances {
        min_count: 1,
        max_count: 1,
        client_token: Some("once".to_owned()),
        ..RunInstances::default()
    });
    let first = stage.call(launch.clone());
    assert_eq!(stage.call(launch), first);
}

#[test]
fn a_launch_that_is_refused_leaves_nothing_behind() {
    let mut stage = stage();
    let before = stage.world.clone();
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
    let code = stage.refused(Request::RunInstances(launch));
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
    let mut untouched = Stage {
        world: before,
        caller: stage.caller.clone(),
    };
    let all = || Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    assert_eq!(stage.call(all()), untouched.call(all()));
}
