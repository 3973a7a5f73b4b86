//! The settings that are no numbers, as JSON: how EC2 answers where it varies, and where nobody knows. What is absent stays
//! as it is.

use crate::doubts::{DetachingInterface, EndedAssociation, OccupiedTarget, TakenInterface};
use crate::{Settings, TagPolicy};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    ended_association: Option<Ended>,
    detaching_interface: Option<Detaching>,
    occupied_target: Option<Occupied>,
    taken_interface: Option<Taken>,
    gives_another_address: Option<bool>,
    forced_detach_blocks_slot: Option<bool>,
    refuses_to_detach: Option<bool>,
    forward_records: Option<BTreeSet<String>>,
    tag_policy: Option<Policy>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ended {
    NotFound,
    Done,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Detaching {
    Detaching,
    InUse,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Occupied {
    BumpsOff,
    Refuses,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Taken {
    InUse,
    InvalidParameterValue,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    key: String,
    allowed_values: Vec<String>,
}

impl Answers {
    pub(super) fn set(&self, settings: &mut Settings) {
        self.set_doubts(settings);
        let flags = [
            (
                &mut settings.gives_another_address,
                self.gives_another_address,
            ),
            (
                &mut settings.forced_detach_blocks_slot,
                self.forced_detach_blocks_slot,
            ),
            (&mut settings.refuses_to_detach, self.refuses_to_detach),
        ];
        for (flag, asked) in flags {
            *flag = asked.unwrap_or(*flag);
        }
        if let Some(names) = &self.forward_records {
            settings.forward_records = Some(names.clone());
        }
        if let Some(policy) = self.tag_policy.clone() {
            settings.tag_policy = Some(TagPolicy {
                key: policy.key,
                allowed_values: policy.allowed_values,
            });
        }
    }

    fn set_doubts(&self, settings: &mut Settings) {
        let doubts = &mut settings.doubts;
        if let Some(asked) = self.ended_association {
            doubts.ended_association = match asked {
                Ended::NotFound => EndedAssociation::NotFound,
                Ended::Done => EndedAssociation::Done,
            };
        }
        if let Some(asked) = self.detaching_interface {
            doubts.detaching_interface = match asked {
                Detaching::Detaching => DetachingInterface::Detaching,
                Detaching::InUse => DetachingInterface::InUse,
            };
        }
        if let Some(asked) = self.occupied_target {
            doubts.occupied_target = match asked {
                Occupied::BumpsOff => OccupiedTarget::BumpsOff,
                Occupied::Refuses => OccupiedTarget::Refuses,
            };
        }
        if let Some(asked) = self.taken_interface {
            doubts.taken_interface = match asked {
                Taken::InUse => TakenInterface::InUse,
                Taken::InvalidParameterValue => TakenInterface::InvalidParameterValue,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Doubts;
    use serde_json::json;

    #[test]
    fn every_doubt_has_a_knob_for_each_of_its_sides() {
        let mut settings = Settings::default();
        let others = json!({
            "ended_association": "done",
            "detaching_interface": "in-use",
            "occupied_target": "refuses",
            "taken_interface": "invalid-parameter-value",
        });
        let defaults = json!({
            "ended_association": "not-found",
            "detaching_interface": "detaching",
            "occupied_target": "bumps-off",
            "taken_interface": "in-use",
        });
        for (asked, number) in [(others, 15), (defaults, 0)] {
            let answers = Answers::deserialize(&asked).expect("they are known");
            answers.set(&mut settings);
            assert_eq!(settings.doubts, Doubts::numbered(number));
        }
    }

    #[test]
    fn a_misspelt_answer_is_refused() {
        assert!(Answers::deserialize(&json!({ "ended_asociation": "done" })).is_err());
    }
}
