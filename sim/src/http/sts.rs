//! STS by the query protocol: `GetCallerIdentity`, which most clients ask first, and the two ways in which a profile
//! becomes a role. Source: STS API reference.

use super::ec2::{Element, Parameters};
use super::front::Front;
use super::query;
use super::server::Reply;
use crate::api::{Caller, Ec2Error};
use crate::trail::timestamp;

/// The version of the API, which is all that tells its form from one of EC2's.
pub(super) const VERSION: &str = "2011-06-15";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// One STS call. "No permissions are required to perform this operation", and a denial does not keep it from anybody
/// (STS API reference, `GetCallerIdentity`).
pub(super) fn call(
    front: &Front,
    caller: &Caller,
    action: &str,
    form: Vec<(String, String)>,
    request_id: &str,
) -> Reply {
    let parameters: Parameters = form.into_iter().collect();
    let answer = match action {
        "GetCallerIdentity" => Ok(Element::new("GetCallerIdentityResult")
            .text("Arn", &caller.arn)
            .text("UserId", &user_id(caller))
            .text("Account", &caller.account)),
        "AssumeRole" => assume(front, &parameters, "AssumeRoleResult"),
        "AssumeRoleWithWebIdentity" => assume_by_token(front, &parameters),
        other => Err(query::not_modelled(other)),
    };
    let answer = answer.and_then(|result| {
        query::refuse_unread(&parameters)?;
        Ok(result)
    });
    query::answered(NAMESPACE, action, request_id, answer)
}

/// Keys of a session of the role: from now on, whoever signs with them is that session. Who may assume which role is for
/// denials to say.
fn assume(front: &Front, parameters: &Parameters, result: &str) -> Result<Element, Ec2Error> {
    parameters.pass_over(&["ExternalId", "Policy", "PolicyArns.*", "Tags.*"]);
    let (arn, session) = (
        parameters.required("RoleArn")?,
        parameters.required("RoleSessionName")?,
    );
    let seconds = parameters.integer("DurationSeconds")?.unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        let message = "DurationSeconds is from 900 to 43200.";
        return Err(Ec2Error::new("ValidationError", message));
    }
    let role = arn.strip_prefix("arn:aws:iam::").and_then(|rest| {
        let (account, role) = rest.split_once(":role/")?;
        Some((account, role.rsplit('/').next().unwrap_or(role)))
    });
    let Some((account, role)) = role else {
        let message = format!("{arn} is invalid");
        return Err(Ec2Error::new("ValidationError", message));
    };
    let session = Caller::role(account, role, &session);
    let key = front.state().callers.session(session.clone());
    let expires = front.now() + time::Duration::seconds(seconds.into());
    let credentials = Element::new("Credentials")
        .text("AccessKeyId", &key)
        .text("SecretAccessKey", "not-a-secret")
        .text("SessionToken", "not-a-token")
        .text("Expiration", &timestamp(expires));
    let who = Element::new("AssumedRoleUser")
        .text("AssumedRoleId", &user_id(&session))
        .text("Arn", &session.arn);
    Ok(Element::new(result).child(credentials).child(who))
}

/// The token has to be one by its form: three parts with points between. Who made it is not looked at.
fn assume_by_token(front: &Front, parameters: &Parameters) -> Result<Element, Ec2Error> {
    let token = parameters.required("WebIdentityToken")?;
    if token.split('.').count() != 3 {
        let message = "The ID Token provided is not a valid JWT.";
        return Err(Ec2Error::new("InvalidIdentityToken", message));
    }
    assume(front, parameters, "AssumeRoleWithWebIdentityResult")
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
    use crate::World;
    use std::sync::{Arc, Mutex};

    fn front() -> Front {
        Front::new(Arc::new(Mutex::new(World::new())))
    }

    fn asked(front: &Front, caller: &Caller, action: &str, form: &[(&str, &str)]) -> String {
        let pairs = form
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let answer = call(front, caller, action, pairs.collect(), "number");
        String::from_utf8(answer.body.to_vec()).expect("XML is text")
    }

    #[test]
    fn a_caller_is_told_who_it_is() {
        let caller = Caller::role("111122223333", "guard", "run-1");
        let answer = asked(&front(), &caller, "GetCallerIdentity", &[]);
        for part in [
            "<Arn>arn:aws:sts::111122223333:assumed-role/guard/run-1</Arn>",
            "<UserId>AROAGUARDAAAAAAAAAAA:run-1</UserId>",
            "<Account>111122223333</Account>",
        ] {
            assert!(answer.contains(part), "{answer}");
        }
    }

    #[test]
    fn keys_of_a_role_are_its_session_from_then_on() {
        let (front, ada) = (front(), Caller::user("111122223333", "ada"));
        let role = ("RoleArn", "arn:aws:iam::111122223333:role/operator");
        let answer = asked(
            &front,
            &ada,
            "AssumeRole",
            &[role, ("RoleSessionName", "ada")],
        );
        let key = answer.split("<AccessKeyId>").nth(1).expect("a key");
        let key = key.split('<').next().unwrap_or_default();
        let session = front.state().callers.known(key).expect("it is known").arn;
        assert_eq!(
            session,
            "arn:aws:sts::111122223333:assumed-role/operator/ada"
        );
    }

    #[test]
    fn a_token_that_is_none_makes_nobody_a_role() {
        let form = [
            ("RoleArn", "arn:aws:iam::111122223333:role/operator"),
            ("RoleSessionName", "ada"),
            ("WebIdentityToken", "nonsense"),
        ];
        let ada = Caller::user("111122223333", "ada");
        let answer = asked(&front(), &ada, "AssumeRoleWithWebIdentity", &form);
        assert!(
            answer.contains("<Code>InvalidIdentityToken</Code>"),
            "{answer}"
        );
    }

    #[test]
    fn a_parameter_that_nothing_reads_is_refused() {
        let ada = Caller::user("111122223333", "ada");
        let answer = asked(&front(), &ada, "GetCallerIdentity", &[("Serial", "1")]);
        assert!(answer.contains("parameter Serial"), "{answer}");
    }
}
