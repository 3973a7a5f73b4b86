//! Which requests may be sent beside themselves: those that change nothing, dry runs among them. The client knows the
//! action, and its connections see bytes only, so the mark travels with the request.

use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};

/// How the name of an action begins that reads. What is not here is taken for a change.
const READS: [&str; 4] = ["Describe", "Lookup", "Query", "BatchGet"];

#[derive(Debug, Clone, Copy)]
struct ReadsOnly;

/// Marks the requests that read.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct MarkReads;

#[dyn_dispatch_hint]
impl Intercept for MarkReads {
    fn name(&self) -> &'static str {
        "MarkReads"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_read = config
            .load::<Metadata>()
            .is_some_and(|call| is_read(call.name()));
        let form = context.request().body().bytes().unwrap_or_default();
        if is_read || is_dry_run(form) {
            mark(context.request_mut());
        }
        Ok(())
    }
}

pub(super) fn is_read(action: &str) -> bool {
    READS.iter().any(|read| action.starts_with(read))
}

/// Whether EC2 is only asked if it would carry a call out. Values are encoded in its forms, so none has an `&`.
/// Source: EC2 API reference, "Common query parameters", `DryRun`.
pub(super) fn is_dry_run(form: &[u8]) -> bool {
    let mut parameters = form.split(|byte| *byte == b'&');
    parameters.any(|parameter| parameter == b"DryRun=true")
}

pub(super) fn mark(request: &mut HttpRequest) {
    request.add_extension(ReadsOnly);
}

/// The same request once more, if it changes nothing.
pub(super) fn copy_of(request: &HttpRequest) -> Option<HttpRequest> {
    request.extension::<ReadsOnly>()?;
    request.try_clone()
}
