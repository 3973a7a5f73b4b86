//! The environment variables that a function sees. Nothing of the test's own environment gets through,
//! so that a test passes or fails alike on every machine.

use std::collections::BTreeMap;
use std::time::Duration;

/// What a function is started with: Lambda's own variables, an AWS endpoint, the function's settings.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    function_name: String,
    limit: Duration,
}

impl Environment {
    /// An environment whose AWS calls all go to `endpoint`, the URL of a simulator.
    #[must_use]
    pub fn new(function_name: &str, endpoint: &str) -> Self {
        let fixed = [
            ("AWS_LAMBDA_FUNCTION_NAME", function_name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/holdfast"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "HOLDFASTFUNCTION"),
            ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
            ("AWS_SESSION_TOKEN", "not-a-token"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", endpoint),
        ];
        Self {
            variables: fixed
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            function_name: function_name.to_owned(),
            limit: Duration::from_secs(30),
        }
    }

    /// Sets one variable, over whatever it was.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.variables.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Takes one variable away.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.variables.remove(key);
        self
    }

    /// The access key that its calls are signed with: the simulator tells callers apart by it.
    #[must_use]
    pub fn access_key(self, id: &str) -> Self {
        self.set("AWS_ACCESS_KEY_ID", id)
    }

    /// How long the start may take, and each invocation. 30 seconds unless set.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = (&String, &String)> {
        self.variables.iter()
    }

    /// The ARN that an invocation carries.
    pub(super) fn function_arn(&self) -> String {
        let region = self
            .variables
            .get("AWS_REGION")
            .map_or("us-east-1", String::as_str);
        format!(
            "arn:aws:lambda:{region}:111122223333:function:{}",
            self.function_name
        )
    }
}
