//! Every AWS action that an adapter can call, under the trait through which it is called, in IAM's own
//! spelling. The adapters name their actions from here only, so that the permissions of a function can
//! be compared with what its code is able to ask for.

pub(super) const DESCRIBE_ADDRESSES: &str = "ec2:DescribeAddresses";
pub(super) const DESCRIBE_ADDRESSES_ATTRIBUTE: &str = "ec2:DescribeAddressesAttribute";
pub(super) const ALLOCATE_ADDRESS: &str = "ec2:AllocateAddress";
pub(super) const ASSOCIATE_ADDRESS: &str = "ec2:AssociateAddress";
pub(super) const MODIFY_ADDRESS_ATTRIBUTE: &str = "ec2:ModifyAddressAttribute";
pub(super) const DESCRIBE_NETWORK_INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
pub(super) const DESCRIBE_INSTANCES: &str = "ec2:DescribeInstances";
pub(super) const DESCRIBE_SUBNETS: &str = "ec2:DescribeSubnets";
pub(super) const DESCRIBE_ROUTE_TABLES: &str = "ec2:DescribeRouteTables";
pub(super) const DESCRIBE_AVAILABILITY_ZONES: &str = "ec2:DescribeAvailabilityZones";
pub(super) const DESCRIBE_TAGS: &str = "ec2:DescribeTags";
pub(super) const DISASSOCIATE_ADDRESS: &str = "ec2:DisassociateAddress";
pub(super) const DESCRIBE_INSTANCE_STATUS: &str = "ec2:DescribeInstanceStatus";
pub(super) const DESCRIBE_INSTANCE_TYPES: &str = "ec2:DescribeInstanceTypes";
pub(super) const ATTACH_NETWORK_INTERFACE: &str = "ec2:AttachNetworkInterface";
pub(super) const DETACH_NETWORK_INTERFACE: &str = "ec2:DetachNetworkInterface";
pub(super) const MODIFY_NETWORK_INTERFACE_ATTRIBUTE: &str = "ec2:ModifyNetworkInterfaceAttribute";
pub(super) const ASSIGN_PRIVATE_IP_ADDRESSES: &str = "ec2:AssignPrivateIpAddresses";
pub(super) const STOP_INSTANCES: &str = "ec2:StopInstances";
pub(super) const DESCRIBE_ALARMS: &str = "cloudwatch:DescribeAlarms";
pub(super) const DESCRIBE_ALARM_CONTRIBUTORS: &str = "cloudwatch:DescribeAlarmContributors";
pub(super) const DESCRIBE_AUTO_SCALING_INSTANCES: &str = "autoscaling:DescribeAutoScalingInstances";
pub(super) const COMPLETE_LIFECYCLE_ACTION: &str = "autoscaling:CompleteLifecycleAction";
pub(super) const LIST_AUTOSHIFTS: &str = "arc-zonal-shift:ListAutoshifts";
pub(super) const LIST_ZONAL_SHIFTS: &str = "arc-zonal-shift:ListZonalShifts";
pub(super) const LOOKUP_EVENTS: &str = "cloudtrail:LookupEvents";
pub(super) const BATCH_GET_ITEM: &str = "dynamodb:BatchGetItem";
pub(super) const QUERY: &str = "dynamodb:Query";
pub(super) const UPDATE_ITEM: &str = "dynamodb:UpdateItem";
pub(super) const PUBLISH: &str = "sns:Publish";
pub(super) const PUT_ITEM: &str = "dynamodb:PutItem";
/// No action in IAM: each put in it is checked as `dynamodb:PutItem`.
/// Source: DynamoDB developer guide, "Using IAM with DynamoDB transactions".
pub(super) const TRANSACT_WRITE_ITEMS: &str = "dynamodb:TransactWriteItems";

/// What [`holdfast::cloud::ReadAddresses`] calls.
pub const READ_ADDRESSES: &[&str] = &[DESCRIBE_ADDRESSES, DESCRIBE_ADDRESSES_ATTRIBUTE];

/// What [`holdfast::cloud::Allocate`] calls. EC2 checks `ec2:CreateTags` for tags that ride along with an
/// allocation. Source: EC2 user guide, "Grant permission to tag resources during creation".
pub const ALLOCATE: &[&str] = &[ALLOCATE_ADDRESS, "ec2:CreateTags"];

/// What [`holdfast::cloud::Associate`] calls.
pub const ASSOCIATE: &[&str] = &[ASSOCIATE_ADDRESS];

/// What [`holdfast::cloud::SetReverseDns`] calls.
pub const SET_REVERSE_DNS: &[&str] = &[MODIFY_ADDRESS_ATTRIBUTE];

/// What [`holdfast::cloud::ReadInterfaces`] calls.
pub const READ_INTERFACES: &[&str] = &[DESCRIBE_NETWORK_INTERFACES];

/// What [`holdfast::cloud::ReadInstances`] calls.
pub const READ_INSTANCES: &[&str] = &[DESCRIBE_INSTANCES];

/// What [`holdfast::cloud::networks::ReadNetworks`] calls.
pub const READ_NETWORKS: &[&str] = &[
    DESCRIBE_SUBNETS,
    DESCRIBE_ROUTE_TABLES,
    DESCRIBE_AVAILABILITY_ZONES,
];

/// What [`holdfast::cloud::ReadTags`] calls.
pub const READ_TAGS: &[&str] = &[DESCRIBE_TAGS];

/// What [`holdfast::cloud::Disassociate`] calls.
pub const DISASSOCIATE: &[&str] = &[DISASSOCIATE_ADDRESS];

/// What [`holdfast::cloud::health::ReadStatusChecks`] calls.
pub const READ_STATUS_CHECKS: &[&str] = &[DESCRIBE_INSTANCE_STATUS];

/// What [`holdfast::cloud::health::ReadLimits`] calls.
pub const READ_LIMITS: &[&str] = &[DESCRIBE_INSTANCE_TYPES];

/// What [`holdfast::cloud::health::ReadAlarms`] calls.
pub const READ_ALARMS: &[&str] = &[DESCRIBE_ALARMS];

/// What [`holdfast::cloud::health::ReadAlarmContributors`] calls.
pub const READ_ALARM_CONTRIBUTORS: &[&str] = &[DESCRIBE_ALARM_CONTRIBUTORS];

/// What [`holdfast::cloud::health::ReadAlarmPages`] calls.
pub const READ_ALARM_PAGES: &[&str] = &[DESCRIBE_ALARMS];

/// What [`holdfast::cloud::health::ReadLifecycleStates`] calls.
pub const READ_LIFECYCLE_STATES: &[&str] = &[DESCRIBE_AUTO_SCALING_INSTANCES];

/// What [`holdfast::cloud::health::ReadZonalShifts`] calls.
pub const READ_ZONAL_SHIFTS: &[&str] = &[LIST_AUTOSHIFTS, LIST_ZONAL_SHIFTS];

/// What [`holdfast::cloud::lifecycle::CompleteLifecycleAction`] calls.
pub const COMPLETE_LIFECYCLE_ACTIONS: &[&str] = &[COMPLETE_LIFECYCLE_ACTION];

/// What [`holdfast::cloud::moves::MoveInterface`] calls.
pub const MOVE_INTERFACE: &[&str] = &[
    ATTACH_NETWORK_INTERFACE,
    DETACH_NETWORK_INTERFACE,
    MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
];

/// What [`holdfast::cloud::moves::MovePrivateIps`] calls.
pub const MOVE_PRIVATE_IPS: &[&str] = &[ASSIGN_PRIVATE_IP_ADDRESSES];

/// What [`holdfast::cloud::moves::Reassociate`] calls.
pub const REASSOCIATE: &[&str] = &[ASSOCIATE_ADDRESS];

/// What [`holdfast::cloud::moves::Fence`] calls.
pub const FENCE: &[&str] = &[STOP_INSTANCES, MODIFY_NETWORK_INTERFACE_ATTRIBUTE];

/// What [`holdfast::cloud::moves::DryRun`] calls, with `DryRun`: EC2 checks the permission for the action itself.
pub const DRY_RUN: &[&str] = &[
    ATTACH_NETWORK_INTERFACE,
    DETACH_NETWORK_INTERFACE,
    ASSOCIATE_ADDRESS,
    DISASSOCIATE_ADDRESS,
];

/// What [`holdfast::cloud::ReadEventHistory`] calls.
pub const READ_EVENT_HISTORY: &[&str] = &[LOOKUP_EVENTS];

/// What [`holdfast::ledger::Ledger`] calls.
pub const LEDGER: &[&str] = &[BATCH_GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM];

/// What [`holdfast::ledger::ToldLedger`] calls.
pub const TOLD_LEDGER: &[&str] = &[BATCH_GET_ITEM, PUT_ITEM];

/// What [`holdfast::cloud::publish::PublishNotice`] calls.
pub const PUBLISH_NOTICE: &[&str] = &[PUBLISH];

/// What [`holdfast::ledger::ReadAddressHistory`] calls.
pub const READ_ADDRESS_HISTORY: &[&str] = &[QUERY];
