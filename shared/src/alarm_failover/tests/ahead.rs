//! What EC2 tells beside its status checks: what AWS has planned, and the probe of the application.

use super::asked::{second, settings, trio};
use super::audits::ready;
use super::fixture::{Fixture, GROUP, id, pair};
use crate::alarm_failover::ahead;
use crate::alarm_failover::case::CauseKind;
use crate::alarm_failover::group::Group;
use crate::alarm_failover::messages::events_ahead;
use crate::alarm_failover::obstacle::Obstacle;
use crate::model::instance_status::{EventCode, InstanceStatus, ProbeStatus, ScheduledEvent};
use crate::report::Finding;

const HOUR: i64 = 3600;
const LEAD: &str = "HOLDFAST_MOVE_BEFORE_EVENT_MINUTES";

fn event(word: &str, at: i64) -> ScheduledEvent {
    ScheduledEvent {
        code: EventCode::told(word),
        not_before: Some(second(at)),
    }
}

impl Fixture {
    fn told(mut self, member: u8, tell: impl FnOnce(&mut InstanceStatus)) -> Self {
        tell(self.health.statuses.get_mut(&id(member)).unwrap());
        self
    }

    /// AWS plans something for a member.
    fn planned(self, member: u8, word: &str, at: i64) -> Self {
        self.told(member, |status| status.events.push(event(word, at)))
    }
}

fn is_due(fixture: &Fixture, more: &[(&str, &str)]) -> bool {
    let settings = settings(more);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
    ahead::cause(&group, &fixture.health, &settings, second(0)).is_some()
}

fn findings(fixture: &Fixture, more: &[(&str, &str)]) -> Vec<Finding> {
    let settings = settings(more);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
    events_ahead(&group, &fixture.health, &settings)
}

#[test]
fn a_standby_that_aws_is_about_to_take_away_or_that_is_slow_comes_last() {
    let group = || trio().floating();
    assert_eq!(group().asked().goes_to(), id(2));
    for word in ["instance-retirement", "instance-stop", "instance-parade"] {
        assert_eq!(
            group().planned(2, word, HOUR).asked().goes_to(),
            id(3),
            "{word}"
        );
    }
    let reboot = group().planned(2, "system-reboot", HOUR);
    assert_eq!(reboot.asked().goes_to(), id(2), "it comes back by itself");
    let slow = group().told(2, |it| it.performance = ProbeStatus::Impaired);
    assert_eq!(slow.asked().goes_to(), id(3));
    let only = pair().floating().planned(2, "instance-retirement", HOUR);
    assert_eq!(only.asked().goes_to(), id(2), "nobody is better");
}

#[test]
fn the_probe_of_the_application_counts_on_a_standby_only_where_a_setting_says_so() {
    let standby = id(2);
    for (probe, is_fit) in [
        (ProbeStatus::Ok, true),
        (ProbeStatus::NotTold, true),
        (ProbeStatus::Initializing, false),
        (ProbeStatus::Impaired, false),
        (ProbeStatus::Unknown, false),
    ] {
        let asked = pair()
            .floating()
            .told(2, |it| it.application = probe)
            .asked();
        assert_eq!(asked.goes_to(), standby, "{probe:?}");
        let strict = asked.set("HOLDFAST_STANDBY_APPLICATION", "require");
        assert_eq!(strict.plan().moves.len(), usize::from(is_fit), "{probe:?}");
        if !is_fit {
            let standby = standby.clone();
            assert_eq!(
                strict.is_blocked_by(),
                [Obstacle::ApplicationNotOk { standby }]
            );
        }
    }
}

#[test]
fn a_holder_with_an_event_ahead_keeps_what_it_has_unless_somebody_asked_beforehand() {
    let soon = || pair().floating().planned(1, "instance-stop", HOUR);
    assert!(!is_due(&soon(), &[]), "nobody asked");
    assert!(is_due(&soon(), &[(LEAD, "60")]));
    assert!(!is_due(&soon(), &[(LEAD, "59")]), "it is too early");
    assert!(
        is_due(&soon().tagged("before-event", "60"), &[]),
        "its own tag"
    );
    let not_this = soon().tagged("before-event", "0");
    assert!(
        !is_due(&not_this, &[(LEAD, "60")]),
        "its own tag lets it stay"
    );
    let reboot = pair().floating().planned(1, "instance-reboot", HOUR);
    assert!(!is_due(&reboot, &[(LEAD, "60")]));
    assert!(
        !is_due(&soon().attached_to(2), &[(LEAD, "60")]),
        "it has moved"
    );
}

#[test]
fn what_is_moved_out_of_an_events_way_never_goes_into_the_next_ones() {
    let asked = |fixture: Fixture| {
        let asked = fixture.asked().since(CauseKind::ScheduledEvent);
        asked.set(LEAD, "60")
    };
    let soon = pair().floating().planned(1, "instance-retirement", HOUR);
    assert_eq!(asked(soon.clone()).goes_to(), id(2));
    let both = soon.planned(2, "instance-stop", 9 * HOUR);
    let (standby, event) = (id(2), event("instance-stop", 9 * HOUR));
    assert_eq!(
        asked(both).is_blocked_by(),
        [Obstacle::EventAhead { standby, event }]
    );
    let called_off = pair().floating();
    assert!(
        asked(called_off).plan().moves.is_empty(),
        "nothing is planned any more"
    );
}

#[test]
fn readiness_tells_what_aws_has_planned_for_a_holder_and_stays_ready() {
    let soon = pair().floating().planned(1, "instance-retirement", HOUR);
    assert!(ready(&soon).0.ready);
    let told = &findings(&soon, &[])[0];
    assert!(told.why.contains("1970-01-01T01:00:00Z"), "{told:?}");
    assert!(told.next.starts_with("ask for a switchover"), "{told:?}");
    let told = &findings(&soon, &[(LEAD, "30")])[0];
    assert!(
        told.next
            .starts_with("nothing: what it has is moved 30 min before")
    );
    let unknown = pair().floating().planned(1, "instance-parade", HOUR);
    assert!(findings(&unknown, &[])[0].why.contains("not known here"));
    assert_eq!(findings(&soon.attached_to(2), &[]), []);
}
