//! Stacks of CloudFormation: what was deployed under one name, its parameters, outputs and resources.

use serde::Deserialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// A stack as it was deployed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// Its name.
    pub stack_name: String,
    /// Such as `UPDATE_COMPLETE`.
    #[serde(default = "complete")]
    pub status: String,
    /// By their names.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// In the template's order.
    #[serde(default)]
    pub outputs: Vec<Output>,
    /// In the template's order.
    #[serde(default)]
    pub resources: Vec<StackResource>,
    /// Of the stack itself.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// As the template says it.
    pub description: Option<String>,
    /// When; as it is declared, unless said.
    #[serde(skip)]
    pub created: Option<OffsetDateTime>,
}

/// An output of a stack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// As the template says it.
    pub description: Option<String>,
}

/// A resource of a stack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// What the service calls it.
    pub physical_id: String,
    /// Such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// Such as `CREATE_COMPLETE`.
    #[serde(default = "complete")]
    pub status: String,
}

fn complete() -> String {
    "CREATE_COMPLETE".to_owned()
}

impl Stack {
    /// The stack's ARN. Its last part is a UUID at AWS; here it follows from the name, so that it is the same in every
    /// run.
    #[must_use]
    pub fn arn(&self, region: &str, account: &str) -> String {
        let letters = self.stack_name.bytes();
        let number = letters.fold(0u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
        let number = number % 1_000_000_000_000;
        let name = &self.stack_name;
        format!(
            "arn:aws:cloudformation:{region}:{account}:stack/{name}/00000000-0000-4000-a000-{number:012}"
        )
    }
}
