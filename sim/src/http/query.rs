//! What the services that speak AWS's query protocol have in common, but for EC2, whose errors have a form of their own.

use super::ec2::{self, Element, Parameters};
use super::server::Reply;
use crate::api::Ec2Error;

/// What a call is answered, or the refusal of it.
pub(super) fn answered(
    namespace: &'static str,
    action: &str,
    request_id: &str,
    answer: Result<Element, Ec2Error>,
) -> Reply {
    match answer {
        Ok(result) => success(namespace, action, request_id, result),
        Err(error) => refusal(namespace, request_id, &error),
    }
}

/// The refusal of an action that is not here.
pub(super) fn not_modelled(action: &str) -> Ec2Error {
    let message = format!("the simulator does not model {action}");
    Ec2Error::new("InvalidAction", message)
}

/// An answer in the namespace of a service.
fn success(namespace: &'static str, action: &str, request_id: &str, result: Element) -> Reply {
    let metadata = Element::new("ResponseMetadata").text("RequestId", request_id);
    let document = Element::new(format!("{action}Response"))
        .of_namespace(namespace)
        .child(result)
        .child(metadata);
    ec2::xml(200, &document, None)
}

/// Refuses a form of which something was not read: a misspelt parameter would else pass for one that was left out.
///
/// # Errors
/// `ValidationError`: "The input fails to satisfy the constraints specified by an Amazon Web Services service." (common
/// errors of the services with this protocol)
pub(super) fn refuse_unread(form: &Parameters) -> Result<(), Ec2Error> {
    form.pass_over(ec2::OF_EVERY_CALL);
    form.unread().map_or(Ok(()), |unread| {
        let message = format!("Unknown parameter {unread}");
        Err(Ec2Error::new("ValidationError", message))
    })
}

/// A refusal in the namespace of a service.
pub(super) fn refusal(namespace: &'static str, request_id: &str, error: &Ec2Error) -> Reply {
    let said = Element::new("Error")
        .text("Type", "Sender")
        .text("Code", &error.code)
        .text("Message", &error.message);
    let document = Element::new("ErrorResponse")
        .of_namespace(namespace)
        .child(said)
        .text("RequestId", request_id);
    ec2::xml(error.http_status, &document, Some(error.code.clone()))
}
