//! The rule of a composite alarm, as far as it names the alarms whose firing makes it fire. Pure.
//! Source: CloudWatch API reference, `PutCompositeAlarm`, `AlarmRule`.

/// The names in `ALARM(...)`, by name or by ARN, quoted or not.
#[must_use]
pub(super) fn firing_names(rule: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = rule;
    while let Some(at) = rest.find("ALARM(") {
        let inside = rest[at + "ALARM(".len()..].trim_start();
        let (name, after) = match inside.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => inside.split_once(')').unwrap_or((inside, "")),
        };
        names.push(name_in(name.trim()).to_owned());
        rest = after;
    }
    names
}

/// The name in an alarm's ARN, or the name itself.
#[must_use]
pub(super) fn name_in(alarm: &str) -> &str {
    match alarm.split_once(":alarm:") {
        Some((arn, name)) if arn.starts_with("arn:") => name,
        _ => alarm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_quoted_bare_and_in_arns() {
        let rule = "ALARM(\"web 1 (main)\") AND (ALARM(web-2) OR \
             ALARM(\"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:web-3\")) AND NOT OK(web-4)";
        assert_eq!(firing_names(rule), ["web 1 (main)", "web-2", "web-3"]);
    }

    #[test]
    fn a_rule_that_is_cut_off_does_no_harm() {
        assert_eq!(firing_names("ALARM(\"web"), ["web"]);
        assert_eq!(firing_names("TRUE"), Vec::<String>::new());
    }
}
