//! The time in a signature: AWS takes one that is off by five minutes at the most, and says its own time in the `Date`
//! of every answer. The signature itself is not checked.
//! Source: AWS general reference, "Signature Version 4", `X-Amz-Date`; EC2 API reference, "Error codes".

use super::calls::Service;
use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderValue};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

const TOLERANCE: Duration = Duration::minutes(5);
const SIGNED: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// What the service's clock says.
#[derive(Debug, Clone, Copy)]
pub(super) struct SigningClock(pub(super) OffsetDateTime);

impl SigningClock {
    /// Whether a request was signed at about this time.
    pub(super) fn takes(self, headers: &HeaderMap) -> bool {
        let signed = headers
            .get("x-amz-date")
            .and_then(|date| date.to_str().ok());
        let signed = signed.and_then(|date| PrimitiveDateTime::parse(date, SIGNED).ok());
        signed.is_some_and(|signed| (self.0 - signed.assume_utc()).abs() <= TOLERANCE)
    }

    /// Dates an answer.
    pub(super) fn date(self, headers: &mut HeaderMap) {
        let date = self.0.format(HTTP_DATE).unwrap_or_default();
        if let Ok(date) = HeaderValue::try_from(date) {
            headers.insert(DATE, date);
        }
    }
}

/// Each service has its own word for a signature of another time.
pub(super) fn refusal(service: Service) -> (&'static str, &'static str) {
    match service {
        Service::Ec2 => (
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        ),
        Service::DynamoDb
        | Service::CloudTrail
        | Service::Tagging
        | Service::Lambda
        | Service::Logs
        | Service::Events
        | Service::Sqs
        | Service::ServiceQuotas => ("InvalidSignatureException", "Signature expired."),
        Service::CloudWatch | Service::AutoScaling | Service::Sts | Service::CloudFormation => {
            ("SignatureDoesNotMatch", "Signature expired.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn signed(at: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-date", HeaderValue::try_from(at).unwrap());
        headers
    }

    #[test]
    fn a_signature_of_five_minutes_ago_is_taken_and_no_older_one() {
        let clock = SigningClock(datetime!(2026-07-01 12:05:00 UTC));
        assert!(clock.takes(&signed("20260701T120000Z")));
        assert!(clock.takes(&signed("20260701T121000Z")));
        assert!(!clock.takes(&signed("20260701T115959Z")));
        assert!(!clock.takes(&signed("yesterday")));
        assert!(!clock.takes(&HeaderMap::new()));
    }

    #[test]
    fn an_answer_is_dated_as_http_dates_are_written() {
        let mut headers = HeaderMap::new();
        SigningClock(datetime!(2026-07-01 12:05:09 UTC)).date(&mut headers);
        assert_eq!(headers[DATE], "Wed, 01 Jul 2026 12:05:09 GMT");
    }
}
