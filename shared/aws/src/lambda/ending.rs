//! How a process ends whose keys AWS does not take. Lambda gives a process its keys when it starts it, in the environment,
//! and never again: only another process has others. So the run tells Lambda of its error first, and then the process
//! ends. Lambda delivers the event again, to a process that it has started since.
//!
//! Races: the run's end and the process's end. Nothing is asked of Lambda between the two, so no event is lost to a
//! process that is about to end.

use holdfast::error::{Error, chain};
use holdfast::report::Report;
use lambda_runtime::Diagnostic;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{BoxError, PooledClient, build_request};
use tokio::sync::Notify;

/// The end of the process, once somebody has asked for it.
#[derive(Debug, Default)]
pub(super) struct ProcessEnd(Notify);

impl ProcessEnd {
    /// Resolves when the process is to end.
    pub(super) async fn asked_for(&self) {
        self.0.notified().await;
    }

    /// Tells Lambda how this event ended and asks for the end of the process. Returns only where Lambda could not be
    /// told: the runtime tells it then, in its own way.
    pub(super) async fn after(&self, request_id: &str, problem: &Diagnostic) {
        match tell(&format!("invocation/{request_id}/error"), problem).await {
            Ok(()) => {
                tracing::warn!("this process ends, so that Lambda starts one with new keys");
                self.0.notify_one();
                std::future::pending::<()>().await;
            }
            Err(error) => {
                tracing::warn!(error, "Lambda could not be told that this process ends");
            }
        }
    }
}

/// How a run ends in which AWS did not take the keys: with an error, so that the event comes again. What nobody has
/// stays the gravest.
pub(super) fn keys_refused(refusal: String, ended: Result<Report, Error>) -> Error {
    let (run, report) = match ended {
        Err(stranded) if stranded.is_stranded() => return stranded,
        Err(error) => {
            let (error, report) = error.into_parts();
            (chain(&error), report)
        }
        Ok(report) => (report.summary.clone(), Some(report)),
    };
    let refused = Error::KeysRefused { refusal, run };
    match report {
        Some(report) => refused.with_report(report),
        None => refused,
    }
}

/// Tells Lambda of an error, under a path of its Runtime API.
/// Source: Lambda developer guide, "Using the Lambda runtime API", initialization error and invocation error.
pub(super) async fn tell(path: &str, problem: &Diagnostic) -> Result<(), BoxError> {
    let request = build_request()
        .method("POST")
        .uri(format!("/2018-06-01/runtime/{path}"))
        .header("lambda-runtime-function-error-type", &problem.error_type)
        .body(Body::from(serde_json::to_vec(problem)?))?;
    PooledClient::builder().build().call(request).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_came_to_is_told_beside_the_keys() {
        let late = Error::OutOfTime {
            what: "b is left".to_owned(),
        };
        let told = keys_refused(
            "ec2:DescribeAddresses: RequestExpired".to_owned(),
            Err(late),
        );
        assert_eq!(told.name(), "Holdfast.KeysRefused");
        let told = chain(&told);
        for part in ["ec2:DescribeAddresses: RequestExpired", "b is left"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn an_address_that_nobody_has_is_the_graver_news() {
        let stranded = Error::Stranded {
            what: "203.0.113.7 is with nobody".to_owned(),
            source: None,
        };
        let told = keys_refused(
            "ec2:AssociateAddress: RequestExpired".to_owned(),
            Err(stranded),
        );
        assert_eq!(told.name(), "Holdfast.Stranded");
    }
}
