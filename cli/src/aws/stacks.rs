//! CloudFormation: what a stack says of itself.

use super::actions::DESCRIBE_STACKS;
use super::connection::Connection;
use aws_sdk_cloudformation::Client;
use holdfast::cloud::CloudError;
use holdfast_aws::failure;
use std::collections::BTreeMap;

/// `CloudFormation`'s answer for a stack that is not there has this code, whatever its words.
/// Source: `CloudFormation` API reference, `DescribeStacks`: "If the stack doesn't exist, a `ValidationError` is returned".
const NO_STACK: &str = "ValidationError";

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its id, an ARN.
    pub id: Option<String>,
    /// Its state, in CloudFormation's words: `UPDATE_COMPLETE`.
    pub status: Option<String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its parameters, with the values that they have.
    pub parameters: BTreeMap<String, String>,
}

impl Connection {
    /// A stack by its name or its id; none where it does not exist.
    ///
    /// # Errors
    /// AWS's answer to `cloudformation:DescribeStacks`.
    pub async fn stack(&self, name: &str) -> Result<Option<Stack>, CloudError> {
        let client = Client::new(self.config());
        let sent = client.describe_stacks().stack_name(name).send().await;
        match sent.map_err(|error| failure::of(DESCRIBE_STACKS, error)) {
            Ok(answer) => Ok(answer.stacks().first().map(Stack::from)),
            Err(refusal) if refusal.failure().code.as_deref() == Some(NO_STACK) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// All stacks of the region, page by page.
    ///
    /// # Errors
    /// AWS's answer to `cloudformation:DescribeStacks`.
    pub async fn stacks(&self) -> Result<Vec<Stack>, CloudError> {
        let client = Client::new(self.config());
        let mut pages = client.describe_stacks().into_paginator().send();
        let mut stacks = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure::of(DESCRIBE_STACKS, error))?;
            stacks.extend(page.stacks().iter().map(Stack::from));
        }
        Ok(stacks)
    }
}

impl Stack {
    /// Whether the last change of the stack itself ended well: CloudFormation has many other states.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        const COMPLETE: [&str; 3] = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"];
        let status = self.status.as_deref();
        status.is_some_and(|status| COMPLETE.contains(&status))
    }
}

impl From<&aws_sdk_cloudformation::types::Stack> for Stack {
    fn from(stack: &aws_sdk_cloudformation::types::Stack) -> Self {
        let outputs = stack.outputs().iter().filter_map(|output| {
            Some((
                output.output_key()?.to_owned(),
                output.output_value()?.to_owned(),
            ))
        });
        let parameters = stack.parameters().iter().filter_map(|parameter| {
            let key = parameter.parameter_key()?.to_owned();
            Some((key, parameter.parameter_value()?.to_owned()))
        });
        Self {
            name: stack.stack_name().unwrap_or_default().to_owned(),
            id: stack.stack_id().map(str::to_owned),
            status: stack
                .stack_status()
                .map(|status| status.as_str().to_owned()),
            outputs: outputs.collect(),
            parameters: parameters.collect(),
        }
    }
}
