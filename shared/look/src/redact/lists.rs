//! Words of AWS's and of Holdfast's that stay, each list for one place. A word that is in no list is somebody's.

/// The keys of tags that AWS sets by itself, and the one that its console asks for.
const TAG_KEYS: [&str; 8] = [
    "Name",
    "aws:autoscaling:groupName",
    "aws:cloudformation:logical-id",
    "aws:cloudformation:stack-id",
    "aws:cloudformation:stack-name",
    "aws:ec2:fleet-id",
    "aws:ec2launchtemplate:id",
    "aws:ec2launchtemplate:version",
];

/// The names of dimensions in AWS's own namespaces.
const DIMENSIONS: [&str; 18] = [
    "AutoScalingGroupName",
    "AvailabilityZone",
    "FunctionName",
    "ImageId",
    "InstanceId",
    "InstanceType",
    "LoadBalancer",
    "LoadBalancerName",
    "NatGatewayId",
    "NetworkInterfaceId",
    "QueueName",
    "Resource",
    "RuleName",
    "TableName",
    "TargetGroup",
    "TopicName",
    "VolumeId",
    "VpcId",
];

/// AWS's own namespaces of metrics, as far as an alarm on a member may have them.
const NAMESPACES: [&str; 16] = [
    "AWS/ApplicationELB",
    "AWS/AutoScaling",
    "AWS/DynamoDB",
    "AWS/EBS",
    "AWS/EC2",
    "AWS/ECS",
    "AWS/ELB",
    "AWS/Events",
    "AWS/GatewayELB",
    "AWS/Lambda",
    "AWS/Logs",
    "AWS/NATGateway",
    "AWS/NetworkELB",
    "AWS/Route53",
    "AWS/SNS",
    "AWS/SQS",
];

/// The programs that a user agent may name beside their version.
const PROGRAMS: [&str; 16] = [
    "APN",
    "Boto3",
    "Botocore",
    "HashiCorp",
    "HashiCorp-terraform-exec",
    "OpenTofu",
    "Pulumi",
    "Python",
    "Terraform",
    "aws-cli",
    "aws-sdk-go",
    "aws-sdk-go-v2",
    "aws-sdk-java",
    "aws-sdk-js",
    "aws-sdk-rust",
    "terraform-provider-aws",
];

/// The calls of CloudTrail's records that an event may be about.
const EVENT_NAMES: [&str; 18] = [
    "AcceptAddressTransfer",
    "AllocateAddress",
    "AssociateAddress",
    "CreateNatGateway",
    "CreateTags",
    "DeleteNatGateway",
    "DeleteTags",
    "DescribeAddresses",
    "DisableAddressTransfer",
    "DisassociateAddress",
    "EnableAddressTransfer",
    "ModifyAddressAttribute",
    "ReleaseAddress",
    "ResetAddressAttribute",
    "RunInstances",
    "StartInstances",
    "StopInstances",
    "TerminateInstances",
];

/// The kinds of events from EventBridge.
const DETAIL_TYPES: [&str; 13] = [
    "AWS API Call via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Health Event",
    "AWS Service Event via CloudTrail",
    "CloudWatch Alarm Configuration Change",
    "CloudWatch Alarm Contributor State Change",
    "CloudWatch Alarm State Change",
    "EC2 Instance Rebalance Recommendation",
    "EC2 Instance State-change Notification",
    "EC2 Instance-launch Lifecycle Action",
    "EC2 Instance-terminate Lifecycle Action",
    "EC2 Spot Instance Interruption Warning",
    "Scheduled Event",
];

/// The words in which Holdfast writes why it looks at a group, beside names and ids.
const OF_CAUSES: [&str; 33] = [
    "a",
    "alarm",
    "an",
    "and",
    "asked",
    "by",
    "end",
    "failback",
    "first",
    "for",
    "group",
    "in",
    "is",
    "member",
    "min",
    "now",
    "of",
    "over",
    "pause",
    "pending",
    "plan",
    "restore",
    "running",
    "shutting-down",
    "stopped",
    "stopping",
    "switchover",
    "terminated",
    "the",
    "to",
    "which",
    "whose",
    "with",
];

pub(super) fn is_tag_key(key: &str) -> bool {
    TAG_KEYS.contains(&key)
}

pub(super) fn is_dimension(name: &str) -> bool {
    DIMENSIONS.contains(&name)
}

pub(super) fn is_namespace(name: &str) -> bool {
    NAMESPACES.contains(&name)
}

pub(super) fn is_program(name: &str) -> bool {
    PROGRAMS.contains(&name)
}

pub(super) fn is_event_name(name: &str) -> bool {
    EVENT_NAMES.contains(&name)
}

pub(super) fn is_detail_type(text: &str) -> bool {
    DETAIL_TYPES.contains(&text)
}

pub(super) fn is_of_causes(word: &str) -> bool {
    OF_CAUSES.contains(&word)
}
