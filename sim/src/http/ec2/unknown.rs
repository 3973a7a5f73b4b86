//! What is refused of a form as a whole: parameters that nobody reads, and too many values of filters.

use super::query::Parameters;
use crate::api::{Ec2Error, WITHOUT_DRY_RUN};

/// Of every call: what names the call, and what signs it where the form itself is signed.
pub(in crate::http) const OF_EVERY_CALL: &[&str] = &[
    "Action",
    "Version",
    "AWSAccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SecurityToken",
    "Timestamp",
    "Expires",
    "X-Amz-*",
];

/// Parameters that EC2 knows, and that bear on nothing that is modelled: they are taken and not looked at. Any other one
/// that the simulator does not model is refused, since an answer that ignores it would be wrong.
fn passed_over(action: &str) -> &'static [&'static str] {
    match action {
        "RunInstances" => &[
            "BlockDeviceMapping.*",
            "CpuOptions.*",
            "CreditSpecification.*",
            "EbsOptimized",
            "HibernationOptions.*",
            "IamInstanceProfile.*",
            "InstanceInitiatedShutdownBehavior",
            "KeyName",
            "MaintenanceOptions.*",
            "MetadataOptions.*",
            "Monitoring.*",
            "NetworkInterface.*.Description",
            "NetworkInterface.*.InterfaceType",
            "Placement.Tenancy",
            "PrivateDnsNameOptions.*",
            "UserData",
            "InstanceMarketOptions.SpotOptions.*",
        ],
        "StopInstances" => &["Hibernate"],
        "TerminateInstances" => &["Force", "SkipOsShutdown"],
        "CreateVpc" => &["InstanceTenancy", "AmazonProvidedIpv6CidrBlock"],
        "DescribeInstanceStatus" | "DescribeNetworkInterfaces" => &["IncludeManagedResources"],
        _ => &[],
    }
}

/// "You cannot specify this parameter and the ... IDs parameter in the same call." (EC2 API reference, `MaxResults`)
fn no_pages_of_ids(action: &str, form: &Parameters) -> Result<(), Ec2Error> {
    let (ids, set) = match action {
        "DescribeInstanceStatus" => ("InstanceId", "instancesSet"),
        "DescribeNetworkInterfaces" => ("NetworkInterfaceId", "networkInterfaceIdSet"),
        _ => return Ok(()),
    };
    if form.list(ids).is_empty() || form.text("MaxResults").is_none() {
        return Ok(());
    }
    let message = format!("The parameter {set} cannot be used with the parameter maxResults");
    Err(Ec2Error::new("InvalidParameterCombination", message))
}

/// Ids of these kinds are hexadecimal after their prefix; EC2 looks at that before it looks for them (EC2 user guide, error
/// codes). How many digits it takes is not looked at here.
fn well_formed(form: &Parameters) -> Result<(), Ec2Error> {
    let kinds = [
        ("InstanceId", "i-", "InvalidInstanceID.Malformed"),
        (
            "NetworkInterfaceId",
            "eni-",
            "InvalidNetworkInterfaceId.Malformed",
        ),
        (
            "AttachmentId",
            "eni-attach-",
            "InvalidNetworkInterfaceAttachmentId.Malformed",
        ),
    ];
    for (name, prefix, code) in kinds {
        let is_good = |id: &String| {
            let digits = id.strip_prefix(prefix).unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        let mut ids = form.list(name).into_iter().chain(form.text(name));
        if let Some(wrong) = ids.find(|id| !is_good(id)) {
            return Err(Ec2Error::new(code, format!("Invalid id: \"{wrong}\"")));
        }
    }
    Ok(())
}

/// "The maximum number of filter values specified on a single call is 200": seen by users with the code below.
const FILTER_VALUES: usize = 200;

/// Refuses `DryRun` where the action does not have it, before anything else is looked at.
///
/// # Errors
/// `UnknownParameter`.
pub(super) fn refuse_dry_run(action: &str, form: &Parameters) -> Result<(), Ec2Error> {
    if WITHOUT_DRY_RUN.contains(&action) && form.text("DryRun").is_some() {
        let message = "The parameter DryRun is not recognized";
        return Err(Ec2Error::new("UnknownParameter", message));
    }
    Ok(())
}

/// Refuses a form of which something was not read.
///
/// # Errors
/// `UnknownParameter`, `FilterLimitExceeded`, `InvalidParameterCombination`, and the codes of malformed ids.
pub(super) fn refuse(action: &str, form: &Parameters) -> Result<(), Ec2Error> {
    form.pass_over(OF_EVERY_CALL);
    form.pass_over(passed_over(action));
    if let Some(unread) = form.unread() {
        let message = format!("The parameter {unread} is not recognized");
        return Err(Ec2Error::new("UnknownParameter", message));
    }
    no_pages_of_ids(action, form)?;
    well_formed(form)?;
    let filters = form.members("Filter");
    let values: usize = filters
        .iter()
        .map(|filter| filter.list("Value").len())
        .sum();
    if values > FILTER_VALUES {
        return Err(Ec2Error::new(
            "FilterLimitExceeded",
            format!(
                "The maximum number of filter values specified on a single call is {FILTER_VALUES}"
            ),
        ));
    }
    Ok(())
}
