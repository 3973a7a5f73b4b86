//! A move is made on a look that is two seconds old at most. Where EC2 is slower, what it hangs on is read once
//! more, and anything that is not as it was is a reason to look anew.

use super::*;
use crate::groups::ChosenBy;
use crate::model::alarm::Alarm;
use crate::model::alarm::{AlarmMetric, AlarmState};
use crate::model::ids::InstanceId;
use InstanceState::{Running, Stopped};

fn alarm(state: AlarmState) -> Vec<Alarm> {
    let measure = AlarmMetric {
        namespace: "AWS/EC2".to_owned(),
        metric: "StatusCheckFailed".to_owned(),
        dimensions: [("InstanceId".to_owned(), id(1).to_string())].into(),
    };
    vec![Alarm {
        name: ALARM.to_owned(),
        state,
        suppressed_by: None,
        metrics: vec![measure],
        rule: None,
        contributors: None,
    }]
}

fn fires() -> Vec<Alarm> {
    alarm(AlarmState::Alarm)
}

/// The first member has an address, and its alarm fires.
fn failing() -> Fixture {
    pair().address().change(|fixture| {
        let alarms = fires().into_iter().map(|alarm| (alarm.name.clone(), alarm));
        fixture.observed.alarms = alarms.collect();
    })
}

/// EC2 shows all of it as it was.
fn as_it_was() -> Script {
    let seen = failing().observed;
    script()
        .instances(0, Ok(seen.instances))
        .address(0, Ok(seen.addresses[0].clone()))
        .alarms(0, Ok(fires()))
}

fn moving() -> MoveAction {
    MoveAction::Address {
        allocation: "eipalloc-01".parse().unwrap(),
        eni: "eni-02".parse().unwrap(),
        private_ip: Ipv4Addr::new(10, 0, 0, 2),
        displaced: None,
        chosen_by: ChosenBy::DeviceIndex,
        association_change: AssociationChange::Replace,
    }
}

/// What a move on a look that is so old comes to; its call is refused, so as to see whether it was sent.
fn on_a_look(seconds: f64, script: Script) -> (String, usize) {
    let refused = script.refuse("reassociate", "IncorrectState");
    let reads = refused.clone();
    let job = refused.moving(moving()).planned_on(failing());
    (job.looked_before(seconds).go().end, reads.reads())
}

/// Whatever the age of the look, the private IP that gets the address is read right before the call.
const TARGET: usize = 1;

const SENT: &str = "refused: IncorrectState";

#[test]
fn a_look_of_two_seconds_ago_is_acted_on() {
    assert_eq!(on_a_look(2.0, as_it_was()), (SENT.to_owned(), TARGET));
}

#[test]
fn on_an_older_look_everything_that_the_move_hangs_on_is_read_again() {
    let reads = 3 + TARGET;
    assert_eq!(on_a_look(2.1, as_it_was()), (SENT.to_owned(), reads));
}

#[test]
fn an_interface_hangs_on_no_address() {
    let script = as_it_was().refuse("attach", "IncorrectState");
    let reads = script.clone();
    let job = script.moving(carrying(None)).planned_on(failing());
    assert_eq!(job.looked_before(2.1).go().end, SENT);
    assert_eq!(reads.reads(), 2);
}

/// Target tracking keeps alarms of idle tables in `ALARM` all the time.
#[test]
fn the_alarms_of_others_are_not_read_again() {
    let of_a_table = Alarm {
        name: "TargetTracking-table/orders-AlarmLow".to_owned(),
        metrics: Vec::new(),
        ..fires().remove(0)
    };
    let mut planned_on = failing();
    let alarms = &mut planned_on.observed.alarms;
    alarms.insert(of_a_table.name.clone(), of_a_table);
    let script = as_it_was().refuse("reassociate", "IncorrectState");
    let names = script.clone();
    let job = script.moving(moving()).planned_on(planned_on);
    assert_eq!(job.looked_before(2.1).go().end, SENT);
    assert_eq!(names.alarms_read(), [[ALARM]]);
}

/// An alarm with this name and rule that measures this instance, if any.
fn alarm_on(name: &str, instance: Option<InstanceId>, rule: Option<&str>) -> Alarm {
    let measure = |id: InstanceId| AlarmMetric {
        namespace: "AWS/EC2".to_owned(),
        metric: "StatusCheckFailed".to_owned(),
        dimensions: [("InstanceId".to_owned(), id.to_string())].into(),
    };
    Alarm {
        name: name.to_owned(),
        metrics: instance.map(measure).into_iter().collect(),
        rule: rule.map(str::to_owned),
        ..fires().remove(0)
    }
}

/// The alarms that are read again on an old look, where these were seen.
fn read_again(seen: impl IntoIterator<Item = Alarm>) -> Vec<Vec<String>> {
    let planned_on = failing().change(|fixture| {
        let seen = seen.into_iter().map(|alarm| (alarm.name.clone(), alarm));
        fixture.observed.alarms = seen.collect();
    });
    let names = as_it_was().refuse("reassociate", "IncorrectState");
    let job = names.clone().moving(moving()).planned_on(planned_on);
    job.looked_before(2.1).go();
    names.alarms_read()
}

#[test]
fn the_alarms_of_members_are_read_again_by_name_and_those_of_other_instances_are_not() {
    let own = alarm_on(ALARM, None, None);
    let of_standby = alarm_on("standby", Some(id(2)), None);
    let of_nobody = alarm_on("of others", Some("i-0ff".parse().unwrap()), None);
    assert_eq!(
        read_again([own, of_standby, of_nobody]),
        [[ALARM, "standby"]]
    );
}

#[test]
fn what_the_rules_of_the_causes_alarm_name_is_read_again_and_each_only_once() {
    let composite = alarm_on(ALARM, None, Some("ALARM(\"beneath\") OR ALARM(\"deeper\")"));
    let beneath = alarm_on("beneath", None, Some("ALARM(\"deeper\")"));
    let deeper = alarm_on("deeper", None, Some("ALARM(\"beneath\")"));
    let read = read_again([composite, beneath, deeper]);
    assert_eq!(read, [["beneath", "deeper", ALARM]]);
}

#[test]
fn an_alarm_that_was_deleted_meanwhile_moves_nothing_on_an_old_look() {
    let deleted = as_it_was().alarms(0, Ok(Vec::new()));
    assert_eq!(on_a_look(2.1, deleted).0, "lost");
}

#[test]
fn an_alarm_that_fires_no_more_moves_nothing_on_an_old_look() {
    let healed = as_it_was().alarms(0, Ok(alarm(AlarmState::Ok)));
    assert_eq!(on_a_look(2.1, healed).0, "lost");
}

#[test]
fn a_member_that_has_changed_moves_nothing_on_an_old_look() {
    for (number, is_gone) in [(1, false), (2, false), (1, true), (2, true)] {
        let mut members = failing().observed.instances;
        let at = number - 1;
        members[at].state = Stopped;
        if is_gone {
            members.remove(at);
        }
        let changed = as_it_was().instances(0, Ok(members));
        assert_eq!(on_a_look(2.1, changed).0, "lost");
    }
}

#[test]
fn an_address_that_has_changed_is_not_moved_on_an_old_look() {
    let mut address = failing().observed.addresses.remove(0);
    address.association = None;
    assert_eq!(
        on_a_look(2.1, as_it_was().address(0, Ok(address))).0,
        "lost"
    );
}

#[test]
fn a_holder_without_the_tag_that_has_stopped_moves_nothing_on_an_old_look() {
    for (state, end) in [(Running, SENT), (Stopped, "lost")] {
        let mut seen = failing().change(|fixture| {
            let untagged = fixture.observed.instances.remove(0);
            fixture.observed.others.insert(untagged.id, Running);
        });
        seen.observed.at -= Duration::seconds(3);
        let mut members = failing().observed.instances;
        members[0].state = state;
        let script = as_it_was().instances(0, Ok(members));
        let script = script.refuse("reassociate", "IncorrectState");
        assert_eq!(script.moving(moving()).planned_on(seen).go().end, end);
    }
}

#[test]
fn what_cannot_be_read_again_is_not_moved_on_an_old_look() {
    for script in [
        as_it_was().alarms(0, Err("Throttling")),
        as_it_was().instances(0, Err("Throttling")),
        as_it_was().address(0, Err("UnauthorizedOperation")),
    ] {
        assert_eq!(on_a_look(2.1, script).0, "lost");
    }
}

#[test]
fn what_is_read_again_too_slowly_is_not_acted_on_either() {
    let quick = as_it_was().slow(std::time::Duration::from_millis(660));
    assert_eq!(on_a_look(2.1, quick).0, SENT);
    let slow = as_it_was().slow(std::time::Duration::from_millis(670));
    assert_eq!(on_a_look(2.1, slow).0, "lost");
}
