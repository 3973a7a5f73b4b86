//! From AWS's error code to the variant that decisions hang on: the one table for every adapter.
//!
//! Codes are those of the EC2 API reference ("Error codes for the Amazon EC2 API"), of DynamoDB, of
//! CloudTrail and of CloudWatch. A code that is not here is `Other`: the call may have been carried out.

use super::{CloudError, Failure, Missing};

/// The action of which `InvalidParameterValue` has a meaning of its own.
const ATTACH: &str = "ec2:AttachNetworkInterface";

/// The action of which `OperationNotPermitted` and `UnsupportedOperation` have meanings of their own.
const STOP: &str = "ec2:StopInstances";

/// The action of which `ValidationError` has a meaning of its own.
const COMPLETE: &str = "autoscaling:CompleteLifecycleAction";

/// EC2's code for keys or a clock that it does not believe, and for what is somebody else's.
pub const AUTH_FAILURE: &str = "AuthFailure";

/// The codes that say: signature, time, token or keys are not taken. Nothing was done.
/// Source: AWS general reference, "Common errors"; EC2 API reference, "Error codes".
const KEYS_REFUSED: [&str; 13] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Whether a code is about signature, time or keys, whatever was asked. [`AUTH_FAILURE`] is not of them: it has two
/// meanings.
#[must_use]
pub fn is_about_keys(code: &str) -> bool {
    KEYS_REFUSED.contains(&code)
}

/// Whether an answer to this action is about signature, time or keys. A description names nothing that could be
/// somebody else's, so `AuthFailure` has one meaning there.
#[must_use]
pub fn refuses_keys(action: &str, code: &str) -> bool {
    let is_read = action.starts_with("ec2:Describe");
    is_about_keys(code) || (is_read && code == AUTH_FAILURE)
}

impl From<Failure> for CloudError {
    fn from(failure: Failure) -> Self {
        let missing = |what, failure| Self::NotFound { what, failure };
        let code = failure.code.as_deref().unwrap_or_default();
        if refuses_keys(failure.action, code) {
            return Self::KeysRefused(failure);
        }
        match code {
            "InvalidAddress.NotFound" | "InvalidAddressID.NotFound" => {
                missing(Missing::Address, failure)
            }
            "InvalidAllocationID.NotFound" => missing(Missing::Allocation, failure),
            "InvalidAssociationID.NotFound" => missing(Missing::Association, failure),
            "InvalidNetworkInterfaceID.NotFound" => missing(Missing::Interface, failure),
            "InvalidAttachmentID.NotFound" => missing(Missing::Attachment, failure),
            "InvalidInstanceID.NotFound" => missing(Missing::Instance, failure),
            // Auto Scaling has one code for whatever it does not find, as for what it cannot read. A request that is made of
            // an event's own names can be read: "No active Lifecycle Action found with token ...". Source:
            // aws-node-termination-handler, sendHeartbeats; and what users report of `complete-lifecycle-action`.
            "ValidationError" if failure.action == COMPLETE => {
                missing(Missing::LifecycleAction, failure)
            }
            // Service Quotas has the second one. Source: its API reference, `GetServiceQuota`.
            "ResourceNotFoundException" | "NoSuchResourceException" => {
                missing(Missing::Other, failure)
            }
            "Resource.AlreadyAssociated" => Self::AlreadyAssociated(failure),
            AUTH_FAILURE => Self::HeldElsewhere(failure),
            "InvalidNetworkInterface.InUse" => Self::InUse(failure),
            "AddressLimitExceeded"
            | "AttachmentLimitExceeded"
            | "PrivateIpAddressLimitExceeded"
            | "InvalidInterface.IpAddressLimitExceeded" => Self::LimitExceeded(failure),
            "TagPolicyViolation" | "TagLimitExceeded" => Self::TagsRefused(failure),
            "RequestLimitExceeded"
            | "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException" => Self::Throttled(failure),
            "UnauthorizedOperation"
            | "AccessDenied"
            | "AccessDeniedException"
            | "OptInRequired"
            | "Blocked" => Self::Denied(failure),
            // A taken device index is the one cause that is known from reports (k8s-vpcnet, issue 71): ids
            // that EC2 does not know have codes of their own. EC2 documents the code for any value, so whoever decides
            // on it gives up where another standby is refused alike.
            "InvalidParameterValue" if failure.action == ATTACH => Self::DeviceIndexTaken(failure),
            // "may not be stopped. Modify its 'disableApiStop' instance attribute". Source: cloud-custodian, issue 8003.
            "OperationNotPermitted" if failure.action == STOP => Self::StopProtected(failure),
            // "You can't stop the Spot Instance", "does not have an 'ebs' root device type". Source:
            // terraform-aws-lambda-scheduler-stop-start, pull request 8; EC2 user guide, "Stop your instance".
            "UnsupportedOperation" if failure.action == STOP => Self::StopUnsupported(failure),
            // A locked address, or one with a reverse DNS name, is not released: `InvalidAddress.*`. Source:
            // cloud-custodian, `NetworkAddress.Release`.
            // A security group of another VPC is an `InvalidParameter`, as `RunInstances` refuses it: "Security group
            // sg-... and subnet subnet-... belong to different networks."
            "InvalidParameter"
            | "InvalidParameterValue"
            | "InvalidParameterCombination"
            | "InvalidInstanceID"
            | "IncorrectInstanceState"
            | "IncorrectState"
            | "InvalidState"
            | "InvalidIPAddress.InUse"
            | "OperationNotPermitted"
            | "Gateway.NotAttached"
            | "InvalidGroup.NotFound"
            | "InvalidSecurityGroupID.NotFound"
            | "InvalidAddress.Locked"
            | "InvalidAddress.PtrSet"
            | "UnsupportedOperation"
            | "ValidationError"
            | "UnknownParameter"
            | "ValidationException" => Self::Refused(failure),
            code if code.ends_with(".Malformed") => Self::Refused(failure),
            _ => Self::Other(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str) -> CloudError {
        answer_to("ec2:AllocateAddress", code)
    }

    fn answer_to(action: &'static str, code: &str) -> CloudError {
        CloudError::from(Failure {
            action,
            code: Some(code.to_owned()),
            message: None,
            request_id: Some("request-1".to_owned()),
            source: None,
        })
    }

    #[test]
    fn the_three_ways_in_which_an_address_is_not_given_are_told_apart() {
        assert_eq!(answer("InvalidAddress.NotFound").name(), "NotFound");
        assert_eq!(answer("AddressLimitExceeded").name(), "LimitExceeded");
        assert_eq!(answer("AuthFailure").name(), "HeldElsewhere");
    }

    #[test]
    fn a_device_index_that_is_taken_is_told_by_the_code_of_an_attachment() {
        let code = "InvalidParameterValue";
        assert_eq!(answer_to(ATTACH, code).name(), "DeviceIndexTaken");
        assert_eq!(answer_to("ec2:AssociateAddress", code).name(), "Refused");
        let other = answer_to(ATTACH, "InvalidParameterCombination");
        assert_eq!(other.name(), "Refused");
    }

    #[test]
    fn keys_that_are_refused_are_no_missing_permission() {
        for code in [
            "ExpiredToken",
            "RequestExpired",
            "InvalidSignatureException",
        ] {
            assert_eq!(answer(code).name(), "KeysRefused", "{code}");
        }
        assert_eq!(answer("UnauthorizedOperation").name(), "Denied");
    }

    #[test]
    fn a_description_that_is_not_authenticated_is_about_the_keys() {
        let described = answer_to("ec2:DescribeAddresses", AUTH_FAILURE);
        assert_eq!(described.name(), "KeysRefused");
    }

    #[test]
    fn why_an_instance_is_not_stopped_is_told_by_the_code_of_the_stop() {
        assert_eq!(
            answer_to(STOP, "OperationNotPermitted").name(),
            "StopProtected"
        );
        assert_eq!(
            answer_to(STOP, "UnsupportedOperation").name(),
            "StopUnsupported"
        );
        assert_eq!(answer("OperationNotPermitted").name(), "Refused");
    }

    #[test]
    fn an_address_that_ec2_keeps_is_refused_and_not_tried_for_ever() {
        for code in ["InvalidAddress.Locked", "InvalidAddress.PtrSet"] {
            let answer = answer_to("ec2:ReleaseAddress", code);
            assert_eq!(answer.name(), "Refused", "{code}");
        }
    }

    #[test]
    fn a_quota_that_service_quotas_does_not_know_is_missing() {
        let answer = answer_to("servicequotas:GetServiceQuota", "NoSuchResourceException");
        assert!(answer.is_missing(Missing::Other));
    }

    #[test]
    fn a_code_nobody_knows_is_kept_whole() {
        let error = answer("SomethingNew");
        assert_eq!(error.name(), "Other");
        assert_eq!(
            error.to_string(),
            "ec2:AllocateAddress: SomethingNew (request request-1)"
        );
    }

    #[test]
    fn no_answer_at_all_may_have_been_carried_out() {
        let failure = Failure {
            action: "ec2:AllocateAddress",
            code: None,
            message: None,
            request_id: None,
            source: None,
        };
        assert!(CloudError::from(failure).is_transient());
    }
}
