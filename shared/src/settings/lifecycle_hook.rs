//! Hooks of Auto Scaling groups whose life-cycle actions Holdfast completes.

use crate::model::auto_scaling::LifecycleAction;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A hook by its name, in one Auto Scaling group or in any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleHook {
    group: Option<String>,
    name: String,
}

impl LifecycleHook {
    /// Whether an action is of this hook.
    #[must_use]
    pub fn covers(&self, action: &LifecycleAction) -> bool {
        let is_of_group = self.group.as_ref().is_none_or(|it| *it == action.group);
        is_of_group && self.name == action.hook
    }
}

impl FromStr for LifecycleHook {
    type Err = &'static str;

    /// A group's name has printable characters and no colon, and a hook's has letters, digits and `-_/`. Source: EC2 Auto
    /// Scaling API reference, `CreateAutoScalingGroup` and `PutLifecycleHook`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (group, name) = match text.split_once(':') {
            Some((group, name)) => (Some(group), name),
            None => (None, text),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
        let is_name = (1..=255).contains(&name.len()) && name.bytes().all(is_plain);
        let is_printable = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        let is_group = |group: &str| !group.is_empty() && group.bytes().all(is_printable);
        if !is_name || !group.is_none_or(is_group) {
            return Err(
                "expected names of life-cycle hooks such as `drain`, or `web-servers:drain` for the hook of \
                        one Auto Scaling group, separated by commas",
            );
        }
        Ok(Self {
            group: group.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(setting: &str, group: &str, hook: &str) -> bool {
        let setting: LifecycleHook = setting.parse().unwrap();
        setting.covers(&LifecycleAction {
            instance: "i-1".parse().unwrap(),
            group: group.to_owned(),
            hook: hook.to_owned(),
            token: "token".to_owned(),
        })
    }

    #[test]
    fn a_hook_is_named_in_every_group_or_in_one() {
        assert!(covers("drain", "web", "drain"));
        assert!(covers("web:drain", "web", "drain"));
        assert!(!covers("web:drain", "db", "drain"));
        assert!(!covers("drain", "web", "drain-2") && !covers("drain", "drain", "other"));
    }

    #[test]
    fn what_is_no_name_of_a_hook_is_refused() {
        for text in [
            "",
            "*",
            ":drain",
            "web:",
            "web:drain:2",
            "a drain",
            "a web:drain",
        ] {
            assert!(text.parse::<LifecycleHook>().is_err(), "{text}");
        }
    }
}
