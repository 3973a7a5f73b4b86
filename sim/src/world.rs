//! The world: EC2's state, its clock, and the one door through which every call goes.
//!
//! What is the same for every action is done here, once: throttling, authorisation, dry runs, read
//! lag, the list of calls, CloudTrail, EventBridge.

mod alarms;
mod emission;

use serde_json::Value;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{
    api::{Caller, Ec2Error, Request, Response},
    authorisation::Denials,
    auto_scaling::AutoScalingInstance,
    delivery::{Delivery, Outbox},
    history::History,
    ids::Ids,
    model::{Model, Resources, View},
    services::{Declared, Services},
    settings::Settings,
    throttle::{Limit, Throttle},
    trail::TrailRecord,
};

/// The account of a world, unless a test names another.
pub const ACCOUNT: &str = "111122223333";
/// The Region of a world, unless a test names another.
pub const REGION: &str = "us-east-1";
/// When every world begins.
pub const BEGINNING: OffsetDateTime = datetime!(2026-01-15 12:00:00 UTC);

/// A call that was made, whatever became of it.
#[derive(Clone, Debug)]
pub struct Call {
    /// When.
    pub at: OffsetDateTime,
    /// By whom.
    pub caller: Caller,
    /// What was asked.
    pub request: Request,
    /// Whether only for show.
    pub dry_run: bool,
    /// The error code; `None` for success.
    pub error_code: Option<String>,
    /// EC2's id of the call.
    pub request_id: String,
}

impl Call {
    /// The EC2 action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.request.action()
    }

    /// Whether the call changed something.
    #[must_use]
    pub fn mutated(&self) -> bool {
        !self.request.is_read() && self.error_code.is_none()
    }
}

/// A simulated Region of EC2, seen from one account; other accounts may call it too.
#[derive(Clone, Debug)]
pub struct World {
    account: String,
    model: Model,
    history: History,
    throttle: Throttle,
    denials: Denials,
    calls: Vec<Call>,
    trail: Vec<TrailRecord>,
    outbox: Outbox,
    /// What the actions of alarms were called with, and not taken yet.
    alarm_actions: Vec<Value>,
    /// Of requests and events; apart from the model's, whose ids do not depend on what is read.
    ids: Ids,
    services: Services,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An untouched account with its default VPC.
    #[must_use]
    pub fn new() -> Self {
        Self::of(ACCOUNT, REGION)
    }

    /// The same for another account or Region.
    #[must_use]
    pub fn of(account: &str, region: &str) -> Self {
        Self {
            account: account.to_owned(),
            model: Model::new(BEGINNING, region, account),
            history: History::default(),
            throttle: Throttle::default(),
            denials: Denials::default(),
            calls: Vec::new(),
            trail: Vec::new(),
            outbox: Outbox::default(),
            alarm_actions: Vec::new(),
            ids: Ids::default(),
            services: Services::new(region),
        }
    }

    /// Whose trail and events these are.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The Region's name.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.model.region.name
    }

    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.model.now
    }

    /// The knobs.
    pub fn settings(&mut self) -> &mut Settings {
        &mut self.model.settings
    }

    /// How many Elastic IPs the account may have in the Region.
    #[must_use]
    pub fn address_quota(&self) -> usize {
        self.model.settings.address_quota
    }

    /// What the account has beside EC2.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The same, to be changed.
    pub fn services_mut(&mut self) -> &mut Services {
        &mut self.services
    }

    /// Puts in place what the account is to have beside EC2.
    pub fn declare(&mut self, declared: Declared) {
        self.services.declare(declared, self.model.now);
    }

    /// Describes answer with the state of `lag` ago from here on.
    pub fn set_read_lag(&mut self, lag: Duration) {
        self.history
            .set_lag(lag, self.model.now, &self.model.resources);
    }

    /// How far describes lag behind.
    #[must_use]
    pub fn read_lag(&self) -> Duration {
        self.history.lag()
    }

    /// Turns EC2's own throttling on or off; its buckets are full then.
    pub fn throttle(&mut self, on: bool) {
        self.throttle.turn(on);
    }

    /// Throttles one action with a bucket of this size, on its own.
    pub fn limit(&mut self, action: &str, limit: Limit) {
        self.throttle.limit(action, limit);
    }

    /// Denies `action` to `principal`; both are patterns with `*` and `?`.
    pub fn deny(&mut self, principal: &str, action: &str) {
        self.denials.deny(principal, action);
    }

    /// Takes all denials back.
    pub fn allow_all(&mut self) {
        self.denials.clear();
    }

    /// How EventBridge delivers what is emitted from here on; order and repetition hold at once.
    pub fn deliver(&mut self, delivery: Delivery) {
        self.outbox.delivery = delivery;
    }

    /// Whether somebody may do what another service than EC2 is asked for.
    pub(super) fn authorise_action(&self, caller: &Caller, action: &str) -> Result<(), Ec2Error> {
        self.denials.authorise_action(caller, action)
    }

    pub(super) fn resources(&self) -> &Resources {
        &self.model.resources
    }

    /// The instances of Auto Scaling groups.
    pub(super) fn auto_scaling_instances(&self) -> impl Iterator<Item = &AutoScalingInstance> {
        self.model.auto_scaling.values()
    }

    /// Lets time pass: whatever falls due until `time` happens, in order. Time never runs back.
    pub fn advance_to(&mut self, time: OffsetDateTime) {
        while self.model.step(time) {
            self.publish_changes();
        }
        self.model.now = self.model.now.max(time);
    }

    /// When something happens next by itself: a change of state, or an event that arrives.
    #[must_use]
    pub fn next_due(&self) -> Option<OffsetDateTime> {
        self.model
            .timers
            .next()
            .into_iter()
            .chain(self.outbox.next())
            .min()
    }

    /// One EC2 call.
    ///
    /// # Errors
    /// What EC2 refuses, in its words; a dry run that would succeed is `DryRunOperation`.
    pub fn call(
        &mut self,
        caller: &Caller,
        request: &Request,
        dry_run: bool,
    ) -> Result<Response, Ec2Error> {
        let outcome = self.answer(caller, request, dry_run);
        self.record(caller, request, dry_run, &outcome);
        outcome
    }

    fn answer(
        &mut self,
        caller: &Caller,
        request: &Request,
        dry_run: bool,
    ) -> Result<Response, Ec2Error> {
        self.throttle
            .admit(&caller.account, request, self.model.now)?;
        self.denials.authorise(caller, request)?;
        if dry_run && !request.has_dry_run() {
            let message = "The parameter DryRun is not recognized";
            return Err(Ec2Error::new("UnknownParameter", message));
        }
        let response = if let Request::DescribeAvailabilityZones(request) = request {
            self.model.describe_availability_zones(request)
        } else if request.is_read() {
            self.history
                .view(self.model.now, &self.model.resources)
                .describe(caller, request)
        } else if dry_run {
            self.model.clone().apply(caller, request)
        } else {
            self.model.apply(caller, request)
        }?;
        if dry_run {
            // EC2 says so in an error. That a dry run also sees what would be refused for the
            // resource's sake is seen in user code that probes ReleaseAddress with it.
            return Err(Ec2Error::new(
                "DryRunOperation",
                "Request would have succeeded, but DryRun flag is set.",
            ));
        }
        Ok(response)
    }

    fn record(
        &mut self,
        caller: &Caller,
        request: &Request,
        dry_run: bool,
        outcome: &Result<Response, Ec2Error>,
    ) {
        let request_id = self.ids.uuid();
        let call = Call {
            at: self.model.now,
            caller: caller.clone(),
            request: request.clone(),
            dry_run,
            error_code: outcome.as_ref().err().map(|error| error.code.clone()),
            request_id,
        };
        if !request.is_read() {
            // Other accounts' calls are in other accounts' trails.
            if caller.account == self.account {
                self.emit_call(&call, outcome);
            }
            self.publish_changes();
        }
        self.calls.push(call);
    }

    /// A change that comes from no call.
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut Model) -> T) -> T {
        let result = change(&mut self.model);
        self.publish_changes();
        result
    }

    /// What a describe would show without lag: for tests that look, and leave no trace.
    ///
    /// # Errors
    /// As EC2 refuses.
    pub fn inspect(&self, caller: &Caller, request: &Request) -> Result<Response, Ec2Error> {
        View {
            resources: &self.model.resources,
            now: self.model.now,
        }
        .describe(caller, request)
    }

    /// Every call so far, reads and refusals too, in order.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// CloudTrail's records of the account's writes, in order.
    #[must_use]
    pub fn trail(&self) -> &[TrailRecord] {
        &self.trail
    }

    /// What `LookupEvents` finds now, newest first: records of the last 90 days with this attribute
    /// (`ResourceName`, `EventName`, `EventId`, ...); without one, all of them.
    #[must_use]
    pub fn look_up(&self, attribute: Option<(&str, &str)>) -> Vec<&TrailRecord> {
        let latest = self.model.now - self.model.settings.looked_up_after;
        let earliest = self.model.now - Duration::days(90);
        let known = self
            .trail
            .iter()
            .rev()
            .filter(|record| (earliest..=latest).contains(&record.at));
        known
            .filter(|record| attribute.is_none_or(|(name, value)| record.has(name, value)))
            .collect()
    }

    /// The EventBridge events that have arrived; each is taken once.
    pub fn take_events(&mut self) -> Vec<Value> {
        self.outbox.take(self.model.now)
    }

    /// What is wrong with this world, in sentences; it should never be anything.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        self.model.check()
    }
}
