//! EC2's query protocol: a form comes in, the model is asked, XML goes out.

mod around;
mod moves;
mod network;
mod query;
mod reply;
mod request;
mod routes;
#[cfg(test)]
mod tests;
mod unknown;
mod xml;

use super::server::Reply;
use crate::World;
use crate::api::{Caller, Ec2Error};
pub(super) use query::Parameters;
pub(super) use unknown::OF_EVERY_CALL;
pub(super) use xml::Element;

/// One EC2 call. `number` names it when it does not get as far as the world.
pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    action: &str,
    form: Vec<(String, String)>,
    number: &str,
) -> Reply {
    let parameters: Parameters = form.into_iter().collect();
    let known = unknown::refuse_dry_run(action, &parameters);
    let read = known.and_then(|()| request::read(action, &parameters));
    let read = read.and_then(|request| {
        let dry_run = parameters.boolean("DryRun")?.unwrap_or(false);
        unknown::refuse(action, &parameters)?;
        Ok((request, dry_run))
    });
    let (request, dry_run) = match read {
        Ok(read) => read,
        Err(error) => return refusal(number, &error),
    };
    let answer = world.call(caller, &request, dry_run);
    // The id that CloudTrail shows too.
    let request_id = world
        .calls()
        .last()
        .map_or(number, |call| call.request_id.as_str());
    match answer {
        Ok(response) => xml(200, &reply::success(action, request_id, &response), None),
        Err(error) => refusal(request_id, &error),
    }
}

/// A refusal in EC2's form.
pub(super) fn refusal(request_id: &str, error: &Ec2Error) -> Reply {
    xml(
        error.http_status,
        &reply::refusal(request_id, error),
        Some(error.code.clone()),
    )
}

/// An answer of the query protocol.
pub(super) fn xml(status: u16, document: &Element, refused: Option<String>) -> Reply {
    match document.document() {
        Ok(body) => Reply {
            status,
            content_type: "text/xml;charset=UTF-8",
            body: body.into(),
            refused,
            headers: Vec::new(),
        },
        Err(error) => Reply {
            status: 500,
            content_type: "text/plain",
            body: format!("the simulator cannot write its answer: {error}").into(),
            refused: Some("InternalError".to_owned()),
            headers: Vec::new(),
        },
    }
}
