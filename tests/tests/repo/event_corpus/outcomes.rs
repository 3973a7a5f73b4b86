//! What the event files must give, in one line each.

/// What our own files give.
pub(crate) const OWN_OUTCOMES: &[(&str, &str)] = &[
    (
        "accept-transfer",
        "AcceptAddressTransfer: 203.0.113.10 is now eipalloc-0fedcba9876543210",
    ),
    (
        "alarm-action",
        "alarm gateway-a is now ALARM: i-0123456789abcdef0",
    ),
    (
        "alarm-action-composite",
        "alarm gateway-a-down is now ALARM: gateway-a gateway-a-heartbeat",
    ),
    (
        "alarm-anomaly-band",
        "alarm unusual-traffic is now ALARM: i-0123456789abcdef0",
    ),
    ("alarm-broken-time", "wrong: detail.state.timestamp"),
    (
        "alarm-composite",
        "alarm gateway-a-down is now ALARM: gateway-a gateway-a-heartbeat",
    ),
    (
        "alarm-composite-suppressed",
        "alarm gateway-a-down is now ALARM: gateway-a gateway-a-heartbeat, kept back by WaitPeriod",
    ),
    (
        "alarm-configuration",
        "ignored: CloudWatch Alarm Configuration Change",
    ),
    (
        "alarm-contributor",
        "alarm fleet-status is now ALARM: i-0123456789abcdef0",
    ),
    (
        "alarm-math",
        "alarm either-gateway is now ALARM: i-0123456789abcdef0 i-0fedcba9876543210",
    ),
    (
        "alarm-muted",
        "alarm gateway-a is now ALARM: i-0123456789abcdef0, kept back by AlarmMuteRule release-night",
    ),
    ("alarm-ok", "alarm gateway-a is now OK: i-0123456789abcdef0"),
    (
        "alarm-rule",
        "alarm gateway-a is now ALARM: i-0123456789abcdef0",
    ),
    (
        "alarm-tagged",
        "alarm web-heartbeat is now ALARM: holdfast:group=web",
    ),
    (
        "alarm-topic",
        "alarm gateway-a is now ALARM: i-0123456789abcdef0",
    ),
    (
        "alarm-topic-composite",
        "alarm gateway-a-down is now ALARM: gateway-a",
    ),
    (
        "alarm-topic-contributor",
        "alarm fleet-status is now ALARM: i-0123456789abcdef0, holdfast:group=web",
    ),
    (
        "alarm-topic-math",
        "alarm either-gateway is now ALARM: i-0123456789abcdef0",
    ),
    (
        "alarm-without-data",
        "alarm gateway-a is now INSUFFICIENT_DATA: i-0123456789abcdef0",
    ),
    (
        "allocate",
        "AllocateAddress: eipalloc-0123456789abcdef0 is 203.0.113.10 of Amazon with Name=partners holdfast:protect=reclaim",
    ),
    (
        "allocate-customer-owned",
        "AllocateAddress: eipalloc-0123456789abcdef0 is 203.0.113.40 of CustomerOwned(\"ipv4pool-coip-0aa11bb22cc33dd44\") with no tags",
    ),
    (
        "allocate-ipam-pool",
        "AllocateAddress: eipalloc-0123456789abcdef0 is 203.0.113.30 of Ipam(\"ipam-pool-0aa11bb22cc33dd44\") with shared=true",
    ),
    (
        "allocate-over-quota",
        "ignored: AllocateAddress that EC2 refused",
    ),
    (
        "allocate-own-pool",
        "AllocateAddress: eipalloc-0123456789abcdef0 is 203.0.113.20 of BringYourOwn(\"ipv4pool-ec2-0aa11bb22cc33dd44\") with no tags",
    ),
    (
        "asked-failover",
        "a switchover of the group web to i-0123456789abcdef0",
    ),
    ("asked-plan", "a plan for the group web"),
    ("asked-with-a-slip", "wrong: instance"),
    (
        "associate",
        "AssociateAddress: eipalloc-0123456789abcdef0 with eni-0123456789abcdef0 10.0.0.5 as eipassoc-0123456789abcdef0",
    ),
    (
        "auto-scaling-launch",
        "ignored: EC2 Instance Launch Successful",
    ),
    (
        "auto-scaling-launch-action",
        "ignored: EC2 Instance-launch Lifecycle Action",
    ),
    (
        "auto-scaling-terminate-action",
        "Auto Scaling is about to take i-0123456789abcdef0 out of service",
    ),
    (
        "auto-scaling-to-warm-pool",
        "Auto Scaling is about to take i-0123456789abcdef0 out of service",
    ),
    ("create-tags-on-an-image", "ignored: CreateTags"),
    (
        "create-tags-on-many",
        "CreateTags: eipalloc-0123456789abcdef0 gets Name=partners critical=true note= rank=1",
    ),
    (
        "create-tags-on-one",
        "CreateTags: eipalloc-0123456789abcdef0 gets holdfast:protect=none",
    ),
    (
        "delete-all-tags",
        "DeleteTags: eipalloc-0123456789abcdef0 loses every tag",
    ),
    (
        "delete-tags",
        "DeleteTags: eipalloc-0123456789abcdef0 loses critical rank=1",
    ),
    (
        "disable-transfer",
        "DisableAddressTransfer: eipalloc-0123456789abcdef0",
    ),
    (
        "disassociate",
        "DisassociateAddress: eipassoc-0123456789abcdef0",
    ),
    (
        "enable-transfer",
        "EnableAddressTransfer: eipalloc-0123456789abcdef0 to 444455556666",
    ),
    (
        "health-closed",
        "ignored: AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED of AWS Health",
    ),
    (
        "health-drive-degraded",
        "AWS_EC2_INSTANCE_STORE_DRIVE_PERFORMANCE_DEGRADED of AWS Health, for i-0123456789abcdef0 and 1 more",
    ),
    (
        "health-other-service",
        "ignored: AWS_RDS_MAINTENANCE_SCHEDULED of AWS Health",
    ),
    (
        "health-public",
        "ignored: AWS_EC2_OPERATIONAL_ISSUE of AWS Health",
    ),
    (
        "health-retirement",
        "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED of AWS Health, for i-0123456789abcdef0",
    ),
    (
        "instance-pending",
        "ignored: i-0123456789abcdef0 is now pending",
    ),
    ("instance-running", "i-0123456789abcdef0 is now running"),
    ("lookup-answer", "wrong: detail-type"),
    ("no-event", "wrong: detail-type"),
    ("other-service", "ignored: CreateBucket of s3.amazonaws.com"),
    ("rebalance", "i-0123456789abcdef0 may be interrupted"),
    (
        "release",
        "ReleaseAddress: eipalloc-0123456789abcdef0 in eu-west-1",
    ),
    (
        "release-bare",
        "ReleaseAddress: eipalloc-0123456789abcdef0 in eu-west-1",
    ),
    (
        "release-by-public-ip",
        "wrong: detail.requestParameters.allocationId",
    ),
    (
        "release-delivered-again",
        "ReleaseAddress: eipalloc-0123456789abcdef0 in eu-west-1",
    ),
    ("release-dry-run", "ignored: ReleaseAddress as a dry run"),
    (
        "release-newer-serialisation",
        "ReleaseAddress: eipalloc-0123456789abcdef0 in eu-west-1",
    ),
    (
        "release-refused",
        "ignored: ReleaseAddress that EC2 refused",
    ),
    (
        "release-without-user-agent",
        "ReleaseAddress: eipalloc-0123456789abcdef0 in eu-west-1",
    ),
    (
        "reset-reverse-name",
        "ResetAddressAttribute: eipalloc-0123456789abcdef0",
    ),
    ("run-instances", "ignored: RunInstances"),
    (
        "schedule-rule",
        "schedule at 2026-01-31 12:01:00.0 +00:00:00",
    ),
    (
        "schedule-scheduler",
        "schedule at 2026-01-31 12:01:00.0 +00:00:00",
    ),
    (
        "set-reverse-name",
        "ModifyAddressAttribute: eipalloc-0123456789abcdef0 is mail.example.com",
    ),
    (
        "spot-interruption",
        "i-0123456789abcdef0 is about to be interrupted",
    ),
];

/// What files of public data sets and of AWS's documentation give, where the corpus has them.
pub(crate) const PUBLIC_OUTCOMES: &[(&str, &str)] = &[
    (
        "ct-ReleaseAddress-1",
        "ReleaseAddress: eipalloc-08a083beb7e83dbc0 in us-east-1",
    ),
    (
        "ct-AllocateAddress-1",
        "AllocateAddress: eipalloc-09d58d8a1fc361502 is 54.204.150.149 of Amazon with Name=stratus-red-team-usr-data-vpc-us-east-1a StratusRedTeam=true",
    ),
    ("ct-CreateNatGateway-1", "ignored: CreateNatGateway"),
    ("ct-CreateTags-1", "ignored: CreateTags"),
    (
        "ct-DescribeAddresses-InvalidAllocationID.NotFound-1",
        "ignored: DescribeAddresses",
    ),
    ("ct-RunInstances-1", "ignored: RunInstances"),
    ("ct-TerminateInstances-1", "ignored: TerminateInstances"),
    ("ct-stratus-StartInstances", "ignored: StartInstances"),
    (
        "c7n-event-instance-state",
        "ignored: i-a2d74f12 is now pending",
    ),
    (
        "docs-AWS-API-Call-via-CloudTrail-EventT3127",
        "ignored: CreateBucket of s3.amazonaws.com",
    ),
    (
        "docs-CloudWatch-Alarm-State-Change-ServerCpuTooHigh-cloudw13",
        "alarm ServerCpuTooHigh is now ALARM: i-12345678901234567",
    ),
    (
        "docs-EC2-Instance-Launch-Successful-ec2-au56",
        "ignored: EC2 Instance Launch Successful",
    ),
    (
        "docs-EC2-Instance-State-change-Notification-monito7",
        "ignored: i-abcd1111 is now pending",
    ),
    (
        "docs-EC2-Spot-Instance-Interruption-Warning-spot-i15",
        "wrong: time",
    ),
    (
        "docs-Scheduled-Event-EventT54",
        "schedule at 2015-10-08 16:53:06.0 +00:00:00",
    ),
    (
        "go-cloudwatch-alarm-sns-payload-single-metric",
        "alarm EXAMPLE is now ALARM: nothing",
    ),
    (
        "panther-RunInstances-DryRunOperation-by-eks-nodegroup-runinstance-dry-run",
        "ignored: RunInstances",
    ),
    (
        "pt-cloudWatchAlarmEventCompositeMetric",
        "alarm CompositeDemo.Main is now ALARM: CompositeDemo.FirstChild",
    ),
    (
        "pt-cloudWatchAlarmEventSingleMetric",
        "alarm Test alert is now ALARM: nothing",
    ),
    (
        "rt-example-cloudwatch-cloudtrail-assumed-role",
        "ignored: CreateManagedAccount of controltower.amazonaws.com",
    ),
    (
        "docs-CloudWatch-Alarm-State-Change-ServiceAggregatedAlarm-cloudw190",
        "alarm ServiceAggregatedAlarm is now ALARM: ServerCpuTooHigh, kept back by WaitPeriod",
    ),
    (
        "docs-CloudWatch-Alarm-State-Change-TotalNetworkTrafficTooHigh-cloudw65",
        "alarm TotalNetworkTrafficTooHigh is now ALARM: i-12345678901234567",
    ),
    (
        "go-cloudwatch-alarm-sns-payload-multiple-metrics",
        "alarm EXAMPLE is now ALARM: nothing",
    ),
];
