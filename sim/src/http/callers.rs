//! Who calls: the access key id of the signature decides. A signature is not checked, but for
//! its time where a test asks for that.

use crate::api::Caller;
use crate::world::ACCOUNT;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use std::collections::HashMap;

/// Maps access key ids to callers. A key that nobody introduced is Holdfast's own role, so that a
/// function needs no set-up.
#[derive(Debug, Clone)]
pub(super) struct Callers {
    known: HashMap<String, Caller>,
    otherwise: Caller,
    sessions: u32,
}

impl Default for Callers {
    fn default() -> Self {
        let role = "holdfast-release-guard";
        Self {
            known: HashMap::new(),
            otherwise: Caller::role(ACCOUNT, role, role),
            sessions: 0,
        }
    }
}

impl Callers {
    pub(super) fn introduce(&mut self, access_key: &str, caller: Caller) {
        self.known.insert(access_key.to_owned(), caller);
    }

    /// A key for a session that begins now.
    pub(super) fn session(&mut self, caller: Caller) -> String {
        self.sessions += 1;
        let key = format!("ASIASESSION{:09}", self.sessions);
        self.introduce(&key, caller);
        key
    }

    /// Whose key it is, if it was introduced.
    #[cfg(test)]
    pub(super) fn known(&self, access_key: &str) -> Option<Caller> {
        self.known.get(access_key).cloned()
    }

    /// The caller of a request, with the client's own user agent.
    pub(super) fn of(&self, headers: &HeaderMap) -> Caller {
        let known = access_key(headers).and_then(|key| self.known.get(key));
        let mut caller = known.unwrap_or(&self.otherwise).clone();
        if let Some(agent) = headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
        {
            agent.clone_into(&mut caller.user_agent);
        }
        caller
    }
}

/// The key id in `Authorization: AWS4-HMAC-SHA256 Credential=KEY/date/region/service/aws4_request`.
fn access_key(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_with(key: &str) -> HeaderMap {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260301/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"
        );
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn a_key_that_was_introduced_is_its_person() {
        let mut callers = Callers::default();
        callers.introduce("ALICE", Caller::user(ACCOUNT, "alice"));
        assert_eq!(
            callers.of(&signed_with("ALICE")).arn,
            "arn:aws:iam::111122223333:user/alice"
        );
    }

    #[test]
    fn any_other_key_is_holdfasts_role() {
        let caller = Callers::default().of(&signed_with("WHOEVER"));
        assert!(
            caller.arn.contains(":assumed-role/holdfast-release-guard/"),
            "{}",
            caller.arn
        );
    }
}
