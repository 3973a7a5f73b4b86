//! Client tokens: a call that is sent again with the same token is carried out once. The same token with other parameters is
//! refused (EC2 API reference, "Ensuring idempotency in Amazon EC2 API requests").

use std::collections::BTreeMap;

use super::api::{Ec2Error, Request};

/// What was made with which token: by account, action and token.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientTokens(BTreeMap<(String, &'static str, String), Made>);

#[derive(Clone, Debug)]
struct Made {
    request: Request,
    id: String,
}

impl ClientTokens {
    /// The id of what the same call has made; none where there was no such call, or no token.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch`, as EC2's error codes have it.
    pub(super) fn made(
        &self,
        account: &str,
        token: Option<&str>,
        request: &Request,
    ) -> Result<Option<&str>, Ec2Error> {
        let key = token.map(|token| (account.to_owned(), request.action(), token.to_owned()));
        match key.and_then(|key| self.0.get(&key)) {
            None => Ok(None),
            Some(made) if made.request == *request => Ok(Some(&made.id)),
            Some(_) => Err(Ec2Error::new(
                "IdempotentParameterMismatch",
                "Arguments on this idempotent request are inconsistent with arguments used in previous \
                 request(s).",
            )),
        }
    }

    /// Notes what a call has made.
    pub(super) fn note(&mut self, account: &str, token: Option<&str>, request: Request, id: &str) {
        if let Some(token) = token {
            let key = (account.to_owned(), request.action(), token.to_owned());
            let id = id.to_owned();
            self.0.insert(key, Made { request, id });
        }
    }
}
