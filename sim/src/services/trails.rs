//! Trails of CloudTrail. Events of API calls come to EventBridge only while a trail logs them. What `LookupEvents` finds does
//! not depend on one. Source: EventBridge user guide, "AWS service events delivered via AWS CloudTrail".

use serde::Deserialize;
use time::OffsetDateTime;

/// A trail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountTrail {
    /// Its name.
    pub name: String,
    /// The Region that it was made in.
    pub home_region: String,
    /// Whether it logs in every Region.
    #[serde(default = "yes")]
    pub is_multi_region: bool,
    /// Whether it belongs to the organisation.
    #[serde(default)]
    pub is_organization: bool,
    /// Whether it logs now.
    #[serde(default = "yes")]
    pub is_logging: bool,
    /// Whether it logs what is done to resources.
    #[serde(default = "yes")]
    pub management_events: bool,
    /// `All`, `WriteOnly` or `ReadOnly`.
    #[serde(default = "all")]
    pub read_write_type: String,
    /// By advanced selectors instead; then the two above say nothing.
    pub advanced_event_selectors: Option<Vec<AdvancedSelector>>,
    /// Where its files go.
    #[serde(default = "bucket")]
    pub s3_bucket_name: String,
    /// When it began; as it is declared, unless said.
    #[serde(skip)]
    pub since: Option<OffsetDateTime>,
}

/// One advanced selector: all fields have to fit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvancedSelector {
    /// Such as `eventCategory`, and the values that it may have.
    pub field_selectors: Vec<(String, Vec<String>)>,
}

fn yes() -> bool {
    true
}

fn all() -> String {
    "All".to_owned()
}

fn bucket() -> String {
    "trail-of-111122223333".to_owned()
}

impl AccountTrail {
    /// A trail of every Region that logs all management events.
    #[must_use]
    pub fn of_everything(name: &str, home_region: &str) -> Self {
        Self {
            name: name.to_owned(),
            home_region: home_region.to_owned(),
            is_multi_region: true,
            is_organization: false,
            is_logging: true,
            management_events: true,
            read_write_type: all(),
            advanced_event_selectors: None,
            s3_bucket_name: bucket(),
            since: None,
        }
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self, account: &str) -> String {
        let (region, name) = (&self.home_region, &self.name);
        format!("arn:aws:cloudtrail:{region}:{account}:trail/{name}")
    }

    /// Whether it is seen in a Region.
    #[must_use]
    pub fn is_of(&self, region: &str) -> bool {
        self.is_multi_region || self.home_region == region
    }

    /// Whether it logs calls that change something, in a Region, now.
    #[must_use]
    pub fn logs_changes(&self, region: &str) -> bool {
        let selected = match &self.advanced_event_selectors {
            None => self.management_events && self.read_write_type != "ReadOnly",
            Some(selectors) => selectors.iter().any(AdvancedSelector::selects_changes),
        };
        self.is_logging && self.is_of(region) && selected
    }
}

impl AdvancedSelector {
    fn selects_changes(&self) -> bool {
        let is_management = |(field, values): &(String, Vec<String>)| {
            field == "eventCategory" && values.iter().any(|value| value == "Management")
        };
        let is_of_reads_only = |(field, values): &(String, Vec<String>)| {
            field == "readOnly" && !values.iter().any(|value| value == "false")
        };
        self.field_selectors.iter().any(is_management)
            && !self.field_selectors.iter().any(is_of_reads_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_logs_changes_where_it_is_and_while_it_is_on() {
        let trail = AccountTrail::of_everything("all", "us-east-1");
        assert!(trail.logs_changes("eu-west-1"));
        let local = AccountTrail {
            is_multi_region: false,
            ..trail.clone()
        };
        assert!(!local.logs_changes("eu-west-1"));
        let stopped = AccountTrail {
            is_logging: false,
            ..trail.clone()
        };
        assert!(!stopped.logs_changes("us-east-1"));
        let reads = AccountTrail {
            read_write_type: "ReadOnly".to_owned(),
            ..trail
        };
        assert!(!reads.logs_changes("us-east-1"));
    }

    #[test]
    fn an_advanced_selector_of_data_logs_no_changes_of_resources() {
        let of = |category: &str| AccountTrail {
            advanced_event_selectors: Some(vec![AdvancedSelector {
                field_selectors: vec![("eventCategory".to_owned(), vec![category.to_owned()])],
            }]),
            ..AccountTrail::of_everything("all", "us-east-1")
        };
        assert!(of("Management").logs_changes("us-east-1"));
        assert!(!of("Data").logs_changes("us-east-1"));
    }
}
