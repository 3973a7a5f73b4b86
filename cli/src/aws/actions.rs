//! Every AWS action that the tool calls itself, in IAM's own spelling. What the functions' adapters call stands in
//! [`holdfast_aws::actions`]. `policies/operator.json` is held to both.

pub(super) const DESCRIBE_REGIONS: &str = "ec2:DescribeRegions";
pub(super) const DESCRIBE_STACKS: &str = "cloudformation:DescribeStacks";
pub(super) const DESCRIBE_ADDRESSES: &str = "ec2:DescribeAddresses";
pub(super) const DESCRIBE_INSTANCES: &str = "ec2:DescribeInstances";
pub(super) const DESCRIBE_NETWORK_INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
pub(super) const DESCRIBE_SUBNETS: &str = "ec2:DescribeSubnets";
pub(super) const CREATE_TAGS: &str = "ec2:CreateTags";
pub(super) const INVOKE_FUNCTION: &str = "lambda:InvokeFunction";
pub(super) const GET_FUNCTION_CONFIGURATION: &str = "lambda:GetFunctionConfiguration";
pub(super) const GET_QUEUE_ATTRIBUTES: &str = "sqs:GetQueueAttributes";
pub(super) const FILTER_LOG_EVENTS: &str = "logs:FilterLogEvents";
pub(super) const LOOKUP_EVENTS: &str = "cloudtrail:LookupEvents";

// Of `holdfast doctor` alone. It also makes a dry run of `ec2:ReleaseAddress`, and wants to be denied that.
pub(super) const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
pub(super) const LIST_STACK_RESOURCES: &str = "cloudformation:ListStackResources";
pub(super) const DESCRIBE_RULE: &str = "events:DescribeRule";
pub(super) const LIST_TARGETS_BY_RULE: &str = "events:ListTargetsByRule";
pub(super) const DESCRIBE_TRAILS: &str = "cloudtrail:DescribeTrails";
pub(super) const GET_TRAIL_STATUS: &str = "cloudtrail:GetTrailStatus";
pub(super) const GET_EVENT_SELECTORS: &str = "cloudtrail:GetEventSelectors";
pub(super) const GET_SERVICE_QUOTA: &str = "servicequotas:GetServiceQuota";
pub(super) const GET_POLICY: &str = "lambda:GetPolicy";
pub(super) const GET_FUNCTION_CONCURRENCY: &str = "lambda:GetFunctionConcurrency";
pub(super) const DESCRIBE_VPC_ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";
pub(super) const DESCRIBE_ALARMS: &str = "cloudwatch:DescribeAlarms";
