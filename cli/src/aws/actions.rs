//! Every AWS action that the tool calls itself, in IAM's own spelling. What the functions' adapters call stands in
//! [`holdfast_aws::actions`]. `policies/operator.json` is held to both.

pub(super) const DESCRIBE_REGIONS: &str = "ec2:DescribeRegions";
pub(super) const DESCRIBE_STACKS: &str = "cloudformation:DescribeStacks";
pub(super) const GET_FUNCTION_CONFIGURATION: &str = "lambda:GetFunctionConfiguration";
pub(super) const GET_QUEUE_ATTRIBUTES: &str = "sqs:GetQueueAttributes";
pub(super) const FILTER_LOG_EVENTS: &str = "logs:FilterLogEvents";
pub(super) const LOOKUP_EVENTS: &str = "cloudtrail:LookupEvents";
