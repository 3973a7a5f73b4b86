//! Calling a function of the stack as anybody does: by Lambda's own API.

use super::Deployment;
use crate::runtime::FunctionError;
use axum::body::Bytes;
use ec2_sim::http::Simulator;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::error::Error;

/// Why there is no report.
pub type NoReport = Box<dyn Error + Send + Sync>;

impl Deployment {
    /// Invokes a function by its name in the template, and gives its report.
    ///
    /// # Errors
    /// The function failed, which is a [`FunctionError`]; or there was no answer.
    pub async fn invoke(
        &self,
        simulator: &Simulator,
        logical_id: &str,
        payload: Vec<u8>,
    ) -> Result<Value, NoReport> {
        let name = self.physical_id(logical_id);
        let url = format!("{}/2015-03-31/functions/{name}/invocations", simulator.url);
        let request = Request::post(url).body(Full::<Bytes>::from(payload))?;
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = client.request(request).await?;
        let has_failed = answer.headers().contains_key("x-amz-function-error");
        let bytes = answer.into_body().collect().await?.to_bytes();
        if has_failed {
            return Err(serde_json::from_slice::<FunctionError>(&bytes)?.into());
        }
        Ok(serde_json::from_slice(&bytes)?)
    }
}
