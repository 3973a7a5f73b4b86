//! The world: EC2's state, its clock, and the one door through which every call goes.

use time::OffsetDateTime;

use super::api::{Caller, Ec2Error, Request, Response};

/// A simulated account's EC2, in one Region.
#[derive(Clone, Debug)]
pub struct World {
    now: OffsetDateTime,
}

impl World {
    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// Lets time pass: whatever falls due until `time` happens, in order.
    pub fn advance_to(&mut self, time: OffsetDateTime) {
        self.now = self.now.max(time);
    }

    /// One EC2 call.
    ///
    /// # Errors
    /// What EC2 refuses, in its words; a dry run that would succeed is `DryRunOperation`.
    pub fn call(
        &mut self,
        _caller: &Caller,
        request: &Request,
        _dry_run: bool,
    ) -> Result<Response, Ec2Error> {
        Err(Ec2Error::new("InvalidAction", format!("{} is not modelled yet", request.action())))
    }
}
