//! CloudFormation: what a stack consists of.

use crate::aws::actions::LIST_STACK_RESOURCES;
use crate::aws::{CloudError, Connection};
use aws_sdk_cloudformation::Client;
use holdfast_aws::failure;

/// What CloudFormation calls an alarm on a metric.
pub const METRIC_ALARM: &str = "AWS::CloudWatch::Alarm";

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// What its service calls it; empty where it was never made.
    pub physical_id: String,
    /// Such as `AWS::Events::Rule`.
    pub kind: String,
}

impl Connection {
    /// All resources of a stack, page by page.
    ///
    /// # Errors
    /// AWS's answer to `cloudformation:ListStackResources`.
    pub async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, CloudError> {
        let client = Client::new(self.config());
        let asked = client.list_stack_resources().stack_name(stack);
        let mut pages = asked.into_paginator().send();
        let mut resources = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure::of(LIST_STACK_RESOURCES, error))?;
            let summaries = page.stack_resource_summaries().iter();
            resources.extend(summaries.map(|summary| {
                StackResource {
                    logical_id: summary.logical_resource_id().unwrap_or_default().to_owned(),
                    physical_id: summary
                        .physical_resource_id()
                        .unwrap_or_default()
                        .to_owned(),
                    kind: summary.resource_type().unwrap_or_default().to_owned(),
                }
            }));
        }
        Ok(resources)
    }
}
