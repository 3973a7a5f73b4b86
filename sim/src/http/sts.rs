//! STS's `GetCallerIdentity` by the query protocol: most clients ask it first. Source: STS API reference.

use super::ec2::{self, Element};
use super::query;
use super::server::Reply;
use crate::api::{Caller, Ec2Error};

/// The version of the API, which is all that tells its form from one of EC2's.
pub(super) const VERSION: &str = "2011-06-15";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// One STS call. "No permissions are required to perform this operation", and a denial does not keep it from anybody
/// (STS API reference, `GetCallerIdentity`).
pub(super) fn call(
    caller: &Caller,
    action: &str,
    form: Vec<(String, String)>,
    request_id: &str,
) -> Reply {
    if action != "GetCallerIdentity" {
        let message = format!("the simulator does not model {action}");
        return refusal(request_id, &Ec2Error::new("InvalidAction", message));
    }
    if let Err(error) = query::refuse_unread(&form.into_iter().collect()) {
        return refusal(request_id, &error);
    }
    let result = Element::new("GetCallerIdentityResult")
        .text("Arn", &caller.arn)
        .text("UserId", &user_id(caller))
        .text("Account", &caller.account);
    let metadata = Element::new("ResponseMetadata").text("RequestId", request_id);
    let document = Element::new("GetCallerIdentityResponse")
        .of_namespace(NAMESPACE)
        .child(result)
        .child(metadata);
    ec2::xml(200, &document, None)
}

/// A user's unique id, a role's with the name of the session, or the account of its root. AWS's own ids tell nothing of
/// the name; these are the same in every run.
fn user_id(caller: &Caller) -> String {
    let name = caller.arn.rsplit(['/', ':']).next().unwrap_or_default();
    match &caller.issuer_arn {
        Some(role) => {
            let role = role.rsplit('/').next().unwrap_or_default();
            format!("{}:{name}", unique("AROA", role))
        }
        None if name == "root" => caller.account.clone(),
        None => unique("AIDA", name),
    }
}

/// Sixteen letters and digits of a name, after the prefix of its kind.
fn unique(kind: &str, name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.chain(std::iter::repeat('A')).take(16).collect();
    format!("{kind}{}", letters.to_ascii_uppercase())
}

/// A refusal in the form of the query protocol.
pub(super) fn refusal(request_id: &str, error: &Ec2Error) -> Reply {
    query::refusal(NAMESPACE, request_id, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_told_who_it_is() {
        let caller = Caller::role("111122223333", "guard", "run-1");
        let answer = call(&caller, "GetCallerIdentity", Vec::new(), "number");
        let answer = String::from_utf8(answer.body.to_vec()).expect("XML is text");
        for part in [
            "<Arn>arn:aws:sts::111122223333:assumed-role/guard/run-1</Arn>",
            "<UserId>AROAGUARDAAAAAAAAAAA:run-1</UserId>",
            "<Account>111122223333</Account>",
        ] {
            assert!(answer.contains(part), "{answer}");
        }
    }
}
