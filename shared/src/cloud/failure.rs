//! Why AWS did not do what was asked, as far as a decision hangs on it.

use serde::{Deserialize, Serialize};
use std::error::Error as StdError;
use std::fmt;

/// Why AWS did not do what was asked. A variant for each answer that a decision hangs on; everything
/// else is [`CloudError::Other`]. The failure keeps code, request id and source in every case.
#[derive(Debug)]
pub enum CloudError {
    /// Something that the call names does not exist.
    NotFound {
        /// What is missing.
        what: Missing,
        /// The answer itself.
        failure: Failure,
    },
    /// The address is associated with something else (`Resource.AlreadyAssociated`).
    AlreadyAssociated(Failure),
    /// Another account or an AWS service has the address or its target, or the credentials are not valid (`AuthFailure`).
    HeldElsewhere(Failure),
    /// The interface is attached to something (`InvalidNetworkInterface.InUse`).
    InUse(Failure),
    /// `InvalidParameterValue` of `AttachNetworkInterface`: the device index is taken, as far as reports know. EC2
    /// documents the code for any value that it does not take, and only its message says which.
    DeviceIndexTaken(Failure),
    /// A quota or the limit of an instance type is full (`AddressLimitExceeded`,
    /// `AttachmentLimitExceeded`, `PrivateIpAddressLimitExceeded`).
    LimitExceeded(Failure),
    /// A tag policy or a tag rule refused the tags (`TagPolicyViolation`, `TagLimitExceeded`).
    TagsRefused(Failure),
    /// Too many calls (`RequestLimitExceeded` and its kin): later it will work.
    Throttled(Failure),
    /// IAM, a policy or an SCP forbids it (`UnauthorizedOperation`): trying again changes nothing.
    Denied(Failure),
    /// AWS does not take the keys or the time of the signature (`ExpiredToken`), and signing anew has not helped.
    KeysRefused(Failure),
    /// EC2 cannot do it in the present state (`IncorrectInstanceState`, `Gateway.NotAttached`,
    /// `InvalidParameterValue` of other calls): trying the same again at once changes nothing.
    Refused(Failure),
    /// The instance is protected from being stopped (`OperationNotPermitted` of `StopInstances`): the attribute
    /// `disableApiStop` comes first.
    StopProtected(Failure),
    /// EC2 stops no such instance (`UnsupportedOperation` of `StopInstances`): one-time Spot, or without an EBS root.
    StopUnsupported(Failure),
    /// Anything else, a timeout, a server error, a code that we do not know: the call may have been carried out.
    Other(Failure),
}

/// What an answer means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A moment may cure it, and the call may have been carried out.
    Transient,
    /// No permission, or no keys that AWS takes: every further call of this kind would be answered alike.
    Denied,
    /// What the call names does not exist, or not any more.
    Missing(Missing),
    /// Somebody else has it, or was faster: look again.
    Taken,
    /// EC2 does not do it for this target: another one may do.
    Refused,
}

/// What a `NotFound` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The public address (`InvalidAddress.NotFound`).
    Address,
    /// The allocation (`InvalidAllocationID.NotFound`).
    Allocation,
    /// The association (`InvalidAssociationID.NotFound`).
    Association,
    /// The attachment of an interface (`InvalidAttachmentID.NotFound`).
    Attachment,
    /// The network interface (`InvalidNetworkInterfaceID.NotFound`).
    Interface,
    /// The instance (`InvalidInstanceID.NotFound`).
    Instance,
    /// The life-cycle action of a hook (`ValidationError` of `CompleteLifecycleAction`).
    LifecycleAction,
    /// Something else.
    Other,
}

/// What AWS answered, kept whole for whoever has to find out.
#[derive(Debug, thiserror::Error)]
pub struct Failure {
    /// The AWS action, as IAM writes it: `ec2:AllocateAddress`.
    pub action: &'static str,
    /// The error code, where an answer came.
    pub code: Option<String>,
    /// The message, for people.
    pub message: Option<String>,
    /// The request id, for AWS support.
    pub request_id: Option<String>,
    /// The error underneath.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.action)?;
        let said = [self.code.as_deref(), self.message.as_deref()];
        for words in said.into_iter().flatten() {
            write!(formatter, ": {words}")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(formatter, " (request {request_id})")?;
        }
        Ok(())
    }
}

/// An answer is said once: the variant adds nothing to it for people.
impl fmt::Display for CloudError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure().fmt(formatter)
    }
}

/// An answer with a code says all that there is: the SDK's error under it is the same once more.
impl StdError for CloudError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let failure = self.failure();
        failure.source().filter(|_| failure.code.is_none())
    }
}

/// What AWS calls an action that it does not know.
/// Sources: EC2 API reference, "Error codes"; Smithy, "AWS JSON 1.0 protocol" and "Smithy RPC v2 CBOR protocol".
const UNKNOWN_ACTION: [&str; 4] = [
    "InvalidAction",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
];

impl CloudError {
    /// The answer itself.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        match self {
            Self::NotFound { failure, .. }
            | Self::AlreadyAssociated(failure)
            | Self::HeldElsewhere(failure)
            | Self::InUse(failure)
            | Self::DeviceIndexTaken(failure)
            | Self::LimitExceeded(failure)
            | Self::TagsRefused(failure)
            | Self::Throttled(failure)
            | Self::Denied(failure)
            | Self::KeysRefused(failure)
            | Self::Refused(failure)
            | Self::StopProtected(failure)
            | Self::StopUnsupported(failure)
            | Self::Other(failure) => failure,
        }
    }

    /// What the answer means for whoever asked. Every domain decides on this; its exceptions stand beside the call.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Throttled(_) | Self::Other(_) => Class::Transient,
            Self::Denied(_) | Self::KeysRefused(_) => Class::Denied,
            Self::NotFound { what, .. } => Class::Missing(*what),
            Self::AlreadyAssociated(_) | Self::InUse(_) => Class::Taken,
            Self::HeldElsewhere(_)
            | Self::DeviceIndexTaken(_)
            | Self::LimitExceeded(_)
            | Self::TagsRefused(_)
            | Self::StopProtected(_)
            | Self::StopUnsupported(_)
            | Self::Refused(_) => Class::Refused,
        }
    }

    /// Whether what is missing is this.
    #[must_use]
    pub fn is_missing(&self, which: Missing) -> bool {
        self.class() == Class::Missing(which)
    }

    /// Whether the same call may work a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.class() == Class::Transient
    }

    /// Whether the account is not let, or AWS does not know the action here: a policy, a region or a partition without
    /// it. The same call is refused the same way a moment later.
    #[must_use]
    pub fn is_not_to_be_had(&self) -> bool {
        let code = self.failure().code.as_deref();
        self.class() == Class::Denied || code.is_some_and(|code| UNKNOWN_ACTION.contains(&code))
    }

    /// A stable name for metrics and alarms.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NotFound",
            Self::AlreadyAssociated(_) => "AlreadyAssociated",
            Self::HeldElsewhere(_) => "HeldElsewhere",
            Self::InUse(_) => "InUse",
            Self::DeviceIndexTaken(_) => "DeviceIndexTaken",
            Self::LimitExceeded(_) => "LimitExceeded",
            Self::TagsRefused(_) => "TagsRefused",
            Self::Throttled(_) => "Throttled",
            Self::Denied(_) => "Denied",
            Self::KeysRefused(_) => "KeysRefused",
            Self::Refused(_) => "Refused",
            Self::StopProtected(_) => "StopProtected",
            Self::StopUnsupported(_) => "StopUnsupported",
            Self::Other(_) => "Other",
        }
    }
}
