//! What is read from environment variables, and what is refused.

mod defaults;

use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Settings, BadSettings> {
    Settings::read(
        variables
            .iter()
            .map(|&(key, value)| (key.to_owned(), value.to_owned())),
    )
}

#[test]
fn a_table_and_a_region_are_enough_and_the_rest_is_careful() {
    let settings = read(&[("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")]).unwrap();
    assert_eq!(settings.mode, Mode::Observe);
    assert_eq!(settings.default_protection, Protection::Record);
    assert_eq!(settings.tags.protect, "holdfast:protect");
}

#[test]
fn every_bad_key_is_named_in_one_message() {
    let message = read(&[
        ("HOLDFAST_MODE", "on"),
        ("HOLDFAST_RETRY_SECONDS", "soon"),
        ("HOLDFAST_EXEMPT_PRINCIPALS", "admin"),
        ("HOLDFAST_TABEL", "ledger"),
        ("HOLDFAST_TAG_PREFIX", "aws:x"),
    ])
    .unwrap_err()
    .to_string();
    assert!(
        message.starts_with("7 settings are wrong, nothing was started: "),
        "{message}"
    );
    for key in [
        "HOLDFAST_TABLE: missing",
        "AWS_REGION: missing",
        "HOLDFAST_MODE: `on`",
        "HOLDFAST_RETRY_SECONDS: `soon`",
        "HOLDFAST_EXEMPT_PRINCIPALS: `admin`",
        "HOLDFAST_TABEL: unknown",
        "HOLDFAST_TAG_PREFIX: `aws:x`",
    ] {
        assert!(message.contains(key), "{key} is not in: {message}");
    }
}

#[test]
fn the_ledger_is_not_to_forget_an_address_while_it_is_asked_for() {
    let deadline = ("HOLDFAST_RECLAIM_DEADLINE_HOURS", "2160");
    let with = |days| {
        let retention = ("HOLDFAST_RETENTION_DAYS", days);
        let table = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
        read(&[table[0], table[1], deadline, retention])
    };
    let settings = with("90").unwrap();
    assert!(settings.retention >= settings.reclaim_deadline);
    assert!(with("89").unwrap_err().to_string().contains("from 90 to"));
}

#[test]
fn a_pattern_covers_the_whole_arn() {
    let pattern: ArnPattern = "arn:aws:iam::*:role/net-?-admin*".parse().unwrap();
    assert!(pattern.matches("arn:aws:iam::111122223333:role/net-a-admin"));
    assert!(pattern.matches("arn:aws:iam::111122223333:role/net-b-admins"));
    assert!(!pattern.matches("arn:aws:iam::111122223333:role/net-admin"));
    assert!(!pattern.matches("x-arn:aws:iam::111122223333:role/net-a-admin"));
}

fn with(key: &str, value: &str) -> Result<Settings, BadSettings> {
    read(&[
        ("HOLDFAST_TABLE", "ledger"),
        ("AWS_REGION", "eu-west-1"),
        (key, value),
    ])
}

#[test]
fn one_bad_setting_is_told_as_one() {
    let message = with("HOLDFAST_MODE", "on").unwrap_err().to_string();
    assert!(
        message.starts_with("1 setting is wrong, nothing was started: HOLDFAST_MODE: `on`"),
        "{message}"
    );
}

#[test]
fn a_tag_prefix_is_short_plain_and_not_awss() {
    let longest = "a".repeat(64);
    for good in ["hold", "a-b_c.d/e:f", "awsome", longest.as_str()] {
        let settings = with("HOLDFAST_TAG_PREFIX", good).unwrap();
        assert_eq!(settings.tags.protect, format!("{good}:protect"));
    }
    let too_long = "a".repeat(65);
    for bad in ["aws", "aws:x", "a b", too_long.as_str()] {
        assert!(with("HOLDFAST_TAG_PREFIX", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_pattern_is_an_arn_of_six_parts() {
    let parse = |text: &str| text.parse::<ArnPattern>().is_ok();
    assert!(parse("arn:aws:iam::111122223333:role/*"));
    assert!(parse("arn:aws:iam::111122223333:role/a:b"));
    assert!(!parse("arn:aws:iam::111122223333"));
    assert!(!parse("aws:iam::111122223333:role/a:b"));
    let two: ArnPattern = "arn:aws:iam::1:a*b*c".parse().unwrap();
    assert!(two.matches("arn:aws:iam::1:a-bx-b-c-c"));
    assert!(!two.matches("arn:aws:iam::1:a-b-c-d"));
}

#[test]
fn a_star_covers_any_text_and_no_character_counts_twice() {
    let covers = |pattern: &str, role: &str| {
        let pattern: ArnPattern = format!("arn:aws:iam::1:{pattern}").parse().unwrap();
        pattern.matches(&format!("arn:aws:iam::1:{role}"))
    };
    for role in ["x", "-x", "--x", "---x"] {
        assert!(covers("*x", role), "{role}");
    }
    assert!(covers("a*ab", "aab"));
    assert!(!covers("a*ab", "ab"));
}
