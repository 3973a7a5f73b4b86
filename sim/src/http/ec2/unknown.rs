//! What is refused of a form as a whole: parameters that nobody reads, and too many values of filters.

use super::query::Parameters;
use crate::api::Ec2Error;

/// Of every call: what names the call, and what signs it where the form itself is signed.
const OF_EVERY_CALL: &[&str] = &[
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
        // Every SDK sends one, made up by itself.
        "CreateNetworkInterface" | "CreateRouteTable" => &["ClientToken"],
        "StopInstances" => &["Hibernate"],
        "TerminateInstances" => &["Force", "SkipOsShutdown"],
        "CreateVpc" => &["InstanceTenancy", "AmazonProvidedIpv6CidrBlock"],
        "DescribeInstances" | "DescribeInstanceStatus" | "DescribeNetworkInterfaces" => {
            &["IncludeManagedResources"]
        }
        _ => &[],
    }
}

/// "The maximum number of filter values specified on a single call is 200": seen by users with the code below.
const FILTER_VALUES: usize = 200;

/// Refuses a form of which something was not read.
///
/// # Errors
/// `UnknownParameter`, `FilterLimitExceeded`.
pub(super) fn refuse(action: &str, form: &Parameters) -> Result<(), Ec2Error> {
    form.pass_over(OF_EVERY_CALL);
    form.pass_over(passed_over(action));
    if let Some(unread) = form.unread() {
        let message = format!("The parameter {unread} is not recognized");
        return Err(Ec2Error::new("UnknownParameter", message));
    }
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
