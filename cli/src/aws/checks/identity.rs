//! STS: who asks, and what AWS's clock says.

use crate::aws::actions::GET_CALLER_IDENTITY;
use crate::aws::{CloudError, Connection};
use aws_sdk_sts::Client;
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use holdfast_aws::failure;
use std::sync::{Arc, Mutex, PoisonError};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The ARN of a user or of a role's session.
    pub arn: String,
    /// The account.
    pub account: String,
}

/// The `Date` of the last answer, kept whatever the answer says: a refusal has one, too.
#[derive(Debug, Clone, Default)]
struct DateOfAnswer(Arc<Mutex<Option<OffsetDateTime>>>);

impl Intercept for DateOfAnswer {
    fn name(&self) -> &'static str {
        "DateOfAnswer"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| PrimitiveDateTime::parse(date, HTTP_DATE).ok());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = date.map(PrimitiveDateTime::assume_utc);
        Ok(())
    }
}

impl Connection {
    /// Who asks, and the time that AWS's answer says: none where there was no answer, or one without a date.
    ///
    /// # Errors
    /// In the first place AWS's answer to `sts:GetCallerIdentity`.
    pub async fn identity(&self) -> (Result<Identity, CloudError>, Option<OffsetDateTime>) {
        let date = DateOfAnswer::default();
        let client = Client::new(self.config());
        let asked = client.get_caller_identity().customize();
        let sent = asked.interceptor(date.clone()).send().await;
        let identity = sent
            .map(|answer| Identity {
                arn: answer.arn().unwrap_or_default().to_owned(),
                account: answer.account().unwrap_or_default().to_owned(),
            })
            .map_err(|error| failure::of(GET_CALLER_IDENTITY, error));
        let said = *date.0.lock().unwrap_or_else(PoisonError::into_inner);
        (identity, said)
    }
}
