//! A run of a function whose look is recorded, written, read and replayed: offline it has to end as it did.
//!
//! Every scenario runs its functions through here. The explorer has every history with one fault checked.

use crate::client::TestBed;
use holdfast::clock::Clock;
use holdfast::error::{Error, chain};
use holdfast::events::Trigger;
use holdfast::instance_start::{self, InstanceStartCloud};
use holdfast::ledger::Ledger;
use holdfast::ports::{Delivery, Ports};
use holdfast::report::{Function, Report};
use holdfast::settings::Settings;
use holdfast_look::run::record;
use holdfast_look::{AllPorts, RecordedRun, carry_out, recording};
use serde_json::{Value, json};

/// A run of the function. Where the test bed checks looks, the run is had again from its look, and must end alike.
///
/// # Errors
/// The function's own.
pub async fn run<C: AllPorts, L: Ledger, K: Clock + Clone>(
    bed: &TestBed,
    function: Function,
    ports: Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    if !bed.checks_looks() {
        return carry_out(function, &ports, settings, trigger, delivery).await;
    }
    let recording = record(function, ports, settings, trigger, delivery);
    let (end, look) = Box::pin(recording).await;
    note(bed, &end, look, settings, trigger);
    end
}

/// The same for instance-start alone, on ports that do not have what the other functions ask for.
///
/// # Errors
/// The function's own.
pub async fn start<C: InstanceStartCloud, L: Ledger, K: Clock + Clone>(
    bed: &TestBed,
    ports: Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    if !bed.checks_looks() {
        return instance_start::run(&ports, settings, trigger, delivery).await;
    }
    let began_at = ports.clock.now();
    let (ports, tape) = recording(ports);
    let end = instance_start::run(&ports, settings, trigger, delivery).await;
    let look = RecordedRun {
        function: Function::InstanceStart,
        began_at,
        ends_at: delivery.ends_at,
        run: delivery.run,
        mode: None,
        settings: None,
        calls: tape.copied(),
    };
    note(bed, &end, look, settings, trigger);
    end
}

/// Keeps the look, and what is another end when the run is had again from it.
fn note(
    bed: &TestBed,
    end: &Result<Report, Error>,
    look: RecordedRun,
    settings: &Settings,
    trigger: &Trigger,
) {
    bed.note_broken(differs(end, &look, settings, trigger));
    bed.note_look(look);
}

/// How a run ended, whole.
#[must_use]
pub fn end_of(end: &Result<Report, Error>) -> Value {
    match end {
        Ok(report) => json!({ "report": report }),
        Err(error) => json!({
            "error": error.name(),
            "says": chain(error),
            "report": error.report(),
        }),
    }
}

/// What is another end, when the run is had again from its look as it stands in a file.
#[must_use]
pub fn differs(
    end: &Result<Report, Error>,
    look: &RecordedRun,
    settings: &Settings,
    trigger: &Trigger,
) -> Option<String> {
    let (look, settings) = (in_a_file(look), in_a_file(settings));
    let again = match look.replayed(&settings, trigger) {
        Ok(again) => end_of(&again),
        Err(unanswered) => json!(unanswered.to_string()),
    };
    let then = end_of(end);
    (again != then).then(|| {
        format!(
            "{:?}: from its look the run ends another way:\n{again:#}\nand it ended so:\n{then:#}",
            look.function
        )
    })
}

fn in_a_file<T: serde::Serialize + serde::de::DeserializeOwned>(it: &T) -> T {
    let text = serde_json::to_string(it).expect("a look can be written");
    serde_json::from_str(&text).expect("what was written can be read")
}
