//! What the services that speak AWS's query protocol have in common, but for EC2, whose errors have a form of their own.

use super::ec2::{self, Element};
use super::server::Reply;
use crate::api::Ec2Error;

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
