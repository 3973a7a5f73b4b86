//! What the HTTP front holds: the world, the ledger's DynamoDB, who is who, the faults to come, and the
//! record of calls. Requests arrive in parallel; each lock here is held for one step only, and never
//! across an await.

use super::callers::Callers;
use super::calls::{Call, Outcome, Service};
use super::dynamodb::DynamoDb;
use super::faults::{Fault, Faults};
use super::invocations::Functions;
use super::record::Record;
use super::signing::SigningClock;
use super::{clock, invocations};
use crate::World;
use crate::api::Caller;
use crate::services::Declared;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;

/// Source: CloudTrail user guide, "Quotas".
const LOOKUPS_PER_SECOND: usize = 2;

#[derive(Debug)]
pub(super) struct Front {
    world: Arc<Mutex<World>>,
    pub(super) dynamodb: DynamoDb,
    pub(super) record: Record,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) callers: Callers,
    pub(super) faults: Faults,
    pub(super) calls: Vec<Call>,
    /// How many calls there ever were: numbers go on when the record is emptied.
    seen: usize,
    ahead: Duration,
    throttling: bool,
    /// By how much the clock that signatures are checked by is ahead; none: nobody checks.
    signing_ahead: Option<time::Duration>,
    /// When `LookupEvents` was let through of late.
    lookups: VecDeque<OffsetDateTime>,
    /// Items on a page of DynamoDB's; none: everything on one page.
    pub(super) page: Option<u32>,
    /// Who runs the functions of Lambda.
    pub(super) functions: Option<Arc<dyn Functions>>,
    /// How many invocations there were.
    invocations: u64,
}

/// A call that has been noted.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) number: usize,
    pub(super) fault: Option<Fault>,
}

impl Front {
    pub(super) fn new(world: Arc<Mutex<World>>) -> Self {
        Self {
            world,
            dynamodb: DynamoDb::new(),
            record: Record::from_environment(),
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world, brought up to the present time.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let now = self.now();
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance_to(now);
        world
    }

    /// Puts in place what the account is to have beside EC2. A function calls with a key of its own, as its role.
    pub(super) fn declare(&self, declared: Declared) {
        let account = self.world().account().to_owned();
        for function in &declared.functions {
            let role = function.role.rsplit('/').next().unwrap_or_default();
            let caller = Caller::role(&account, role, &function.function_name);
            let key = invocations::access_key(&function.function_name);
            self.state().callers.introduce(&key, caller);
        }
        self.world().declare(declared);
    }

    /// Real time, and what tests have added to it.
    pub(super) fn now(&self) -> OffsetDateTime {
        clock::now() + self.state().ahead
    }

    pub(super) fn advance(&self, by: Duration) {
        self.state().ahead += by;
        drop(self.world());
    }

    /// From now on the time of each signature is checked, by a clock that is ahead by so much.
    pub(super) fn check_signing_times(&self, ahead: Option<time::Duration>) {
        self.state().signing_ahead = ahead;
    }

    /// The clock that signatures are checked by. It runs on real time, as the caller's does.
    pub(super) fn signing_clock(&self) -> Option<SigningClock> {
        let ahead = self.state().signing_ahead?;
        Some(SigningClock(clock::now() + ahead))
    }

    pub(super) fn throttle(&self, on: bool) {
        self.state().throttling = on;
        self.world().throttle(on);
    }

    /// The number of the invocation that begins.
    pub(super) fn next_invocation(&self) -> u64 {
        let mut state = self.state();
        state.invocations += 1;
        state.invocations
    }

    /// Whether CloudTrail takes one more lookup now.
    pub(super) fn admit_lookup(&self) -> bool {
        let now = self.now();
        let mut state = self.state();
        while state
            .lookups
            .front()
            .is_some_and(|at| now - *at >= time::Duration::SECOND)
        {
            state.lookups.pop_front();
        }
        let admitted = !state.throttling || state.lookups.len() < LOOKUPS_PER_SECOND;
        if admitted {
            state.lookups.push_back(now);
        }
        admitted
    }

    /// Notes a call as it arrives, and takes the fault that is due for it.
    pub(super) fn note(
        &self,
        service: Service,
        action: &str,
        caller: &Caller,
        mutating: bool,
        parameters: Value,
    ) -> Noted {
        let at = self.now();
        let mut state = self.state();
        state.seen += 1;
        let number = state.seen;
        let call = Call {
            number,
            at,
            service,
            action: action.to_owned(),
            caller: caller.arn.clone(),
            mutating,
            parameters,
            outcome: Outcome::UnderWay,
        };
        let fault = state.faults.take(&call.name());
        state.calls.push(call);
        Noted { number, fault }
    }

    pub(super) fn record_outcome(&self, number: usize, outcome: Outcome) {
        let mut state = self.state();
        if let Some(call) = state.calls.iter_mut().find(|call| call.number == number) {
            call.outcome = outcome;
        }
    }
}
