//! What AWS reports of an instance beside the checks of host and instance: its volumes, EC2's probes of application and
//! performance, and what AWS has planned.
//!
//! Nothing planned is carried out: whoever plans a stop here stops the instance when its time has come.

use crate::world::World;
use time::OffsetDateTime;

/// What is reported of one instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reported {
    pub(super) volumes_impaired: bool,
    /// The word of EC2's probe; none: there is no such probe.
    pub(super) application: Option<String>,
    pub(super) performance: Option<String>,
    pub(super) planned: Vec<PlannedEvent>,
}

/// Something planned, as EC2 shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEvent {
    /// `instance-event-...`.
    pub id: String,
    /// `instance-retirement`, `instance-stop`, `instance-reboot`, `system-reboot`, `system-maintenance`.
    pub code: String,
    /// Begins with `[Completed]` or `[Canceled]` when it is over.
    pub description: String,
    /// The earliest moment at which it begins.
    pub not_before: OffsetDateTime,
}

impl World {
    /// The volumes of an instance cannot be reached, or can again.
    pub fn impair_volumes(&mut self, instance_id: &str, impaired: bool) {
        self.report(instance_id, |reported| reported.volumes_impaired = impaired);
    }

    /// What EC2's probe of the application says (`ok`, `impaired`, ...); none: there is no such probe.
    pub fn report_application(&mut self, instance_id: &str, word: Option<&str>) {
        let word = word.map(str::to_owned);
        self.report(instance_id, |reported| reported.application = word);
    }

    /// What EC2's check of the performance says; none: it is switched off.
    pub fn report_performance(&mut self, instance_id: &str, word: Option<&str>) {
        let word = word.map(str::to_owned);
        self.report(instance_id, |reported| reported.performance = word);
    }

    /// AWS plans something for an instance. It is gone when the instance has been stopped and started: that brings it to
    /// another host (EC2 user guide, "Actions for instances scheduled for stop or retirement").
    pub fn plan_event(&mut self, instance_id: &str, code: &str, not_before: OffsetDateTime) {
        let event = PlannedEvent {
            id: format!("instance-event-{}", instance_id.trim_start_matches("i-")),
            code: code.to_owned(),
            description: "The instance is running on degraded hardware".to_owned(),
            not_before,
        };
        self.report(instance_id, |reported| reported.planned.push(event));
    }

    /// Everything that was planned for an instance is called off: EC2 goes on showing it, and says so.
    /// Source: EC2 user guide, "Scheduled events for Amazon EC2 instances".
    pub fn call_off_events(&mut self, instance_id: &str) {
        self.report(instance_id, |reported| {
            for event in &mut reported.planned {
                event.description = format!("[Canceled] {}", event.description);
            }
        });
    }

    fn report(&mut self, instance_id: &str, change: impl FnOnce(&mut Reported)) {
        self.change(|model| {
            if let Some(found) = model.resources.instances.get_mut(instance_id) {
                change(&mut found.reported);
            }
        });
    }
}
