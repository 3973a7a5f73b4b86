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
pub(super) const DISASSOCIATE_ADDRESS: &str = "ec2:DisassociateAddress";
pub(super) const LOOKUP_EVENTS: &str = "cloudtrail:LookupEvents";
pub(super) const BATCH_GET_ITEM: &str = "dynamodb:BatchGetItem";
pub(super) const QUERY: &str = "dynamodb:Query";
pub(super) const UPDATE_ITEM: &str = "dynamodb:UpdateItem";
pub(super) const PUT_ITEM: &str = "dynamodb:PutItem";
/// No action in IAM: each put in it is checked as `dynamodb:PutItem`.
/// Source: DynamoDB developer guide, "Using IAM with DynamoDB transactions".
pub(super) const TRANSACT_WRITE_ITEMS: &str = "dynamodb:TransactWriteItems";

/// What [`crate::cloud::ReadAddresses`] calls.
pub const READ_ADDRESSES: &[&str] = &[DESCRIBE_ADDRESSES, DESCRIBE_ADDRESSES_ATTRIBUTE];

/// What [`crate::cloud::Reclaim`] calls. EC2 checks `ec2:CreateTags` for tags that ride along with an
/// allocation. Source: EC2 user guide, "Grant permission to tag resources during creation".
pub const RECLAIM: &[&str] = &[ALLOCATE_ADDRESS, "ec2:CreateTags"];

/// What [`crate::cloud::Associate`] calls.
pub const ASSOCIATE: &[&str] = &[ASSOCIATE_ADDRESS];

/// What [`crate::cloud::NameAddress`] calls.
pub const NAME_ADDRESS: &[&str] = &[MODIFY_ADDRESS_ATTRIBUTE];

/// What [`crate::cloud::ReadInterfaces`] calls.
pub const READ_INTERFACES: &[&str] = &[DESCRIBE_NETWORK_INTERFACES];

/// What [`crate::cloud::ReadInstances`] calls.
pub const READ_INSTANCES: &[&str] = &[DESCRIBE_INSTANCES];

/// What [`crate::cloud::Disassociate`] calls.
pub const DISASSOCIATE: &[&str] = &[DISASSOCIATE_ADDRESS];

/// What [`crate::cloud::Trail`] calls.
pub const TRAIL: &[&str] = &[LOOKUP_EVENTS];

/// What [`crate::ledger::Ledger`] calls.
pub const LEDGER: &[&str] = &[BATCH_GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM];
