//! What instance-start and reconcile say in `observe` mode, held against what they do in `enforce` mode in the
//! same world.

use super::{Fleet, TIMEOUT, schedule};
use crate::client::TestBed;
use crate::explorer::promises::is_holdfast;
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::events::parse;
use holdfast::reconcile;
use holdfast::report::{PlacedReport, Report, Subject};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Every word of EC2's for a state that instance-start acts on.
const STATES: [&str; 5] = [
    "running",
    "stopping",
    "stopped",
    "shutting-down",
    "terminated",
];

/// Where each address is, or would be: the instance, the interface and the private IP.
type Places = BTreeMap<Ipv4Addr, (Option<String>, String, Ipv4Addr)>;

impl Fleet {
    /// Tells every event of every instance in both modes, and lets reconcile come by: what `observe` mode says
    /// is what `enforce` mode does, and it changes nothing. Gives how many addresses that was about.
    ///
    /// # Errors
    /// Where the two differ.
    pub fn would_do_what_it_does(&self) -> Result<usize, String> {
        let mut placed = 0;
        for instance in 0..self.instances.len() {
            for state in STATES {
                let about = format!("instance {instance} is {state}");
                placed += self.compared(&about, |fleet, bed| {
                    let client = bed.client("holdfast-instance-start");
                    fleet.deliver(client, instance, state).now_or_never()
                })?;
            }
        }
        placed += self.compared("a sweep", |fleet, bed| {
            let client = bed.client("holdfast-reconcile");
            let trigger = parse(&schedule()).expect("the event can be read");
            let delivery = client.delivery(TIMEOUT);
            let (ports, settings) = (client.ports(), fleet.settings());
            reconcile::run(&ports, &settings, &trigger, delivery).now_or_never()
        })?;
        Ok(placed)
    }

    fn compared(
        &self,
        about: &str,
        run: impl Fn(&Self, &std::sync::Arc<TestBed>) -> Option<Result<Report, Error>>,
    ) -> Result<usize, String> {
        let said = |mode: &str| {
            let fleet = self.clone().set("HOLDFAST_MODE", mode);
            let bed = fleet.bed();
            let end = run(&fleet, &bed).expect("no fault stops the run");
            let changed = changes(&bed);
            let broken = bed.broken();
            let said = end
                .map(|report| places(&report))
                .map_err(|error| error.name());
            (said, changed, broken)
        };
        let (would, changed, false_statements) = said("observe");
        let (does, _, broken) = said("enforce");
        if !changed.is_empty() {
            return Err(format!("{about}: `observe` mode called {changed:?}"));
        }
        if would != does {
            return Err(format!("{about}: it says {would:?}, and does {does:?}"));
        }
        if !false_statements.is_empty() || !broken.is_empty() {
            return Err(format!("{about}: {false_statements:?} {broken:?}"));
        }
        Ok(does.map_or(0, |places| places.len()))
    }
}

fn places(report: &Report) -> Places {
    let placed: &[PlacedReport] = match &report.subject {
        Subject::Instance(placement) => &placement.placed,
        Subject::Sweep(sweep) => &sweep.placed,
        _ => &[],
    };
    let place = |placed: &PlacedReport| {
        let at = &placed.association;
        let instance = at.instance.as_ref().map(ToString::to_string);
        (placed.ip, (instance, at.eni.to_string(), at.private_ip))
    };
    placed.iter().map(place).collect()
}

/// The calls of Holdfast's that changed something.
fn changes(bed: &TestBed) -> Vec<&'static str> {
    let world = bed.world();
    let calls = world.calls().iter();
    let changed = calls.filter(|call| is_holdfast(&call.caller) && call.mutated());
    changed.map(ec2_sim::world::Call::action).collect()
}
