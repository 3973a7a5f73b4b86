//! Lambda: how many runs of a function are allowed at once.

use crate::aws::actions::GET_FUNCTION_CONCURRENCY;
use crate::aws::{CloudError, Connection};
use aws_sdk_lambda::Client;
use holdfast_aws::failure;

impl Connection {
    /// How many runs of a function are kept for it alone; none: it shares with all others. With zero, nothing runs.
    ///
    /// # Errors
    /// AWS's answer to `lambda:GetFunctionConcurrency`.
    pub async fn reserved_concurrency(&self, function: &str) -> Result<Option<i32>, CloudError> {
        let client = Client::new(self.config());
        let asked = client.get_function_concurrency().function_name(function);
        let answer = asked.send().await;
        let answer = answer.map_err(|error| failure::of(GET_FUNCTION_CONCURRENCY, error))?;
        Ok(answer.reserved_concurrent_executions())
    }
}
