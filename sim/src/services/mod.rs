//! What an account has beside EC2, as far as an operator looks at it: stacks of CloudFormation, functions of Lambda and
//! the log groups that they write.
//!
//! Nothing is there until somebody declares it, in the names that the services' own APIs use. From then on it changes
//! by calls and by what functions do.

mod functions;
mod log_patterns;
mod logs;
mod stacks;

pub use functions::{FunctionState, LambdaFunction};
pub use log_patterns::LogPattern;
pub use logs::{LogEvent, LogGroup, LogStream, Logs};
pub use stacks::{Output, Stack, StackResource};

use serde::Deserialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Everything beside EC2 in one Region of an account.
#[derive(Clone, Debug, Default)]
pub struct Services {
    pub(crate) stacks: Vec<Stack>,
    pub(crate) functions: BTreeMap<String, LambdaFunction>,
    pub(crate) logs: Logs,
}

/// What is to be there from now on. What is declared again takes the place of what had its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    /// Of CloudFormation.
    pub stacks: Vec<Stack>,
    /// Of Lambda.
    pub functions: Vec<LambdaFunction>,
    /// Names of groups of CloudWatch Logs. A function's own group comes into being with its first line.
    pub log_groups: Vec<String>,
}

impl Services {
    /// Puts in place what is declared.
    pub fn declare(&mut self, declared: Declared, now: OffsetDateTime) {
        for mut stack in declared.stacks {
            stack.created.get_or_insert(now);
            self.stacks
                .retain(|there| there.stack_name != stack.stack_name);
            self.stacks.push(stack);
        }
        for mut function in declared.functions {
            function.last_modified.get_or_insert(now);
            self.functions
                .insert(function.function_name.clone(), function);
        }
        for group in declared.log_groups {
            self.logs.create_group(&group, now);
        }
    }

    /// The stacks, oldest first.
    #[must_use]
    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// A function by its name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&LambdaFunction> {
        self.functions.get(name)
    }

    /// The same, to be changed.
    pub fn function_mut(&mut self, name: &str) -> Option<&mut LambdaFunction> {
        self.functions.get_mut(name)
    }

    /// What was written to CloudWatch Logs.
    #[must_use]
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The same, to be written to.
    pub fn logs_mut(&mut self) -> &mut Logs {
        &mut self.logs
    }
}
