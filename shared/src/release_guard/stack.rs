//! What a tool that keeps an address has to do with its release: a CloudFormation stack, or Terraform. A tool that
//! releases its own address means it as often as not, so a person gets both ways: keep it, or let it go. Pure.

use super::plan::{ToLetGo, how_to_let_go};
use super::state::Release;
use crate::ledger::Snapshot;
use crate::model::cloudtrail::Actor;
use crate::model::ids::{AllocationId, AssociationId};
use crate::report::{Command, Finding};
use crate::settings::Settings;
use std::fmt;
use std::net::Ipv4Addr;

/// Who calls when CloudFormation does, in `invokedBy`, source and user agent alike.
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// Which tool keeps the address, and whether it made the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keeper<'a> {
    /// The stack itself released it: in an update that replaces the address, or with the stack.
    ReleasedByStack(Stack<'a>),
    /// Its tags name a stack, and somebody else released it: the stack still names the old allocation.
    OfStack(Stack<'a>),
    /// Terraform released it: its state names it no more.
    ReleasedByTerraform,
    /// Nothing tells. Terraform leaves no tag of its own.
    Unknown,
}

/// What became of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate<'a> {
    /// The account has it again.
    Back(ToLetGo<'a>),
    /// Holdfast goes on asking for it.
    AskedFor,
    /// Nobody asks for it.
    LeftAlone,
}

/// A stack, as far as its tags on the address are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stack<'a> {
    name: Option<&'a str>,
    logical_id: Option<&'a str>,
}

impl fmt::Display for Stack<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(formatter, "the CloudFormation stack {name}")?,
            None => formatter.write_str("a CloudFormation stack")?,
        }
        match self.logical_id {
            Some(logical_id) => write!(formatter, " (resource {logical_id})"),
            None => Ok(()),
        }
    }
}

/// Who keeps the address that was released.
#[must_use]
pub(super) fn keeper<'a>(release: &Release, snapshot: Option<&'a Snapshot>) -> Keeper<'a> {
    let tag = |name: &str| {
        let value = snapshot?.tags.get(&format!("aws:cloudformation:{name}"));
        value.map(String::as_str)
    };
    let stack = Stack {
        name: tag("stack-name"),
        logical_id: tag("logical-id"),
    };
    let actor = release.call.as_ref().map(|call| &call.actor);
    if actor.is_some_and(is_cloudformation) {
        return Keeper::ReleasedByStack(stack);
    }
    if actor.is_some_and(is_terraform) {
        return Keeper::ReleasedByTerraform;
    }
    if stack.name.is_some() {
        return Keeper::OfStack(stack);
    }
    Keeper::Unknown
}

fn is_cloudformation(actor: &Actor) -> bool {
    let told = [&actor.invoked_by, &actor.source, &actor.user_agent];
    told.into_iter().flatten().any(|it| it == CLOUDFORMATION)
}

/// The provider of Terraform and of `OpenTofu`: `APN/1.0 HashiCorp/1.0 Terraform/1.9.0 ...`.
fn is_terraform(actor: &Actor) -> bool {
    let with = actor.user_agent.as_deref().unwrap_or_default();
    with.contains("Terraform/") || with.contains("OpenTofu/")
}

impl Keeper<'_> {
    /// Of an address that its own tool released: that it may be meant, and what to do in either case.
    pub(super) fn finding(
        &self,
        (ip, release): (Ipv4Addr, &Release),
        fate: Fate<'_>,
        settings: &Settings,
    ) -> Option<Finding> {
        let (what, keeps) = match self {
            Self::ReleasedByStack(stack) => (
                format!("{stack} released {ip}"),
                "it is outside every stack now, and stays so unless you import it into one (docs/RUNBOOK.md)",
            ),
            Self::ReleasedByTerraform => (
                format!("Terraform released {ip}"),
                "import it into a resource of your configuration, as under repair",
            ),
            Self::OfStack(_) | Self::Unknown => return None,
        };
        let why = "a tool that deletes or replaces its address means it as often as not; to Holdfast the address is \
                   protected until its tag says otherwise"
            .to_owned();
        let role = release
            .call
            .as_ref()
            .and_then(|call| call.actor.role_arn.as_deref());
        let from_now_on = role.map_or_else(String::new, |role| {
            format!(". To let go whatever {role} releases: name it in ExemptPrincipals")
        });
        let next = match fate {
            Fate::Back(held) => format!(
                "to keep it: {keeps}. To let it go, which ends its costs: {}{from_now_on}",
                how_to_let_go(held, settings)
            ),
            Fate::AskedFor if role.is_some() => {
                format!(
                    "if it was meant, Holdfast asks for it in vain{from_now_on}, and it is asked for no more"
                )
            }
            Fate::AskedFor => "if it was meant, let it go as soon as it is back".to_owned(),
            Fate::LeftAlone => format!("if it was meant: nothing{from_now_on}"),
        };
        Some(Finding { what, why, next })
    }

    /// What is to be said of tags that only an AWS service can set.
    pub(super) fn of_reserved_tags(&self) -> String {
        match self {
            Self::ReleasedByStack(stack) => format!("nothing: {stack} has let the address go"),
            Self::OfStack(stack) => format!(
                "{stack} still names the old allocation: before its next update, take the address out of it and \
                 import the new allocation, as docs/RUNBOOK.md describes under CloudFormation"
            ),
            Self::ReleasedByTerraform | Self::Unknown => {
                "nothing that you can do: the service that set them sets them again if it needs them".to_owned()
            }
        }
    }

    /// Commands that bring the state of Terraform up to date; none where a stack keeps the address.
    pub(super) fn repair(
        &self,
        allocation: &AllocationId,
        association: Option<&AssociationId>,
    ) -> Vec<String> {
        let is_in_state = match self {
            Self::ReleasedByStack(_) | Self::OfStack(_) => return Vec::new(),
            Self::ReleasedByTerraform => false,
            Self::Unknown => true,
        };
        let mut lines = in_terraform("aws_eip", allocation, is_in_state);
        if let Some(association) = association {
            lines.extend(in_terraform(
                "aws_eip_association",
                association,
                is_in_state,
            ));
        }
        lines
    }
}

/// Terraform knows an address by its allocation id, and that is a new one.
fn in_terraform(kind: &str, id: &impl fmt::Display, is_in_state: bool) -> Vec<String> {
    let forget = is_in_state.then(|| format!("terraform state rm {kind}.<name>"));
    let import = Command::of("terraform import").placeholder(&format!("{kind}.<name>"));
    let import = import.word(id).to_string();
    forget.into_iter().chain([import]).collect()
}
