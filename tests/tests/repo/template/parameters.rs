//! Parameters and settings: each parameter reaches a setting or a use in the template that is named here, each
//! setting is a parameter, and both take and refuse the same values.

use super::code::sources;
use super::document::{Template, entries, template};
use holdfast::settings::Settings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Parameters that are no settings, and what they are for. `Ref` has to name each outside of the settings.
const USED_BY_THE_TEMPLATE: [&str; 10] = [
    "AlarmFailoverReservedConcurrency",
    "AlarmTopicArn",
    "Architecture",
    "InstanceStartTimeoutSeconds",
    "LogLevel",
    "LogRetentionDays",
    "NotificationEmail",
    "ReconcileReservedConcurrency",
    "ReleaseGuardReservedConcurrency",
    "ReleaseGuardTimeoutSeconds",
];

/// Settings that are no parameters, and their values in the template.
const FIXED: [(&str, &str); 3] = [
    ("HOLDFAST_TABLE", "Ledger"),
    ("HOLDFAST_MAIL_TOPIC", "Notifications"),
    ("HOLDFAST_CHAT_TOPIC", "ChatNotifications"),
];

/// Texts that settings of all kinds take or refuse.
const TEXTS: &[&str] = &[
    "observe",
    "enforce",
    "Observe",
    "on",
    "reclaim",
    "record",
    "none",
    "stay",
    "move",
    "stop",
    "refuse",
    "allow",
    "never",
    "1",
    "10",
    "999",
    "1000",
    "9999",
    "10000",
    "10079",
    "10080",
    "10081",
    "0",
    "-1",
    "minutes",
    "sg-0123456789abcdef0",
    "sg-",
    "sg_1",
    "sg-1 2",
    "sg",
    "i-0123456789abcdef0",
    "holdfast",
    "a",
    "aw",
    "aws",
    "aws:",
    "aws:x",
    "aws-x",
    "awsome",
    "awx",
    "b/c.d_e-f:g",
    "a b",
    "a\"b",
    "ä",
    "A",
    "Aws",
    "arn:aws:iam::111122223333:role/network-*",
    "arn:aws:iam::111122223333:role/a,arn:aws:sts::111122223333:assumed-role/b/*",
    "arn:aws:iam::111122223333",
    "arn:aws:iam::111122223333:role/a, arn:aws:iam::111122223333:role/b",
    "arn:aws:iam::1:role/a,admin",
    "admin",
    "arn:aws-cn:iam::111122223333:role/a",
    "arn",
    "arn:",
    ",",
    "arn:aws:iam::1:role/a,",
    "lost",
    "lost,pending, failed",
    "lost,gone",
    "lost,",
    "Lost",
    "unprotected",
];

/// The environment of a function with one parameter set.
fn environment(template: &Template, function: &str) -> BTreeMap<String, String> {
    let mut environment = template.functions()[function].environment();
    environment.insert("AWS_REGION".to_owned(), "eu-west-1".to_owned());
    environment
}

/// Whether CloudFormation lets a value through.
/// Source: CloudFormation user guide, "Parameters", properties.
fn accepts(parameter: &Value, value: &str) -> bool {
    let allowed = parameter["AllowedValues"].as_array();
    if allowed.is_some_and(|allowed| !allowed.iter().any(|each| each == value)) {
        return false;
    }
    if parameter["Type"] == "Number" {
        let number = value.parse::<f64>();
        let from = parameter["MinValue"].as_f64().unwrap_or(f64::MIN);
        let to = parameter["MaxValue"].as_f64().unwrap_or(f64::MAX);
        return number.is_ok_and(|number| (from..=to).contains(&number));
    }
    let length = u64::try_from(value.len()).expect("a length");
    let least = parameter["MinLength"].as_u64().unwrap_or(0);
    let most = parameter["MaxLength"].as_u64().unwrap_or(u64::MAX);
    let pattern = parameter["AllowedPattern"].as_str().unwrap_or(".*");
    let whole = regex_lite::Regex::new(&format!("^(?:{pattern})$")).expect("a pattern");
    (least..=most).contains(&length) && whole.is_match(value)
}

/// The setting that each parameter becomes, in any function.
fn settings_of_parameters() -> BTreeMap<String, BTreeSet<String>> {
    let template = template();
    let functions = template.functions();
    let probes = template.parameters().map(|(name, _)| {
        let probed = template.clone().with(name, "probe");
        let changed = functions.keys().flat_map(|function| {
            let before = environment(&template, function);
            let after = environment(&probed, function);
            let differs = |(key, value): &(&String, &String)| before.get(*key) != Some(*value);
            let keys: Vec<String> = after
                .iter()
                .filter(differs)
                .map(|(key, _)| key.clone())
                .collect();
            keys
        });
        (name.clone(), changed.collect())
    });
    probes.collect()
}

#[test]
fn every_function_starts_with_the_defaults() {
    let template = template();
    for function in template.functions().keys() {
        let settings = Settings::read(environment(&template, function));
        settings.unwrap_or_else(|bad| panic!("{function}: {bad}"));
    }
}

#[test]
fn the_templates_defaults_are_the_codes() {
    let template = template();
    let bare = FIXED.into_iter().chain([("AWS_REGION", "eu-west-1")]);
    let bare = bare.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let of_code = Settings::read(bare).expect("what is fixed and a region are enough");
    for function in template.functions().keys() {
        let of_template = Settings::read(environment(&template, function));
        assert_eq!(
            of_template.expect("the defaults are good"),
            of_code,
            "{function}"
        );
    }
}

#[test]
fn every_parameter_reaches_a_setting_or_is_used_by_the_template() {
    let mentioned = template().source().to_string();
    for (parameter, settings) in settings_of_parameters() {
        let used = USED_BY_THE_TEMPLATE.contains(&parameter.as_str());
        assert_eq!(
            settings.is_empty(),
            used,
            "{parameter} becomes {settings:?}"
        );
        assert!(settings.len() < 2, "{parameter} becomes {settings:?}");
        let is_named = mentioned.contains(&format!("{{\"Ref\":\"{parameter}\"}}"));
        assert!(is_named, "nothing refers to {parameter}");
    }
}

#[test]
fn every_setting_is_a_parameter_or_fixed() {
    let is_key = |text: &str| {
        let name = text.strip_prefix("HOLDFAST_").unwrap_or_default();
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let sources = sources();
    let mut known = sources.texts("shared/src/settings.rs", is_key);
    known.extend(sources.texts("shared/src/settings/reader.rs", is_key));
    let parameters = settings_of_parameters().into_values().flatten();
    let fixed = FIXED.map(|(key, _)| key.to_owned());
    let in_template: BTreeSet<String> = parameters.chain(fixed).collect();
    let known: BTreeSet<String> = known.into_iter().filter(|key| !is_a_mistake(key)).collect();
    assert_eq!(in_template, known);
    for (name, function) in template().functions() {
        for (key, value) in FIXED {
            assert_eq!(function.environment()[key], value, "{name}");
        }
    }
}

/// The settings' own tests write one wrong on purpose.
fn is_a_mistake(key: &str) -> bool {
    key == "HOLDFAST_TABEL"
}

#[test]
fn a_parameter_takes_and_refuses_what_its_setting_does() {
    let template = template();
    let declared: BTreeMap<String, Value> = template
        .parameters()
        .map(|(name, parameter)| (name.clone(), parameter.clone()))
        .collect();
    let (mut taken, mut refused) = (0, 0);
    for (name, settings) in settings_of_parameters() {
        let parameter = &declared[&name];
        for key in &settings {
            // An empty parameter stands for the stack's own table.
            let is_own = |value: &String| name == "ExistingLedger" && value.is_empty();
            for value in samples(parameter).into_iter().filter(|it| !is_own(it)) {
                let setting_takes = Settings::read(with(&template, key, &value)).is_ok();
                assert_eq!(
                    accepts(parameter, &value),
                    setting_takes,
                    "{name} = `{value}`"
                );
                *(if setting_takes {
                    &mut taken
                } else {
                    &mut refused
                }) += 1;
            }
        }
    }
    assert!(
        taken > 60 && refused > 100,
        "{taken} taken, {refused} refused"
    );
}

/// Values at and beyond the limits of a number, or all texts. No fraction: CloudFormation's numbers may be
/// fractions, a function refuses them when it starts, and says so.
fn samples(parameter: &Value) -> Vec<String> {
    if parameter["Type"] != "Number" {
        let long = ["x".repeat(64), "x".repeat(65)];
        return TEXTS
            .iter()
            .map(|&text| text.to_owned())
            .chain(long)
            .collect();
    }
    let limits = ["MinValue", "MaxValue"].map(|key| parameter[key].as_i64().expect("a limit"));
    let near = limits
        .iter()
        .flat_map(|limit| [limit - 1, *limit, limit + 1]);
    let near = near.map(|number| number.to_string());
    near.chain(["soon".to_owned()]).collect()
}

fn with(template: &Template, key: &str, value: &str) -> BTreeMap<String, String> {
    let mut environment = environment(template, "reconcile");
    environment.insert(key.to_owned(), value.to_owned());
    environment
}

#[test]
fn the_timeouts_leave_room_for_what_the_settings_wait_for() {
    let default = |name: &str| {
        let template = template();
        let found = template.parameters().find(|(each, _)| *each == name);
        found
            .and_then(|(_, parameter)| parameter["Default"].as_u64())
            .expect("a number")
    };
    assert!(default("ReleaseGuardTimeoutSeconds") >= default("RetrySeconds") + 30);
    assert!(default("InstanceStartTimeoutSeconds") >= default("PoolWaitSeconds") + 30);
}

#[test]
fn every_parameter_has_a_label_and_a_group() {
    let template = template();
    let interface = &template.source()["Metadata"]["AWS::CloudFormation::Interface"];
    let groups = interface["ParameterGroups"].as_array().expect("groups");
    let grouped = groups
        .iter()
        .flat_map(|group| super::document::texts(&group["Parameters"]));
    let grouped: BTreeSet<String> = grouped.collect();
    let labelled: BTreeSet<String> = entries(&interface["ParameterLabels"])
        .map(|(name, _)| name.clone())
        .collect();
    let declared: BTreeSet<String> = template
        .parameters()
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!((&grouped, &labelled), (&declared, &declared));
}
