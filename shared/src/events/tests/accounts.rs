//! Whose an event is, by each field that says so.

use crate::events::samples::{alarm, bridge, release};
use crate::events::{Ignored, Trigger, parse, parse_of_account};
use crate::model::ids::AccountId;
use serde_json::{Value, json};

const OURS: &str = "111122223333";
const THEIRS: &str = "444455556666";

fn read(event: &Value) -> Result<Trigger, crate::events::EventError> {
    let own = AccountId::in_arn(&format!("arn:aws:lambda:eu-west-1:{OURS}:function:guard"));
    parse_of_account(event, &own.unwrap())
}

fn is_ours(event: &Value) -> bool {
    let read = read(event);
    let is_foreign =
        matches!(&read, Ok(Trigger::Ignored(ignored)) if ignored.why.contains("account"));
    assert!(is_foreign || read == parse(event));
    !is_foreign
}

fn stopped(account: Value) -> Value {
    let detail = json!({"instance-id": "i-0c3", "state": "stopped"});
    let mut event = bridge("EC2 Instance State-change Notification", "aws.ec2", detail);
    event["account"] = account;
    event
}

#[test]
fn an_event_of_another_account_is_ignored_and_both_accounts_are_named() {
    assert_eq!(
        read(&stopped(json!(THEIRS))),
        Ok(Trigger::Ignored(Ignored {
            what: "i-0c3 is now stopped".to_owned(),
            why: format!(
                "it is of account {THEIRS}, and this installation looks after account {OURS}"
            ),
        }))
    );
}

#[test]
fn an_event_that_names_no_account_is_whose_function_it_reaches() {
    for account in [Value::Null, json!("")] {
        assert!(is_ours(&stopped(account)));
    }
}

#[test]
fn a_number_is_an_account_without_its_leading_zeros() {
    let own = AccountId::in_arn("arn:aws:lambda:eu-west-1:001122223333:function:guard").unwrap();
    let event = stopped(json!(1_122_223_333));
    assert_eq!(parse_of_account(&event, &own), parse(&event));
}

#[test]
fn what_is_no_account_is_not_ours() {
    for account in [
        json!("x"),
        json!(7),
        json!([OURS]),
        json!({"id": OURS}),
        json!(true),
    ] {
        assert!(!is_ours(&stopped(account.clone())), "{account}");
    }
}

#[test]
fn a_record_is_of_the_account_that_was_called_on_whoever_called() {
    let mut event = release().in_envelope();
    event["detail"]["recipientAccountId"] = json!(OURS);
    event["detail"]["userIdentity"]["accountId"] = json!(THEIRS);
    assert!(is_ours(&event));
    event["detail"]["recipientAccountId"] = json!(THEIRS);
    event["detail"]["userIdentity"]["accountId"] = json!(OURS);
    assert!(!is_ours(&event));
}

#[test]
fn a_foreign_record_in_an_envelope_of_our_own_is_foreign() {
    let mut event = release().in_envelope();
    event["account"] = json!(OURS);
    event["detail"]["recipientAccountId"] = json!(THEIRS);
    assert!(!is_ours(&event));
}

#[test]
fn a_bare_record_that_names_no_recipient_is_of_its_callers_account() {
    let mut record = release().bare();
    record["recipientAccountId"] = Value::Null;
    for (caller, ours) in [(OURS, true), (THEIRS, false)] {
        record["userIdentity"]["accountId"] = json!(caller);
        assert_eq!(is_ours(&record), ours);
    }
}

#[test]
fn an_alarm_is_of_the_account_that_it_or_its_arn_names() {
    let arn = |account| format!("arn:aws:cloudwatch:eu-west-1:{account}:alarm:gateway-a");
    let mut event = alarm("gateway-a").by_action();
    for (field, of) in [("accountId", THEIRS.to_owned()), ("alarmArn", arn(THEIRS))] {
        event["accountId"] = json!(OURS);
        event["alarmArn"] = json!(arn(OURS));
        assert!(is_ours(&event));
        event[field] = json!(of);
        assert!(!is_ours(&event), "{field}");
    }
}

fn by_topic(topic_of: &str, message: &Value) -> Value {
    json!({"Records": [{"Sns": {
        "TopicArn": format!("arn:aws:sns:eu-west-1:{topic_of}:alarms"),
        "Message": message.to_string(),
    }}]})
}

#[test]
fn a_message_is_of_the_account_that_it_names_and_else_of_its_topics() {
    let mut message = json!({
        "AlarmName": "gateway-a",
        "NewStateValue": "ALARM",
        "StateChangeTime": "2026-01-31T12:00:00.000+0000",
    });
    assert!(is_ours(&by_topic(OURS, &message)));
    assert!(!is_ours(&by_topic(THEIRS, &message)));
    message["AWSAccountId"] = json!(OURS);
    assert!(is_ours(&by_topic(THEIRS, &message)));
    message["AWSAccountId"] = json!(THEIRS);
    assert!(!is_ours(&by_topic(OURS, &message)));
    let mut by_rule = alarm("gateway-a").by_rule();
    by_rule["account"] = json!(THEIRS);
    let event = by_topic(OURS, &by_rule);
    assert!(
        !is_ours(&event),
        "an event of EventBridge's inside a message"
    );
}

#[test]
fn what_another_account_sends_is_ignored_where_it_cannot_even_be_read() {
    let mut event = stopped(json!(THEIRS));
    event["detail"] = json!("nothing");
    let Ok(Trigger::Ignored(ignored)) = read(&event) else {
        panic!("it is not ignored");
    };
    assert_eq!(ignored.what, "an event");
}

#[test]
fn a_person_who_may_invoke_the_function_names_no_account() {
    assert!(is_ours(&json!({"holdfast": "plan", "group": "web"})));
}
