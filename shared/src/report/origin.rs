//! Where a report comes from: the run that wrote it, and the log that keeps it.

use crate::model::ids::AccountId;
use time::OffsetDateTime;

/// One run of a function, as a person finds it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Lambda's id of the run. Each try of one event has the same.
    pub request_id: String,
    /// The account, where it is known.
    pub account: Option<AccountId>,
    /// The region.
    pub region: String,
    /// The log group of the function, where Lambda tells it.
    pub log_group: Option<String>,
    /// When the run began.
    pub at: OffsetDateTime,
}

impl Origin {
    /// Where the console shows all log lines of this run.
    ///
    /// The console reads its own address twice: what stands behind the `#` is encoded, encoded again, and has `$` for
    /// `%`. Source: what the console itself shows in the address bar; no page of AWS documents it.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let group = twice_encoded(self.log_group.as_ref()?);
        let pattern = twice_encoded(&format!("\"{}\"", self.request_id));
        let region = &self.region;
        let host = console_of(region);
        Some(format!(
            "https://{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}/log-events\
             $3FfilterPattern$3D{pattern}"
        ))
    }
}

/// The console of the region's partition.
/// Source: AWS General Reference, "AWS Management Console endpoints and quotas"; user guides of the China and `GovCloud`
/// regions.
fn console_of(region: &str) -> String {
    if region.starts_with("cn-") {
        "console.amazonaws.cn".to_owned()
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com".to_owned()
    } else {
        format!("{region}.console.aws.amazon.com")
    }
}

/// `/` is `$252F`: encoded twice, with `$` for the `%` in front.
fn twice_encoded(text: &str) -> String {
    let each = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("$25{other:02X}"),
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(region: &str) -> Origin {
        Origin {
            request_id: "b9dd6c3d-0000".to_owned(),
            account: None,
            region: region.to_owned(),
            log_group: Some("/aws/lambda/holdfast-release-guard".to_owned()),
            at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_link_leads_to_the_lines_of_the_run_in_the_console_of_the_partition() {
        let link = origin("eu-west-1").link().unwrap();
        assert_eq!(
            link,
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/\
             $252Faws$252Flambda$252Fholdfast-release-guard/log-events$3FfilterPattern$3D$2522b9dd6c3d-0000$2522"
        );
        for (region, host) in [
            ("cn-north-1", "https://console.amazonaws.cn/"),
            ("us-gov-west-1", "https://console.amazonaws-us-gov.com/"),
        ] {
            assert!(origin(region).link().unwrap().starts_with(host), "{region}");
        }
    }

    #[test]
    fn without_a_log_group_there_is_no_link() {
        let origin = Origin {
            log_group: None,
            ..origin("eu-west-1")
        };
        assert_eq!(origin.link(), None);
    }
}
