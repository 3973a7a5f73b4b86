//! Functions of Lambda: their configuration, and whether they can be called.

use serde::Deserialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// A function, as Lambda keeps it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaFunction {
    /// Its name.
    pub function_name: String,
    /// What whoever runs functions is to run; Lambda has a package here.
    pub code: String,
    /// The ARN of the role that it acts as.
    pub role: String,
    /// As the template says it.
    #[serde(default)]
    pub description: String,
    /// Seconds.
    #[serde(default = "three")]
    pub timeout: u32,
    /// MB.
    #[serde(default = "least_memory")]
    pub memory_size: u32,
    /// `arm64` or `x86_64`.
    #[serde(default = "x86")]
    pub architecture: String,
    /// What the code sees beside Lambda's own variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Names, and the version that each stands for. There is one version only: `$LATEST` by another name.
    #[serde(default)]
    pub aliases: BTreeMap<String, String>,
    /// Whether it can be called.
    #[serde(default)]
    pub state: FunctionState,
    /// Why not.
    pub state_reason: Option<String>,
    /// `Successful`, `InProgress` or `Failed`.
    #[serde(default = "successful")]
    pub last_update_status: String,
    /// None: as many at once as the account lets run. Nothing runs with zero.
    pub reserved_concurrency: Option<u32>,
    /// Where its lines go; `/aws/lambda/` and its name, unless said.
    pub log_group: Option<String>,
    /// `JSON` or `Text`.
    #[serde(default = "text")]
    pub log_format: String,
    /// How often an event is tried again that came without anybody waiting.
    #[serde(default = "twice")]
    pub maximum_retry_attempts: u32,
    /// The ARN of what is told of such an event that failed to the end.
    pub on_failure: Option<String>,
    /// The ARN of what is told of one that did not.
    pub on_success: Option<String>,
    /// Who may call it, as a policy in JSON; none: nobody but whom IAM lets.
    pub policy: Option<String>,
    /// What stands for the package: two functions of one build have the same.
    #[serde(default)]
    pub code_sha256: String,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When it was changed; as it is declared, unless said.
    #[serde(skip)]
    pub last_modified: Option<OffsetDateTime>,
}

/// Whether a function can be called (Lambda developer guide, "Lambda function states").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum FunctionState {
    /// It can.
    #[default]
    Active,
    /// Lambda still makes what it needs.
    Pending,
    /// It was not called for long.
    Inactive,
    /// Lambda could not make what it needs.
    Failed,
}

impl FunctionState {
    /// As the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Pending => "Pending",
            Self::Inactive => "Inactive",
            Self::Failed => "Failed",
        }
    }
}

fn three() -> u32 {
    3
}

fn least_memory() -> u32 {
    128
}

fn twice() -> u32 {
    2
}

fn x86() -> String {
    "x86_64".to_owned()
}

fn successful() -> String {
    "Successful".to_owned()
}

fn text() -> String {
    "Text".to_owned()
}

impl LambdaFunction {
    /// The function's own ARN, without a version.
    #[must_use]
    pub fn arn(&self, region: &str, account: &str) -> String {
        let name = &self.function_name;
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }

    /// Where its lines go.
    #[must_use]
    pub fn log_group(&self) -> String {
        let named = self.log_group.clone();
        named.unwrap_or_else(|| format!("/aws/lambda/{}", self.function_name))
    }

    /// Which version a qualifier stands for: `$LATEST`, a number or an alias; none where there is no such.
    #[must_use]
    pub fn version_of(&self, qualifier: Option<&str>) -> Option<String> {
        match qualifier {
            None | Some("$LATEST") => Some("$LATEST".to_owned()),
            Some(alias) if self.aliases.contains_key(alias) => self.aliases.get(alias).cloned(),
            Some(number) => {
                let mut versions = self.aliases.values();
                versions.find(|version| *version == number).cloned()
            }
        }
    }
}
