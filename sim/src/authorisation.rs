//! Who may do what: everything, but for the denials that a test puts in place.

use super::{
    api::{Caller, Ec2Error, Request},
    filters::matches,
};

/// The explicit denials of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Denials {
    rules: Vec<(String, String)>,
}

impl Denials {
    /// Denies actions to principals; both are patterns with `*` and `?`. A principal is matched by
    /// its own ARN or by that of the role behind its session.
    pub(super) fn deny(&mut self, principal: &str, action: &str) {
        let action = action.strip_prefix("ec2:").unwrap_or(action);
        self.rules.push((principal.to_owned(), action.to_owned()));
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Tags in a create call need `CreateTags` too (EC2 user guide, "Grant permission to tag Amazon
    /// EC2 resources during creation").
    pub(super) fn authorise(&self, caller: &Caller, request: &Request) -> Result<(), Ec2Error> {
        let tags = request
            .tag_specifications()
            .iter()
            .any(|tags| !tags.tags.is_empty());
        let needed = std::iter::once(request.action()).chain(tags.then_some("CreateTags"));
        for action in needed {
            if self.denies(caller, action) {
                return Err(Ec2Error::new(
                    "UnauthorizedOperation",
                    format!(
                        "You are not authorized to perform this operation. User: {} is not \
                         authorized to perform: ec2:{action} with an explicit deny",
                        caller.arn
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The same for an action of another service, in its words.
    pub(super) fn authorise_action(&self, caller: &Caller, action: &str) -> Result<(), Ec2Error> {
        if self.denies(caller, action) {
            return Err(Ec2Error::new(
                "AccessDenied",
                format!(
                    "User: {} is not authorized to perform: {action} with an explicit deny",
                    caller.arn
                ),
            ));
        }
        Ok(())
    }

    fn denies(&self, caller: &Caller, action: &str) -> bool {
        self.rules.iter().any(|(principal, denied)| {
            let role = caller.issuer_arn.as_deref();
            matches(denied, action)
                && (matches(principal, &caller.arn)
                    || role.is_some_and(|role| matches(principal, role)))
        })
    }
}
